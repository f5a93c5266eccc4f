"""A person: facets in the clear, the document sealed, its key apart so that it can be destroyed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, GrowingId, Id, Sealed


class Person(Base):
    """One record of one side; `document` is docs/record.md's JSON under the person's key.

    `gallery_id` names the borrowed gallery that the record came with.
    """

    __tablename__ = "person"

    id: Mapped[Id]
    side: Mapped[Code]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    identity_status: Mapped[Code]
    stay_status: Mapped[Code]
    tracing_result: Mapped[Code]
    sex: Mapped[Code | None]
    birth_from: Mapped[int | None] = mapped_column(SmallInteger)
    birth_to: Mapped[int | None] = mapped_column(SmallInteger)
    home_division: Mapped[str | None] = mapped_column(String(12))
    event_division: Mapped[str | None] = mapped_column(String(12))
    event_on: Mapped[date | None]
    protected: Mapped[bool]
    seq: Mapped[int] = mapped_column(unique=True)
    version: Mapped[int]
    document: Mapped[Sealed]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    stored_only_at: Mapped[datetime | None]
    gallery_id: Mapped[str | None] = mapped_column(String(24), index=True)


class PersonKey(Base):
    """The person's key, wrapped; NULL once destroyed."""

    __tablename__ = "person_key"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    wrapped: Mapped[bytes | None]
    destroyed_at: Mapped[datetime | None]


class PersonVersion(Base):
    """What a record said before a change, sealed under the same key."""

    __tablename__ = "person_version"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Sealed]
    replaced_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    replaced_at: Mapped[datetime]


class ExactKeyRow(Base):
    """Keyed digest of a complete number; `assigned` ones were given at settlement."""

    __tablename__ = "exact_key"
    __table_args__ = (
        Index("ix_exact_key_kind_digest", "kind", "digest"),
        Index(
            "uq_exact_key_external",
            "digest",
            unique=True,
            sqlite_where=sql_text("kind = 'external'"),
            postgresql_where=sql_text("kind = 'external'"),
        ),
    )

    id: Mapped[GrowingId]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Code]
    digest: Mapped[bytes]
    owner: Mapped[Code]
    assigned: Mapped[bool]
