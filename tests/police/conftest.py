"""A station, its police unit, a neighbour in another province, and everybody's accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.api.house import PASSWORD, House, close_house, open_house, record
from tracing.access import Actor
from tracing.police.requests import Wide

ROLES = (
    ("minjing", "警官陈", "police_officer", "ga3204"),
    ("minjing-2", "警官林", "police_officer", "320400"),
    ("shenpi", "审批甲", "approver", "320400"),
    ("baohu", "审批乙", "data_protection_officer", "320400"),
    ("lixia", "李霞", "city_station", "320400"),
    ("linzhan", "邻省站", "county_station", "110100"),
)


@dataclass
class Town:
    """The house with its police; `clock` moves the whole installation's time."""

    house: House
    ahead: timedelta = timedelta()
    known: dict[str, Actor] = field(default_factory=dict)

    def actor(self, login: str) -> Actor:
        """An account acting directly, as it signed in; sessions end while the clock is moved."""
        if login not in self.known:
            self.known[login] = self.house.actor(login)
        return self.known[login]

    @property
    def officer(self) -> Actor:
        """The officer of the unit below the station."""
        return self.actor("minjing")

    def open_request(self, *approvers: str, **more: object) -> str:
        """A request, approved by these."""
        number = self.house.service.police.create(self.officer, wide(**more))
        for login in approvers:
            self.house.service.police.approve(self.actor(login), number)
        return number

    def answered(self) -> None:
        """Answer everything that waits."""
        while self.house.service.police_runs.step():
            pass


def wide(**more: object) -> Wide:
    """A request for a list among the city's stations."""
    fields: dict[str, object] = {
        "kind": "list", "number": "江公协查31号", "purpose": "tracing",
        "legal_basis": "police_request", "reason": "福利院移交人员核查", "divisions": ("3204",),
        "sides": ("found", "sought", "register"), "questions": 40, "days": 3, "export": True,
    }  # fmt: skip
    return Wide(**{**fields, **more})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def opened_town() -> Iterator[Town]:
    """One town for all tests of this folder."""
    house = open_house()
    admin = house.actor("admin")
    house.service.stations.add(admin, "ga3204", "江州市公安局", division="3204")
    house.service.stations.add(admin, "110100", "邻省救助站", division="1101")
    for login, name, role, code in ROLES:
        token = house.service.accounts.create(admin, login, name, role, code)
        house.service.accounts.set_password(token, PASSWORD)
    house.service.people.register(
        house.actor("linzhan"), record("朱仁江", 1953, "山东省诸城市", "found")
    )
    yield Town(house, known={login: house.actor(login) for login, *_ in ROLES})
    close_house(house)


@pytest.fixture
def town(opened_town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town, at the time of now until a test moves it."""
    opened_town.ahead = timedelta()
    store = opened_town.house.service.store
    real = store.now

    def now() -> datetime:
        return real() + opened_town.ahead

    monkeypatch.setattr(store, "now", now)
    return opened_town
