"""People of one household are found by each other's names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.searches.conftest import Town
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town in which nobody lives yet."""
    service = Service(Settings(_env_file=None, data_dir=tmp_path))  # type: ignore[call-arg]
    yield Town(service)
    service.close()


def asked(wife: str) -> PersonRecord:
    return PersonRecord.model_validate(
        {
            "side": "found",
            "sex": "male",
            "relatives": [{"relation": "spouse", "names": [{"text": wife, "kind": "heard"}]}],
        }
    )


def found_by_wife(town: Town, wife: str) -> dict[str, float]:
    """Bits of the relatives named, by person."""
    return {
        candidate.person_id: reason.bits
        for candidate in town.ask(asked(wife), limit=50).candidates
        for reason in candidate.reasons
        if reason.evidence == "relatives"
    }


def test_a_man_is_found_by_the_name_of_his_wife_in_the_household_book(town: Town) -> None:
    husband = town.write("register", "诸葛平", sex="male", household="h1")
    town.write("register", "王建国", sex="male", household="h2")
    assert husband not in found_by_wife(town, "欧阳青")
    wife = town.write("register", "欧阳青", sex="female", household="h1")
    first = town.ask(asked("欧阳青")).candidates[0]
    assert first.person_id == husband
    (reason,) = [r for r in first.reasons if r.evidence == "relatives"]
    assert reason.bits > 3
    assert "同户" in reason.found

    renamed = PersonRecord.model_validate(
        {"side": "register", "names": [{"text": "李小花"}], "household": "h1"}
    )
    town.service.people.change(town.worker, wife, renamed, 1)
    assert found_by_wife(town, "欧阳青")[husband] < 0
    assert found_by_wife(town, "李小花")[husband] > 3
    town.erase(wife)
    assert husband not in found_by_wife(town, "李小花")


def test_the_same_household_number_in_another_station_is_another_household(town: Town) -> None:
    town.service.stations.add(town.admin, "320402", "天宁站")
    other = PersonRecord.model_validate(
        {
            "side": "register",
            "names": [{"text": "欧阳青"}],
            "household": "h1",
            "station": "320402",
        }
    )
    husband = town.write("register", "诸葛平", sex="male", household="h1")
    town.service.people.register(town.worker, other)
    assert husband not in found_by_wife(town, "欧阳青")
