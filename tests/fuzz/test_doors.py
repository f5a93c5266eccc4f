"""A small share of what `make fuzz` sends to the doors, and what it found there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks

import tests.fuzz.media  # noqa: F401  the bodies our doors take
from tests.api.house import House, close_house, open_house, unpaced

NOT_HERE = (checks.positive_data_acceptance,)
"""A record may fit the schema and still say what cannot be."""


@pytest.fixture
def house() -> Iterator[House]:
    """A station of its own: the tool starts and ends the service, which nobody can use after."""
    house = open_house()
    yield house
    close_house(house)


def test_every_door_describes_its_refusals_as_problems(house: House) -> None:
    described = house.app.openapi()["paths"]
    for path, methods in described.items():
        for method, door in methods.items():
            for status in ("4XX", "5XX"):
                kinds = set(door["responses"][status]["content"])
                assert kinds == {"application/problem+json"}, (method, path)


@pytest.mark.filterwarnings("default")  # of the tool itself, not of ours
def test_a_few_cases_for_every_door_find_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.app.state.house, "pace", house.app.state.house.pace)
    unpaced(house)
    header = house.with_key(*sorted(house.actor("zhoumin").scopes)).headers["Authorization"]
    schema = schemathesis.openapi.from_asgi("/openapi.json", house.app)
    doors = [found.ok() for found in schema.get_all_operations()]
    assert len(doors) == sum(map(len, house.app.openapi()["paths"].values()))
    for door in doors:
        _attack(door, header)


def _attack(door: Any, header: str) -> None:
    @seed(8)
    @settings(max_examples=4, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=door.as_strategy())
    def cases(case: Any) -> None:
        answer = _asked(case, header)
        case.validate_response(answer, excluded_checks=list(NOT_HERE))

    cases()


def _asked(case: Any, header: str) -> Any:
    """The answer; whoever is told to come back while places are read aloud comes back."""
    for _ in range(300):
        answer = case.call(headers={"Authorization": header})
        if answer.status_code != 503 or "retry-after" not in answer.headers:
            break
        time.sleep(0.2)
    return answer
