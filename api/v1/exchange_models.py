"""What the doors of the exchange give and take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracing.exchange.galleries import Agreement, GalleryFile
from tracing.exchange.imports import ImportFile
from tracing.exchange.notices import NoticeFile
from tracing.exchange.origin import OriginFile

Text = Annotated[str, Field(min_length=1, max_length=100)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="like 2026-12-31")]


class _Closed(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class SeenColumn(_Closed):
    """A column of the file."""

    heading: str
    taken_for: str | None = Field(description="field of a record; null: kept as text")
    filled: int
    faulty: int


class FirstLook(_Closed):
    """What would be taken in."""

    layout: str
    rows: int
    good: int
    faulty: int
    ending: int = Field(description="records that their source has ended")
    columns: list[SeenColumn]
    samples: list[Mapping[str, Any]] = Field(description="the first rows as records")


class ImportFault(_Closed):
    """What is wrong with a row; never its value."""

    row: int
    path: str
    code: str


class Import(_Closed):
    """An import: its first look, and what became of it."""

    id: str
    kind: str
    state: Literal["looked", "running", "done", "given_up"]
    source: str
    gallery_id: str | None
    position: int = Field(description="rows that are behind it")
    counts: Mapping[str, int] = Field(description="created, changed, unchanged, older, …")
    faults: list[ImportFault]
    held_as_text: Mapping[str, int] = Field(description="fields without a place in a record")
    look: FirstLook | None

    @classmethod
    def of(cls, file: ImportFile) -> Import:
        """From the work's own form."""
        look = file.look
        shown = None if look is None else FirstLook(
            layout=look.layout, rows=look.rows, good=look.good, faulty=look.faulty,
            ending=look.ending, samples=list(look.samples),
            columns=[
                SeenColumn(heading=c.heading, taken_for=c.taken_for, filled=c.filled,
                           faulty=c.faulty)
                for c in look.columns
            ],
        )  # fmt: skip
        return cls.model_validate(
            {
                "id": file.id, "kind": file.kind, "state": file.state, "source": file.source,
                "gallery_id": file.gallery_id, "position": file.position, "counts": file.counts,
                "faults": [ImportFault(row=r, path=p, code=c) for r, p, c in file.faults],
                "held_as_text": file.held, "look": shown,
            }
        )  # fmt: skip


class Imports(_Closed):
    """The latest imports."""

    items: list[Import]


class Gallery(_Closed):
    """A borrowed gallery."""

    id: str
    name: str
    owner: str
    kind: str
    legal_basis: str
    agreement: str
    purposes: Sequence[str]
    starts_at: datetime
    ends_at: datetime
    keep_days: int
    state: Literal["waiting", "open", "ending", "over", "erased"]
    people: int

    @classmethod
    def of(cls, file: GalleryFile) -> Gallery:
        """From the work's own form."""
        row = file.row
        return cls.model_validate(
            {
                "id": row.id, "name": row.name, "owner": row.owner, "kind": row.kind,
                "legal_basis": row.legal_basis, "agreement": row.agreement,
                "purposes": list(row.purposes), "starts_at": row.starts_at,
                "ends_at": row.ends_at, "keep_days": row.keep_days, "state": file.state,
                "people": file.people,
            }
        )  # fmt: skip


class Galleries(_Closed):
    """What was lent to these stations."""

    items: list[Gallery]


class NewGallery(_Closed):
    """An agreement; both days are included."""

    name: Text
    owner: Text
    kind: str = Field(max_length=32)
    legal_basis: str = Field(max_length=32)
    agreement: Annotated[str, Field(min_length=1, max_length=64)]
    purposes: list[Annotated[str, Field(max_length=32)]] = Field(min_length=1, max_length=10)
    first_day: Day
    last_day: Day
    keep_days: int = Field(default=0, ge=0)

    def agreed(self) -> Agreement:
        """As the work takes it."""
        return Agreement(
            self.name, self.owner, self.kind, self.legal_basis, self.agreement,
            tuple(self.purposes), self.first_day, self.last_day, self.keep_days,
        )  # fmt: skip


class Created(_Closed):
    """The id of what was made."""

    id: str


class NewNotice(_Closed):
    """A notice for a person."""

    text: str = Field(default="", max_length=300, description="written for the public")
    days: int | None = Field(default=None, ge=1, le=365)


class Notice(_Closed):
    """A running notice, as the public reads it."""

    id: str
    issued_at: datetime
    expires_at: datetime
    name: str
    sex: str | None
    age: str
    home: str
    where: str
    text: str

    @classmethod
    def of(cls, file: NoticeFile) -> Notice:
        """From the work's own form."""
        view = file.view
        return cls(
            id=file.id, issued_at=file.issued_at, expires_at=file.expires_at, name=view.name,
            sex=view.sex, age=view.age, home=view.home, where=view.where, text=view.text,
        )  # fmt: skip


class LinkedRecord(_Closed):
    """A record that the source calls the same person."""

    external_id: str
    person_id: str | None


class Origin(_Closed):
    """Where a record comes from."""

    source: str
    author: str
    clone: bool = Field(description="it belongs to another site and is not edited here")
    dated_at: datetime | None
    expires_at: datetime | None
    received_at: datetime
    held_as_text: Mapping[str, str]
    notes: list[Mapping[str, str]]
    links: list[LinkedRecord]
    gallery: str

    @classmethod
    def of(cls, file: OriginFile) -> Origin:
        """From the work's own form."""
        return cls(
            source=file.source, author=file.author, clone=file.clone, dated_at=file.dated_at,
            expires_at=file.expires_at, received_at=file.received_at, held_as_text=file.held,
            notes=list(file.notes), gallery=file.gallery,
            links=[LinkedRecord(external_id=x.external_id, person_id=x.person_id)
                   for x in file.links],
        )  # fmt: skip
