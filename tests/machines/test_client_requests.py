"""Programs of a station, of police and of other installations ask each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.client import Client, NotAllowed
from tests.api.house import HEARD, PASSWORD, House, close_house, open_house

WIDE = {
    "kind": "list", "number": "江公协查31号", "purpose": "tracing", "legal_basis": "police_request",
    "reason": "福利机构移交人员核查", "divisions": ["3204"],
    "sides": ["found", "sought", "register"], "questions": 3, "days": 3,
}  # fmt: skip
ANSWER = {
    "result": "found", "evidence": "police_register", "who": "陈警官", "at": "2026-03-22T10:00",
    "number": "江公核31号", "named": {"name": "朱仁江", "sex": "male", "birth": "1953"},
}  # fmt: skip


@pytest.fixture(scope="module")
def town() -> Iterator[House]:
    """A station with a police unit below it."""
    house = open_house()
    accounts, admin = house.service.accounts, house.actor("admin")
    house.service.stations.add(admin, "ga3204", "江州市公安局", division="3204")
    for login, role, code in (
        ("minjing", "police_officer", "ga3204"),
        ("shenpi", "approver", "320400"),
        ("baohu", "data_protection_officer", "320400"),
    ):
        accounts.set_password(accounts.create(admin, login, login, role, code), PASSWORD)
    yield house
    close_house(house)


@pytest.fixture
def station(town: House) -> Client:
    http = town.with_key("people.read", "people.write", "crosschecks", "crosschecks.answer",
                         "exports")  # fmt: skip
    return Client("", http=http)


@pytest.fixture
def police(town: House) -> Client:
    scopes = frozenset({"police", "search", "crosschecks.answer"})
    _, secret = town.service.accounts.create_key(town.actor("admin"), "minjing", scopes, 1)
    return Client("", secret, http=town.client())


def test_a_request_goes_to_the_officers_unit_and_comes_back_answered(
    station: Client, police: Client
) -> None:
    person = station.register({**HEARD, "id": "1"}).person_id
    number = station.compose(person, "identity_check", ["names", "sex"], station="ga3204")
    assert number not in [c.id for c in police.crosschecks()], "a draft has not left"
    assert station.do(number, "sent") == "sent"
    (asked,) = [c for c in police.crosschecks() if c.id == number]
    assert (asked.received, asked.person_id) == (True, None)
    assert police.crosscheck(number).record["sex"] == HEARD["sex"]
    police.give_answer(number, ANSWER)
    (given,) = station.crosscheck(number).answers
    assert (given.result, given.source, given.named.name) == ("found", "desk", "朱仁江")


def test_a_package_and_its_reply_travel_between_installations(town: House, station: Client) -> None:
    far = open_house()
    try:
        for here, there in ((town, far), (far, town)):
            key, _ = there.service.crosscheck_files.own_key()
            here.service.crosscheck_files.trust(here.actor("admin"), "另一处", key)
        other = Client("", http=far.with_key("crosschecks.answer"))
        person = station.register({**HEARD, "id": "2"}).person_id
        number = station.compose(person, "assistance", ["names"], to_name="诸城市救助站")
        station.do(number, "sent", channel="letter", number="江救〔2026〕17号")
        taken = other.take_package(station.package(number))
        other.give_answer(taken, {**ANSWER, "result": "none", "evidence": "village", "named": {}})
        reply = other.reply(taken)
        assert [station.take_reply(reply) for _ in range(2)] == [number, number]
        assert [a.source for a in station.crosscheck(number).answers] == ["file"]
    finally:
        close_house(far)


def test_questions_of_an_approved_request_are_put_in_once_and_read_in_order(
    town: House, police: Client
) -> None:
    number = police.ask_for_more(WIDE, "ask-31")
    assert police.ask_for_more(WIDE, "ask-31") == number
    rows = [{"ref": f"移交{n}", "record": HEARD} for n in (1, 2)]
    with pytest.raises(NotAllowed) as refused:
        police.put_questions(number, rows)
    assert refused.value.code == "approvals_missing"
    for login in ("shenpi", "baohu"):
        town.service.police.approve(town.actor(login), number)
    assert police.police_request(number).approvals_missing == 0
    put = police.put_questions(number, rows, "run-31")
    assert police.put_questions(number, rows, "run-31").run == put.run
    while town.service.police_runs.step():
        pass
    answers = list(police.answers(number, put.run, wait=0))
    assert [(a["number"], a["ref"]) for a in answers] == [(1, "移交1"), (2, "移交2")]
    assert all("minjing" in a["watermark"] for a in answers)
    assert [a["number"] for a in police.answers(number, put.run, after=1, wait=0)] == [2]
    assert number in [r.id for r in police.police_requests()]


def test_the_station_of_a_candidate_is_asked_for_more(town: House, police: Client) -> None:
    found = police.search_at_once(HEARD, "警情7号")
    first = found.candidates[0].person_id
    number = police.ask_station(found.id, first, "release", reason="接回", parts=["identity"])
    town.service.inquiries.answer(town.worker, number, "granted")
    assert [i.answer for i in police.inquiries() if i.id == number] == ["granted"]
    assert police.released(number).record["names"]


def test_what_changed_is_read_on_from_where_one_stopped(station: Client) -> None:
    before = station.register({**HEARD, "id": "3"}).person_id
    everybody = list(station.changed_people(a_page=3))
    assert before in str(everybody)
    cursor = everybody[-1][1]
    assert list(station.changed_people(cursor)) == []
    after = station.register({**HEARD, "id": "4"}).person_id
    ((line, _),) = station.changed_people(cursor)
    assert after in str(line)
