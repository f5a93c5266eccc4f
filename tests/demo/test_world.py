"""The demo made ready: once, again, after an interruption, never beside somebody else's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tracing.demo import CheckReport, DemoWorld, check, prepare
from tracing.demo.population import Population
from tracing.demo.trying import things_to_try
from tracing.demo.world import (
    ADMIN,
    APPROVER,
    GUARDIAN,
    OFFICER,
    PHOTO_SOURCE,
    PORTRAIT,
    WORKER,
    acting,
    portrait,
    recorded,
)
from tracing.errors import Conflict, LoginFailed
from tracing.service import Service
from tracing.settings import Settings

PEOPLE = 1_200


class Unplugged(Exception):
    """The machine was switched off."""


def switched_off(_what: str, done: int, _all: int) -> None:
    """Stops the first start after its first thousand people."""
    if done == 1_000:
        raise Unplugged


@dataclass(frozen=True, slots=True)
class Started:
    """A service with the demo world in it, after a start that was cut short and a whole one."""

    service: Service
    photos: Path
    world: DemoWorld
    before: int
    reports: tuple[CheckReport, ...]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(Settings(data_dir=tmp_path / "var"))
    yield service
    service.close()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("demo")
    photos = folder / "photos"
    for person, pictures in {
        "collins": [portrait("enrolled"), portrait("asked")],
        "nobody": [b"no picture at all"],
    }.items():
        (photos / person).mkdir(parents=True)
        for number, data in enumerate(pictures):
            (photos / person / f"{number}.jpg").write_bytes(data)
    service = Service(Settings(data_dir=folder / "var"))
    with pytest.raises(Unplugged):
        prepare(service, PEOPLE, progress=switched_off)
    before = count(service)
    prepare(service, PEOPLE)
    reports = tuple(check(service, people=PEOPLE) for _ in range(2))
    yield Started(service, photos, prepare(service, PEOPLE, photos), before, reports)
    service.close()


def count(service: Service) -> int:
    """People on record."""
    return sum(1 for _ in service.people.documents())


def test_an_interrupted_start_goes_on_where_it_stopped(started: Started) -> None:
    assert started.before == 1_000
    assert (started.world.people, started.world.photos) == (PEOPLE, 1)
    assert started.world.without_face == 1
    rows = list(started.service.people.documents())
    ids = {row.document["id"] for row in rows if row.document.get("source") == "demo"}
    assert len(ids) == PEOPLE


def test_a_second_start_adds_nobody_and_gives_new_passwords(started: Started) -> None:
    service, first = started.service, started.world
    before = count(service)
    second = prepare(service, PEOPLE, started.photos)
    assert count(service) == before
    for login, old, new in zip(
        (WORKER, OFFICER, APPROVER, GUARDIAN, ADMIN), first.accounts, second.accounts, strict=True
    ):
        assert (old.login, new.login) == (login, login)
        assert old.password != new.password
        assert service.accounts.sign_in(login, new.password).token
    with pytest.raises(LoginFailed):
        service.accounts.sign_in(WORKER, first.accounts[0].password)
    assert first.accounts[0].password not in repr(first)


def test_the_demo_never_goes_in_beside_own_accounts(service: Service) -> None:
    link = service.accounts.first_start_link()
    assert link is not None
    service.accounts.set_password(link, "a long and own password")
    for start in (prepare, lambda here, people: check(here, people=people)):
        with pytest.raises(Conflict):
            start(service, 10)
    assert count(service) == 0
    assert service.accounts.sign_in(ADMIN, "a long and own password").token


def test_the_officer_may_search_and_the_worker_may_write(started: Started) -> None:
    assert acting(started.service, OFFICER).may("search")
    assert not acting(started.service, OFFICER).may("people.read")
    assert acting(started.service, WORKER).may("people.write")


def test_pictures_of_a_folder_are_on_record_by_their_folder(started: Started) -> None:
    assert recorded(started.service, PHOTO_SOURCE, "collins") is not None
    assert recorded(started.service, PHOTO_SOURCE, PORTRAIT) is not None
    assert recorded(started.service, PHOTO_SOURCE, "nobody") is None


def test_things_to_try_are_the_same_for_equal_worlds_and_say_what_to_see() -> None:
    one, other = (things_to_try(Population.of(800, 1)) for _ in range(2))
    assert one == other
    assert [task.kind for task in one] == ["name", "photo", "nobody"]
    name, photo, stranger = one
    assert name.record is not None
    assert name.expect_id is not None
    assert name.expect_id.startswith("demo-1-")
    assert photo.photo is not None
    assert photo.photo.is_file()
    assert stranger.expect_id is None
    for task in one:
        assert task.do
        assert task.expect


def test_a_world_of_nobody_still_has_a_photo_to_try() -> None:
    assert [task.kind for task in things_to_try(Population.of(0, 1))] == ["photo", "nobody"]


def test_the_demo_proves_itself_twice(started: Started) -> None:
    for report in started.reports:
        assert report.ok, "\n".join(report.lines)
        assert any("比特" in line for line in report.lines)


def test_the_officer_stands_at_a_unit_of_its_own_with_one_request_to_answer(
    started: Started,
) -> None:
    officer = acting(started.service, OFFICER)
    assert officer.station_code != acting(started.service, WORKER).station_code
    (waiting,) = started.service.crosschecks.waiting(officer)
    assert (waiting.kind, waiting.state) == ("identity_check", "sent")
