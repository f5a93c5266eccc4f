"""The hard and the varied world: valid records, thin and wrong ones, wandering, prints."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from matchers.places import Divisions
from tracing.demo.dice import Dice
from tracing.demo.people import Person
from tracing.demo.population import Entry, Population, Question
from tracing.demo.prints import Prints
from tracing.records import PersonRecord

DIVISIONS = Divisions.load()
SIZE = 2_000


@pytest.fixture(scope="module")
def world() -> Population:
    return Population.of(SIZE, 5, DIVISIONS, "hard")


@pytest.fixture(scope="module")
def entries(world: Population) -> list[Entry]:
    return list(world.entries())


@pytest.fixture(scope="module")
def questions(world: Population) -> list[Question]:
    return list(world.questions(400, 6))


def test_hard_records_are_records(entries: list[Entry], questions: list[Question]) -> None:
    assert len({entry.document["id"] for entry in entries}) == SIZE
    for entry in entries:
        PersonRecord.model_validate(entry.document)
    for question in questions:
        PersonRecord.model_validate(question.document)


def test_most_are_sought_and_some_records_are_thin(entries: list[Entry]) -> None:
    documents = [entry.document for entry in entries]
    assert sum(d["side"] == "sought" for d in documents) / SIZE == pytest.approx(0.7, abs=0.04)
    assert any("names" not in d and e.photographed for d, e in zip(documents, entries, strict=True))
    assert any("sex" not in d and len(d["places"]) == 1 for d in documents)


def test_half_the_questions_are_about_nobody_on_record(
    entries: list[Entry], questions: list[Question]
) -> None:
    by_id = {entry.document["id"]: entry for entry in entries}
    assert sum(q.right is None for q in questions) == len(questions) // 2
    for question in questions:
        if question.right is not None:
            assert by_id[question.right].person == question.person
    recorded = {entry.person.citizen for entry in entries}
    absent = [q.person for q in questions if q.right is None]
    houses = {entry.person.household for entry in entries}
    assert all(person.citizen not in recorded for person in absent)
    assert any(person.household in houses for person in absent), "families of the absent are there"


def test_shares_of_what_is_said_are_as_written_down(questions: list[Question]) -> None:
    homes = [[p for p in q.document["places"] if p["kind"] == "heard_home"] for q in questions]
    stated = sum(any(len(p.get("code", "")) == 2 for p in home) for home in homes)
    assert stated / len(questions) == pytest.approx(0.61, abs=0.08)
    silent = sum(not q.document["names"] for q in questions)
    assert 0.05 < silent / len(questions) < 0.2


def test_nobody_is_found_before_the_loss_on_record(
    entries: list[Entry], questions: list[Question]
) -> None:
    lost = {
        entry.document["id"]: place["at"]
        for entry in entries
        for place in entry.document.get("places", ())
        if place["kind"] == "last_seen"
    }
    asked = [q for q in questions if q.right in lost]
    assert len(asked) > 50
    for question in asked:
        assert question.document["event_at"] >= lost[question.right or ""]


def test_worlds_are_seeded_and_error_rates_vary_with_the_seed() -> None:
    one, again, other = (Population.of(400, seed, DIVISIONS, "varied") for seed in (1, 1, 2))
    assert list(one.records()) == list(again.records())
    assert one.clerk.table["probe"] != other.clerk.table["probe"]  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="hard"):
        Population.of(10, 1, DIVISIONS, "easy")


def test_elders_are_mostly_found_near_and_soon(world: Population) -> None:
    dice, wandering = Dice(3), world.clerk.wandering
    lost = date(2020, 5, 1)
    elders = [wandering.found(dice, lost, "320412", date(1940, 1, 1)) for _ in range(400)]
    adults = [wandering.found(dice, lost, "320412", date(1985, 1, 1)) for _ in range(400)]
    near = [sum(county[:4] == "3204" for _, county in found) for found in (elders, adults)]
    assert near[0] > 200 > near[1]


@pytest.fixture(scope="module")
def people(world: Population) -> list[Person]:
    return list(world.strangers(9, 300))


def cosines(prints: Prints, pairs: list[tuple[Person, int, Person, int]]) -> float:
    found = [prints.vector(a, x, "one") @ prints.vector(b, y, "other") for a, x, b, y in pairs]
    return float(np.mean(found))


def test_prints_are_alike_as_faces_are(people: list[Person]) -> None:
    prints = Prints.load(4, "ordinary")
    shifted = [*people[1:], people[0]]
    same = cosines(prints, [(p, 40, p, 44) for p in people])
    grown = cosines(prints, [(p, 6, p, 30) for p in people])
    strangers = cosines(prints, [(p, 40, q, 44) for p, q in zip(people, shifted, strict=True)])
    children = cosines(prints, [(p, 6, q, 7) for p, q in zip(people, shifted, strict=True)])
    assert same > 0.5 > grown > 0.1
    assert abs(strangers) < 0.06 < children
    assert np.linalg.norm(prints.vector(people[0], 40, "one")) == pytest.approx(1, abs=1e-5)
