"""The doors of the exchange: files in, feeds out, and pages that say what happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main
from tests.api.house import House
from tests.exchange.files import FOURTH, LEDGER, excel
from tests.exchange.test_pfif import HOSTILE
from tests.store.office import full_record
from tests.trust.test_keeping_pages import officers
from tracing.exchange.notices import Notices

AGREEMENT = {
    "name": "邻市名册", "owner": "邻市救助管理站", "kind": "past_visitors",
    "legal_basis": "statutory_duty", "number": "协-1", "purposes": "tracing",
    "first_day": "2026-01-01", "last_day": "2027-12-31", "keep_days": "0",
}  # fmt: skip


@pytest.fixture
def public(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house with a domain of its own."""
    own = Notices(house.service.store, "jz.example.org")
    monkeypatch.setattr(house.service, "notices", own)
    return house


def test_a_worker_looks_takes_in_and_reads_the_report(house: House) -> None:
    client = house.signed_in()
    rows = (LEDGER[0], ("d-1", "门前柳", *LEDGER[1][2:]), ("d-2", "门前杨", "雄"))
    sent = client.post("/imports", files={"file": ("台账.xlsx", excel(*rows))})
    assert sent.status_code == 303
    page = client.get(sent.headers["location"])
    for word in (
        "共 2 行：可以收进 1 行，有错 1 行",
        "户籍地",
        "原样保存为文字",
        "门前柳",
        "收进来",
    ):
        assert word in page.text
    assert client.get("/v1/imports").json()["items"][0]["state"] == "looked"
    assert client.post(f"{sent.headers['location']}/run").status_code == 303
    report = client.get(sent.headers["location"]).text
    assert "新增" in report
    assert "性别" in report
    assert "门前柳" in client.get("/people").text
    assert client.post(f"{sent.headers['location']}/discard").status_code == 409


@pytest.mark.parametrize("case", ["billion laughs", "an entity from outside", "noise"])
def test_a_hostile_file_is_refused_in_both_languages(house: House, case: str) -> None:
    client, data = house.signed_in(), HOSTILE[case][0]
    page = client.post("/imports", files={"file": ("x.xml", data)}, data={"kind": "pfif"})
    assert page.status_code == 422
    assert "文件没有收" in page.text
    for language, word in (("zh", "什么都没有写入"), ("en", "Nothing was written")):
        answer = client.post(
            "/v1/imports", files={"file": ("x.xml", data)}, data={"kind": "pfif"},
            headers={"Accept-Language": language},
        )  # fmt: skip
        assert answer.status_code == 422
        assert answer.json()["code"] == "file_refused"
        assert word in answer.json()["detail"]
        assert "passwd" not in answer.text


def test_a_program_imports_with_its_key_and_reads_where_from(house: House) -> None:
    client = house.with_key("imports", "people.write", "people.read")
    text = FOURTH.replace("fourth.example.org/a1", "fourth.example.org/door-1")
    seen = client.post("/v1/imports", files={"file": ("a.xml", text.encode())})
    assert seen.status_code == 201
    assert seen.json()["held_as_text"]["shelter"] == 1
    done = client.post(f"/v1/imports/{seen.json()['id']}/run").json()
    assert (done["state"], done["counts"]) == ("done", {"created": 1})
    people = client.get("/v1/people").json()["items"]
    one = next(p for p in people if p["record"].get("id") == "fourth.example.org/door-1")
    origin = client.get(f"/v1/people/{one['id']}/origin").json()
    assert (origin["source"], origin["clone"]) == ("fourth.example.org", True)
    assert origin["held_as_text"]["shelter"] == "三号楼"
    page = house.signed_in().get(f"/people/{one['id']}").text
    assert "三号楼" in page
    assert "本站不修改" in page
    changed = client.put(
        f"/v1/people/{one['id']}", json=one["record"], headers={"If-Match": '"1"'}
    )  # fmt: skip
    assert changed.json()["code"] == "clone_fixed"
    assert client.post("/v1/imports", data={"kind": "pfif"}).status_code == 422


def test_a_notice_is_shown_before_it_is_issued_and_read_by_anybody(public: House) -> None:
    client, anybody = public.signed_in(), public.client()
    person = public.service.people.register(public.worker, full_record(id="door-n")).person_id
    shown = client.get(f"/people/{person}/notice").text
    assert "欧阳建国" in shown
    assert "绿豆" not in shown
    looked = client.post(
        f"/people/{person}/notice", data={"do": "look", "text": "电话 13800138000"}
    )
    assert "13800138000" not in looked.text.split("<textarea")[0]
    data = {"do": "issue", "text": "红色棉袄", "days": "30"}
    assert client.post(f"/people/{person}/notice", data=data).status_code == 303
    assert "撤下公告" in client.get(f"/people/{person}/notice").text
    for path, kind in (("/notices.atom", "atom+xml"), ("/notices.json", "feed+json"),
                       ("/notices.pfif", "application/xml")):  # fmt: skip
        answer = anybody.get(path)
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        assert "欧阳建国" in answer.text
        assert anybody.get(f"{path}?cursor=x").json()["code"] == "cursor_invalid"
    assert client.post(f"/people/{person}/notice", data={"do": "end"}).status_code == 303
    assert "欧阳建国" not in anybody.get("/notices.json").text


def test_without_a_domain_the_feeds_are_not_there(house: House) -> None:
    answer = house.client().get("/notices.atom")
    assert answer.status_code == 404
    assert answer.json()["code"] == "feeds_off"


def test_a_person_whose_notice_is_refused_is_said_why(public: House) -> None:
    person = public.service.people.register(
        public.worker, full_record(id="door-no", contact_wish="no")
    ).person_id
    page = public.signed_in().get(f"/people/{person}/notice")
    assert page.status_code == 403
    assert "本人不愿意联系家人" in page.text


def test_the_officer_records_a_gallery_and_a_population_register_is_refused(house: House) -> None:
    officer, worker = house.signed_in(officers(house)[0]), house.signed_in()
    assert worker.post("/galleries", data=AGREEMENT).status_code == 403
    refused = officer.post("/galleries", data={**AGREEMENT, "kind": "population_register"})
    assert refused.status_code == 422
    assert "公安协查" in refused.text
    assert officer.post("/galleries", data={**AGREEMENT, "keep_days": "x"}).status_code == 422
    assert officer.post("/galleries", data=AGREEMENT).status_code == 303
    listed = worker.get("/v1/galleries").json()["items"]
    own = next(g for g in listed if g["name"] == "邻市名册")
    assert (own["state"], own["people"], own["purposes"]) == ("open", 0, ["tracing"])
    assert "用到" in worker.get("/galleries").text
    assert "邻市名册" in worker.get("/imports").text
    assert officer.post(f"/galleries/{own['id']}/end").status_code == 303
    assert "邻市名册" not in worker.get("/imports").text


def test_an_export_needs_a_key_that_may(house: House) -> None:
    assert house.signed_in().get("/v1/exports/people").status_code == 403
    client = house.with_key("exports")
    first = client.get("/v1/exports/people?limit=3")
    assert first.status_code == 200
    lines = [json.loads(line) for line in first.text.splitlines()]
    assert len(lines) == 3
    assert first.headers["x-more"] == "1"
    rest = client.get("/v1/exports/people", params={"cursor": first.headers["x-next-cursor"]})
    after = {json.loads(line)["person_id"] for line in rest.text.splitlines()}
    assert after.isdisjoint({line["person_id"] for line in lines})


def test_the_commands_import_export_and_lend(tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        done = CliRunner().invoke(main, ["--data", str(tmp_path / "d"), *words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.output.splitlines()[-1])

    ledger = tmp_path / "a.xlsx"
    ledger.write_bytes(excel(LEDGER[0], LEDGER[1]))
    run("user", "create", "zhoumin", "--name", "周敏", "--role", "city_station")
    seen = run("import", str(ledger), "--preview", "--as", "zhoumin")
    assert (seen["state"], seen["rows"]) == ("looked", 1)
    assert run("import", str(ledger), "--as", "zhoumin")["counts"] == {"created": 1}
    assert run("gallery", "list", "--as", "zhoumin") == []
    out = tmp_path / "out.ndjson"
    told = run("export", "records", str(out), "--as", "zhoumin")
    assert told["count"] == 1
    assert json.loads(out.read_text("utf-8"))["record"]["names"][0]["text"] == "王建国"
