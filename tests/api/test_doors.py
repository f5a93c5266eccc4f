"""The JSON doors: people, photos, searches, exclusions; every mistake a clear answer."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.api.house import HEARD, House, portrait
from tracing.service import Readiness

ASK = {"record": HEARD, "purpose": "tracing", "legal_basis": "statutory_duty", "reason": "clue"}


@pytest.fixture
def client(house: House) -> TestClient:
    return house.with_key(
        "people.read", "people.write", "photos.read", "photos.write", "search", "exclude"
    )


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_a_person_is_registered_read_changed_and_listed(client: TestClient) -> None:
    made = client.post("/v1/people", json=HEARD)
    assert made.status_code == 201
    body = made.json()
    assert body["created"]
    assert body["case_number"].startswith("320400-")
    place = made.headers["location"]
    read = client.get(place)
    assert read.json()["record"] == HEARD
    assert read.headers["etag"] == '"1"'
    changed = {**HEARD, "sex": "female"}
    assert client.put(place, json=changed, headers={"If-Match": '"1"'}).json()["version"] == 2
    assert client.get(place).json()["record"]["sex"] == "female"
    listed = client.get("/v1/people", params={"side": "found", "limit": 200}).json()
    assert body["person_id"] in [person["id"] for person in listed["items"]]


def test_the_same_key_makes_one_person_and_other_content_is_refused(client: TestClient) -> None:
    headers = {"Idempotency-Key": "desk-7-0001"}
    first = client.post("/v1/people", json=HEARD, headers=headers)
    second = client.post("/v1/people", json=HEARD, headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["person_id"] == second.json()["person_id"]
    assert second.json()["created"] is False
    other = client.post("/v1/people", json={"side": "found"}, headers=headers)
    problem(other, 409, "idempotency_mismatch")


def test_a_change_needs_the_version_it_was_made_for(client: TestClient) -> None:
    place = client.post("/v1/people", json=HEARD).headers["location"]
    problem(client.put(place, json=HEARD), 428, "precondition_required")
    stale = client.put(place, json=HEARD, headers={"If-Match": '"9"'})
    assert problem(stale, 409, "version_conflict")["version"] == 1
    problem(client.put(place, json=HEARD, headers={"If-Match": "abc"}), 422, "record_invalid")


def test_pages_of_people_meet_without_gap_or_repetition(client: TestClient) -> None:
    whole = [p["id"] for p in client.get("/v1/people", params={"limit": 200}).json()["items"]]
    walked, cursor = [], None
    while True:
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = client.get("/v1/people", params=params).json()
        walked += [person["id"] for person in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == whole
    problem(client.get("/v1/people", params={"cursor": "abc.def"}), 400, "cursor_invalid")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "side"),
        ({"side": "lost"}, "side"),
        ({"side": "found", "colour": 1}, "colour"),
        ({"side": "found", "names": [{"text": 5}]}, "names/0/text"),
        ({"side": "found", "names": [{"text": "王", "kind": "x"}]}, "names/0/kind"),
        ({"side": "found", "birth": {"earliest": "1950"}}, "birth/earliest"),
        ({"side": "found", "numbers": [{"kind": "citizen", "text": "abc"}]}, "numbers/0"),
        ({"side": "found", "places": [{"kind": "found", "code": "9"}]}, "places/0/code"),
    ],
)
def test_a_wrong_field_is_named_and_never_repeated(
    client: TestClient, body: dict[str, Any], path: str
) -> None:
    answer = client.post("/v1/people", json=body, headers={"Accept-Language": "zh"})
    errors = problem(answer, 422, "record_invalid")["errors"]
    assert path in [error["path"] for error in errors]
    assert all(error["detail"] for error in errors)
    assert "abc" not in answer.text


def test_problems_speak_the_readers_language(client: TestClient) -> None:
    zh = client.get("/v1/people/none", headers={"Accept-Language": "zh-CN"})
    en = client.get("/v1/people/none", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert problem(zh, 404, "not_found")["title"] == "没有找到这一页或这份资料"
    assert problem(en, 404, "not_found")["title"] == "Not found"
    assert en.headers["content-language"] == "en"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00", '{"side": "found"', "NaN"])
def test_what_is_not_a_record_is_refused(client: TestClient, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/people", content=text, headers=headers)
    problem(answer, 422, "record_invalid")


def test_a_flood_of_bytes_is_turned_away(client: TestClient) -> None:
    big = json.dumps({"side": "found", "belongings": ["x" * 9000] * 300})
    headers = {"Content-Type": "application/json"}
    problem(client.post("/v1/people", content=big, headers=headers), 413, "body_too_large")


def test_wrong_methods_and_addresses(client: TestClient) -> None:
    refused = client.delete("/v1/people")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/crosschecks/replies", "POST"),
        ("/v1/crosschecks/packages", "POST"),
        ("/v1/crosschecks/320400-1", "GET"),
        ("/v1/people/x", "GET, PUT"),
        ("/v1/people/x/notice", "DELETE, GET, POST"),
    ],
)
def test_a_refused_method_is_told_which_ones_this_address_takes(
    client: TestClient, path: str, methods: str
) -> None:
    assert client.options(path).headers["Allow"] == methods
    problem(client.get("/v1/nothing"), 404, "not_found")


@given(
    body=st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["side", "names", "birth", "sex", "places", "photos", "x", "text"]),
                inner | st.sampled_from(["found", "heard", "1950-01-01"]),
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_json_brings_the_server_down(client: TestClient, body: Any) -> None:
    assert client.post("/v1/people", json=body).status_code in {201, 409, 422}


# photos


def send(client: TestClient, data: bytes, name: str = "a.jpg") -> Any:
    return client.post("/v1/photos", files={"photo": (name, data, "image/jpeg")})


def plain_picture(size: tuple[int, int] = (640, 480), form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (120, 140, 130)).save(out, form)
    return out.getvalue()


def test_a_photo_shows_its_face_and_gives_the_crop(client: TestClient) -> None:
    made = send(client, portrait())
    assert made.status_code == 201, made.text
    photo = made.json()
    assert photo["state"] == "ready"
    assert photo["chosen"] == 0
    crop = client.get(f"/v1/photos/{photo['id']}/faces/0", params={"size": 128})
    assert crop.headers["content-type"] == "image/jpeg"
    assert "sandbox" in crop.headers["content-security-policy"]
    assert Image.open(io.BytesIO(crop.content)).size == (128, 128)
    whole = client.get(f"/v1/photos/{photo['id']}/picture")
    assert Image.open(io.BytesIO(whole.content)).size == (photo["width"], photo["height"])
    raw = client.post("/v1/photos", content=portrait(), headers={"Content-Type": "image/jpeg"})
    assert raw.status_code == 201
    none = client.post(f"/v1/photos/{photo['id']}/face", json={"ordinal": None})
    assert none.json()["chosen"] is None
    lost = client.post(f"/v1/photos/{photo['id']}/face", json={"ordinal": 7})
    problem(lost, 422, "face_unknown")
    problem(client.get(f"/v1/photos/{photo['id']}/faces/9"), 422, "face_unknown")


def test_a_photo_without_a_face_is_kept(client: TestClient) -> None:
    photo = send(client, plain_picture()).json()
    assert photo["state"] == "no_face"
    assert photo["faces"] == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"hello, not a picture at all", 415, "photo_format_unknown"),
        (plain_picture()[:900], 422, "photo_unreadable"),
        (plain_picture((8, 8), "PNG"), 422, "photo_too_small"),
    ],
    ids=["text renamed .jpg", "cut off", "tiny"],
)
def test_a_picture_that_cannot_be_used_is_answered_clearly(
    client: TestClient, data: bytes, status: int, code: str
) -> None:
    problem(send(client, data), status, code)


def test_a_photo_door_without_a_photo(client: TestClient) -> None:
    problem(client.post("/v1/photos", files={"x": b"y"}), 422, "photo_missing")
    json_body = client.post("/v1/photos", json={})
    problem(json_body, 415, "photo_format_unknown")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(client.post("/v1/photos", content=b"--y", headers=broken), 400, "form_unreadable")
    empty = {"Content-Type": "multipart/form-data"}
    problem(client.post("/v1/photos", content=b"z", headers=empty), 400, "form_unreadable")


# searches


def test_a_person_on_record_is_searched_by_their_case(client: TestClient, house: House) -> None:
    person = client.post("/v1/people", json=HEARD).json()["person_id"]
    made = client.post(f"/v1/people/{person}/searches", params={"limit": 100})
    assert made.status_code == 201, made.text
    found = made.json()
    shares = [candidate["probability"] for candidate in found["candidates"]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < found["nobody"] <= 1
    for candidate in found["candidates"]:
        assert sum(r["bits"] for r in candidate["reasons"]) == pytest.approx(candidate["bits"])
    assert house.people["朱仁江"] in [c["person_id"] for c in found["candidates"]]
    again = client.get(made.headers["location"]).json()
    assert [c["person_id"] for c in again["candidates"]] == [
        c["person_id"] for c in found["candidates"]
    ]
    short = client.get(made.headers["location"] + "/candidates").json()
    assert len(short["items"]) == len(found["candidates"])


def test_a_search_outside_a_case_states_purpose_basis_and_reason(client: TestClient) -> None:
    assert client.post("/v1/searches", json=ASK).status_code == 201
    for missing in ("purpose", "legal_basis", "reason"):
        body = {key: value for key, value in ASK.items() if key != missing}
        problem(client.post("/v1/searches", json=body), 422, "purpose_missing")
    curious = client.post("/v1/searches", json={**ASK, "purpose": "debt_collection"})
    problem(curious, 403, "purpose_forbidden")
    problem(client.post("/v1/searches", json={**ASK, "limit": 0}), 422, "record_invalid")


def test_another_photo_of_somebody_on_record_finds_them(client: TestClient, house: House) -> None:
    photo = send(client, portrait("asked")).json()["id"]
    record = {"side": "found", "photos": [{"file": photo, "face": 0}]}
    found = client.post("/v1/searches", json={**ASK, "record": record, "limit": 100}).json()
    assert house.people["柯林斯"] in [c["person_id"] for c in found["candidates"]]
    assert found["candidates"][0]["reasons"][0]["evidence"] == "face"
    assert client.get(found["candidates"][0]["photo"]).status_code == 200


def test_excluding_and_restoring_a_candidate(client: TestClient) -> None:
    person = client.post("/v1/people", json=HEARD).json()["person_id"]
    first = client.post(f"/v1/people/{person}/searches").json()["candidates"][0]["person_id"]
    body = {"person_id": first, "reason_code": "family_denies", "note": "家属说不是"}
    made = client.post(f"/v1/people/{person}/exclusions", json=body)
    assert made.status_code == 201, made.text
    after = client.post(f"/v1/people/{person}/searches").json()
    assert first not in [c["person_id"] for c in after["candidates"]]
    assert [e["person_id"] for e in after["excluded"]] == [first]
    assert len(client.get(f"/v1/people/{person}/exclusions").json()) == 1
    assert client.delete(f"/v1/exclusions/{made.json()['id']}").status_code == 204
    again = client.post(f"/v1/people/{person}/searches").json()
    assert first in [c["person_id"] for c in again["candidates"]]
    problem(client.delete("/v1/exclusions/none"), 404, "not_found")


# operation


def test_alive_and_ready(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = house.client()
    assert client.get("/livez").json() == {"status": "alive"}
    house.service.searches.follow()  # read in the background otherwise
    assert client.get("/readyz").status_code == 200
    loading = Readiness(ready=False, people=0, reason="not_ready")
    monkeypatch.setattr(house.service, "ready", lambda: loading)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_when_all_places_are_taken_the_next_is_asked_to_wait(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.visit.WAIT_SECONDS", 0.01)
    room = house.app.state.house._room
    taken = 0
    while room.acquire(blocking=False):
        taken += 1
    try:
        answer = client.post("/v1/searches", json=ASK)
    finally:
        for _ in range(taken):
            room.release()
    problem(answer, 503, "crowded")
    assert answer.headers["retry-after"]
