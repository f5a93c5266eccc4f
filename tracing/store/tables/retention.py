"""What happens to records with time: requests to erase, holds, reviews and reasons to keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id


class Erasure(Base):
    """A request to erase a person and its answer; ids, codes and counts only.

    Accounts and stations are named by id without a reference: a row written again from the
    ledger after a restore may be older than they are.
    """

    __tablename__ = "erasure"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(String(24), index=True)
    station_id: Mapped[str] = mapped_column(String(24), index=True)
    side: Mapped[Code]
    state: Mapped[Code] = mapped_column(index=True)
    asked_by: Mapped[Code]
    reason: Mapped[Code]
    requested_by: Mapped[str] = mapped_column(String(24))
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(24))
    decided_at: Mapped[datetime | None]
    refusal: Mapped[Code | None]
    counts: Mapped[str] = mapped_column(String(400))
    receipt: Mapped[str | None] = mapped_column(String(64))


class RetentionMark(Base):
    """Something said about keeping a person's record: a hold, a review, a reason to keep a print.

    `resolved` is written when the tracing is first seen to have ended, and starts its clock.
    """

    __tablename__ = "retention_mark"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Code] = mapped_column(index=True)
    reason: Mapped[Code]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
