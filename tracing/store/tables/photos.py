"""Photos (sealed files beside the database), the faces found in them, prints, and form drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class Photo(Base):
    """A photo; its key is wrapped by the master key until it belongs to a person.

    `details` (sealed) holds what the file said about itself: name, date taken. `recipe` and
    `detector` name what made its prints and looked for its faces last; a process that does so
    anew holds it until `claimed_until`.
    """

    __tablename__ = "photo"
    __table_args__ = (
        Index("ix_photo_state_recipe", "state", "recipe"),
        Index("ix_photo_state_detector", "state", "detector"),
    )

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
    recipe: Mapped[str | None] = mapped_column(String(200))
    detector: Mapped[str | None] = mapped_column(String(200))
    claimed_until: Mapped[datetime | None]


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


class FaceCohort(Base):
    """A sample of the gallery that distances are centred on; `templates` is out of how many."""

    __tablename__ = "face_cohort"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    model: Mapped[str] = mapped_column(String(100))
    templates: Mapped[int]
    drawn_at: Mapped[datetime]


class FaceCohortMember(Base):
    """One of the people in a cohort."""

    __tablename__ = "face_cohort_member"

    version: Mapped[int] = mapped_column(ForeignKey("face_cohort.version"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


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
