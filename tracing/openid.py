"""统一登录: signing in through the OpenID provider of one's authority; off unless configured.

Authorisation code with PKCE, state and nonce. What has to be remembered while the browser is away
travels with it, sealed; a return is taken up once. The provider says who somebody is and nothing
else: accounts are never made from it, a subject is bound to an account that exists, and role,
station and closing stay ours. Where an account has a second factor its code is asked for as
usual, unless the settings take the provider's word for it (`amr`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from tracing import audit
from tracing.access import Actor, require
from tracing.accounts import Accounts, Session
from tracing.acting import digest_of, require_separation, within_reach
from tracing.errors import CodeNeeded, OpenidRefused, OpenidUnbound, OpenidUnusable
from tracing.openid_provider import Provider
from tracing.openid_tokens import SUBJECT_LONGEST, Identity
from tracing.sealing.cipher import SealBroken
from tracing.settings import Settings
from tracing.store import Store
from tracing.store import openid as rows

AWAY = timedelta(minutes=10)
"""How long a browser may be away at the provider, or take to enter a code."""
Step = Literal["away", "code", "bind"]


@dataclass(frozen=True, slots=True)
class Pending:
    """What is still to be done here: a code of the second factor, or to confirm the binding.

    `ticket` goes into a cookie and says it, sealed.
    """

    step: Step
    ticket: str

    def __repr__(self) -> str:
        return f"Pending(step={self.step!r})"


class Openid:
    """Sign-in through one provider; each call is one transaction."""

    def __init__(self, store: Store, accounts: Accounts, settings: Settings) -> None:
        """Asks the provider nothing yet.

        Raises:
            OpenidUnusable: a provider is configured, but not wholly or not safely.
        """
        self._store = store
        self._accounts = accounts
        self.name = settings.openid_name
        self._provider = Provider(settings) if settings.openid_issuer else None
        listed = settings.openid_second_factor.split(",")
        self._methods = frozenset(filter(None, (method.strip() for method in listed)))

    @property
    def on(self) -> bool:
        """Whether a provider is configured."""
        return self._provider is not None

    def begin(self, next_path: str, actor: Actor | None = None) -> tuple[str, str]:
        """The provider's address to send the browser to, and the ticket to come back with.

        For an `actor` the subject is to be bound to their account, else it is to sign in.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        address = self._asked().address(state, nonce, verifier)
        account = actor.account_id if actor else None
        ticket = self._ticket(
            "away", next=next_path, state=state, nonce=nonce, verifier=verifier, account=account
        )
        return address, ticket

    def come_back(
        self, ticket: str, state: str, code: str, issuer: str = ""
    ) -> tuple[Session, str] | Pending:
        """A session and where to go on, or what is still to be done.

        Raises:
            OpenidRefused: another browser, too late, a second time, or another issuer (RFC 9207);
                or the provider does not stand by it.
            OpenidUnbound: nobody's account is bound to this subject.
            OpenidUnusable: the provider does not answer.
        """
        provider, kept = self._asked(), self._kept(ticket, "away")
        if not hmac.compare_digest(state.encode(), kept["state"].encode()) or not code:
            raise OpenidRefused(reason="state")
        if issuer and issuer != provider.issuer:
            raise OpenidRefused(reason="issuer")
        now = self._store.now()
        with self._store.write() as tx:
            if not rows.take_up(tx, digest_of(state), now + 2 * AWAY, now):
                raise OpenidRefused(reason="used")
        found = provider.identity(code, kept["nonce"], kept["verifier"], now)
        digest = self._digest(found.subject)
        if kept["account"] is not None:
            again = self._ticket("bind", account=kept["account"], digest=digest.hex())
            return Pending("bind", again)
        return self._signed_in(digest, found, kept["next"])

    def _signed_in(
        self, digest: bytes, found: Identity, next_path: str
    ) -> tuple[Session, str] | Pending:
        with self._store.read() as tx:
            account_id = rows.account_of(tx, digest)
        if account_id is None:
            raise OpenidUnbound
        vouched = bool(found.methods & self._methods)
        try:
            return self._accounts.enter(account_id, vouched=vouched), next_path
        except CodeNeeded:
            return Pending("code", self._ticket("code", account=account_id, next=next_path))

    def with_code(self, ticket: str, code: str) -> tuple[Session, str]:
        """The session for a right code of the second factor, and where to go on.

        Raises:
            OpenidRefused: too late, or nothing was begun.
            CodeNeeded, LoginFailed, LoginLocked: as for a password.
        """
        kept = self._kept(ticket, "code")
        return self._accounts.enter(kept["account"], code=code), kept["next"]

    def waiting(self, actor: Actor, ticket: str) -> bool:
        """Whether a subject came back for this account and waits to be bound."""
        try:
            return bool(self._kept(ticket, "bind")["account"] == actor.account_id)
        except OpenidRefused:
            return False

    def bind(self, actor: Actor, ticket: str) -> None:
        """Bind the subject that came back to one's own account.

        Raises:
            OpenidRefused: too late, or begun by somebody else.
            Conflict: it is bound to another account.
        """
        kept = self._kept(ticket, "bind")
        if kept["account"] != actor.account_id:
            raise OpenidRefused(reason="state")
        self._bind(actor, actor.account_id, bytes.fromhex(kept["digest"]))

    def bind_for(self, actor: Actor, login: str, subject: str) -> None:
        """Bind a subject to an account within reach, as an administrator.

        Raises:
            Conflict: the subject is bound to another account.
            OpenidRefused: an empty or endless subject.
        """
        require(actor, "accounts.manage")
        self._asked()
        if not 0 < len(subject) <= SUBJECT_LONGEST:
            raise OpenidRefused(reason="subject")
        with self._store.read() as tx:
            account = within_reach(tx, actor, login)
            require_separation(tx, actor, account.role)
        self._bind(actor, account.id, self._digest(subject))

    def unbind(self, actor: Actor) -> None:
        """End the binding of one's own account; twice is no error."""
        self._unbind(actor, actor.account_id)

    def unbind_for(self, actor: Actor, login: str) -> None:
        """End the binding of an account within reach, as an administrator."""
        require(actor, "accounts.manage")
        with self._store.read() as tx:
            account = within_reach(tx, actor, login)
            require_separation(tx, actor, account.role)
        self._unbind(actor, account.id)

    def bound(self, actor: Actor) -> bool:
        """Whether one's own account is bound."""
        with self._store.read() as tx:
            return rows.bound(tx, actor.account_id)

    def _bind(self, actor: Actor, account_id: str, digest: bytes) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            rows.bind(tx, digest, account_id, actor.account_id, now)
            audit.record(tx, actor, "openid.bind", "account", account_id, at=now)

    def _unbind(self, actor: Actor, account_id: str) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            if rows.unbind(tx, account_id):
                audit.record(tx, actor, "openid.unbind", "account", account_id, at=now)

    def _asked(self) -> Provider:
        if self._provider is None:
            raise OpenidUnusable(reason="openid_off")
        return self._provider

    def _digest(self, subject: str) -> bytes:
        return self._store.vault.digest("token", "openid", self._asked().issuer, subject)

    def _ticket(self, step: Step, **facts: str | None) -> str:
        until = (self._store.now() + AWAY).timestamp()
        plain = json.dumps({"step": step, "until": until, **facts}).encode()
        return base64.urlsafe_b64encode(self._store.vault.seal_desk(plain, "openid")).decode()

    def _kept(self, ticket: str, step: Step) -> dict[str, Any]:
        """What a ticket says; raises `OpenidRefused` for one of another step, or too old."""
        try:
            sealed = base64.b64decode(ticket.encode("ascii"), altchars=b"-_", validate=True)
            kept: dict[str, Any] = json.loads(self._store.vault.open_desk(sealed, "openid"))
        except (ValueError, binascii.Error, SealBroken):
            raise OpenidRefused(reason="state") from None
        if kept["step"] != step or kept["until"] < self._store.now().timestamp():
            raise OpenidRefused(reason="state")
        return kept
