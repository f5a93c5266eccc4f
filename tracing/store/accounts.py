"""Statements about accounts, setup links, sessions, sign-in failures and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, false, func, insert, or_, select, update

from tracing.store.database import Tx
from tracing.store.tables import Account, ApiKey, SetupLink, SignIn, SignInFailure, Station


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its station."""

    id: str
    login: str
    display_name: str
    role: str
    password_hash: str | None
    disabled_at: datetime | None
    created_at: datetime
    station_id: str
    station_code: str
    station_name: str
    station_path: str

    def __repr__(self) -> str:
        return f"AccountRow(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key, without its secret."""

    prefix: str
    secret_digest: bytes
    account_id: str
    login: str
    scopes: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    organisation: str | None
    purpose: str | None
    legal_basis: str | None
    certificate: str | None
    client_id: str | None


_ACCOUNT = (
    Account.id,
    Account.login,
    Account.display_name,
    Account.role,
    Account.password_hash,
    Account.disabled_at,
    Account.created_at,
    Account.station_id,
    Station.code,
    Station.name,
    Station.path,
)
_KEY = (
    ApiKey.prefix,
    ApiKey.secret_digest,
    ApiKey.account_id,
    Account.login,
    ApiKey.scopes,
    ApiKey.created_at,
    ApiKey.expires_at,
    ApiKey.last_used_at,
    ApiKey.revoked_at,
    ApiKey.organisation,
    ApiKey.purpose,
    ApiKey.legal_basis,
    ApiKey.certificate,
    ApiKey.client_id,
)


def count(tx: Tx) -> int:
    """How many accounts there are."""
    return int(tx.connection.scalar(select(func.count()).select_from(Account)) or 0)


def with_password(tx: Tx) -> int:
    """How many accounts somebody can sign in with."""
    statement = select(func.count()).select_from(Account)
    return int(tx.connection.scalar(statement.where(Account.password_hash.is_not(None))) or 0)


def insert_account(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new account; its login must be free."""
    tx.run(insert(Account).values(**values))


def find(tx: Tx, account_id: str) -> AccountRow | None:
    """The account with that id."""
    statement = select(*_ACCOUNT).join(Station, Station.id == Account.station_id)
    row = tx.run(statement.where(Account.id == account_id)).first()
    return None if row is None else AccountRow(*row)


def by_login(tx: Tx, login: str) -> AccountRow | None:
    """The account with that login, already in normal form."""
    statement = select(*_ACCOUNT).join(Station, Station.id == Account.station_id)
    row = tx.run(statement.where(Account.login == login)).first()
    return None if row is None else AccountRow(*row)


def below(tx: Tx, path: str) -> list[AccountRow]:
    """Accounts of the subtree at `path`, by login."""
    statement = (
        select(*_ACCOUNT)
        .join(Station, Station.id == Account.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(Account.login)
    )
    return [AccountRow(*row) for row in tx.run(statement)]


def set_account(tx: Tx, account_id: str, values: Mapping[str, Any]) -> None:
    """Change an account."""
    tx.run(update(Account).where(Account.id == account_id).values(**values))


def insert_link(
    tx: Tx, token_digest: bytes, account_id: str, expires_at: datetime, at: datetime
) -> None:
    """A setup link; earlier unused links of the account end."""
    tx.run(delete(SetupLink).where(SetupLink.account_id == account_id, SetupLink.used_at.is_(None)))
    tx.run(
        insert(SetupLink).values(
            token_digest=token_digest, account_id=account_id, expires_at=expires_at, created_at=at
        )
    )


def use_link(tx: Tx, token_digest: bytes, at: datetime) -> str | None:
    """Use up a living link; the account it was for, or None."""
    statement = (
        update(SetupLink)
        .where(
            SetupLink.token_digest == token_digest,
            SetupLink.used_at.is_(None),
            SetupLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(SetupLink.account_id)
    )
    found: str | None = tx.connection.scalar(statement)
    return found


def insert_session(
    tx: Tx,
    token_digest: bytes,
    account_id: str,
    expires_at: datetime,
    at: datetime,
    factor: str | None = None,
) -> None:
    """A session; long-ended ones of the account are cleared away."""
    tx.run(delete(SignIn).where(SignIn.account_id == account_id, SignIn.expires_at < at))
    tx.run(
        insert(SignIn).values(
            token_digest=token_digest,
            account_id=account_id,
            expires_at=expires_at,
            created_at=at,
            factor=factor,
        )
    )


def factor_of(tx: Tx, token_digest: bytes) -> str | None:
    """Who vouched for a second factor of this session; None: nobody but ourselves."""
    found: str | None = tx.connection.scalar(
        select(SignIn.factor).where(SignIn.token_digest == token_digest)
    )
    return found


def by_session(tx: Tx, token_digest: bytes, at: datetime) -> AccountRow | None:
    """The account of a living session, if the account may still sign in."""
    statement = (
        select(*_ACCOUNT)
        .join(Station, Station.id == Account.station_id)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(
            SignIn.token_digest == token_digest,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > at,
            Account.disabled_at.is_(None),
        )
    )
    row = tx.run(statement).first()
    return None if row is None else AccountRow(*row)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A living session."""

    token_digest: bytes
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime


def sessions_of(tx: Tx, account_id: str, at: datetime) -> list[SessionRow]:
    """Living sessions of an account, newest first."""
    columns = (SignIn.token_digest, SignIn.created_at, SignIn.seen_at, SignIn.expires_at)
    statement = select(*columns).where(
        SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.expires_at > at
    )
    return [SessionRow(*row) for row in tx.run(statement.order_by(SignIn.created_at.desc()))]


def seen_before(tx: Tx, token_digest: bytes, at: datetime) -> bool:
    """Whether the session was last used before then, or never."""
    seen: datetime | None = tx.connection.scalar(
        select(SignIn.seen_at).where(SignIn.token_digest == token_digest)
    )
    return seen is None or seen < at


def seen(tx: Tx, token_digest: bytes, at: datetime) -> None:
    """Note that the session is in use."""
    tx.run(update(SignIn).where(SignIn.token_digest == token_digest).values(seen_at=at))


def with_role(tx: Tx, role: str) -> bool:
    """Whether there is an account of that role that can sign in."""
    statement = select(Account.id).where(
        Account.role == role, Account.disabled_at.is_(None), Account.password_hash.is_not(None)
    )
    return tx.run(statement.limit(1)).first() is not None


def end_session(tx: Tx, token_digest: bytes, at: datetime) -> str | None:
    """End a session; its account, or None when there was none."""
    statement = (
        update(SignIn)
        .where(SignIn.token_digest == token_digest, SignIn.ended_at.is_(None))
        .values(ended_at=at)
        .returning(SignIn.account_id)
    )
    found: str | None = tx.connection.scalar(statement)
    return found


def end_sessions(tx: Tx, account_id: str, at: datetime) -> None:
    """End all sessions of an account."""
    tx.run(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
    )


def locked_until(tx: Tx, login_digest: bytes) -> datetime | None:
    """Until when this login, known or not, is locked."""
    statement = select(SignInFailure.locked_until)
    found: datetime | None = tx.connection.scalar(
        statement.where(SignInFailure.login_digest == login_digest)
    )
    return found


def add_failure(tx: Tx, login_digest: bytes, *, at: datetime, forgotten_before: datetime) -> int:
    """Count a failure; failures from before `forgotten_before` no longer count."""
    fresh = {"login_digest": login_digest, "failures": 0, "changed_at": at}
    tx.insert_new(SignInFailure, fresh)
    own = SignInFailure.login_digest == login_digest
    tx.run(
        update(SignInFailure)
        .where(own, SignInFailure.changed_at < forgotten_before)
        .values(failures=0, locked_until=None)
    )
    statement = (
        update(SignInFailure)
        .where(own)
        .values(failures=SignInFailure.failures + 1, changed_at=at)
        .returning(SignInFailure.failures)
    )
    return int(tx.connection.scalar(statement) or 0)


def lock(tx: Tx, login_digest: bytes, until: datetime) -> None:
    """Lock a login and start counting anew."""
    tx.run(
        update(SignInFailure)
        .where(SignInFailure.login_digest == login_digest)
        .values(locked_until=until, failures=0)
    )


def forget_failures(tx: Tx, login_digest: bytes) -> None:
    """A right password: nothing counts any more."""
    tx.run(delete(SignInFailure).where(SignInFailure.login_digest == login_digest))


def insert_key(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new API key."""
    tx.run(insert(ApiKey).values(**values))


def find_key(tx: Tx, prefix: str) -> KeyRow | None:
    """The key with that prefix, living or not."""
    return _key_where(tx, ApiKey.prefix == prefix)


def key_with_certificate(tx: Tx, fingerprint: str) -> KeyRow | None:
    """The key of that client certificate, living or not."""
    return _key_where(tx, ApiKey.certificate == fingerprint)


def key_of_client(tx: Tx, client_id: str) -> KeyRow | None:
    """The key of the machine that the issuer of tokens calls so, living or not."""
    return _key_where(tx, ApiKey.client_id == client_id)


def proof_taken(tx: Tx, certificate: str | None, client_id: str | None) -> bool:
    """Whether another key has that certificate or that client; None is nobody's."""
    given = ((ApiKey.certificate, certificate), (ApiKey.client_id, client_id))
    own = or_(false(), *(column == value for column, value in given if value is not None))
    return tx.run(select(ApiKey.prefix).where(own).limit(1)).first() is not None


def keys_below(tx: Tx, path: str) -> list[KeyRow]:
    """Keys of the accounts of the subtree at `path`, newest first."""
    statement = (
        select(*_KEY)
        .join(Account, Account.id == ApiKey.account_id)
        .join(Station, Station.id == Account.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(ApiKey.created_at.desc(), ApiKey.prefix)
    )
    return [KeyRow(*row) for row in tx.run(statement)]


def set_key(tx: Tx, prefix: str, values: Mapping[str, Any]) -> None:
    """Change a key: last use, revocation."""
    tx.run(update(ApiKey).where(ApiKey.prefix == prefix).values(**values))


def _key_where(tx: Tx, condition: ColumnElement[bool]) -> KeyRow | None:
    statement = select(*_KEY).join(Account, Account.id == ApiKey.account_id)
    row = tx.run(statement.where(condition)).first()
    return None if row is None else KeyRow(*row)
