"""Statements about the station tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from tracing.store.database import Tx
from tracing.store.ids import new_id
from tracing.store.tables import Station


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station; `path` is `/000000/…/own/`, so that those below it start with it."""

    id: str
    code: str
    name: str
    division: str | None
    parent_id: str | None
    path: str


_COLUMNS = (
    Station.id,
    Station.code,
    Station.name,
    Station.division,
    Station.parent_id,
    Station.path,
)


def root(tx: Tx) -> StationRow:
    """The first station."""
    statement = select(*_COLUMNS).where(Station.parent_id.is_(None)).order_by(Station.created_at)
    return StationRow(*tx.run(statement.limit(1)).one())


def find(tx: Tx, station_id: str) -> StationRow | None:
    """The station with that id."""
    row = tx.run(select(*_COLUMNS).where(Station.id == station_id)).first()
    return None if row is None else StationRow(*row)


def by_code(tx: Tx, code: str) -> StationRow | None:
    """The station with that code."""
    row = tx.run(select(*_COLUMNS).where(Station.code == code)).first()
    return None if row is None else StationRow(*row)


def below(tx: Tx, path: str) -> list[StationRow]:
    """The stations of the subtree at `path`, it first."""
    statement = select(*_COLUMNS).where(Station.path.startswith(path, autoescape=True))
    return [StationRow(*row) for row in tx.run(statement.order_by(Station.path))]


def in_province(tx: Tx, province: str) -> list[StationRow]:
    """Stations anywhere in the tree whose division begins with two digits, in order of paths."""
    statement = select(*_COLUMNS).where(Station.division.startswith(province, autoescape=True))
    return [StationRow(*row) for row in tx.run(statement.order_by(Station.path))]


def within(known: Sequence[StationRow], divisions: tuple[str, ...]) -> list[StationRow]:
    """Those in these divisions, by their first digits; without a division by the own code."""
    return [s for s in known if (s.division or s.code).startswith(divisions)]


def place(tx: Tx, station_id: str, division: str) -> None:
    """The station lies in this division."""
    tx.run(update(Station).where(Station.id == station_id).values(division=division))


def add(
    tx: Tx, parent: StationRow, code: str, name: str, *, division: str | None, at: datetime
) -> StationRow:
    """A new station below `parent`; the code must be free."""
    row = StationRow(new_id(), code, name, division, parent.id, f"{parent.path}{code}/")
    tx.run(
        insert(Station).values(
            id=row.id,
            code=code,
            name=name,
            division=division,
            parent_id=parent.id,
            path=row.path,
            created_at=at,
        )
    )
    return row
