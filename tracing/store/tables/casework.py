"""Cases, searches with what they showed, exclusions, and the audit trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, GrowingId, Id, Sealed


class Case(Base):
    """A case, and the purpose, legal basis and reason that it lends to its searches."""

    __tablename__ = "tracing_case"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    state: Mapped[Code]
    purpose: Mapped[Code]
    legal_basis: Mapped[Code]
    reason: Mapped[Code]
    opened_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Search(Base):
    """One search of people; `payload` is sealed under `wrapped`.

    `wrapped` is sealed by the probe's person key, or by the master key when the probe is nobody
    on record, so that erasing the probe makes the search unreadable too.
    """

    __tablename__ = "search"

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    via: Mapped[Code]
    case_id: Mapped[str | None] = mapped_column(ForeignKey("tracing_case.id"), index=True)
    probe_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[Code]
    legal_basis: Mapped[Code]
    faces: Mapped[int]
    gallery_size: Mapped[int]
    gallery_seq: Mapped[int]
    model_hash: Mapped[str] = mapped_column(String(64))
    nobody: Mapped[float]
    cpu_ms: Mapped[float]
    wrapped: Mapped[bytes]
    payload: Mapped[Sealed]


class Candidate(Base):
    """A person shown by a search; `payload` is sealed by the search's key, then by the person's."""

    __tablename__ = "candidate"

    search_id: Mapped[str] = mapped_column(ForeignKey("search.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person_version: Mapped[int]
    probability: Mapped[float]
    bits: Mapped[float]
    grade: Mapped[Code]
    payload: Mapped[Sealed]


class Exclusion(Base):
    """Staff say that these two are not one person; can be taken back, never deleted."""

    __tablename__ = "exclusion"

    id: Mapped[Id]
    probe_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    probe_version: Mapped[int]
    person_version: Mapped[int]
    model_hash: Mapped[str] = mapped_column(String(64))
    reason_code: Mapped[Code]
    note: Mapped[Sealed]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    restored_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    restored_at: Mapped[datetime | None]


class ConfirmedCase(Base):
    """Who somebody was, or (without `person_id`) that nobody on record is this person."""

    __tablename__ = "confirmed_case"

    id: Mapped[Id]
    probe_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    probe_version: Mapped[int]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None]


class AuditRow(Base):
    """Who did what to what, when and why; codes, ids and counts only.

    `chain`, `previous` and `hash` are filled by the sealing of the chain, in order, afterwards.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_kind", "object_id"),)

    id: Mapped[GrowingId]
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[str | None] = mapped_column(String(24), index=True)
    station_id: Mapped[str | None] = mapped_column(String(24))
    via: Mapped[Code]
    action: Mapped[Code]
    object_kind: Mapped[Code]
    object_id: Mapped[str | None] = mapped_column(String(48))
    case_id: Mapped[str | None] = mapped_column(String(24))
    purpose: Mapped[Code | None]
    outcome: Mapped[Code]
    detail: Mapped[str] = mapped_column(String(4000))
    chain: Mapped[int | None] = mapped_column(unique=True)
    previous: Mapped[bytes | None]
    hash: Mapped[bytes | None]
    key_prefix: Mapped[str | None] = mapped_column(String(12), index=True)
