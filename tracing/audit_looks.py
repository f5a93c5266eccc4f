"""谁看过这个人: everybody who came upon one person, when, why, and what they saw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracing import audit
from tracing.access import Actor, require, require_reach
from tracing.errors import NotFound
from tracing.store import Store, Tx, accounts, cases, people, stations
from tracing.store import audit as rows
from tracing.store.ids import is_id

LISTED = 500
DOCUMENTS = ("crosscheck.sheet", "crosscheck.package", "rights.copy")
"""Deeds by which a document about a person is given out."""


@dataclass(frozen=True, slots=True)
class Look:
    """One deed upon a person: by whom, why, and for a search where on the list they stood."""

    id: int
    at: datetime
    action: str
    outcome: str
    via: str
    who: str
    login: str
    role: str
    station: str
    purpose: str | None
    legal_basis: str | None
    case_number: str | None
    rank: int | None
    grade: str | None
    shown: int | None


@dataclass(frozen=True, slots=True)
class Looks:
    """All deeds upon one record, newest first; `more` when the list was cut.

    left: documents about the person that were given out, among all deeds.
    """

    person_id: str
    erased: bool
    items: tuple[Look, ...]
    more: bool
    left: int = 0


class Lookers:
    """Answers who looked at a person; for auditors, who see numbers of records and no names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def at(self, actor: Actor, person_id: str) -> Looks:
        """Who looked at this record, of whatever station; the question itself is recorded.

        Raises:
            NotFound: the record is at no station within the auditor's reach.
        """
        require(actor, "audit.read")
        with self._store.write() as tx:
            person = people.find(tx, person_id) if is_id(person_id) else None
            require_reach(actor, person.station_path if person else None)
            if person is None:
                raise NotFound
            found = rows.about(tx, person.id, LISTED + 1)
            items = tuple(_look(tx, row, person.id) for row in found[:LISTED])
            left = rows.count_about(tx, person.id, DOCUMENTS)
            now = self._store.now()
            audit.record(tx, actor, "audit.read", "person", person.id, at=now)
        more = len(found) > LISTED
        return Looks(person.id, person.erased_at is not None, items, more, left)


def _look(tx: Tx, row: rows.Entry, person_id: str) -> Look:
    account = accounts.find(tx, row.account_id) if row.account_id else None
    station = stations.find(tx, row.station_id) if row.station_id else None
    case = cases.find(tx, row.case_id) if row.case_id else None
    detail: Mapping[str, Any] = opened_detail(row.detail)
    searched = row.object_id if row.object_kind == "search" else None
    listed = rows.rank_in(tx, searched, person_id) if searched else None
    shown = detail.get("shown")
    return Look(
        id=row.id,
        at=row.at,
        action=row.action,
        outcome=row.outcome,
        via=row.via,
        who=account.display_name if account else "",
        login=account.login if account else "",
        role=account.role if account else "",
        station=station.name if station else "",
        purpose=row.purpose,
        legal_basis=detail.get("legal_basis"),
        case_number=case.number if case else None,
        rank=listed[0] if listed else None,
        grade=listed[1] if listed else None,
        shown=len(shown) if isinstance(shown, list) else None,
    )


def opened_detail(detail: str) -> Mapping[str, Any]:
    """A detail longer than its column was cut and says nothing but its ids."""
    try:
        opened = json.loads(detail)
    except ValueError:
        return {}
    return opened if isinstance(opened, dict) else {}
