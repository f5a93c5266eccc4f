"""Looking for somebody's home: one locating, and in their order the deeds that it consists of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Locating(Base):
    """A search for a home. `wrapped`, its key, lies under the key of the person it is about.

    Until a person is linked it lies under the master key, and `expires_at` is its last day.
    """

    __tablename__ = "locating"

    id: Mapped[Id]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class LocatingDeed(Base):
    """A fragment, a fact, a call, a reaction or a claim; taken back ones stay and can return."""

    __tablename__ = "locating_deed"
    __table_args__ = (Index("uq_locating_deed_number", "locating_id", "number", unique=True),)

    id: Mapped[Id]
    locating_id: Mapped[str] = mapped_column(ForeignKey("locating.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    number: Mapped[int]
    kind: Mapped[Code]
    sealed: Mapped[Sealed]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
