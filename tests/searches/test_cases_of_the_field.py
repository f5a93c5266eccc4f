"""Four cases that happened, told again with invented people, from the counter to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.searches.conftest import Town, a_face
from tracing.demo import Population
from tracing.photos.served import default_faces
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

NEIGHBOURS = 1500
MODEL = default_faces().recipe


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A county's worth of records: missing reports, register entries and past visitors."""
    data = tmp_path_factory.mktemp("field")
    service = Service(Settings(_env_file=None, data_dir=data))  # type: ignore[call-arg]
    town = Town(service)
    records = (PersonRecord.model_validate(r) for r in Population.of(NEIGHBOURS, 5).records())
    service.people.register_many(town.worker, records)
    for seed in range(400):
        print_ = {"model": MODEL, "vector": a_face(10_000 + seed)}
        town.register({"side": "register", "prints": [print_], "sex": "male"})
    yield town
    service.close()


def admitted(town: Town, **record: Any) -> Any:
    """Somebody is brought in, written down, and looked for under their own case."""
    person = town.register({"side": "found", "event_at": "2026-05-04", **record})
    return town.service.searches.for_person(town.worker, person)


def a_print(vector: list[float]) -> dict[str, Any]:
    return {"model": MODEL, "vector": vector, "taken": "2026-05-04"}


def test_a_twin_is_no_match_yet_leads_home(town: Town) -> None:
    """The face is the twin's, the mole is not there: flagged as kin, not pushed out of sight."""
    face = np.array(a_face(1), np.float32)
    twin = town.register(
        {
            "side": "register",
            "names": [{"text": "乌兰山", "kind": "registered"}],
            "sex": "male",
            "birth": {"earliest": "1971-03-08", "latest": "1971-03-08", "basis": "document"},
            "places": [{"kind": "household", "code": "150221"}],
            "marks": [{"site": "right_eyebrow", "kind": "mole"}],
            "prints": [a_print(a_face(2, near=face, apart=0.18))],
        }
    )
    result = admitted(
        town,
        sex="male",
        birth={"earliest": "1969-01-01", "latest": "1974-12-31", "basis": "apparent"},
        marks=[{"site": "left_hand", "kind": "missing"}],
        prints=[a_print(a_face(1))],
    )
    first = result.candidates[0]
    assert first.person_id == twin
    assert first.relative, "kin, for a missing hand does not grow back"
    assert first.grade != "strong"
    assert any(reason.contradiction for reason in first.reasons if reason.evidence == "marks")


def test_one_misheard_syllable_in_another_province_after_a_visit_there(town: Town) -> None:
    """Heard as 汪三江 in Jiangsu; a station in Henan once noted 王山江, and the register knows."""
    home = {"kind": "household", "code": "410823"}
    registered = town.register(
        {
            "side": "register",
            "names": [{"text": "王山江", "kind": "registered"}],
            "sex": "male",
            "birth": {"earliest": "1958-07-02", "latest": "1958-07-02", "basis": "document"},
            "places": [home],
        }
    )
    visit = town.register(
        {
            "side": "found",
            "names": [{"text": "王山江", "kind": "heard", "dialect": "郑州"}],
            "sex": "male",
            "birth": {"earliest": "1953-01-01", "latest": "1963-12-31", "basis": "apparent"},
            "places": [{"kind": "found", "code": "410102", "at": "2024-11-02"}],
            "event_at": "2024-11-02",
        }
    )
    result = admitted(
        town,
        names=[{"text": "汪三江", "kind": "heard", "dialect": "郑州"}],
        sex="male",
        birth={"earliest": "1951-01-01", "latest": "1966-12-31", "basis": "apparent"},
        places=[
            {"kind": "found", "code": "320402", "at": "2026-05-04"},
            {"kind": "heard_home", "text": "河南"},
        ],
    )
    first_two = {candidate.person_id for candidate in result.candidates[:2]}
    assert first_two == {registered, visit}
    assert all("姓名(音近)" in c.key_line for c in result.candidates[:2])


def test_somebody_registered_nowhere_is_most_likely_nobody(town: Town) -> None:
    """He was in no register at all, and the list says so before it names anybody."""
    result = admitted(
        town,
        names=[{"text": "拓跋焉支", "kind": "stated"}],
        sex="male",
        birth={"earliest": "1948-01-01", "latest": "1952-12-31", "basis": "stated"},
        places=[{"kind": "heard_home", "code": "653225"}],
        relatives=[{"relation": "father", "names": [{"text": "拓跋祁连", "kind": "stated"}]}],
    )
    assert result.nobody > 0.5
    assert result.nobody > 10 * result.candidates[0].probability
    assert all(candidate.grade == "possible" for candidate in result.candidates)


def test_an_alias_given_at_settlement_is_found_by_the_name_he_had(town: Town) -> None:
    """A home registered him under its own name and birthday; the old name is kept beside it."""
    settled = town.register(
        {
            "side": "found",
            "names": [
                {"text": "福安康", "kind": "given_by_station"},
                {"text": "慕容石头", "kind": "alias"},
            ],
            "sex": "male",
            "birth": {"earliest": "1980-01-01", "latest": "1980-01-01", "basis": "assigned"},
            "places": [{"kind": "settled", "code": "320402"}],
            "numbers": [{"kind": "citizen", "text": "320402198001010037", "assigned": True}],
            "event_at": "2009-02-11",
        }
    )
    son = town.register(
        {
            "side": "sought",
            "names": [{"text": "慕容石头", "kind": "registered"}],
            "sex": "male",
            "birth": {"earliest": "1986-09-20", "latest": "1986-09-20", "basis": "document"},
            "event_at": "2001-06-01",
        }
    )
    first = town.service.searches.for_person(town.worker, son).candidates[0]
    assert first.person_id == settled
    assert {r.evidence for r in first.reasons}.isdisjoint({"birth", "numbers"}), "assigned: 0 bits"
    again = admitted(town, names=[{"text": "福安康", "kind": "stated"}], sex="male")
    assert settled not in {c.person_id for c in again.candidates[:1]} or again.nobody > 0.3
