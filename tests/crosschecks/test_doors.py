"""Requests through the doors: JSON, files, the printed sheet, the spreadsheet, the command line."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import reportlab
from click.testing import CliRunner

from api.cli.main import main
from api.crosscheck_pdf import FontUnusable, sheet_pdf
from api.crosscheck_words import lines, reading
from api.language import Languages
from tests.api.conftest import house
from tests.api.house import HEARD, PASSWORD, House, portrait
from tests.store.office import full_record
from tracing.crosschecks import packages
from tracing.crosschecks.files import Contents, Heading
from tracing.crosschecks.outside import Sheet
from tracing.records import PersonRecord

__all__ = ["house"]

WORDS = Languages()["zh"]
ANSWER = {
    "result": "found", "evidence": "police_register", "who": "李警官", "at": "2026-03-21",
    "number": "0536-110", "named": {"name": "朱仁江", "sex": "male", "birth": "1953"},
}  # fmt: skip


def somebody(house: House) -> str:
    photo = house.service.photos.receive(house.worker, portrait(), "a.jpg")
    record = {**HEARD, "photos": [{"file": photo.id, "face": 0}]}
    return house.service.people.register(
        house.worker, PersonRecord.model_validate(record)
    ).person_id


def composed(house: House, **more: Any) -> str:
    asked = {"kind": "identity_check", "sections": ["photos", "names"], "to_name": "公安局"}
    made = house.signed_in().post(
        f"/v1/people/{somebody(house)}/crosschecks", json={**asked, **more}
    )
    assert made.status_code == 201, made.text
    number: str = made.json()["id"]
    return number


def test_a_program_asks_sends_records_the_answer_and_puts_it_up(house: House) -> None:
    client, number = house.signed_in(), composed(house)
    base = f"/v1/crosschecks/{number}"
    sent = client.post(f"{base}/deeds/sent", json={"channel": "fax", "number": "7"})
    assert sent.json() == {"state": "sent"}
    answer = client.post(f"{base}/answers", json=ANSWER).json()["id"]
    opened = client.post(f"{base}/answers/{answer}/verification", json={})
    assert opened.status_code == 201
    facts = client.get(f"/v1/verifications/{opened.json()['id']}").json()["facts"]
    assert [fact["kind"] for fact in facts] == ["police_register"]
    file = client.get(base).json()
    assert (file["state"], file["answers"][0]["source"]) == ("fed_back", "hand")
    assert number in {one["id"] for one in client.get("/v1/crosschecks").json()}
    assert client.post(f"{base}/undoing").status_code == 409
    assert house.with_key("crosschecks").get(base).status_code == 403, "two scopes, two sides"
    assert house.with_key("crosschecks.answer").get(base).status_code == 404


def test_refusals_are_problems_with_a_code(house: House) -> None:
    client, number = house.signed_in(), composed(house)
    bad = client.post(f"/v1/crosschecks/{number}/deeds/sent", json={"channel": "fax"})
    assert (bad.status_code, bad.json()["path"]) == (422, "number")
    assert client.post(f"/v1/crosschecks/{number}/deeds/eaten", json={}).status_code == 422
    for door, code in (("replies", "package_unreadable"), ("packages", "package_unreadable")):
        answer = client.post(f"/v1/crosschecks/{door}", content=b"nothing")
        assert answer.json()["code"] == code
    package = client.get(f"/v1/crosschecks/{number}/package").content
    own = client.post("/v1/crosschecks/packages", content=package)
    assert (own.status_code, own.json()["code"]) == (409, "key_not_trusted")


def test_a_file_taken_in_by_hand_is_searched_answered_and_sent_back(house: House) -> None:
    number = composed(house, kind="assistance", to_name="远方")
    client = house.signed_in()
    package = client.get(f"/crosschecks/{number}/package.zip").content
    files = {"file": ("a.zip", package, "application/zip")}
    refused = client.post("/crosschecks/packages", files=files)
    assert "打电话" in refused.text
    taken = client.post("/crosschecks/packages", files=files, data={"by_hand": "yes"})
    there = taken.headers["location"].partition("?")[0]
    page = client.get(there).text
    assert "这个密钥没有登记" in page
    found = client.post(f"{there}/searches")
    assert found.headers["location"].startswith("/searches/")
    trail = house.service.searches.recent(house.worker, limit=1)[0]
    assert trail.purpose == "tracing"
    form = {"result": "none", "evidence": "village", "who": "王", "at": "2026-03-21", "number": "1"}
    assert client.post(f"{there}/answers", data=form).status_code == 303
    reply = client.get(f"{there}/reply.json").content
    files = {"file": ("a.json", reply, "application/json")}
    client.post(f"/crosschecks/{number}/deeds/sent", data={"channel": "letter", "number": "3"})
    back = client.post("/crosschecks/replies", files=files, data={"by_hand": "yes"})
    assert back.headers["location"] == f"/crosschecks/{number}?said=answered"
    again = client.post("/crosschecks/replies", files=files, data={"by_hand": "yes"})
    assert again.headers["location"] == f"/crosschecks/{number}?said=known"


def test_what_was_typed_wrong_stays_on_the_page(house: House) -> None:
    client, number = house.signed_in(), composed(house)
    client.post(f"/crosschecks/{number}/deeds/sent", data={"channel": "letter", "number": "3"})
    form = {"result": "found", "evidence": "police_register", "who": "李警官", "number": "1",
            "at": "2026-03-21", "named_name": "朱仁江", "named_birth": "五三"}  # fmt: skip
    page = client.post(f"/crosschecks/{number}/answers", data=form)
    assert page.status_code == 422
    assert "出生年" in page.text
    assert "李警官" in page.text


def test_the_list_is_a_spreadsheet_of_plain_cells(house: House) -> None:
    composed(house, to_name="=1+1")
    data = house.signed_in().get("/crosschecks.xlsx").content
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        texts, page = book.read("xl/sharedStrings.xml"), book.read("xl/worksheets/sheet1.xml")
    for text in ("编号", "=1+1", "草稿，还没发"):
        assert f">{text}<".encode() in texts
    assert b"<f>" not in page, "no text is ever a formula"


def sheet(**heading: Any) -> Sheet:
    doc = {k: v for k, v in full_record().document().items() if k not in ("prints", "id")}
    given = {"to_name": "公安局", "from_name": "江州站", "reply_code": "K7QF-2M9D", **heading}
    return Sheet(
        "320400-XC-2026-00017", "identity_check", "tracing", "statutory_duty",
        datetime(2026, 3, 2, tzinfo=UTC), Heading(**given),
        Contents(PersonRecord.model_validate(doc), (portrait(),), (("dna", "2026-03-01"),)),
    )  # fmt: skip


def test_the_sheet_prints_chinese_without_any_font_on_the_machine() -> None:
    data = sheet_pdf(WORDS, sheet())
    assert data.startswith(b"%PDF")
    assert b"/STSong-Light" in data
    assert b"UniGB-UCS2-H" in data
    assert data == sheet_pdf(WORDS, sheet()), "the same request prints the same"


def test_a_font_of_the_settings_is_embedded_and_a_wrong_one_named(tmp_path: Path) -> None:
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    assert b"/FontFile2" in sheet_pdf(WORDS, sheet(), vera)
    wrong = tmp_path / "x.ttf"
    wrong.write_bytes(b"no font")
    with pytest.raises(FontUnusable):
        sheet_pdf(WORDS, sheet(), wrong)


def test_names_are_told_as_heard_with_reading_and_dialect() -> None:
    told = {line.label: line.values for line in lines(WORDS, sheet().contents)}
    assert told["名字"][1] == "黄金果（听到的、听作 wang jin gok、读 huáng jīn guǒ、广州话）"
    assert told["已排除"] == ("DNA 不符、3月1日",)
    assert reading("欧阳建国", marks=False) == "ou1 yang2 jian4 guo2"


def test_a_package_is_verified_without_server_or_database(house: House, tmp_path: Path) -> None:
    number = composed(house)
    data = house.signed_in().get(f"/v1/crosschecks/{number}/package").content
    file = tmp_path / "request.zip"
    file.write_bytes(data)
    key, _ = house.service.crosscheck_files.own_key()
    run = CliRunner().invoke
    told = json.loads(run(main, ["crosscheck", "verify", str(file), "--json"]).output)
    assert (told["signed"], told["key"], told["what"]) == (True, key, "request")
    assert run(main, ["crosscheck", "verify", str(file), "--key", key]).exit_code == 0
    assert run(main, ["crosscheck", "verify", str(file), "--key", "A" * 43 + "="]).exit_code == 1
    read = packages.read(data)
    assert read.record.document()["names"][0]["text"] == "居银江"
    file.write_bytes(data.replace(b"manifest.json", b"manifest.jsom"))
    assert run(main, ["crosscheck", "verify", str(file)]).exit_code == 1


def test_keys_are_for_administrators(house: House) -> None:
    assert house.signed_in().get("/crosschecks/keys").status_code == 403
    admin = house.signed_in("admin")
    key, fingerprint = house.service.crosscheck_files.own_key()
    assert fingerprint in admin.get("/crosschecks/keys").text
    assert admin.post("/crosschecks/keys", data={"name": "x", "key": "y"}).status_code == 422
    assert admin.post("/crosschecks/keys", data={"name": "远方", "key": key}).status_code == 303
    (known,) = house.service.crosscheck_files.keys(house.actor("admin"))
    assert admin.post(f"/crosschecks/keys/{known.id}/end").status_code == 303


def test_a_notice_stops_its_clock_on_the_persons_page(house: House) -> None:
    client, person = house.signed_in(), somebody(house)
    assert "寻亲公告（24 小时）" in client.get(f"/people/{person}").text
    form = {"channel": "寻亲网", "number": "N-1"}
    assert client.post(f"/people/{person}/notice-number", data=form).status_code == 303
    assert "寻亲公告（24 小时）" not in client.get(f"/people/{person}").text


def test_an_officer_reads_no_people_and_sends_nothing(house: House) -> None:
    admin, accounts = house.actor("admin"), house.service.accounts
    token = accounts.create(admin, "gongan", "公安", "police_officer", "320400")
    accounts.set_password(token, PASSWORD)
    officer = house.signed_in("gongan")
    person = somebody(house)
    assert officer.get("/crosschecks").status_code == 200
    for path in (f"/people/{person}", f"/people/{person}/crosschecks/new"):
        assert officer.get(path).status_code == 403
