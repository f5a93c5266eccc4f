"""Statements about everything that lies directly under a master key, for wrapping it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, true, update

from tracing.store.database import Tx
from tracing.store.tables import Locating, PersonKey, Photo, Search, ServiceKey

Rewrap = Callable[[bytes, str, str], bytes]
"""A wrapped key, what it is and whose, to the same key under the master key in use."""


@dataclass(frozen=True, slots=True)
class _Place:
    kind: str
    table: Any
    owner: Any
    where: ColumnElement[bool]


_PLACES = (
    _Place("service", ServiceKey, ServiceKey.purpose, true()),
    _Place("person", PersonKey, PersonKey.person_id, PersonKey.wrapped.is_not(None)),
    _Place("photo", Photo, Photo.id, Photo.person_id.is_(None)),
    _Place("search", Search, Search.id, Search.probe_person_id.is_(None)),
    _Place("locating", Locating, Locating.id, Locating.person_id.is_(None)),
)


def _old(place: _Place, master: int) -> ColumnElement[bool]:
    head = func.substr(place.table.wrapped, 1, 4)
    return place.where & (head != master.to_bytes(4, "big"))


def left(tx: Tx, master: int) -> int:
    """How many keys lie under another master key than this."""
    counts = (
        tx.connection.scalar(select(func.count()).select_from(p.table).where(_old(p, master)))
        for p in _PLACES
    )
    return sum(int(count or 0) for count in counts)


def rewrap(tx: Tx, master: int, limit: int, wrap: Rewrap) -> int:
    """Wrap up to `limit` keys anew; gives how many, fewer than `limit` when none are left."""
    done = 0
    for place in _PLACES:
        old = select(place.owner, place.table.wrapped).where(_old(place, master))
        rows = tx.run(old.order_by(place.owner).limit(limit - done).with_for_update()).all()
        for owner, wrapped in rows:
            values = {"wrapped": wrap(bytes(wrapped), place.kind, owner)}
            tx.run(update(place.table).where(place.owner == owner).values(**values))
        done += len(rows)
        if done >= limit:
            break
    return done
