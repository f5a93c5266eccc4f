"""The public door says "received"; what comes through it reaches a station and ends on its day."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.house import House, portrait
from tests.store.conftest import Clock
from tests.store.office import Office, full_record
from tests.trust.test_protection import statements
from tracing.clues import Clues
from tracing.errors import Conflict, NotFound, NotPermitted, TooMany
from tracing.store.tables import Clue, FacePrint, Photo

SAID = {"what": "桥下坐着一位老人", "where": "文化宫", "when": "昨晚", "contact": "13900139000"}


@pytest.fixture
def clues(small_office: Office) -> Clues:
    return Clues(small_office.store, small_office.photos._intake)


def waiting(clues: Clues, office: Office) -> list[str]:
    return [c.id for c in clues.listed(office.worker)]


def plain(text: str) -> str:
    return re.sub(r"[A-HJ-NP-Z2-9]{10}(?=</b>)", "#", text)


def test_received_is_all_that_the_public_learns(house: House) -> None:
    name, client = next(iter(house.people)), house.client()
    reports: list[dict[str, Any]] = [
        {"data": {"what": f"我见到了{name}", "where": "山东省诸城市"}},
        {"data": {"what": "谁也不认识的人", "where": "x"}},
        {"data": {}},
        {"data": {"what": "照片"}, "files": {"photo_file": ("a.jpg", portrait())}},
        {"data": {"what": "照片"}, "files": {"photo_file": ("a.jpg", b"not a picture")}},
    ]
    answers, ran = [], []
    for report in reports:
        with statements(house) as seen:
            answers.append(client.post("/seen", **report))
        ran.append(seen)
    assert {a.status_code for a in answers} == {200}
    assert len({plain(a.text) for a in answers}) == 1
    assert len({a.headers["content-length"] for a in answers}) == 1
    assert all(seen == ran[0] for seen in ran), "nobody is looked up"
    assert not [s for s in ran[0] if "person" in s.lower()]
    assert "set-cookie" not in answers[0].headers


def test_every_receipt_number_says_received(house: House) -> None:
    client = house.client()
    given = re.search(r"[A-HJ-NP-Z2-9]{10}(?=</b>)", client.post("/seen", data=SAID).text)
    assert given
    pages = {plain(client.get(f"/seen/{n}").text) for n in (given.group(), "ABCDEFGH23")}
    assert len(pages) == 1
    assert "已收到" in pages.pop()
    assert "<script" not in client.get("/seen/<script").text.split("<main")[1]


def test_another_site_cannot_report_in_a_visitors_name(house: House) -> None:
    headers = {"Origin": "https://evil.example"}
    assert house.client().post("/seen", data=SAID, headers=headers).status_code == 403


def test_one_address_cannot_flood_the_door(house: House) -> None:
    pace = house.app.state.house.pace
    for _ in range(30):
        pace.count("clue", "203.0.113.9")
    with pytest.raises(TooMany):
        pace.count("clue", "203.0.113.9")


def test_a_station_takes_it_and_reads_it(house: House) -> None:
    house.client().post("/seen", data=SAID | {"what": "红色棉袄的老人"})
    worker, other = house.signed_in(), house.signed_in("wangge")
    assert other.get("/clues").status_code == 403
    page = worker.get("/clues").text
    assert "红色棉袄的老人" in page
    clue = house.service.clues.listed(house.worker)[-1]
    assert worker.post(f"/clues/{clue.id}/close", data={"closing": "answered"}).status_code == 409
    assert worker.post(f"/clues/{clue.id}/take").status_code == 303
    assert worker.post(f"/clues/{clue.id}/take").status_code == 409
    assert worker.post(f"/clues/{clue.id}/close", data={"closing": "answered"}).status_code == 303
    assert "红色棉袄的老人" not in worker.get("/clues").text


def test_an_unlinked_clue_goes_after_90_days_taken_or_not(
    clues: Clues, small_office: Office, clock: Clock
) -> None:
    clues.receive(SAID, b"")
    clues.receive(SAID, b"")
    clues.take(small_office.worker, waiting(clues, small_office)[0])
    clock.forward(days=89)
    assert clues.tidy() == 0
    clock.forward(days=2)
    assert clues.tidy() == 2
    with small_office.store.read() as tx:
        assert tx.run(select(Clue.id)).all() == []


def test_a_linked_clue_stays_and_goes_with_its_person(
    clues: Clues, small_office: Office, clock: Clock
) -> None:
    office = small_office
    person = office.people.register(office.worker, full_record()).person_id
    clues.receive(SAID, b"faces:1 seen")
    clues.tidy()
    (clue,) = waiting(clues, office)
    clues.take(office.worker, clue)
    with pytest.raises(NotFound):
        clues.link(office.worker, clue, "0" * 24)
    clues.link(office.worker, clue, person)
    clock.forward(days=400)
    assert clues.tidy() == 0
    assert clues.picture(office.worker, clue).startswith(b"\xff\xd8")
    office.erase(person)
    with office.store.read() as tx:
        assert tx.run(select(Clue.id)).all() == []


def test_its_photo_is_opened_afterwards_and_leaves_no_print(
    clues: Clues, small_office: Office
) -> None:
    office = small_office
    clues.receive(SAID, b"faces:2 in the street")
    (clue,) = clues.listed(office.worker)
    assert clue.photo == "waiting", "the door opens no photo"
    with pytest.raises(NotFound):
        clues.picture(office.worker, clue.id)
    clues.take(office.worker, clue.id)
    with pytest.raises(Conflict):
        clues.close(office.worker, clue.id, "answered")
    clues.tidy()
    assert clues.picture(office.worker, clue.id).startswith(b"\xff\xd8")
    with office.store.read() as tx:
        assert tx.run(select(FacePrint.id)).all() == tx.run(select(Photo.id)).all() == []


def test_what_was_said_lies_sealed(clues: Clues, small_office: Office) -> None:
    clues.receive(SAID, b"faces:1 plain")
    with small_office.store.read() as tx:
        (sealed, photo), = tx.run(select(Clue.sealed, Clue.photo)).all()  # fmt: skip
    assert not any(text.encode() in sealed for text in SAID.values())
    assert b"plain" not in photo
    with pytest.raises(NotPermitted):
        clues.listed(small_office.hire("patrol", "street_patrol"))
