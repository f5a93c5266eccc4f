"""From the recording at the counter to the listener's answer on the person's page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.listening_places import listening_places, votable
from tests.api.house import HEARD as RECORD
from tests.api.house import House, close_house, open_house
from tests.voice.test_voice import WEBM, wav
from tracing.records import PersonRecord

LINK = re.compile(r"/listen/([\w-]{43})")


@pytest.fixture
def person(house: House) -> str:
    record = PersonRecord.model_validate(RECORD)
    return house.service.people.register(house.worker, record).person_id


@pytest.fixture
def quiet_house() -> Iterator[House]:
    """A house of its own: how rare a name is depends on who else was heard there."""
    house = open_house()
    yield house
    close_house(house)


def recorded(client: TestClient, person: str, data: bytes = WEBM) -> str:
    """Upload a recording; the id of its clip."""
    done = client.post(f"/people/{person}/clips", files={"clip": ("a.webm", data)})
    assert done.status_code == 303, done.text
    page = client.get(f"/people/{person}").text
    found = re.search(r'src="/clips/(\w{24})"', page)
    assert found is not None
    return found[1]


def lent(client: TestClient, clip: str, **changes: str) -> str:
    form = {"audience": "volunteer", "days": "7", "answers": "3", **changes}
    page = client.post(f"/clips/{clip}/links", data=form)
    assert page.status_code == 200, page.text
    found = LINK.search(page.text)
    assert found is not None
    return found[0]


def test_a_listener_without_an_account_answers_and_sees_nobody(house: House, person: str) -> None:
    worker, visitor = house.signed_in(), house.client()
    link = lent(worker, recorded(worker, person))
    page = visitor.get(link)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "same-origin", "the link goes to no other site"
    for secret in ("居银江", "江州市", person, "<img"):
        assert secret not in page.text
    sound = visitor.get(f"{link}/clip")
    assert (sound.content, sound.headers["content-type"]) == (WEBM, "audio/webm")
    assert sound.headers["Cache-Control"] == "no-store"
    assert sound.headers["Content-Disposition"] == "inline"
    answer = {"province": "山东", "city": "青岛", "heard_text": "朱印江", "heard_latin": "ju yin",
              "sure": "sure", "listener": "local"}  # fmt: skip
    thanks = visitor.post(link, data=answer)
    assert "谢谢" in thanks.text
    assert "朱印江" not in thanks.text
    assert "朱印江" not in visitor.get(link).text
    file = worker.get(f"/people/{person}").text
    assert "朱印江" in file
    assert "青岛" in file
    document = house.service.people.get(house.worker, person).record.document()
    assert document["dialects"][-1]["name"] == "青岛"


def test_an_empty_or_strange_answer_is_told_and_nothing_is_kept(house: House, person: str) -> None:
    worker, visitor = house.signed_in(), house.client()
    link = lent(worker, recorded(worker, person))
    empty = visitor.post(link, data={"sure": "guess"})
    assert empty.status_code == 422
    assert "请至少选一个地方" in empty.text
    assert visitor.post(link, data={"city": "Atlantis"}).status_code == 422
    assert visitor.post(link, data={"heard_text": "x" * 99}).status_code == 422
    (clip,) = house.service.voices.of_person(house.worker, person)
    assert clip.answers == ()


def test_a_link_for_staff_leads_through_the_sign_in(house: House, person: str) -> None:
    worker = house.signed_in()
    link = lent(worker, recorded(worker, person), audience="staff")
    assert house.client().get(link).headers["location"] == f"/sign-in?next={link}"
    grid = house.signed_in("wangge")
    assert grid.get(f"/people/{person}").status_code == 403
    assert grid.get(link).status_code == 200
    assert "谢谢" in grid.post(link, data={"province": "江苏"}).text
    assert "谢谢" in grid.get(link).text
    assert "谢谢" in grid.post(link, data={"province": "江苏"}).text
    (clip,) = house.service.voices.of_person(house.worker, person)
    assert len(clip.answers) == 1


def test_a_link_and_a_recording_can_be_ended(house: House, person: str) -> None:
    worker = house.signed_in()
    clip = recorded(worker, person)
    link = lent(worker, clip)
    end = re.search(
        rf'action="(/clips/{clip}/links/\w+/end)"', worker.get(f"/people/{person}").text
    )
    assert end is not None
    assert worker.post(end[1]).status_code == 303
    assert house.client().get(link).status_code == 410
    assert worker.post(f"/clips/{clip}/discard").status_code == 303
    assert worker.get(f"/clips/{clip}").status_code == 404
    assert worker.post(f"/clips/{clip}/links", data={"audience": "staff"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-3", 206, (0, 4)),
        ("bytes=10-", 206, (10, None)),
        ("bytes=-5", 206, (-5, None)),
        ("bytes=999999-", 416, (0, 0)),
        ("bytes=5-2", 416, (0, 0)),
        ("bytes=-", 200, (0, None)),
        ("lines=0-1", 200, (0, None)),
    ],
)
def test_players_ask_for_parts(
    house: House, person: str, asked: str, status: int, span: tuple[int, int | None]
) -> None:
    worker = house.signed_in()
    clip = recorded(worker, person)
    part = worker.get(f"/clips/{clip}", headers={"Range": asked})
    assert part.status_code == status
    assert part.content == WEBM[slice(*span)]


def test_what_cannot_be_taken_is_said_on_the_page(house: House, person: str) -> None:
    worker = house.signed_in()
    for data, status, words in (
        (b"\xff\xd8\xff", 415, "不是录音"),
        (wav(70), 422, "超过一分钟"),
        (WEBM + b"\0" * 3_000_001, 413, "太大"),
    ):
        page = worker.post(f"/people/{person}/clips", files={"clip": ("a", data)})
        assert (page.status_code, words in page.text) == (status, True)
    assert worker.post(f"/people/{person}/clips", data={"x": "1"}).status_code == 422
    huge = worker.post(f"/people/{person}/clips", files={"clip": ("a", b"\0" * 4_100_000)})
    assert huge.status_code == 413


def test_every_city_can_be_voted_for_by_its_short_name() -> None:
    places = listening_places()
    assert len(places) == 34
    names = {city for place in places for city in place.cities}
    assert {"常州", "延边", "诸城"} & names == {"常州", "延边"}
    assert votable(places, "江苏")
    assert votable(places, "常州")
    assert not votable(places, "")


def test_a_candidate_says_in_a_sentence_what_was_heard(quiet_house: House) -> None:
    house = quiet_house
    record = PersonRecord.model_validate(RECORD)
    person = house.service.people.register(house.worker, record).person_id
    found = house.service.searches.for_person(house.worker, person)
    page = house.signed_in().get(f"/searches/{found.search_id}").text
    assert "听到 居银江 ju yin jiang ≈ 朱仁江 zhū rén jiāng" in page
    assert "不同处：" in page


def test_the_next_search_uses_what_the_listeners_heard(quiet_house: House) -> None:
    house = quiet_house
    record = PersonRecord.model_validate(RECORD)
    person = house.service.people.register(house.worker, record).person_id
    worker = house.signed_in()

    def bits() -> float:
        found = house.service.searches.for_person(house.worker, person)
        wanted = house.people["朱仁江"]
        (candidate,) = [c for c in found.candidates if c.person_id == wanted]
        return sum(r.bits for r in candidate.reasons if r.evidence == "names")

    before, link = bits(), lent(worker, recorded(worker, person))
    heard = {"city": "潍坊", "heard_text": "朱仁江", "heard_latin": "zhu ren jiang",
             "sure": "sure", "listener": "local"}  # fmt: skip
    house.client().post(link, data=heard)
    assert bits() > before
