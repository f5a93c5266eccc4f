"""Requests to police and other stations, their deeds and answers, keys of other installations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Crosscheck(Base):
    """One request: sent by `from_station`, addressed to `to_station`; either may be elsewhere.

    `heading` (what is told) and `package` (photos) lie under the person's key; those of one that
    came from another installation under the service's own. `origin` is the digest of that file.
    """

    __tablename__ = "crosscheck"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Code]
    state: Mapped[Code] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("tracing_case.id"))
    from_station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    to_station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    purpose: Mapped[Code]
    legal_basis: Mapped[Code]
    heading: Mapped[Sealed]
    package: Mapped[Sealed]
    origin: Mapped[bytes | None] = mapped_column(unique=True)
    made_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)


class CrosscheckDeed(Base):
    """What was done about a request, by the asking or the addressed side; undone ones stay."""

    __tablename__ = "crosscheck_deed"

    id: Mapped[Id]
    crosscheck_id: Mapped[str] = mapped_column(ForeignKey("crosscheck.id"), index=True)
    deed: Mapped[Code]
    side: Mapped[Code]
    before: Mapped[Code]
    after: Mapped[Code]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    at: Mapped[datetime]
    sealed: Mapped[Sealed]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class CrosscheckAnswer(Base):
    """An answer; `digest` lets one that comes twice count once, and is empty for a struck one."""

    __tablename__ = "crosscheck_answer"
    __table_args__ = (Index("uq_crosscheck_answer_digest", "crosscheck_id", "digest", unique=True),)

    id: Mapped[Id]
    crosscheck_id: Mapped[str] = mapped_column(ForeignKey("crosscheck.id"))
    deed_id: Mapped[str] = mapped_column(ForeignKey("crosscheck_deed.id"))
    source: Mapped[Code]
    result: Mapped[Code]
    sealed: Mapped[Sealed]
    digest: Mapped[bytes | None]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    struck_at: Mapped[datetime | None]
    verification_id: Mapped[str | None] = mapped_column(ForeignKey("verification.id"))


class TrustedKey(Base):
    """The public signing key of another installation, checked by whoever entered it."""

    __tablename__ = "trusted_key"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    public: Mapped[bytes] = mapped_column(index=True)
    added_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
