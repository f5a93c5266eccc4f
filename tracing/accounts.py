"""Accounts, first sign-in, sessions, API keys. Unknown and known logins cost and answer alike."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pwdlib import PasswordHash

from tracing import audit
from tracing.access import Actor, SignInRules, require, rules
from tracing.acting import acting, digest_of, require_separation, system_actor, within_reach
from tracing.api_keys import ApiKeys, KeyInfo
from tracing.errors import (
    CodeNeeded,
    LinkExpired,
    LoginFailed,
    LoginLocked,
    NotFound,
    NotPermitted,
    PasswordWeak,
    RecordInvalid,
)
from tracing.passwords import normal_login, password_bytes, require_strong
from tracing.second_factors import SecondFactors
from tracing.settings import Settings
from tracing.store import Store, Tx, stations
from tracing.store import accounts as rows
from tracing.store.ids import new_id

__all__ = [
    "Accounts",
    "KeyInfo",
    "Session",
    "SignedIn",
    "User",
    "csrf_of",
    "normal_login",
    "system_actor",
]

SEEN_EVERY = timedelta(minutes=5)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh sign-in; the token is given out once and never stored."""

    token: str
    csrf: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Session(expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One of somebody's own sessions; `id` is the beginning of its digest, no secret."""

    id: str
    started_at: datetime
    seen_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """An account as administrators see it."""

    login: str
    display_name: str
    role: str
    station_code: str
    station_name: str
    has_password: bool
    disabled: bool
    created_at: datetime


class Accounts(ApiKeys):
    """Who may come in; each call is one transaction, password hashing stands outside of it."""

    def __init__(
        self, store: Store, settings: Settings, *, hasher: PasswordHash | None = None
    ) -> None:
        super().__init__(store)
        self._session_length = timedelta(hours=settings.session_hours)
        self._rules: SignInRules = rules().sign_in
        self._hasher = hasher or PasswordHash.recommended()
        self.factors = SecondFactors(store)
        self._factor_roles = frozenset(
            filter(None, (role.strip() for role in settings.second_factor_roles.split(",")))
        )
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def first_start_link(self) -> str | None:
        """A token that sets the first password; None once anybody can sign in.

        Makes the account `admin` of the root station when there is no account. Calling again
        gives a new token and ends the one before.
        """
        now = self._store.now()
        with self._store.write() as tx:
            tx.alone()
            if rows.with_password(tx):
                return None
            account = rows.by_login(tx, rules().first_login)
            if account is None:
                if rows.count(tx):
                    return None
                own = rules()
                account = _add(tx, own.first_login, "", own.first_role, stations.root(tx), now=now)
            return self._link(tx, account.id, now)

    def set_password(self, token: str, password: str) -> None:
        """Set the password that the link is for; the link is used up, other sessions end.

        Raises:
            LinkExpired: used, too old, or never given out.
            PasswordWeak: too short, too long or among the first that are guessed.
        """
        require_strong(password)
        hashed = self._hasher.hash(password_bytes(password))
        now = self._store.now()
        with self._store.write() as tx:
            account_id = rows.use_link(tx, digest_of(token), now)
            account = rows.find(tx, account_id) if account_id else None
            if account is None:
                raise LinkExpired
            if account.login in password.lower():
                raise PasswordWeak(reason="contains_login")
            rows.set_account(tx, account.id, {"password_hash": hashed})
            rows.end_sessions(tx, account.id, now)
            rows.forget_failures(tx, self._login_digest(account.login))
            audit.record(tx, acting(account, "session"), "password.set", "account", account.id,
                         at=now)  # fmt: skip

    def sign_in(self, login: str, password: str, code: str = "") -> Session:
        """A session for the right password and, where the account has one, the second factor.

        Raises:
            CodeNeeded: the password is right, and a code has to come with it.
            LoginFailed: login or password is wrong; which of them is not said.
            LoginLocked: too many failures, with `seconds` to wait; unknown logins lock as well.
        """
        login = normal_login(login)
        digest, now = self._login_digest(login), self._store.now()
        with self._store.read() as tx:
            account = rows.by_login(tx, login)
        self._require_unlocked(digest, now)
        usable = account is not None and account.disabled_at is None
        hashed = account.password_hash if account is not None and usable else None
        right = self._hasher.verify(password_bytes(password), hashed or self._nobody)
        if account is None or hashed is None or not right:
            self._failed(digest, account, now)
            raise LoginFailed
        self._check_code(account, digest, code, now)
        return self._open_session(account, digest, now)

    def enter(self, account_id: str, *, code: str = "", vouched: bool = False) -> Session:
        """A session for an account whose owner an OpenID provider has named.

        `vouched`: the provider's word stands for the second factor.

        Raises:
            CodeNeeded, LoginFailed, LoginLocked: as for `sign_in`; closed accounts fail.
        """
        now = self._store.now()
        with self._store.read() as tx:
            account = rows.find(tx, account_id)
        if account is None or account.disabled_at is not None:
            raise LoginFailed
        digest = self._login_digest(account.login)
        if not vouched:
            self._require_unlocked(digest, now)
            self._check_code(account, digest, code, now)
        return self._open_session(account, digest, now, "provider" if vouched else None)

    def _require_unlocked(self, digest: bytes, now: datetime) -> None:
        with self._store.read() as tx:
            until = rows.locked_until(tx, digest)
        if until is not None and until > now:
            raise LoginLocked(seconds=int((until - now).total_seconds()) + 1)

    def _check_code(
        self, account: rows.AccountRow, digest: bytes, code: str, now: datetime
    ) -> None:
        with self._store.write() as tx:
            if not self.factors.in_force(tx, account.id):
                return
            if not code:
                raise CodeNeeded
            right = self.factors.use(tx, account.id, code)
        if not right:
            self._failed(digest, account, now)
            raise LoginFailed

    def sign_out(self, token: str) -> None:
        """End the session; an unknown token is no error."""
        with self._store.write() as tx:
            account_id = rows.end_session(tx, digest_of(token), self._store.now())
            account = rows.find(tx, account_id) if account_id else None
            if account is not None:
                audit.record(tx, acting(account, "session"), "session.end", "account", account.id,
                             at=self._store.now())  # fmt: skip

    def by_session(self, token: str) -> tuple[Actor, str] | None:
        """Actor and CSRF token of a living session."""
        now, digest = self._store.now(), digest_of(token)
        with self._store.read() as tx:
            account = rows.by_session(tx, digest, now)
            if account is None:
                return None
            bare = account.role in self._factor_roles and not (
                self.factors.in_force(tx, account.id) or rows.factor_of(tx, digest)
            )
            stale = rows.seen_before(tx, digest, now - SEEN_EVERY)
        if stale:
            with self._store.write() as tx:
                rows.seen(tx, digest, now)
        actor = acting(account, "session", frozenset() if bare else None)
        return (replace(actor, must_enrol=True) if bare else actor), csrf_of(token)

    def sessions(self, actor: Actor) -> tuple[SignedIn, ...]:
        """One's own living sessions, newest first."""
        with self._store.read() as tx:
            found = rows.sessions_of(tx, actor.account_id, self._store.now())
        return tuple(
            SignedIn(s.token_digest[:6].hex(), s.created_at, s.seen_at, s.expires_at) for s in found
        )

    def end_session(self, actor: Actor, session_id: str) -> None:
        """End one of one's own sessions; an unknown number is no error."""
        now = self._store.now()
        with self._store.write() as tx:
            for found in rows.sessions_of(tx, actor.account_id, now):
                if found.token_digest[:6].hex() == session_id:
                    rows.end_session(tx, found.token_digest, now)
                    audit.record(tx, actor, "session.end", "account", actor.account_id, at=now)

    def sign_everyone_out(self, actor: Actor, login: str) -> None:
        """End all sessions of an account within reach, one's own included."""
        now = self._store.now()
        with self._store.write() as tx:
            own = normal_login(login) == actor.login
            if not own:
                require(actor, "accounts.manage")
            account = within_reach(tx, actor, login)
            if not own:
                require_separation(tx, actor, account.role)
            rows.end_sessions(tx, account.id, now)
            audit.record(tx, actor, "session.end_all", "account", account.id, at=now)

    def create(
        self, actor: Actor, login: str, display_name: str, role: str, station_code: str
    ) -> str:
        """A new account at a station within reach; the token of the link for its password.

        Raises:
            Conflict: the login is taken.
            RecordInvalid: a login of another form than `a-z0-9._@-`, or no such role.
        """
        require(actor, "accounts.manage")
        login, now = normal_login(login), self._store.now()
        if not _LOGIN.fullmatch(login):
            raise RecordInvalid(path="login", reason="login_form")
        if role not in rules().roles:
            raise RecordInvalid(path="role", reason="role_unknown")
        if not 0 < len(display_name) <= 200:
            raise RecordInvalid(path="display_name", reason="length")
        with self._store.write() as tx:
            station = stations.by_code(tx, station_code)
            if station is None or not actor.reaches(station.path):
                raise NotFound
            require_separation(tx, actor, role)
            account = _add(tx, login, display_name, role, station, now=now)
            audit.record(tx, actor, "account.create", "account", account.id, at=now,
                         detail={"role": role})  # fmt: skip
            return self._link(tx, account.id, now)

    def new_link(self, actor: Actor, login: str) -> str:
        """A new link for an account within reach, for a forgotten password."""
        require(actor, "accounts.manage")
        now = self._store.now()
        with self._store.write() as tx:
            account = within_reach(tx, actor, login)
            require_separation(tx, actor, account.role)
            audit.record(tx, actor, "account.link", "account", account.id, at=now)
            return self._link(tx, account.id, now)

    def disable(self, actor: Actor, login: str, *, disabled: bool = True) -> None:
        """Shut an account out, with its sessions and keys, or let it in again; never oneself."""
        require(actor, "accounts.manage")
        now = self._store.now()
        with self._store.write() as tx:
            account = within_reach(tx, actor, login)
            if account.id == actor.account_id:
                raise NotPermitted(reason="own_account")
            require_separation(tx, actor, account.role)
            rows.set_account(tx, account.id, {"disabled_at": now if disabled else None})
            rows.end_sessions(tx, account.id, now)
            action = "account.disable" if disabled else "account.enable"
            audit.record(tx, actor, action, "account", account.id, at=now)

    def users(self, actor: Actor) -> tuple[User, ...]:
        """Accounts within reach, by login."""
        require(actor, "accounts.manage")
        with self._store.read() as tx:
            return tuple(_user(row) for row in rows.below(tx, actor.station_path))

    def add_for(
        self, tx: Tx, actor: Actor, login: str, role: str, station_id: str
    ) -> tuple[str, str]:
        """A new account at a station, within a transaction whose caller may make it; id and link.

        Its displayed name is its login.
        """
        station, now = stations.find(tx, station_id), self._store.now()
        if station is None:
            raise NotFound
        account = _add(tx, login, "", role, station, now=now)
        audit.record(tx, actor, "account.create", "account", account.id, at=now,
                     detail={"role": role})  # fmt: skip
        return account.id, self._link(tx, account.id, now)

    def link_for(self, tx: Tx, account_id: str) -> str:
        """A new one-time link, within a transaction whose caller may give it."""
        return self._link(tx, account_id, self._store.now())

    def close_for(self, tx: Tx, account_id: str) -> None:
        """Shut an account out with its sessions, within a transaction whose caller may do it."""
        now = self._store.now()
        rows.set_account(tx, account_id, {"disabled_at": now})
        rows.end_sessions(tx, account_id, now)

    def _link(self, tx: Tx, account_id: str, now: datetime) -> str:
        token = secrets.token_urlsafe(32)
        expires = now + timedelta(hours=self._rules.link_hours)
        rows.insert_link(tx, digest_of(token), account_id, expires, now)
        return token

    def _open_session(
        self, account: rows.AccountRow, digest: bytes, now: datetime, factor: str | None = None
    ) -> Session:
        token = secrets.token_urlsafe(32)
        session = Session(token, csrf_of(token), now + self._session_length)
        with self._store.write() as tx:
            rows.forget_failures(tx, digest)
            rows.insert_session(tx, digest_of(token), account.id, session.expires_at, now, factor)
            audit.record(tx, acting(account, "session"), "session.start", "account", account.id,
                         at=now)  # fmt: skip
        return session

    def _failed(self, digest: bytes, account: rows.AccountRow | None, now: datetime) -> None:
        forgotten = now - timedelta(minutes=self._rules.failures_forgotten_minutes)
        with self._store.write() as tx:
            failures = rows.add_failure(tx, digest, at=now, forgotten_before=forgotten)
            if failures >= self._rules.failures:
                rows.lock(tx, digest, now + timedelta(minutes=self._rules.lock_minutes))
            actor = acting(account, "session") if account else None
            audit.record(tx, actor, "session.start", "account", account.id if account else None,
                         at=now, outcome="refused", detail={"failures": failures})  # fmt: skip

    def _login_digest(self, login: str) -> bytes:
        return self._store.vault.digest("token", "login", login)


def csrf_of(token: str) -> str:
    """The CSRF token that goes with a session token."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _add(
    tx: Tx, login: str, display_name: str, role: str, station: stations.StationRow, *, now: datetime
) -> rows.AccountRow:
    account_id = new_id()
    values = {
        "id": account_id,
        "login": login,
        "display_name": display_name or login,
        "role": role,
        "station_id": station.id,
        "created_at": now,
    }
    rows.insert_account(tx, values)
    found = rows.find(tx, account_id)
    if found is None:
        raise NotFound
    return found


def _user(row: rows.AccountRow) -> User:
    return User(
        login=row.login,
        display_name=row.display_name,
        role=row.role,
        station_code=row.station_code,
        station_name=row.station_name,
        has_password=row.password_hash is not None,
        disabled=row.disabled_at is not None,
        created_at=row.created_at,
    )
