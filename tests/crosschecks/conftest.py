"""Two installations that write to each other: an asking station, and one far away."""

from __future__ import annotations

from collections.abc import Callable
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
from tests.store.office import Office, full_record
from tracing.access import Actor
from tracing.crosschecks.answering import CrosscheckAnswers
from tracing.crosschecks.composing import Asked
from tracing.crosschecks.desk import Crosschecks
from tracing.crosschecks.holding import Said
from tracing.crosschecks.outside import CrosscheckFiles
from tracing.crosschecks.replies import Named, Reply
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

POLICE = "江州市公安局"
ALL = frozenset({"names", "sex", "birth", "places", "marks"})
PAPER = Said("letter", "江救〔2026〕17号")


def reply(result: str = "found", evidence: str = "police_register", **more: Any) -> Reply:
    """An answer as it is written down."""
    named = (
        Named("欧阳建国", "male", "1951", "广东省广州市荔湾区") if result == "found" else Named()
    )
    given = {
        "who": "李警官",
        "at": "2026-03-01",
        "number": "0519-110",
        "text": "户籍核对一致",
        "named": named,
        **more,
    }
    return Reply(result, evidence, **given)


@dataclass
class Station:
    """An installation with everything that requests need."""

    office: Office
    desk: Crosschecks = field(init=False)
    answers: CrosscheckAnswers = field(init=False)
    files: CrosscheckFiles = field(init=False)
    verifications: Verifications = field(init=False)
    worker: Actor = field(init=False)

    def __post_init__(self) -> None:
        office = self.office
        self.verifications = Verifications(office.store)
        self.desk = Crosschecks(office.store, office.photos)
        self.answers = CrosscheckAnswers(office.store, office.people, self.verifications)
        self.files = CrosscheckFiles(office.store, office.settings.root_station_name)
        self.worker = office.worker

    def person(self, **fields: Any) -> str:
        """Somebody in the station, with a drawn photo of two people, one chosen."""
        photo = self.office.photos.receive(self.worker, b"faces:2 a", "a.jpg")
        self.office.photos.choose(self.worker, photo.id, 0)
        record = full_record(**{"photos": [{"file": photo.id, "face": 0}], **fields})
        return self.office.people.register(self.worker, record).person_id

    def asked(self, kind: str = "identity_check", **more: Any) -> str:
        """A draft to the police."""
        given = {"sections": ALL, "to_name": POLICE, **more}
        person = given.pop("person", None) or self.person()
        return self.desk.compose(self.worker, person, Asked(kind, **given))

    def sent(self, kind: str = "identity_check", **more: Any) -> str:
        """A request that went out by letter."""
        number = self.asked(kind, **more)
        self.desk.do(self.worker, number, "sent", PAPER)
        return number

    def seen(self, number: str) -> Any:
        """The request as the worker sees it."""
        return self.desk.get(self.worker, number)


@pytest.fixture
def here(small_office: Office) -> Station:
    """The asking station."""
    return Station(small_office)


@pytest.fixture
def far(new_office: Callable[..., Office]) -> Station:
    """Another installation."""
    office = new_office()
    return Station(office)
