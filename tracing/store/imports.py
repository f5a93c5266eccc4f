"""Statements about imports: what was asked, how far each came, what is left of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, null, select, update

from tracing.store.database import Tx
from tracing.store.tables import ImportRun, Station


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as stored; `content` is None once the file was taken in or given up."""

    id: str
    station_id: str
    station_path: str
    account_id: str
    kind: str
    gallery_id: str | None
    state: str
    digest: bytes
    sealed: bytes
    content: bytes | None
    position: int
    counts: str
    created_at: datetime
    changed_at: datetime


_COLUMNS = (
    ImportRun.id,
    ImportRun.station_id,
    Station.path,
    ImportRun.account_id,
    ImportRun.kind,
    ImportRun.gallery_id,
    ImportRun.state,
    ImportRun.digest,
    ImportRun.sealed,
    ImportRun.content,
    ImportRun.position,
    ImportRun.counts,
    ImportRun.created_at,
    ImportRun.changed_at,
)


def insert_import(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new import."""
    tx.run(insert(ImportRun).values(**values))


def find(tx: Tx, import_id: str, *, hold: bool = False) -> ImportRow | None:
    """The import with that id; with `hold` nobody else moves it meanwhile."""
    if hold:
        tx.run(select(ImportRun.id).where(ImportRun.id == import_id).with_for_update())
    statement = select(*_COLUMNS).join(Station, Station.id == ImportRun.station_id)
    row = tx.run(statement.where(ImportRun.id == import_id)).first()
    return None if row is None else ImportRow(*row)


def unfinished(tx: Tx, station_id: str, digest: bytes) -> str | None:
    """The import of the same file with the same wishes that has not come to its end."""
    statement = select(ImportRun.id).where(
        ImportRun.station_id == station_id,
        ImportRun.digest == digest,
        ImportRun.state.in_(("looked", "running")),
    )
    found: str | None = tx.connection.scalar(statement.order_by(ImportRun.id.desc()))
    return found


def below(tx: Tx, path: str, limit: int) -> list[ImportRow]:
    """Imports of the subtree, newest first; without their files."""
    columns = [null() if column is ImportRun.content else column for column in _COLUMNS]
    statement = (
        select(*columns)
        .join(Station, Station.id == ImportRun.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(ImportRun.id.desc())
    )
    return [ImportRow(*row) for row in tx.run(statement.limit(limit))]


def change(tx: Tx, import_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a held import."""
    tx.run(update(ImportRun).where(ImportRun.id == import_id).values(**values))


def give_up(tx: Tx, before: datetime) -> int:
    """Drop files that nobody took in since then; gives how many."""
    statement = (
        update(ImportRun)
        .where(ImportRun.content.is_not(None), ImportRun.changed_at < before)
        .values(content=None, state="given_up")
    )
    return tx.changed(statement)
