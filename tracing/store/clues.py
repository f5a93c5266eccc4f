"""Statements about clues from the public. What they say comes and goes sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from tracing.store.database import Tx
from tracing.store.tables import Clue, PersonKey, Station


@dataclass(frozen=True, slots=True)
class ClueRow:
    """A clue as stored; `person_wrapped` belongs to the person it was linked to."""

    id: str
    state: str
    sealed: bytes
    photo: bytes | None
    photo_state: str
    received_at: datetime
    expires_at: datetime | None
    station_id: str | None
    station_path: str | None
    station_name: str | None
    person_id: str | None
    person_wrapped: bytes | None
    taken_by: str | None


def insert_clue(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new clue."""
    tx.run(insert(Clue).values(**values))


def find(tx: Tx, clue_id: str, *, hold: bool = False) -> ClueRow | None:
    """The clue with that id; with `hold` nobody else changes it meanwhile."""
    if hold:
        tx.run(select(Clue.id).where(Clue.id == clue_id).with_for_update())
    row = tx.run(_clues().where(Clue.id == clue_id)).first()
    return None if row is None else ClueRow(*row)


def listed(tx: Tx, path: str, limit: int) -> list[ClueRow]:
    """Clues nobody has taken, and those that the subtree at `path` has in hand; oldest first."""
    own = (Clue.state == "taken") & Station.path.startswith(path, autoescape=True)
    statement = _clues().where(or_(Clue.state == "new", own)).order_by(Clue.id)
    return [ClueRow(*row) for row in tx.run(statement.limit(limit))]


def change(tx: Tx, clue_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a held clue."""
    tx.run(update(Clue).where(Clue.id == clue_id).values(**values))


def unexamined(tx: Tx, limit: int) -> list[tuple[str, bytes]]:
    """Photos that the intake has not looked at."""
    statement = select(Clue.id, Clue.photo).where(
        Clue.photo_state == "waiting", Clue.photo.is_not(None)
    )
    rows = tx.run(statement.order_by(Clue.id).limit(limit))
    return [(clue_id, photo) for clue_id, photo in rows if photo is not None]


def forget_expired(tx: Tx, at: datetime) -> list[str]:
    """Delete clues whose day has come and that are linked to nobody; gives their ids."""
    over = select(Clue.id).where(Clue.expires_at <= at, Clue.person_id.is_(None))
    ids = list(tx.run(over).scalars())
    if ids:
        tx.run(delete(Clue).where(Clue.id.in_(ids)))
    return ids


def forget(tx: Tx, person_id: str) -> None:
    """The person is erased: clues linked to them go."""
    tx.run(delete(Clue).where(Clue.person_id == person_id))


def _clues() -> Any:
    return (
        select(
            Clue.id,
            Clue.state,
            Clue.sealed,
            Clue.photo,
            Clue.photo_state,
            Clue.received_at,
            Clue.expires_at,
            Clue.station_id,
            Station.path,
            Station.name,
            Clue.person_id,
            PersonKey.wrapped,
            Clue.taken_by,
        )
        .outerjoin(Station, Station.id == Clue.station_id)
        .outerjoin(PersonKey, PersonKey.person_id == Clue.person_id)
    )
