"""Statements about protected persons: the flag, the note of every search, alerts and wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import (
    Account,
    Person,
    PersonKey,
    ProtectionAlert,
    ProtectionEcho,
    Search,
    Station,
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with who sought, from where and what for."""

    id: str
    search_id: str
    person_id: str
    sought_at: datetime
    wish: str | None
    note: bytes | None
    asked_at: datetime | None
    station_name: str
    seeker: str
    purpose: str
    legal_basis: str
    person_wrapped: bytes | None


def set_protected(tx: Tx, person_id: str, protected: bool, at: datetime) -> None:
    """Set or lift the flag of a held person; galleries follow the sequence number."""
    values = {"protected": protected, "seq": tx.next_seq(), "changed_at": at}
    tx.run(update(Person).where(Person.id == person_id).values(**values))


def insert_echoes(tx: Tx, sealed: Mapping[str, bytes]) -> None:
    """The notes of searches, by their ids."""
    tx.insert(
        insert(ProtectionEcho),
        [{"search_id": search_id, "sealed": note} for search_id, note in sealed.items()],
    )


def echoes(tx: Tx, limit: int) -> list[tuple[str, bytes, datetime]]:
    """Notes nobody has opened yet, oldest first: search, note, when it was asked."""
    statement = select(ProtectionEcho.search_id, ProtectionEcho.sealed, Search.at)
    statement = statement.join(Search, Search.id == ProtectionEcho.search_id)
    rows = tx.run(statement.order_by(ProtectionEcho.search_id).limit(limit))
    return [(search_id, sealed, at) for search_id, sealed, at in rows]


def forget_echoes(tx: Tx, search_ids: Sequence[str]) -> None:
    """These have been opened."""
    tx.run(delete(ProtectionEcho).where(ProtectionEcho.search_id.in_(search_ids)))


def insert_alert(tx: Tx, values: Mapping[str, Any]) -> None:
    """An alert for a station."""
    tx.run(insert(ProtectionAlert).values(**values))


def known(tx: Tx, search_id: str, person_id: str) -> bool:
    """Whether this search has alerted about this person already."""
    statement = select(ProtectionAlert.id).where(
        ProtectionAlert.search_id == search_id, ProtectionAlert.person_id == person_id
    )
    return tx.run(statement).first() is not None


def station_with(tx: Tx, path: str, roles: Sequence[str]) -> str | None:
    """The nearest station at `path` or above that has an open account of these roles."""
    codes = path.strip("/").split("/")
    above = ["/" + "/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]
    statement = (
        select(Station.id, Station.path)
        .join(Account, Account.station_id == Station.id)
        .where(Station.path.in_(above), Account.role.in_(roles), Account.disabled_at.is_(None))
    )
    found = max(tx.run(statement), key=lambda row: len(row.path), default=None)
    return None if found is None else str(found.id)


def of_station(tx: Tx, station_id: str, limit: int) -> list[AlertRow]:
    """Alerts for the desk of one station, those nobody has asked about first, then the newest."""
    statement = (
        _alerts()
        .where(ProtectionAlert.station_id == station_id)
        .order_by(ProtectionAlert.asked_at.is_not(None), ProtectionAlert.id.desc())
    )
    return [AlertRow(*row) for row in tx.run(statement.limit(limit))]


def alert(tx: Tx, alert_id: str, station_id: str) -> AlertRow | None:
    """The alert with that id, for that station."""
    where = (ProtectionAlert.id == alert_id, ProtectionAlert.station_id == station_id)
    row = tx.run(_alerts().where(*where)).first()
    return None if row is None else AlertRow(*row)


def set_wish(tx: Tx, alert_id: str, values: Mapping[str, Any]) -> None:
    """What the person said."""
    tx.run(update(ProtectionAlert).where(ProtectionAlert.id == alert_id).values(**values))


def forget(tx: Tx, person_id: str) -> None:
    """The person is erased: their alerts go."""
    tx.run(delete(ProtectionAlert).where(ProtectionAlert.person_id == person_id))


def _alerts() -> Any:
    return (
        select(
            ProtectionAlert.id,
            ProtectionAlert.search_id,
            ProtectionAlert.person_id,
            ProtectionAlert.sought_at,
            ProtectionAlert.wish,
            ProtectionAlert.note,
            ProtectionAlert.asked_at,
            Station.name,
            Account.display_name,
            Search.purpose,
            Search.legal_basis,
            PersonKey.wrapped,
        )
        .join(Search, Search.id == ProtectionAlert.search_id)
        .join(Station, Station.id == Search.station_id)
        .join(Account, Account.id == Search.account_id)
        .join(PersonKey, PersonKey.person_id == ProtectionAlert.person_id)
    )
