"""Statements about borrowed galleries: agreements, their records, their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import BorrowedGallery, Person, RetentionMark, Station


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """A borrowed gallery as stored."""

    id: str
    station_path: str
    station_name: str
    name: str
    owner: str
    kind: str
    legal_basis: str
    agreement: str
    purposes: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    keep_days: int
    recorded_by: str
    ended_by: str | None
    erased_at: datetime | None
    erased: int


_COLUMNS = (
    BorrowedGallery.id,
    Station.path,
    Station.name.label("station_name"),
    BorrowedGallery.name,
    BorrowedGallery.owner,
    BorrowedGallery.kind,
    BorrowedGallery.legal_basis,
    BorrowedGallery.agreement,
    BorrowedGallery.purposes,
    BorrowedGallery.starts_at,
    BorrowedGallery.ends_at,
    BorrowedGallery.keep_days,
    BorrowedGallery.recorded_by,
    BorrowedGallery.ended_by,
    BorrowedGallery.erased_at,
    BorrowedGallery.erased,
)


def _row(row: Any) -> GalleryRow:
    values = list(row)
    at = _COLUMNS.index(BorrowedGallery.purposes)
    values[at] = tuple(values[at].split())
    return GalleryRow(*values)


def _galleries() -> Any:
    return select(*_COLUMNS).join(Station, Station.id == BorrowedGallery.station_id)


def insert_gallery(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new gallery."""
    tx.run(insert(BorrowedGallery).values(**values))


def change(tx: Tx, gallery_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a gallery."""
    tx.run(update(BorrowedGallery).where(BorrowedGallery.id == gallery_id).values(**values))


def titles(tx: Tx, gallery_ids: Iterable[str | None]) -> dict[str, str]:
    """Name and owner of these galleries in one line, by id; None stands for our own records."""
    wanted = {gallery_id for gallery_id in gallery_ids if gallery_id is not None}
    if not wanted:
        return {}
    statement = select(BorrowedGallery.id, BorrowedGallery.name, BorrowedGallery.owner).where(
        BorrowedGallery.id.in_(wanted)
    )
    return {row.id: f"{row.name}（{row.owner}）" for row in tx.run(statement)}


def find(tx: Tx, gallery_id: str) -> GalleryRow | None:
    """The gallery with that id."""
    row = tx.run(_galleries().where(BorrowedGallery.id == gallery_id)).first()
    return None if row is None else _row(row)


def all_of(tx: Tx) -> list[GalleryRow]:
    """Every gallery ever lent to this installation, oldest first."""
    return [_row(row) for row in tx.run(_galleries().order_by(BorrowedGallery.id))]


def below(tx: Tx, path: str) -> list[GalleryRow]:
    """Galleries of the subtree, the one that ends last first."""
    statement = _galleries().where(Station.path.startswith(path, autoescape=True))
    order = (BorrowedGallery.ends_at.desc(), BorrowedGallery.id.desc())
    return [_row(row) for row in tx.run(statement.order_by(*order))]


def counts(tx: Tx) -> dict[str, int]:
    """How many records on record each gallery has."""
    statement = (
        select(Person.gallery_id, func.count())
        .where(Person.gallery_id.is_not(None), Person.erased_at.is_(None))
        .group_by(Person.gallery_id)
    )
    return {str(gallery_id): int(count) for gallery_id, count in tx.run(statement)}


def over(tx: Tx, now: datetime) -> list[GalleryRow]:
    """Galleries whose day has passed and whose records are not all gone."""
    statement = _galleries().where(
        BorrowedGallery.ends_at <= now, BorrowedGallery.erased_at.is_(None)
    )
    return [_row(row) for row in tx.run(statement.order_by(BorrowedGallery.id))]


def in_use(tx: Tx, gallery_id: str, limit: int) -> list[str]:
    """Records of the gallery that are not stored only."""
    statement = select(Person.id).where(
        Person.gallery_id == gallery_id,
        Person.erased_at.is_(None),
        Person.stored_only_at.is_(None),
    )
    return list(tx.run(statement.order_by(Person.id).limit(limit)).scalars())


def to_erase(tx: Tx, gallery_id: str, limit: int) -> list[str]:
    """Records of the gallery still on record that no hold keeps."""
    held = select(RetentionMark.id).where(
        RetentionMark.person_id == Person.id,
        RetentionMark.kind == "hold",
        RetentionMark.ended_at.is_(None),
    )
    statement = select(Person.id).where(
        Person.gallery_id == gallery_id,
        Person.erased_at.is_(None),
        ~exists(held.correlate(Person)),
    )
    return list(tx.run(statement.order_by(Person.id).limit(limit)).scalars())


def put_in(tx: Tx, person_ids: list[str], gallery_id: str) -> None:
    """New records belong to this gallery."""
    if person_ids:
        tx.run(update(Person).where(Person.id.in_(person_ids)).values(gallery_id=gallery_id))
