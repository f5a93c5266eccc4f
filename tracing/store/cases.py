"""Statements about cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from tracing.store.database import Tx
from tracing.store.sequence import grow
from tracing.store.tables import Case, Station


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as stored."""

    id: str
    number: str
    person_id: str | None
    station_id: str
    station_path: str
    state: str
    purpose: str
    legal_basis: str
    reason: str
    opened_by: str | None
    opened_at: datetime


_COLUMNS = (
    Case.id,
    Case.number,
    Case.person_id,
    Case.station_id,
    Station.path.label("station_path"),
    Case.state,
    Case.purpose,
    Case.legal_basis,
    Case.reason,
    Case.opened_by,
    Case.opened_at,
)


def numbers(tx: Tx, station_code: str, year: int, count: int) -> list[str]:
    """The next `count` case numbers of a station in a year, like `320400-2026-00017`."""
    last = grow(tx.connection, f"case:{station_code}:{year}", count)
    return [f"{station_code}-{year}-{n:05d}" for n in range(last - count + 1, last + 1)]


def insert_cases(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open these cases."""
    tx.insert(insert(Case), rows)


def find(tx: Tx, case_id: str) -> CaseRow | None:
    """The case with that id, of whatever station."""
    statement = select(*_COLUMNS).join(Station, Station.id == Case.station_id)
    row = tx.run(statement.where(Case.id == case_id)).first()
    return None if row is None else CaseRow(*row)


def of_people(tx: Tx, person_ids: Sequence[str]) -> dict[str, CaseRow]:
    """The latest case of each of these persons."""
    statement = (
        select(*_COLUMNS)
        .join(Station, Station.id == Case.station_id)
        .where(Case.person_id.in_(person_ids))
        .order_by(Case.id)
    )
    return {row.person_id: CaseRow(*row) for row in tx.run(statement)}


def set_state(tx: Tx, case_id: str, state: str, at: datetime) -> None:
    """Move a case to another state."""
    tx.run(update(Case).where(Case.id == case_id).values(state=state, changed_at=at))
