"""The pages' forms: nothing typed is ever lost, and a mistake is said where it is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from api.forms import Form
from api.language import Languages
from api.pages.record_form import Kind, Reader
from tests.api.house import House, close_house, open_house, portrait
from tracing.errors import NotReady, RecordInvalid
from tracing.records import PersonRecord

WORDS = Languages()["zh"]
ARRIVAL = {
    "do": "save",
    "heard_text": "居银江",
    "heard_latin": "ju yin jiang",
    "dialect": "诸城",
    "age_from": "68",
    "age_to": "76",
    "sex": "male",
    "found_text": "火车站南广场",
    "event_date": "2026-03-20",
    "event_time": "21:40",
    "home_heard": "ju ma ya",
    "utterance": "俺是 ju ma ya 的。\n两个闺女。",
    "mark_site": "right_eyebrow",
    "mark_kind": "scar",
}


@pytest.fixture
def client(house: House) -> TestClient:
    return house.signed_in()


def two_faces() -> bytes:
    """One picture with two faces side by side."""
    one = Image.open(io.BytesIO(portrait("enrolled"))).convert("RGB")
    both = Image.new("RGB", (one.width * 2, one.height))
    both.paste(one, (0, 0))
    both.paste(one, (one.width, 0))
    out = io.BytesIO()
    both.save(out, "JPEG", quality=92)
    return out.getvalue()


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*\bvalue="([^"]*)"', page)
    return found.group(1) if found else ""


def test_saving_an_arrival_leads_straight_to_the_candidates(client: TestClient) -> None:
    done = client.post("/arrivals", data={**ARRIVAL, "once": "arrival-1"})
    assert done.status_code == 303
    assert done.headers["location"].startswith("/searches/")
    page = client.get(done.headers["location"]).text
    assert "居银江（音）的候选" in page
    assert "可能不在库中" in page
    assert page.index("可能不在库中") < page.index("为什么排在这里")
    assert "匹配" not in page


def test_a_person_is_kept_even_when_the_search_cannot_be_made(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_now(*_: object) -> None:
        raise NotReady

    monkeypatch.setattr(house.service.searches, "for_person", not_now)
    done = client.post("/arrivals", data={**ARRIVAL, "once": "search-later"})
    assert done.headers["location"].startswith("/people/")
    assert "资料已保存" in client.get(done.headers["location"]).text


def test_sending_a_form_twice_makes_one_person(client: TestClient, house: House) -> None:
    before = len(house.service.people.page(house.worker, limit=200).items)
    for _ in range(2):
        client.post("/arrivals", data={**ARRIVAL, "once": "arrival-twice"})
    assert len(house.service.people.page(house.worker, limit=200).items) == before + 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"age_from": "90"}, "最小的年龄大于最大的"),
        ({"age_from": "zwei"}, "年龄写 0 到 120 的整数"),
        ({"event_date": "2026-13-45"}, "日期不对"),
        ({"event_date": "2199-01-01"}, "日期在将来"),
        ({"height_from": "3"}, "身高写 20 到 280"),
        ({"citizen": "abc"}, "只能写数字"),
        ({"rel_phone": "call me"}, "格式不对"),
        ({"heard_text": "王" * 300}, "太长了"),
    ],
)
def test_a_mistake_is_said_and_everything_else_is_kept(
    client: TestClient, changes: dict[str, str], sentence: str
) -> None:
    answer = client.post("/arrivals", data={**ARRIVAL, "once": "wrong", **changes})
    assert answer.status_code == 422
    page = answer.text
    assert sentence in page
    assert "其余内容都还在" in page
    assert 'aria-invalid="true"' in page
    kept = {**ARRIVAL, **changes}
    for name in ("heard_text", "heard_latin", "age_from", "found_text", "home_heard"):
        assert field(page, name) == kept[name]
    assert "两个闺女。" in page


def test_a_photo_that_fails_never_takes_the_form_with_it(client: TestClient) -> None:
    files = {"photo_file": ("a.jpg", b"not a picture", "image/jpeg")}
    page = client.post("/arrivals", data={**ARRIVAL, "once": "photo-fails"}, files=files).text
    assert "这个文件不是照片" in page
    assert field(page, "heard_text") == "居银江"
    draft = field(page, "draft")
    again = client.get(f"/arrivals/new?draft={draft}").text
    assert field(again, "heard_latin") == "ju yin jiang"


def test_several_faces_are_asked_about_and_the_answer_is_taken(client: TestClient) -> None:
    files = {"photo_file": ("two.jpg", two_faces(), "image/jpeg")}
    first = client.post("/arrivals", data={**ARRIVAL, "once": "two-faces"}, files=files)
    assert first.status_code == 422
    assert "哪一张脸是本人" in first.text
    photo = field(first.text, "photo")
    chosen = {
        **ARRIVAL,
        "once": "two-faces",
        "photo": photo,
        f"face-{photo}": "1",
        f"role-{photo}-0": "daughter",
    }
    done = client.post("/arrivals", data=chosen)
    assert done.status_code == 303, done.text
    info = client.get(f"/v1/photos/{photo}").json()
    assert info["chosen"] == 1
    assert info["faces"][0]["relation"] == "daughter"


@pytest.fixture
def alone() -> Iterator[House]:
    """A station on whose record nobody else's tests have put a face."""
    house = open_house()
    yield house
    close_house(house)


def test_just_a_photo_is_enough(alone: House) -> None:
    house, client = alone, alone.signed_in()
    files = {"photo_file": ("a.jpg", portrait("asked"), "image/jpeg")}
    done = client.post("/arrivals", data={"do": "save", "once": "photo-only"}, files=files)
    page = client.get(done.headers["location"]).text
    cards = re.split(r'id="candidate-\d+"', page)[1:]
    (card,) = [each for each in cards if f"/people/{house.people['柯林斯']}" in each]
    assert "<b>面貌</b>" in card


def test_the_photo_part_answers_by_itself(client: TestClient) -> None:
    part = client.post("/photos", files={"photo_file": ("a.jpg", portrait(), "image/jpeg")})
    assert part.status_code == 200
    assert field(part.text, "photo")
    assert "<html" not in part.text
    wrong = client.post("/photos", files={"photo_file": ("a.jpg", b"GIF89a", "image/jpeg")})
    assert wrong.status_code == 200
    assert "没有收下" in wrong.text


def test_a_draft_is_kept_shown_on_the_desk_and_thrown_away(client: TestClient) -> None:
    kept = client.post("/drafts/report", data={"registered_name": "陈小妹", "draft": ""}).json()
    assert f"/reports/new?draft={kept['draft']}" in client.get("/").text
    assert (
        field(client.get(f"/reports/new?draft={kept['draft']}").text, "registered_name") == "陈小妹"
    )
    again = client.post("/drafts/report", data={"nickname": "妹妹", "draft": kept["draft"]}).json()
    assert again == kept
    client.post(f"/drafts/{kept['draft']}/discard")
    assert kept["draft"] not in client.get("/").text
    assert client.post("/drafts/other", data={}).status_code == 404


def test_a_report_opens_a_case_and_its_candidates(client: TestClient) -> None:
    data = {
        "do": "save",
        "once": "report-1",
        "registered_name": "居银江",
        "sex": "male",
        "birth_date": "1953-05-01",
        "household_text": "山东省诸城市",
        "rel_relation": ["daughter"],
        "rel_name": ["居兰"],
        "rel_phone": ["1380013????"],
        "event_date": "2026-03-01",
    }
    done = client.post("/reports", data=data)
    assert done.status_code == 303, done.text
    assert "居银江的候选" in client.get(done.headers["location"]).text


def test_a_search_outside_a_case_asks_why_first(client: TestClient) -> None:
    asked = {"do": "save", "heard_text": "王建国", "side": "sought"}
    page = client.post("/search", data=asked)
    assert page.status_code == 422
    assert page.text.count("请选") >= 3
    why = {"purpose": "tracing", "legal_basis": "statutory_duty", "reason_code": "clue"}
    done = client.post("/search", data={**asked, **why})
    assert done.status_code == 303, done.text
    assert "王建国" not in done.headers["location"]
    page = client.get(done.headers["location"])
    assert "王建国" in page.text
    nothing = client.post("/search", data={**why, "do": "save"})
    assert "写一样知道的" in nothing.text
    other = client.post("/search", data={**asked, **why, "reason_code": "other"})
    assert "缺少这一项" in other.text


def test_excluding_and_restoring_on_the_page(client: TestClient) -> None:
    done = client.post("/arrivals", data={**ARRIVAL, "once": "exclude-page"})
    place = done.headers["location"]
    page = client.get(place).text
    person = field(page, "person_id")
    data = {"person_id": person, "reason_code": "family_denies", "note": "电话里说不是"}
    after = client.post(f"{place}/exclusions", data=data)
    page = client.get(after.headers["location"]).text
    assert "已排除 1 人" in page
    assert "电话里说不是" in page
    assert f'value="{person}"' not in page
    number = re.search(r"/exclusions/(\w+)/restore", page)
    assert number is not None
    new_place = after.headers["location"].partition("?")[0]
    back = client.post(f"{new_place}/exclusions/{number.group(1)}/restore")
    assert f'value="{person}"' in client.get(back.headers["location"]).text
    assert client.post(f"{place}/exclusions", data={**data, "reason_code": "x"}).status_code == 422


def test_a_second_hearing_is_added_and_searched_at_once(client: TestClient, house: House) -> None:
    data = {"heard_text": "主任江", "version": "1"}
    done = client.post("/arrivals", data={**ARRIVAL, "once": "second-hearing"})
    person = re.search(r"/people/(\w+)/hearings", client.get(done.headers["location"]).text)
    assert person is not None
    after = client.post(f"/people/{person.group(1)}/hearings", data=data)
    assert "新的听音已保存" in client.get(after.headers["location"]).text
    names = house.service.people.get(house.worker, person.group(1)).record.names
    assert [name.text for name in names] == ["居银江", "主任江"]
    stale = client.post(f"/people/{person.group(1)}/hearings", data=data)
    assert stale.status_code == 409
    assert "有人刚改过" in stale.text


def test_every_page_speaks_english_too(client: TestClient) -> None:
    client.cookies.set("xunqin_language", "en")
    for path in ("/", "/people", "/arrivals/new", "/reports/new", "/search", "/sign-in"):
        page = client.get(path)
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
    back = client.post("/language", data={"to": "zh"}, headers={"Referer": "http://x/people?a=1"})
    assert back.headers["location"] == "/people"


def test_the_first_password_is_set_by_a_link_that_works_once(house: House) -> None:
    token = house.service.accounts.create(
        house.actor("admin"), "xujing", "许静", "county_station", "320400"
    )
    client = house.client()
    assert client.get(f"/first/{token}").status_code == 200
    data = {"token": token, "password": "short", "again": "short"}
    assert client.post("/first", data=data).status_code == 422
    data = {"token": token, "password": "qing-ming-2026", "again": "different-2026"}
    assert "不一样" in client.post("/first", data=data).text
    data["again"] = data["password"]
    assert client.post("/first", data=data).headers["location"] == "/sign-in?said=done"
    assert client.post("/first", data=data).status_code == 410


def test_accounts_and_keys_on_their_page(house: House) -> None:
    client = house.signed_in("admin")
    new = {
        "login": "lihua",
        "display_name": "李华",
        "role": "county_station",
        "station_code": "320400",
    }
    assert "/first/" in client.post("/accounts", data=new).text
    assert client.post("/accounts", data=new).status_code == 409
    made = client.post("/keys", data={"login": "lihua", "scope": ["people.read"], "days": "7"}).text
    secret = re.search(r"(xq\w{8})_", made)
    assert secret is not None
    assert "已停用" in client.post(f"/keys/{secret.group(1)}/revoke").text
    assert client.post("/keys", data={"login": "lihua", "days": "x"}).status_code == 422


KINDS: tuple[Kind, ...] = ("arrival", "report", "search")
MORE = ("birth_date", "citizen", "phone", "rel_name", "rel_phone", "side", "spoken")
NAMES = sorted({*ARRIVAL, *MORE})


@given(
    kind=st.sampled_from(KINDS),
    pairs=st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=30)), max_size=12),
)
@settings(max_examples=50, deadline=None)
def test_any_form_becomes_a_record_or_a_sentence(kind: Kind, pairs: list[tuple[str, str]]) -> None:
    reader = Reader(WORDS, Form(tuple(pairs)), kind)
    document: dict[str, Any] = reader.document()
    if not reader.wrong:
        assert "side" in document
        with suppress(RecordInvalid):
            PersonRecord.model_validate(document)


@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
    ),
)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_form_brings_the_server_down(client: TestClient, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind}
    for path in ("/arrivals", "/search"):
        assert client.post(path, content=body, headers=headers).status_code in {200, 400, 422}


def test_the_year_of_a_photo_is_asked_kept_and_put_right(client: TestClient, house: House) -> None:
    photo = house.service.photos.receive(house.worker, portrait(), "old.jpg")
    sent = {**ARRIVAL, "photo": photo.id, f"face-{photo.id}": "0"}
    wrong = client.post("/arrivals", data={**sent, "once": "dated-1", f"taken-{photo.id}": "2077"})
    assert wrong.status_code == 422
    assert "日期在将来" in wrong.text
    assert field(wrong.text, f"taken-{photo.id}") == "2077"
    done = client.post("/arrivals", data={**sent, "once": "dated-1", f"taken-{photo.id}": "2009年"})
    assert done.status_code == 303
    info = house.service.photos.info(house.worker, photo.id)
    assert info.taken == "2009"
    assert info.person_id is not None
    assert "拍摄于 2009" in client.get(f"/people/{info.person_id}").text
    prints = house.service.people.rows_of([info.person_id])[info.person_id].prints
    assert [p.taken for p in prints] == ["2009"]


def test_the_others_in_a_picture_are_kept_as_possible_relatives(
    client: TestClient, house: House
) -> None:
    one = Image.open(io.BytesIO(portrait())).convert("RGB").resize((300, 300))
    two = Image.new("RGB", (620, 300))
    two.paste(one, (0, 0))
    two.paste(one, (320, 0))
    file = io.BytesIO()
    two.save(file, "JPEG", quality=95)
    photo = house.service.photos.receive(house.worker, file.getvalue(), "two.jpg")
    sent = {**ARRIVAL, "photo": photo.id, f"face-{photo.id}": "0", f"role-{photo.id}-1": "daughter"}
    done = client.post("/arrivals", data={**sent, "once": "others-1"})
    assert done.status_code == 303
    person = house.service.photos.info(house.worker, photo.id).person_id
    page = client.get(f"/people/{person}").text
    assert "同照的人" in page
    assert re.search(r"faces/1\?size=96.*?女儿", page, re.S)
