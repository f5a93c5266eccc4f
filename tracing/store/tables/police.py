"""What police officers ask: requests with their approvals and questions, and single inquiries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, GrowingId, Id, Sealed


class PoliceRequest(Base):
    """A request for more than one person; `sealed` (number, reason) is destroyed after its end.

    `divisions` and `sides` are the scope, words with spaces between; `questions_most` is what was
    asked for, `exported` whether a file may be taken out.
    """

    __tablename__ = "police_request"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    requested_by: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    requested_at: Mapped[datetime]
    kind: Mapped[Code]
    purpose: Mapped[Code]
    legal_basis: Mapped[Code]
    divisions: Mapped[str] = mapped_column(String(800))
    sides: Mapped[str] = mapped_column(String(64))
    questions_most: Mapped[int]
    export: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[Code] = mapped_column(index=True)
    sealed: Mapped[Sealed | None]
    ended_at: Mapped[datetime | None]


class PoliceApproval(Base):
    """One person's answer to a request, `approve` or `refuse`; never changed."""

    __tablename__ = "police_approval"

    request_id: Mapped[str] = mapped_column(ForeignKey("police_request.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    decision: Mapped[Code]
    at: Mapped[datetime]
    note: Mapped[Sealed | None]


class PoliceQuestion(Base):
    """One question of a request's run; its answer is the search it was asked by.

    `state` is waiting, candidates, nobody or error; `fault` says of an error where and why.
    """

    __tablename__ = "police_question"
    __table_args__ = (
        Index("uq_police_question_place", "request_id", "run", "ordinal", unique=True),
        Index("ix_police_question_account", "account_id", "asked_at"),
    )

    id: Mapped[GrowingId]
    request_id: Mapped[str] = mapped_column(ForeignKey("police_request.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    run: Mapped[int]
    ordinal: Mapped[int]
    asked_at: Mapped[datetime]
    sealed: Mapped[Sealed | None]
    state: Mapped[Code] = mapped_column(index=True)
    fault: Mapped[str | None] = mapped_column(String(300))
    search_id: Mapped[str | None] = mapped_column(ForeignKey("search.id"), index=True)
    answered_at: Mapped[datetime | None]


class PoliceInquiry(Base):
    """An officer asks the station that holds a candidate; texts lie under the person's key.

    `kind` is presence or release; `state` asked, received or answered.
    """

    __tablename__ = "police_inquiry"

    id: Mapped[Id]
    kind: Mapped[Code]
    state: Mapped[Code] = mapped_column(index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("search.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    asked_at: Mapped[datetime]
    parts: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[Sealed]
    received_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[Code | None]
    note: Mapped[Sealed | None]
    expires_at: Mapped[datetime | None]
