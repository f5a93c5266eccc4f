"""Verifications of a pair by two people, their facts and answers, links, reviews of searches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Verification(Base):
    """One pair under verification; `wrapped` is its key under both persons' keys."""

    __tablename__ = "verification"

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(ForeignKey("tracing_case.id"), index=True)
    search_id: Mapped[str | None] = mapped_column(ForeignKey("search.id"))
    probe_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    called_station_id: Mapped[str | None] = mapped_column(ForeignKey("station.id"), index=True)
    state: Mapped[Code]
    round: Mapped[int]
    opened_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    wrapped: Mapped[bytes]
    payload: Mapped[Sealed]


class VerificationFact(Base):
    """A fact about a pair, sealed; one that was written by mistake is struck, never deleted."""

    __tablename__ = "verification_fact"

    id: Mapped[Id]
    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[Sealed]
    created_at: Mapped[datetime]
    struck_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    struck_at: Mapped[datetime | None]


class VerificationAnswer(Base):
    """What one person concluded, sealed; one for each place of a round."""

    __tablename__ = "verification_answer"
    __table_args__ = (
        Index("uq_verification_answer_place", "verification_id", "round", "place", unique=True),
    )

    id: Mapped[Id]
    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"))
    round: Mapped[int]
    place: Mapped[Code]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[Sealed]
    created_at: Mapped[datetime]


class PersonLink(Base):
    """Two records of one person, confirmed by two people; undone, never deleted, never a merge."""

    __tablename__ = "person_link"

    id: Mapped[Id]
    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"), index=True)
    probe_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    sealed: Mapped[Sealed]
    made_at: Mapped[datetime]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None]


class SearchReview(Base):
    """An urgent search that another person has to look at; sealed under the search's key."""

    __tablename__ = "search_review"

    search_id: Mapped[str] = mapped_column(ForeignKey("search.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[Sealed]
    reviewed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    reviewed_at: Mapped[datetime | None]
    outcome: Mapped[Code | None]
    note: Mapped[Sealed | None]
