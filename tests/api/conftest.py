"""The station is opened once for all tests of the doors and the pages."""

from __future__ import annotations

import pytest

from tests.api.house import House, close_house, open_house

HOUSE = pytest.StashKey[House]()


def the_house(config: pytest.Config) -> House:
    """The one station of this test run; closed at its end."""
    if HOUSE not in config.stash:
        house = open_house()
        config.stash[HOUSE] = house
        config.add_cleanup(lambda: close_house(house))
    return config.stash[HOUSE]


@pytest.fixture
def house(request: pytest.FixtureRequest) -> House:
    """A small station with a few people on record."""
    return the_house(request.config)
