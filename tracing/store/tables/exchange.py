"""What comes from elsewhere and what goes out: origins, imports, borrowed galleries, notices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class BorrowedGallery(Base):
    """Another owner's records, lent for purposes and until a day; `purposes` with spaces between.

    Owner and name are those of an organisation, never of a person.
    """

    __tablename__ = "borrowed_gallery"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    owner: Mapped[str] = mapped_column(String(100))
    kind: Mapped[Code]
    legal_basis: Mapped[Code]
    agreement: Mapped[str] = mapped_column(String(64))
    purposes: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    keep_days: Mapped[int] = mapped_column(SmallInteger)
    recorded_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    erased_at: Mapped[datetime | None]
    erased: Mapped[int]


class Origin(Base):
    """Where an imported record comes from; what it said there lies under the person's key.

    `clone`: it belongs to another domain and is never edited here. `version` is the person's
    version that the import wrote; `dated_at` is the date that its author gave it.
    """

    __tablename__ = "origin"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    import_id: Mapped[str] = mapped_column(String(24), index=True)
    clone: Mapped[bool]
    dated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int]
    received_at: Mapped[datetime]
    sealed: Mapped[Sealed]


class ImportRun(Base):
    """An import and how far it came, moved in the transaction of its rows.

    `sealed` is what was asked and what was wrong; `content` is the file until it is taken in.
    """

    __tablename__ = "import_run"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[Code]
    gallery_id: Mapped[str | None] = mapped_column(String(24))
    state: Mapped[Code] = mapped_column(index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    sealed: Mapped[Sealed]
    content: Mapped[bytes | None]
    position: Mapped[int]
    counts: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Notice(Base):
    """A tracing notice that was issued; what it says lies under the person's key.

    The row stays when the notice is over: feeds give its id and dates and nothing else.
    """

    __tablename__ = "notice"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    sealed: Mapped[Sealed]
    issued_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    seq: Mapped[int] = mapped_column(index=True)


class ErasedExternal(Base):
    """Keyed digest of an external id that was erased here: no import brings the person back."""

    __tablename__ = "erased_external"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[datetime]
