"""The office of the store's tests with a pair to verify and people to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.store.conftest import (
    clock,
    new_office,
    office,
    postgres,
    postgres_template,
    small_office,
    sqlite_template,
)
from tests.store.office import Office, record
from tracing.access import Actor
from tracing.store import outcomes
from tracing.verification_files import FactEntry, VerificationFile
from tracing.verifications import Verifications

__all__ = [
    "clock",
    "new_office",
    "office",
    "postgres",
    "postgres_template",
    "small_office",
    "sqlite_template",
]

ADULT = {"earliest": "1950-01-01", "latest": "1955-12-31", "basis": "apparent"}


def fact(kind: str = "village", result: str = "supports", **more: Any) -> FactEntry:
    """A fact as staff write it down."""
    given = {"who": "村支书王某", "at": "2026-02-28T10:00", "number": "0516-1234567", **more}
    return FactEntry(kind=kind, result=result, **given)


@dataclass
class Desk:
    """An office with two examiners, an approver, and one person in the station."""

    office: Office
    verifications: Verifications = field(init=False)
    first: Actor = field(init=False)
    second: Actor = field(init=False)
    approver: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.verifications = Verifications(self.office.store)
        self.first = self.office.worker
        self.second = self.office.hire("second", "city_station")
        self.approver = self.office.hire("approver", "approver")

    def pair(self, *, groups: set[str] | None = frozenset(), **found: Any) -> str:  # type: ignore[assignment]
        """An open verification of somebody in the station against a missing person."""
        heard = {"text": "居银江", "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}
        inside = record(**{"names": [heard], "birth": ADULT, "belongings": ["红棉袄"], **found})
        name = {"text": "朱仁江", "kind": "registered"}
        sought = record(side="sought", names=[name], birth=ADULT)
        people = [self.office.people.register(self.first, r).person_id for r in (inside, sought)]
        number = self.verifications.open(self.first, *people)
        if groups is not None:
            self.verifications.state_groups(self.first, number, frozenset(groups))
        return number

    def agree(self, number: str, kind: str = "village") -> str:
        """One fact, and both examiners say the same; gives the state."""
        self.verifications.add_fact(self.first, number, fact(kind))
        self.verifications.answer(self.first, number, "same", "村里说得一样")
        return self.verifications.answer(self.second, number, "same", "照片和事实都对")

    def seen(self, number: str, actor: Actor | None = None) -> VerificationFile:
        """The verification as somebody sees it."""
        return self.verifications.get(actor or self.first, number)


@pytest.fixture
def desk(small_office: Office) -> Desk:
    """A desk on SQLite."""
    return Desk(small_office)


def cases(desk: Desk) -> Sequence[outcomes.OutcomeRow]:
    """Confirmed cases in force, from which the model of evidence learns."""
    with desk.office.store.read() as tx:
        return outcomes.below(tx, desk.first.station_path, 50)
