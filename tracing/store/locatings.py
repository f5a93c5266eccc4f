"""Statements about locatings and their deeds; keys and what was said come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Account, Locating, LocatingDeed, PersonKey, Station


@dataclass(frozen=True, slots=True)
class LocatingRow:
    """A locating as stored; `person_wrapped` is its person's wrapped key, None without one."""

    id: str
    person_id: str | None
    station_path: str
    account_name: str
    wrapped: bytes
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    person_wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class DeedRow:
    """A sealed deed and who did it; `undone_at` when it was taken back."""

    id: str
    kind: str
    sealed: bytes
    account_name: str
    created_at: datetime
    undone_at: datetime | None


def _locatings() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Locating.id,
            Locating.person_id,
            Station.path,
            Account.display_name,
            Locating.wrapped,
            Locating.created_at,
            Locating.changed_at,
            Locating.expires_at,
            PersonKey.wrapped,
        )
        .join(Station, Station.id == Locating.station_id)
        .join(Account, Account.id == Locating.account_id)
        .outerjoin(PersonKey, PersonKey.person_id == Locating.person_id)
    )


def add(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new locating."""
    tx.insert(insert(Locating), [values])


def find(tx: Tx, locating_id: str, *, hold: bool = False) -> LocatingRow | None:
    """The locating with that id; with `hold`, nobody else adds to it until the end."""
    if hold:
        held = select(Locating.id).where(Locating.id == locating_id)
        tx.run(held.with_for_update())
    row = tx.run(_locatings().where(Locating.id == locating_id)).first()
    return None if row is None else LocatingRow(*row)


def latest(tx: Tx, path: str, limit: int) -> list[LocatingRow]:
    """Locatings of the subtree of stations at `path`, last changed first."""
    statement = _locatings().where(Station.path.startswith(path, autoescape=True))
    ordered = statement.order_by(Locating.changed_at.desc(), Locating.id.desc()).limit(limit)
    return [LocatingRow(*row) for row in tx.run(ordered)]


def of_person(tx: Tx, person_id: str) -> list[str]:
    """Ids of the locatings of a person, last changed first."""
    statement = (
        select(Locating.id)
        .where(Locating.person_id == person_id)
        .order_by(Locating.changed_at.desc(), Locating.id.desc())
    )
    return list(tx.run(statement).scalars())


def change(tx: Tx, locating_id: str, values: Mapping[str, Any]) -> None:
    """Set `values` on a held locating."""
    tx.run(update(Locating).where(Locating.id == locating_id).values(**values))


def add_deed(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new deed."""
    tx.insert(insert(LocatingDeed), [values])


def deeds(tx: Tx, locating_id: str) -> list[DeedRow]:
    """All deeds of a locating, oldest first, those taken back too."""
    statement = (
        select(
            LocatingDeed.id,
            LocatingDeed.kind,
            LocatingDeed.sealed,
            Account.display_name,
            LocatingDeed.created_at,
            LocatingDeed.undone_at,
        )
        .join(Account, Account.id == LocatingDeed.account_id)
        .where(LocatingDeed.locating_id == locating_id)
        .order_by(LocatingDeed.number)
    )
    return [DeedRow(*row) for row in tx.run(statement)]


def count_deeds(tx: Tx, locating_id: str) -> int:
    """How many deeds there are, those taken back too."""
    statement = select(func.count()).where(LocatingDeed.locating_id == locating_id)
    return int(tx.run(statement).scalar_one())


def mark(
    tx: Tx, locating_id: str, deed_id: str, at: datetime | None, account_id: str | None
) -> bool:
    """Take a deed back at a moment, or with None let it hold again; False if it did already."""
    statement = update(LocatingDeed).where(
        LocatingDeed.id == deed_id,
        LocatingDeed.locating_id == locating_id,
        LocatingDeed.undone_at.is_(None) if at else LocatingDeed.undone_at.is_not(None),
    )
    return tx.changed(statement.values(undone_at=at, undone_by=account_id)) > 0


def forget(tx: Tx, person_id: str) -> None:
    """Delete the locatings of an erased person."""
    _drop(tx, of_person(tx, person_id))


def forget_expired(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Delete locatings that nobody linked to a person by their last day; gives their ids."""
    statement = select(Locating.id).where(Locating.expires_at <= now).limit(limit)
    gone = list(tx.run(statement).scalars())
    _drop(tx, gone)
    return gone


def _drop(tx: Tx, ids: list[str]) -> None:
    tx.run(delete(LocatingDeed).where(LocatingDeed.locating_id.in_(ids)))
    tx.run(delete(Locating).where(Locating.id.in_(ids)))
