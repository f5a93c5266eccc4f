"""Stations and who works there: accounts, links, sign-ins, keys, and answers to retries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Station(Base):
    """A station in the tree; `path` is `/000000/…/own/` in codes, so a subtree is a prefix."""

    __tablename__ = "station"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    division: Mapped[str | None] = mapped_column(String(12))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"))
    path: Mapped[str] = mapped_column(String(700), unique=True)
    created_at: Mapped[datetime]


class Account(Base):
    """Somebody who may sign in or whose keys may call; without a password until a link is used."""

    __tablename__ = "account"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Code]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    password_hash: Mapped[str | None] = mapped_column(String(300))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SetupLink(Base):
    """A link that sets a password once; only the digest of its token is kept."""

    __tablename__ = "setup_link"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignIn(Base):
    """A session; only the digest of its token is kept.

    `factor` is `provider` where an OpenID provider vouched for a second factor.
    """

    __tablename__ = "session"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    factor: Mapped[Code | None]


class OpenidSubject(Base):
    """Who somebody is at the OpenID provider, as a keyed digest of issuer and subject."""

    __tablename__ = "openid_subject"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), unique=True)
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]


class OpenidState(Base):
    """A return from the OpenID provider that was taken up, so that none is taken up twice."""

    __tablename__ = "openid_state"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class FamilyAccess(Base):
    """An account of a family and the one record it may see; `step` is what the station says."""

    __tablename__ = "family_access"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    step: Mapped[Code]
    stepped_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The second factor of an account: secret and recovery digests sealed; asked once confirmed.

    `last_step` is the time step of the newest code used, so that no code works twice.
    """

    __tablename__ = "second_factor"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed: Mapped[Sealed]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]
    created_at: Mapped[datetime]


class SignInFailure(Base):
    """Failures for a login, known or not, by keyed digest: both are locked alike."""

    __tablename__ = "session_failure"

    login_digest: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ApiKey(Base):
    """A machine that may call; the prefix is shown, of a secret only a digest is kept.

    `certificate` is the SHA-256 of a client certificate in hex, `client_id` the name of a machine
    at the issuer of tokens: where one of them is set, it is the proof and the secret opens nothing.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        Index("uq_api_key_certificate", "certificate", unique=True),
        Index("uq_api_key_client_id", "client_id", unique=True),
    )

    prefix: Mapped[str] = mapped_column(String(12), primary_key=True)
    secret_digest: Mapped[bytes]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    scopes: Mapped[str] = mapped_column(String(1000))
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    organisation: Mapped[str | None] = mapped_column(String(200))
    purpose: Mapped[Code | None]
    legal_basis: Mapped[Code | None]
    certificate: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(200))


class Idempotency(Base):
    """The answer to a request that may be sent again; sealed, without the request itself."""

    __tablename__ = "idempotency"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_digest: Mapped[bytes]
    response: Mapped[Sealed | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
