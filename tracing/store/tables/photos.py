"""Photos (sealed files beside the database), the faces found in them, prints, and form drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Photo(Base):
    """A photo; its key is wrapped by the master key until it belongs to a person.

    `details` (sealed) holds what the file said about itself: name, date taken.
    """

    __tablename__ = "photo"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    wrapped: Mapped[bytes]
    details: Mapped[Sealed]
    state: Mapped[Code]
    format: Mapped[Code]
    width: Mapped[int]
    height: Mapped[int]
    bytes_original: Mapped[int]
    bytes_picture: Mapped[int]
    advice: Mapped[str] = mapped_column(String(400))
    chosen: Mapped[int | None]
    position: Mapped[int]
    created_at: Mapped[datetime]
    attached_at: Mapped[datetime | None]


class Face(Base):
    """A face in a photo, in pixels of the stored picture; `relation` says whose it may be."""

    __tablename__ = "face"

    photo_id: Mapped[str] = mapped_column(ForeignKey("photo.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    left: Mapped[int]
    top: Mapped[int]
    right: Mapped[int]
    bottom: Mapped[int]
    score: Mapped[float]
    sharpness: Mapped[float]
    quality: Mapped[str] = mapped_column(String(400))
    relation: Mapped[Code | None]


class FacePrint(Base):
    """A face vector float32 [dim], sealed under the key of its person, else of its photo."""

    __tablename__ = "face_print"
    __table_args__ = (Index("ix_face_print_photo_id_ordinal", "photo_id", "ordinal"),)

    id: Mapped[Id]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    photo_id: Mapped[str | None] = mapped_column(ForeignKey("photo.id"))
    ordinal: Mapped[int | None]
    model: Mapped[str] = mapped_column(String(100))
    vector: Mapped[Sealed]
    quality: Mapped[float | None]
    taken: Mapped[str | None] = mapped_column(String(10))
    age: Mapped[int | None]
    cohort_version: Mapped[int | None]
    cohort_mean: Mapped[float | None]


class Draft(Base):
    """A half-filled form, sealed, kept for its account until it expires."""

    __tablename__ = "draft"

    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[Code]
    sealed: Mapped[Sealed]
    photo_ids: Mapped[str] = mapped_column(String(1300))
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
