"""A protected person is nobody to whoever seeks them, and their protection officer learns of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.api.house import PASSWORD, House, portrait, record
from tests.trust.test_keeping_pages import officers
from tracing.protections import protection_rules
from tracing.records import PersonRecord
from tracing.store.tables import AuditRow, ProtectionEcho

HIDDEN = "慕容青莲"
NOBODY = "司徒白薇"
EXPECTED_NOTE = protection_rules().note_bytes + 28 + 1
"""What is sealed, with the nonce and the tag of either cipher and its letter."""


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """The shapes of all statements of this process meanwhile, other threads' left out."""
    engine, seen = house.service.store._database.engine, []

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        if threading.current_thread().name != "xunqin-housekeeping":
            seen.append(re.sub(r"\s+", " ", statement)[:80])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def hidden(house: House) -> Iterator[str]:
    person = protected(house, HIDDEN)
    yield person
    house.service.protections.tidy()


def protected(house: House, name: str) -> str:
    person = house.service.people.register(
        house.worker, record(name, 1971, "云南省大理市", "sought")
    ).person_id
    done = house.signed_in().post(f"/people/{person}/protect", data={"reason": "domestic_violence"})
    assert done.status_code == 303
    return person


def asking(name: str, year: int = 1971) -> dict[str, Any]:
    born = {"earliest": f"{year}-01-01", "latest": f"{year}-12-31", "basis": "document"}
    return {
        "record": {"side": "found", "names": [{"text": name, "kind": "heard"}], "birth": born},
        "purpose": "tracing", "legal_basis": "statutory_duty", "reason": "clue",
    }  # fmt: skip


def echoes(house: House) -> list[int]:
    with house.service.store.read() as tx:
        return [len(sealed) for sealed in tx.run(select(ProtectionEcho.sealed)).scalars()]


def test_sought_by_anyone_a_protected_person_is_nobody(house: House) -> None:
    client, answers, ran = house.signed_in(), [], []
    for near in (
        "司徒白",
        "东徒白薇",
        "司图柏维",
        "白薇",
    ):  # how like a name is depends on the others
        house.service.people.register(house.worker, record(near, 1970, "云南省大理市", "sought"))
    for there in (False, True):
        person = protected(house, NOBODY) if there else "0" * 24
        house.service.searches.follow()
        house.service.protections.tidy()
        with statements(house) as seen:
            answer = client.post("/v1/searches", json=asking(NOBODY))
        assert answer.status_code == 201
        assert person not in answer.text
        assert echoes(house) == [EXPECTED_NOTE], "the note of a search has one size"
        page = client.get(f"/searches/{answer.json()['id']}")
        answers.append((answer, page))
        ran.append(seen)
    (absent, empty_page), (sought, page) = answers
    body, other = absent.json(), sought.json()
    for own in ("id", "at", "cpu_ms"):
        assert type(body.pop(own)) is type(other.pop(own))
    assert body == other, "the same answer as if the person were not on record"
    assert abs(len(absent.content) - len(sought.content)) <= 4, "but for the digits of the time"
    assert absent.headers.keys() == sought.headers.keys()
    assert ran[0] == ran[1], "the same statements in the same order"
    assert len(empty_page.text.splitlines()) == len(page.text.splitlines())
    officers(house)
    house.service.protections.tidy()
    assert alerts(house, person) == 1, "and the officer is told of the second"


def family(name: str, father: str, village: str, heard: str | None = None) -> dict[str, Any]:
    """A missing person with a father and a village, as a record or as a question heard."""
    place = {"kind": "household", "text": f"云南省大理市{village}"}
    if heard:
        place = {"kind": "heard_home", "heard": heard}
    return {
        "side": "found" if heard else "sought", "sex": "male",
        "names": [{"text": name, "kind": "heard" if heard else "registered"}],
        "relatives": [{"relation": "father", "names": [{"text": father}]}],
        "places": [place], "event_at": "2026-03-01",
    }  # fmt: skip


@pytest.mark.parametrize("alike", ["names", "relatives", "places"])
def test_what_a_protected_person_says_changes_no_other_answer(house: House, alike: str) -> None:
    """How close a name, a father or a village is depends on the others: not on the protected."""
    told = {"names": "夏侯石榴", "relatives": "夏侯石头", "places": "蛤蟆冲村"}
    near = {"names": "夏侯十六", "relatives": "夏侯石投", "places": "哈马冲村"}
    question = {
        "record": family(told["names"], told["relatives"], told["places"], heard="蛤蟆冲"),
        "purpose": "tracing", "legal_basis": "statutory_duty", "reason": "clue",
    }  # fmt: skip
    people, client = house.service.people, house.signed_in()

    def enter(said: dict[str, str]) -> str:
        doc = family(said["names"], said["relatives"], said["places"])
        return people.register(house.worker, PersonRecord.model_validate(doc)).person_id

    def answer() -> dict[str, Any]:
        house.service.searches.follow()
        body: dict[str, Any] = client.post("/v1/searches", json=question).json()
        return {key: value for key, value in body.items() if key not in {"id", "at", "cpu_ms"}}

    enter(near)
    before = answer()
    others = {"names": "令狐不识", "relatives": "令狐无名", "places": "赤水塘村"}
    hidden = enter({**others, alike: told[alike]})
    seen = answer()
    assert seen != before, "else the question could not tell anyhow"
    done = client.post(f"/people/{hidden}/protect", data={"reason": "domestic_violence"})
    assert done.status_code == 303
    assert answer() == before
    house.service.protections.tidy()


def test_without_protection_the_same_question_finds_them(house: House) -> None:
    person = house.service.people.register(
        house.worker, record("东郭紫烟", 1971, "云南省大理市", "sought")
    ).person_id
    found = house.signed_in().post("/v1/searches", json=asking("东郭紫烟")).json()["candidates"]
    assert person in {candidate["person_id"] for candidate in found}, "else the test says nothing"


def test_the_officer_of_the_holding_station_alone_is_told(house: House, hidden: str) -> None:
    officer = house.signed_in(officers(house)[0])
    house.service.protections.tidy()
    before = officer.get("/protection").text.count(HIDDEN)
    seeking = house.signed_in()
    seeking.post("/v1/searches", json=asking("公良牧野", 1925))
    house.service.protections.tidy()
    assert alerts(house, hidden) == 0, "somebody else was sought"
    seeking.post("/v1/searches", json=asking(HIDDEN))
    house.service.protections.tidy()
    assert alerts(house, hidden) == 1
    assert house.service.protections.tidy() == 0, "once"
    assert seeking.get("/protection").status_code == 403
    page = officer.get("/protection").text
    assert page.count(HIDDEN) > before
    number = next(a.id for a in house.service.protections.alerts(
        house.actor("dpo-a")) if a.person_id == hidden and a.wish is None)  # fmt: skip
    assert officer.post(f"/protection/{number}", data={"wish": "x"}).status_code == 422
    wish = {"wish": "no_contact", "note": "不要告诉他"}
    assert officer.post(f"/protection/{number}", data=wish).status_code == 303
    assert "不要告诉他" in officer.get("/protection").text
    actions = deeds(house, hidden)
    assert {"person.protect", "protection.alert", "protection.wish"} <= actions
    with house.service.store.read() as tx:
        told = tx.run(select(AuditRow.station_id).where(AuditRow.action == "protection.alert"))
        assert set(told.scalars()) == {None}, "in no list that the seeker's auditors read"


def alerts(house: House, person: str) -> int:
    found = house.service.protections.alerts(house.actor("dpo-a"))
    return sum(alert.person_id == person for alert in found)


def deeds(house: House, person: str) -> set[str]:
    with house.service.store.read() as tx:
        rows = tx.run(select(AuditRow.action).where(AuditRow.object_id == person))
        return set(rows.scalars())


def far_station(house: House) -> None:
    """A station below with an officer and a worker of its own."""
    accounts, admin = house.service.accounts, house.actor("admin")
    if "dpo-below" not in house.sessions:
        house.service.stations.add(admin, "320499", "远县救助站")
        for login, role in (("dpo-below", "data_protection_officer"), ("far", "county_station")):
            accounts.set_password(accounts.create(admin, login, login, role, "320499"), PASSWORD)
            house.signed_in(login)


def test_a_picture_seen_before_is_gone_for_other_stations(house: House) -> None:
    far_station(house)
    far, own = house.signed_in("far"), house.signed_in()
    photo = house.service.photos.receive(house.worker, portrait(), "p.jpg").id
    doc = record("闻人秋水", 1971, "云南省大理市", "sought").document()
    doc["photos"] = [{"file": photo, "face": 0}]
    person = house.service.people.register(house.worker, PersonRecord.model_validate(doc)).person_id
    shown = far.post("/v1/searches", json=asking("闻人秋水")).json()["candidates"]
    assert person in {candidate["person_id"] for candidate in shown}
    assert far.get(f"/v1/photos/{photo}/picture").status_code == 200
    own.post(f"/people/{person}/protect", data={"reason": "threatened"})
    assert far.get(f"/v1/photos/{photo}/picture").status_code == 404
    assert own.get(f"/v1/photos/{photo}/picture").status_code == 200


def test_an_officer_of_another_station_sees_no_alert(house: House, hidden: str) -> None:
    far_station(house)
    officers(house)
    house.signed_in().post("/v1/searches", json=asking(HIDDEN))
    house.service.protections.tidy()
    assert house.service.protections.alerts(house.actor("dpo-below")) == ()
    assert house.service.protections.alerts(house.actor("dpo-a"))


def test_staff_protect_at_once_and_only_the_officer_lifts(house: House, hidden: str) -> None:
    worker, officer = house.signed_in(), house.signed_in(officers(house)[0])
    again = worker.post(f"/people/{hidden}/protect", data={"reason": "threatened"})
    assert again.status_code == 409
    assert worker.post(f"/people/{hidden}/unprotect").status_code == 403
    assert officer.post(f"/people/{hidden}/unprotect").status_code == 303
    found = worker.post("/v1/searches", json=asking(HIDDEN)).json()["candidates"]
    assert hidden in {candidate["person_id"] for candidate in found}
    assert "person.unprotect" in deeds(house, hidden)
    bad = worker.post(f"/people/{hidden}/protect", data={"reason": "because"})
    assert bad.status_code == 422


def test_a_list_of_searches_does_not_betray_who_was_on_it(house: House) -> None:
    person = house.service.people.register(
        house.worker, record("南宫碧落", 1971, "云南省大理市", "sought")
    ).person_id
    client = house.signed_in()
    number = client.post("/v1/searches", json=asking("南宫碧落")).json()["id"]
    client.post(f"/people/{person}/protect", data={"reason": "own_wish"})
    shown = client.get(f"/v1/searches/{number}").json()["candidates"]
    assert person not in {candidate["person_id"] for candidate in shown}
    (past,) = [p for p in house.service.searches.recent(house.worker, 50) if p.search_id == number]
    assert past.candidates == len(shown), "the count is of those who are shown"


def test_the_note_has_room_for_as_many_as_are_alerted() -> None:
    own = protection_rules()
    assert own.most * len('"0123456789abcdefghijklmn", ') + 2 <= own.note_bytes
    assert 0 < own.share < 0.5
