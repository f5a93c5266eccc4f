"""核验 through the doors: what the second examiner is sent, urgent searches, the ledger."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.choices import Choices
from api.sheets import sheet
from tests.api.house import HEARD, PASSWORD, House, close_house, open_house, portrait
from tracing.cases import case_rules
from tracing.records import PersonRecord
from tracing.store.tables import AuditRow
from tracing.verification_rules import verification_rules

FACT = {
    "kind": "village", "who": "村支书", "at": "2026-03-21T09:00", "number": "0536-1234567",
    "result": "supports", "text": "说得出左眉上的疤",
}  # fmt: skip
SECRET = "第一位自己的想法"


@pytest.fixture(scope="module")
def station() -> Iterator[House]:
    """A station of its own with a second worker, an approver and a neighbour."""
    house = open_house()
    admin = house.actor("admin")
    house.service.stations.add(admin, "320500", "邻州救助站")
    accounts = house.service.accounts
    for login, role, code in (
        ("lixia", "city_station", "320400"), ("shenpi", "approver", "320400"),
        ("linzhan", "county_station", "320500"),
    ):  # fmt: skip
        accounts.set_password(accounts.create(admin, login, login, role, code), PASSWORD)
    yield house
    close_house(house)


def put_up(house: House, *, face: bool = False, **more: Any) -> str:
    """Somebody searched for and put up for verification in the browser."""
    marks = [{"site": "left_eyebrow", "kind": "scar", "text": "三厘米"}]
    doc = {**HEARD, "marks": marks, "belongings": ["蓝布包袱"], **more}
    if face:
        photo = house.service.photos.receive(house.worker, portrait("asked"), "a.jpg")
        doc["photos"] = [{"file": photo.id, "face": 0}]
    person = house.service.people.register(house.worker, PersonRecord.model_validate(doc))
    found = house.service.searches.for_person(house.worker, person.person_id)
    client = house.signed_in()
    page = client.get(f"/searches/{found.search_id}").text
    assert "申请核验" in page
    form = {"person_id": house.people["朱仁江"]}
    done = client.post(f"/searches/{found.search_id}/verifications", data=form)
    assert done.status_code == 303, done.text
    number = done.headers["location"]
    assert "收集事实" in client.get(f"/searches/{found.search_id}").text
    return str(number)


def examined(client: TestClient, number: str, conclusion: str = "same") -> None:
    """Groups stated, a fact written, the first answer given: through the forms."""
    assert client.post(f"{number}/groups", data={}).status_code == 303
    assert client.post(f"{number}/facts", data=FACT).status_code == 303
    done = client.post(f"{number}/answer", data={"conclusion": conclusion, "reason": SECRET})
    assert done.status_code == 303, done.text


def test_neither_page_nor_api_shows_the_second_what_the_first_said(station: House) -> None:
    number = put_up(station, face=True)
    examined(station.signed_in(), number)
    second = station.signed_in("lixia")
    page = second.get(number).text
    assert "我是第二位核验人" in page
    assert "/searches/" not in page, "nor the shares of the list the pair came from"
    assert "/faces/" in page
    assert "说得出左眉上的疤" in page
    for path in (number, f"/v1{number}", "/verifications", "/v1/verifications", "/"):
        answer = second.get(path)
        assert answer.status_code == 200
        assert SECRET not in answer.text
        assert "checked" not in answer.text.partition("提交结论")[0].rpartition('id="yours"')[2]
    given = second.get(f"/v1{number}").json()
    assert (given["part"], given["answers"]) == ("second", [])
    assert station.signed_in().get(f"/v1{number}").json()["answers"][0]["reason"] == SECRET
    second.post(f"{number}/answer", data={"conclusion": "unsure", "reason": "看不清"})
    after = second.get(number).text
    assert SECRET in after
    assert "看不清" in after


def test_the_page_of_the_second_is_the_same_whatever_the_first_said(station: House) -> None:
    looks = set()
    for conclusion in ("same", "different", "unsure"):
        number = put_up(station)
        examined(station.signed_in(), number, conclusion)
        page = station.signed_in("lixia").get(number).text
        looks.add(
            re.sub(r"[0-9a-v]{24}|\d{6}-\d{4}-\d{5}|\d\d:\d\d|\w+-csrf|[0-9a-f]{64}", "", page)
        )
    assert len(looks) == 1


def test_a_refused_answer_comes_back_with_what_was_written(station: House) -> None:
    number = put_up(station)
    client = station.signed_in()
    wrong = client.post(f"{number}/facts", data={**FACT, "number": ""})
    assert wrong.status_code == 422
    assert "打的号码" in wrong.text
    assert "说得出左眉上的疤" in wrong.text
    wrong = client.post(f"{number}/answer", data={"conclusion": "same", "reason": "脸一样"})
    assert wrong.status_code == 422
    assert "至少要有一件长相以外" in wrong.text
    assert "脸一样" in wrong.text
    examined(client, number)
    own = client.post(f"{number}/answer", data={"conclusion": "same", "reason": "再来"})
    assert own.status_code == 403
    assert "这一步要由别人来做" in own.text


def test_confirmed_reopened_and_ended_through_the_pages(station: House) -> None:
    number = put_up(station)
    client, second = station.signed_in(), station.signed_in("lixia")
    examined(client, number)
    second.post(f"{number}/answer", data={"conclusion": "same", "reason": "对"})
    page = client.get(number).text
    assert "后来怎样" in page
    file = re.search(r'href="(/people/\w{24})"', page)
    assert file is not None
    assert f'href="{number}"' in client.get(file[1]).text, "the file leads to it"
    assert client.post(f"{number}/result", data={"result": "reunited"}).status_code == 422
    ended = {"result": "reunited", "collector": "儿子", "document_seen": "yes"}
    assert client.post(f"{number}/result", data=ended).status_code == 303
    assert "儿子" in client.get(number).text
    assert second.post(f"{number}/reopen", data={"reason": "认错了"}).status_code == 303
    again = client.get(number).text
    assert "第 2 轮" in again
    assert "认错了" in again
    withdrawn = client.post(f"{number}/withdraw", data={"reason": "重新找"})
    assert withdrawn.headers["location"] == "/verifications"


def test_the_script_hides_what_is_kept_back(station: House) -> None:
    number = put_up(station)
    client = station.signed_in()
    assert "选两件" in client.get(f"{number}/script").text
    assert client.post(f"{number}/script", data={"held": "marks.0"}).status_code == 422
    chosen = {"held": ["marks.0", "belongings.0"]}
    assert client.post(f"{number}/script", data=chosen).status_code == 303
    page = client.get(f"{number}/script").text
    printed = re.sub(r'<details class="fold noprint">.*?</details>', "", page, flags=re.S)
    for kept in ("三厘米", "蓝布包袱"):
        assert kept in page
        assert kept not in printed, "never on paper and never read out"
    assert "身上有什么记号" in printed
    assert printed.index("请您先说说") < printed.index("身上有什么记号"), "the family speaks first"


def test_a_refusing_adult_is_told_of_plainly_and_offers_no_script(station: House) -> None:
    number = put_up(station, contact_wish="no")
    client = station.signed_in()
    client.post(f"{number}/groups", data={})
    page = client.get(number).text
    assert "本人不愿意联系家人：不打电话，不告诉" in page
    assert f"{number}/script" not in page
    assert 'value="village"' not in page
    script = client.get(f"{number}/script").text
    assert "不在电话里告诉任何人" in script
    assert "蓝布包袱" not in script
    refused = client.post(f"{number}/facts", data=FACT)
    assert refused.status_code == 409
    assert (
        client.post(f"{number}/script", data={"held": ["marks.0", "belongings.0"]}).status_code
        == 409
    )


def test_a_station_on_call_sees_pictures_and_answers(station: House) -> None:
    number = put_up(station, face=True)
    client, away = station.signed_in(), station.signed_in("linzhan")
    examined(client, number)
    picture = re.search(r'src="(/v1/photos/\w+/faces/0)', client.get(number).text)
    assert picture is not None
    assert away.get(number).status_code == 404
    assert away.get(picture[1]).status_code == 404
    assert client.post(f"{number}/station", data={"station": "320500"}).status_code == 303
    page = away.get(number).text
    assert "我是第二位核验人" in page
    assert "0536-1234567" not in page, "the number called stays at the station"
    assert "蓝布包袱" not in page, "no more than a candidate of another station shows"
    assert away.get(picture[1]).status_code == 200
    assert away.post(f"{number}/withdraw", data={"reason": "x"}).status_code == 403
    done = away.post(f"/v1{number}/answers", json={"conclusion": "same", "reason": "对"})
    assert done.json() == {"state": "confirmed"}
    assert away.get(picture[1]).status_code == 404, "lent only while it is open"


def test_a_key_reads_and_writes_facts_but_gives_no_verdict(station: House) -> None:
    number = put_up(station)
    key = station.with_key("verify")
    assert key.put(f"/v1{number}/groups", json={"groups": []}).status_code == 204
    assert key.post(f"/v1{number}/facts", json=FACT).status_code == 201
    assert key.get(f"/v1{number}").json()["lacking"] == []
    verdict = key.post(f"/v1{number}/answers", json={"conclusion": "same", "reason": "程序"})
    assert verdict.status_code == 401
    assert station.with_key("search").get(f"/v1{number}").status_code == 403


@pytest.mark.parametrize("purpose", sorted(case_rules().forbidden_purposes))
def test_a_forbidden_purpose_is_refused_clearly_and_recorded(station: House, purpose: str) -> None:
    form = {"do": "save", "purpose": purpose, "legal_basis": "statutory_duty",
            "reason_code": "other", "reason_text": "欠钱", "heard_text": "王建国"}  # fmt: skip
    page = station.signed_in().post("/search", data=form)
    assert page.status_code == 403
    assert "只" in page.text
    asked = {"record": HEARD, "purpose": purpose, "legal_basis": "statutory_duty", "reason": "x"}
    answer = station.signed_in().post("/v1/searches", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "purpose_forbidden")
    with station.service.store.read() as tx:
        found = tx.run(
            select(AuditRow.action, AuditRow.outcome).where(AuditRow.purpose == purpose)
        ).all()
    assert [tuple(row) for row in found] == [("search.refuse", "refused")] * 2


def urgent(house: House, number: str, login: str = "zhoumin") -> str:
    """An urgent search through the page; the id of the search."""
    form = {"do": "save", "urgent": "1", "incident": number, "circumstance": "凌晨两点送来",
            "heard_text": "居银江", "side": "found"}  # fmt: skip
    done = house.signed_in(login).post("/search", data=form)
    assert done.status_code == 303, done.text
    return str(done.headers["location"]).rsplit("/", 1)[1]


def test_one_person_present_is_searched_at_once_and_reviewed_by_another(station: House) -> None:
    client, other = station.signed_in(), station.signed_in("lixia")
    bare = client.post("/search", data={"do": "save", "urgent": "1", "heard_text": "居银江"})
    assert bare.status_code == 422
    assert "请写事由编号" in bare.text
    search = urgent(station, "110-2026-0001")
    assert "110-2026-0001" in other.get("/").text
    waiting = {r["search_id"]: r for r in other.get("/v1/reviews").json()}
    assert waiting[search]["shown"], "the ids shown are recorded"
    assert not waiting[search]["overdue"]
    assert "要由别人复核" in client.get("/reviews").text
    own = client.post(f"/reviews/{search}", data={"outcome": "proper"})
    assert own.status_code == 403
    assert other.post(f"/reviews/{search}", data={"outcome": "improper"}).status_code == 422
    assert other.post(f"/reviews/{search}", data={"outcome": "proper"}).status_code == 303
    assert other.post(f"/reviews/{search}", data={"outcome": "proper"}).status_code == 409
    assert search not in {r["search_id"] for r in other.get("/v1/reviews").json()}
    away = station.signed_in("linzhan")
    assert away.post(f"/reviews/{search}", data={"outcome": "proper"}).status_code == 404


def test_a_review_that_is_late_is_flagged(station: House, monkeypatch: pytest.MonkeyPatch) -> None:
    search = urgent(station, "110-2026-0002")
    clock = station.service.store.now
    later = timedelta(hours=case_rules().review_hours, minutes=1)
    lixia = station.actor("lixia")
    monkeypatch.setattr(station.service.store, "now", lambda: clock() + later)
    found = {r.search_id: r for r in station.service.reviews.waiting(lixia)}
    assert found[search].overdue


def test_an_urgent_search_through_the_api_needs_no_purpose(station: House) -> None:
    asked = {"record": HEARD, "emergency": {"incident": "120-77"}}
    answer = station.signed_in().post("/v1/searches", json=asked)
    assert answer.status_code == 201
    assert answer.json()["purpose"] == "tracing"


def cells(data: bytes) -> tuple[list[str], str]:
    book = zipfile.ZipFile(io.BytesIO(data))
    strings = book.read("xl/sharedStrings.xml").decode()
    return re.findall(r"<t[^>]*>([^<]*)</t>", strings), book.read(
        "xl/worksheets/sheet1.xml"
    ).decode()


def test_every_use_of_a_face_is_in_the_ledger_and_its_spreadsheet(station: House) -> None:
    number = put_up(station, face=True)
    client, second = station.signed_in(), station.signed_in("lixia")
    examined(client, number)
    page = client.get("/face-ledger").text
    case = re.search(r"案件 ?(?:<[^>]+>)?([\d-]{10,})|(\d{6}-\d{4}-\d{5})", client.get(number).text)
    assert case is not None
    mine = (case[1] or case[2]).strip()
    row = next(r for r in re.findall(r"<tr>.*?</tr>", page, re.S) if mine in r)
    assert "核验中" in row
    assert "lixia" not in row
    second.post(f"{number}/answer", data={"conclusion": "same", "reason": "对"})
    told, xml = cells(client.get("/face-ledger.xlsx").content)
    assert mine in told
    assert any("已认定" in cell for cell in told)
    assert "lixia" in told, "the second examiner answered for it"
    assert "<f>" not in xml
    for path in ("/face-ledger", "/verifications", "/reviews", number, f"/v1{number}"):
        assert station.signed_in("wangge").get(path).status_code == 403
    assert client.get("/face-ledger?from=x").status_code == 422
    assert client.get("/face-ledger?from=2020-01-01&to=2026-01-01").status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@SUM(A1)", "{=1}", "http://x.example", "7"])
def test_no_cell_is_ever_a_formula_a_link_or_a_number(text: str) -> None:
    told, xml = cells(sheet("台账", ["甲"], [[text]]))
    assert told == ["甲", text]
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert xml.count('t="s"') == 2


def test_the_lists_on_the_page_are_those_of_the_rules() -> None:
    choices, rules = Choices(), verification_rules()
    assert set(choices.values("fact_kinds")) == set(rules.facts)
    assert choices.values("fact_results") == rules.results
    assert choices.values("conclusions") == rules.conclusions
    assert set(choices.values("verification_groups")) == set(rules.groups)
    assert choices.values("outcomes") == rules.outcomes
    assert set(choices.values("review_outcomes")) == case_rules().review_outcomes
