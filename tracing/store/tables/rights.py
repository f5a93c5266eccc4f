"""What is owed to people: protection, clues from the public, rights, assessments, incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class ProtectionEcho(Base):
    """One for every search, all of one size: whether it would have shown a protected person."""

    __tablename__ = "protection_echo"

    search_id: Mapped[str] = mapped_column(ForeignKey("search.id"), primary_key=True)
    sealed: Mapped[Sealed]


class ProtectionAlert(Base):
    """A protected person was sought; `station_id` is the one whose officer is told.

    `wish` is what the person said when asked; `note` is sealed under the person's key.
    """

    __tablename__ = "protection_alert"
    __table_args__ = (Index("uq_protection_alert_search", "search_id", "person_id", unique=True),)

    id: Mapped[Id]
    search_id: Mapped[str] = mapped_column(ForeignKey("search.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    sought_at: Mapped[datetime]
    wish: Mapped[Code | None]
    note: Mapped[bytes | None]
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime | None]


class Clue(Base):
    """What somebody from the public saw; sealed, and gone on its day unless linked to a person."""

    __tablename__ = "clue"

    id: Mapped[Id]
    state: Mapped[Code] = mapped_column(index=True)
    sealed: Mapped[Sealed]
    photo: Mapped[bytes | None]
    photo_state: Mapped[Code]
    received_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class RightsRequest(Base):
    """A request of a person about their own record; what was said lies under the person's key."""

    __tablename__ = "rights_request"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    kind: Mapped[Code]
    asked_by: Mapped[Code]
    state: Mapped[Code] = mapped_column(index=True)
    rule: Mapped[str] = mapped_column(String(64))
    note: Mapped[bytes | None]
    received_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    refusal: Mapped[Code | None]
    erasure_id: Mapped[str | None] = mapped_column(String(24))


class Assessment(Base):
    """An impact assessment: while none of its scope is valid any more, that scope is off."""

    __tablename__ = "assessment"

    id: Mapped[Id]
    scope: Mapped[Code] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Incident(Base):
    """A leak, a change or a loss of data; what happened and who was told are sealed."""

    __tablename__ = "incident"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    kind: Mapped[Code]
    sealed: Mapped[Sealed]
    found_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class DutyClock(Base):
    """A running deadline with the rule and version it was computed by; a deed stops it."""

    __tablename__ = "duty_clock"

    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(String(64), index=True)
    subject_id: Mapped[str | None] = mapped_column(String(24), index=True)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    deed: Mapped[str | None] = mapped_column(String(64))
