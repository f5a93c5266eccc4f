"""A program that speaks with us through the client: the whole way, refusals, waiting, once only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from api.client import (
    Busy,
    Changed,
    Client,
    ClientError,
    Invalid,
    Missing,
    NotAllowed,
    NotHere,
    Unreachable,
    Unreadable,
)
from tests.api.house import HEARD, House, portrait

SCOPES = ("people.read", "people.write", "photos.read", "photos.write", "search", "exclude",
          "verify", "reconcile")  # fmt: skip


@pytest.fixture
def xunqin(house: House) -> Iterator[Client]:
    http = house.with_key(*SCOPES)
    with Client("", http=http) as client:
        yield client


def test_a_photo_a_person_a_list_and_an_exclusion(house: House, xunqin: Client) -> None:
    photo = xunqin.send_photo(portrait("asked"))
    assert xunqin.choose_face(photo.id, 0).chosen == 0
    assert xunqin.photo(photo.id).state == "ready"
    assert xunqin.picture(photo.id).startswith(b"\xff\xd8")
    record = {**HEARD, "photos": [{"file": photo.id, "face": 0}]}
    key = uuid.uuid4().hex
    made = xunqin.register(record, key)
    again = xunqin.register(record, key)
    assert (again.person_id, again.created) == (made.person_id, False)
    found = xunqin.search_for(made.person_id)
    assert house.people["柯林斯"] in [c.person_id for c in found.candidates]
    assert 0 < found.nobody < 1
    assert xunqin.ready()
    assert xunqin.asked(found.id).candidates[0].rank == 1
    assert xunqin.candidates(found.id).search_id == found.id
    other = found.candidates[-1].person_id
    exclusion = xunqin.exclude(made.person_id, other, "family_denies")
    assert [e.person_id for e in xunqin.exclusions(made.person_id)] == [other]
    xunqin.restore(exclusion)
    assert xunqin.exclusions(made.person_id) == []


def test_a_record_is_changed_at_the_version_that_was_read(xunqin: Client) -> None:
    made = xunqin.register(HEARD)
    person = xunqin.person(made.person_id)
    changed = xunqin.change(person.id, {**person.record, "belongings": ["藤箱"]}, person.version)
    assert changed.version == person.version + 1
    with pytest.raises(Changed) as refused:
        xunqin.change(person.id, person.record, person.version)
    assert refused.value.code == "version_conflict"


def test_everybody_is_read_page_by_page(xunqin: Client) -> None:
    everybody = [p.id for p in xunqin.people(a_page=3)]
    assert len(everybody) == len(set(everybody)) > 6
    assert {p.side for p in xunqin.people("register", a_page=2)} == {"register"}


def test_searches_outside_a_case_and_at_once(xunqin: Client) -> None:
    assert xunqin.search(HEARD, reason="clue").purpose == "tracing"
    assert xunqin.search_at_once(HEARD, "常公接2026-0317").candidates
    with pytest.raises(NotAllowed) as refused:
        xunqin.search(HEARD, purpose="commercial", reason="clue")
    assert refused.value.code == "purpose_forbidden"


def test_a_verification_is_put_up_and_the_answers_are_left_to_people(
    house: House, xunqin: Client
) -> None:
    made = xunqin.register(HEARD)
    number = xunqin.put_up(made.person_id, house.people["朱仁江"])
    xunqin.add_fact(number, {"kind": "village", "who": "村支书", "at": "2026-03-21T09:00",
                             "number": "0536-1234567", "result": "supports"})  # fmt: skip
    assert xunqin.verification(number).state == "open"
    assert number in [v.id for v in xunqin.verifications()]


def test_home_and_ledger(xunqin: Client) -> None:
    found = xunqin.locate({"fragments": [{"latin": "zhu cheng", "level": "county"}], "counties": 3})
    assert len(found.counties) <= 3
    assert xunqin.reconcile({"q0": {"query": "320412"}})["q0"][0]["match"] is True


@pytest.mark.parametrize(("language", "word"), [("zh", "请"), ("en", "Check")])
def test_a_refusal_speaks_the_language_asked_for(house: House, language: Any, word: str) -> None:
    with Client("", language=language, http=house.with_key("people.read")) as client:
        with pytest.raises(Missing) as refused:
            client.person("nobody-here")
        assert refused.value.code == "not_found"
        assert word in refused.value.detail
        assert "not_found (404)" in str(refused.value)


def test_what_is_wrong_is_named_field_by_field(xunqin: Client) -> None:
    with pytest.raises(Invalid) as refused:
        xunqin.register({"side": "found", "sex": "unheard-of", "names": [{"text": 5}]})
    assert {e.path for e in refused.value.errors} >= {"names/0/text"}
    assert all(e.detail for e in refused.value.errors)


def test_a_wrong_key_is_told_so(house: House) -> None:
    with Client("", "xq00000000_wrong", http=house.client()) as client, pytest.raises(NotHere):
        list(client.people())


Answer = Callable[[httpx2.Request], httpx2.Response]


def answering(*answers: httpx2.Response | Exception, **given: Any) -> tuple[Client, list[Any]]:
    """A client whose server answers so, in turn; what was sent and how long it slept."""
    waiting, seen = list(answers), []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx2.Client(transport=httpx2.MockTransport(handle), base_url="http://x")
    return Client("http://x", http=http, sleep=seen.append, **given), seen


def problem(status: int, code: str, **headers: str) -> httpx2.Response:
    body = {"type": "urn:x", "title": "忙", "status": status, "detail": "请稍后", "code": code}
    given = {"content-type": "application/problem+json", **headers}
    return httpx2.Response(status, content=json.dumps(body).encode(), headers=given)


EMPTY = httpx2.Response(200, json={"items": [], "next_cursor": None})


def test_a_server_that_asks_to_wait_is_waited_for_as_long_as_it_says() -> None:
    client, seen = answering(problem(503, "crowded", **{"retry-after": "7"}), EMPTY)
    assert list(client.people()) == []
    assert [s for s in seen if not isinstance(s, httpx2.Request)] == [7.0]


def test_patience_ends() -> None:
    client, _ = answering(problem(429, "too_many", **{"retry-after": "90"}), patience=60)
    with pytest.raises(Busy) as refused:
        list(client.people())
    assert refused.value.retry_after == 90
    waits, seen = answering(*[problem(503, "crowded")] * 5)
    with pytest.raises(Busy):
        list(waits.people())
    assert [s for s in seen if isinstance(s, float)] == [0.5, 1.0, 2.0, 4.0]


def test_what_might_have_been_done_is_not_done_twice() -> None:
    lost = httpx2.ReadError("lost")
    client, seen = answering(lost, lost)
    with pytest.raises(Unreachable):
        client.search(HEARD, reason="clue")
    assert len(seen) == 1, "a search leaves its row: it is not sent again by itself"
    made = {"person_id": "p", "case_id": None, "case_number": None, "created": True}
    client, seen = answering(lost, httpx2.Response(201, json=made))
    assert client.register(HEARD).person_id == "p"
    keys = {s.headers["idempotency-key"] for s in seen if isinstance(s, httpx2.Request)}
    assert len(keys) == 1, "a registration is, under the same key"


def test_answers_that_are_not_ours_are_told_apart() -> None:
    client, _ = answering(httpx2.Response(502, text="<html>proxy</html>"))
    with pytest.raises(Unreachable):
        client.person("x")
    newer, _ = answering(httpx2.Response(200, json={"id": "x", "shape": "of tomorrow"}))
    with pytest.raises(Unreadable):
        newer.person("x")
    assert issubclass(Unreadable, ClientError)
