"""Cases: opened by an admission or a missing report, they lend their searches a purpose."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing import audit
from tracing.access import Actor, require, require_reach
from tracing.errors import NotFound, PurposeForbidden, PurposeMissing
from tracing.store import Store, Tx
from tracing.store import cases as rows
from tracing.store.ids import new_id


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a search is for, by which right and on which occasion."""

    purpose: str
    legal_basis: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseRules:
    """`cases.toml`, read."""

    purposes: frozenset[str]
    forbidden_purposes: frozenset[str]
    legal_bases: frozenset[str]
    reasons: frozenset[str]
    exclusion_reasons: frozenset[str]
    opened_by: Mapping[str, Purpose]
    first_state: Mapping[str, str]
    begins: Mapping[str, Mapping[str, str]]
    emergency: Purpose
    review_hours: int
    review_outcomes: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as its station sees it."""

    id: str
    number: str
    person_id: str | None
    state: str
    purpose: str
    legal_basis: str
    reason: str
    opened_at: datetime

    @property
    def lends(self) -> Purpose:
        """What a search within this case is for."""
        return Purpose(self.purpose, self.legal_basis, self.reason)


@lru_cache(maxsize=1)
def case_rules() -> CaseRules:
    """The packaged rules; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("cases.toml").read_text("utf-8")
    )
    opened, urgent = table["opened_by"], table["emergency"]
    return CaseRules(
        purposes=frozenset(table["purposes"]),
        forbidden_purposes=frozenset(table["forbidden_purposes"]),
        legal_bases=frozenset(table["legal_bases"]),
        reasons=frozenset(table["reasons"]),
        exclusion_reasons=frozenset(table["exclusion_reasons"]),
        opened_by={
            side: Purpose(row["purpose"], row["legal_basis"], row["reason"])
            for side, row in opened.items()
        },
        first_state={side: row["state"] for side, row in opened.items()},
        begins=table["begins"],
        emergency=Purpose(urgent["purpose"], urgent["legal_basis"], urgent["reason"]),
        review_hours=urgent["review_hours"],
        review_outcomes=frozenset(urgent["outcomes"]),
    )


def require_purpose(purpose: str, legal_basis: str, reason: str) -> Purpose:
    """The purpose of a search outside a case, checked; `reason` may be free text.

    Raises:
        PurposeMissing: something is empty, or the legal basis is none of the list.
        PurposeForbidden: the purpose is neither tracing nor aid.
    """
    own = case_rules()
    if purpose and purpose not in own.purposes:
        raise PurposeForbidden
    if not purpose or legal_basis not in own.legal_bases or not reason.strip():
        raise PurposeMissing
    return Purpose(purpose, legal_basis, reason.strip())


def opening(
    side: str, person_id: str, number: str, station_id: str, account_id: str, *, at: datetime
) -> dict[str, Any]:
    """The row of the case that a found or sought person opens."""
    lends = case_rules().opened_by[side]
    return {
        "id": new_id(),
        "number": number,
        "person_id": person_id,
        "station_id": station_id,
        "state": case_rules().first_state[side],
        "purpose": lends.purpose,
        "legal_basis": lends.legal_basis,
        "reason": lends.reason,
        "opened_by": account_id,
        "opened_at": at,
        "changed_at": at,
    }


def opens_case(side: str) -> bool:
    """Whether a record of that side opens a case; register entries do not."""
    return side in case_rules().opened_by


def case_file(row: rows.CaseRow) -> CaseFile:
    """The row as its station sees it."""
    return CaseFile(
        id=row.id,
        number=row.number,
        person_id=row.person_id,
        state=row.state,
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        reason=row.reason,
        opened_at=row.opened_at,
    )


class Cases:
    """Looking cases up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, actor: Actor, case_id: str) -> CaseFile:
        """The case, if its station is within reach; raises `NotFound` otherwise."""
        require(actor, "cases.read")
        with self._store.write() as tx:
            row = self._within_reach(tx, actor, case_id)
            audit.record(tx, actor, "case.read", "case", row.id, at=self._store.now(),
                         case_id=row.id, purpose=row.purpose)  # fmt: skip
        return case_file(row)

    def purpose_of(self, tx: Tx, actor: Actor, case_id: str) -> tuple[CaseFile, Purpose]:
        """The case within reach and what it lends; for a search in its transaction."""
        found = case_file(self._within_reach(tx, actor, case_id))
        return found, found.lends

    def _within_reach(self, tx: Tx, actor: Actor, case_id: str) -> rows.CaseRow:
        row = rows.find(tx, case_id)
        if row is None:
            raise NotFound
        require_reach(actor, row.station_path)
        return row
