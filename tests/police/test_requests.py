"""More than one person: two approvals, scope, end, quotas; each refusal is explained and kept."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from api.question_files import FileUnreadable, columns, read
from api.sheets import sheet
from tests.api.house import HEARD, record
from tests.police.conftest import Town, wide
from tracing.errors import (
    AlreadyDecided,
    ApprovalsMissing,
    ApprovedAlready,
    NotFound,
    NotPermitted,
    OutsideScope,
    OwnRequest,
    PoliceOff,
    PurposeForbidden,
    QuotaSpent,
    RecordInvalid,
    RequestExpired,
    TooManyQuestions,
    TracingError,
)
from tracing.police import requests
from tracing.police.answers import PoliceAnswer, Question
from tracing.police.rules import police_rules
from tracing.store.tables import AuditRow, PoliceRequest, Search

ONE = [Question("1", HEARD)]


def refused(town: Town, error: type[TracingError], deed: Callable[[], object]) -> TracingError:
    """The deed is refused with that error, and the trail has it."""
    with town.house.service.store.read() as tx:
        before = len(trail(tx))
    with pytest.raises(error) as raised:
        deed()
    with town.house.service.store.read() as tx:
        rows = trail(tx)
    assert len(rows) == before + 1
    assert (rows[-1].outcome, json.loads(rows[-1].detail)["code"]) == ("refused", error.code)
    for words in (town.house.app.state.house.languages[code] for code in ("zh", "en")):
        assert len(words(f"error.{error.code}.advice")) > 10
    return raised.value


def trail(tx: Any) -> list[Any]:
    rows = select(AuditRow.outcome, AuditRow.detail).where(AuditRow.action == "police.refuse")
    return list(tx.run(rows.order_by(AuditRow.id)))


def run(town: Town, request: str, questions: list[Question] = ONE, **scope: Any) -> int:
    return town.house.service.police_runs.ask(town.officer, request, questions, **scope)


def test_nothing_is_asked_before_two_others_have_approved(town: Town) -> None:
    police = town.house.service.police
    number = town.open_request()
    refused(town, ApprovalsMissing, lambda: run(town, number))
    police.approve(town.actor("shenpi"), number, "同意")
    refused(town, ApprovalsMissing, lambda: run(town, number))
    refused(town, ApprovedAlready, lambda: police.approve(town.actor("shenpi"), number))
    refused(town, ApprovalsMissing, lambda: run(town, number))
    police.approve(town.actor("baohu"), number)
    assert police.get(town.officer, number).state == "approved"
    assert run(town, number) == 1


def test_nobody_approves_their_own(town: Town) -> None:
    """Even where one account could do both."""
    both = replace(town.actor("shenpi"), scopes=town.actor("shenpi").scopes | town.officer.scopes)
    number = town.house.service.police.create(both, wide())
    refused(town, OwnRequest, lambda: town.house.service.police.approve(both, number))
    with pytest.raises(NotPermitted):
        town.house.service.police.approve(town.officer, number)


@pytest.mark.parametrize("purpose", ["debt_collection", "immigration_control", "curiosity"])
def test_a_forbidden_purpose_is_refused(town: Town, purpose: str) -> None:
    create = town.house.service.police.create
    refused(town, PurposeForbidden, lambda: create(town.officer, wide(purpose=purpose)))


def test_past_its_end_a_request_answers_nothing_and_shows_nothing(town: Town) -> None:
    number = town.open_request("shenpi", "baohu")
    made = run(town, number)
    town.answered()
    runs = town.house.service.police_runs
    (answer,) = runs.answers(town.officer, number, made).items
    read = partial(town.house.service.searches.get, town.officer, str(answer.search_id))
    assert read().candidates
    late = town.open_request("shenpi")
    town.ahead = timedelta(days=4)
    refused(town, RequestExpired, lambda: run(town, number))
    refused(town, RequestExpired, lambda: runs.answers(town.officer, number, made))
    refused(town, RequestExpired, lambda: runs.export(town.officer, number, made, "xlsx"))
    with pytest.raises(NotFound):
        read()
    police = town.house.service.police
    refused(town, RequestExpired, lambda: police.approve(town.actor("baohu"), late))
    assert police.get(town.officer, number).state == "expired"


def test_a_refused_or_ended_request_is_over(town: Town) -> None:
    police = town.house.service.police
    number = town.open_request("shenpi")
    with pytest.raises(RecordInvalid):
        police.refuse(town.actor("baohu"), number, " ")
    police.refuse(town.actor("baohu"), number, "范围过宽")
    refused(town, RequestExpired, lambda: run(town, number))
    refused(town, AlreadyDecided, lambda: police.refuse(town.actor("shenpi"), number, "也不行"))
    town.answered()
    stopped = town.open_request("shenpi", "baohu")
    run(town, stopped)
    police.end(town.officer, stopped)
    assert town.house.service.police_runs.step() == 0, "what still waited is answered with an error"
    refused(town, RequestExpired, lambda: run(town, stopped))
    with pytest.raises(NotFound):
        police.end(town.actor("minjing-2"), stopped)


@pytest.mark.parametrize(
    "scope",
    [{"divisions": ("1101",)}, {"divisions": ("32",)}, {"sides": ("register",)}],
    ids=["another province", "wider than approved", "another side"],
)
def test_outside_its_scope_nothing_is_asked(town: Town, scope: dict[str, Any]) -> None:
    number = town.open_request("shenpi", "baohu", sides=("found", "sought"))
    refused(town, OutsideScope, lambda: run(town, number, **scope))


def test_only_stations_and_sides_of_the_scope_are_asked(town: Town) -> None:
    service = town.house.service
    names: dict[tuple[str, ...], set[str]] = {}
    people: list[int] = []
    for divisions in (("3204",), ("1101",), ("3204", "11")):
        number = town.open_request("shenpi", "baohu", divisions=divisions)
        made = run(town, number)
        town.answered()
        (answer,) = service.police_runs.answers(town.officer, number, made).items
        names[divisions] = {c.station_code for c in answer.candidates}
        people.append(answer.people)
    assert people[2] == people[0] + people[1]
    assert names[("3204",)] == {"320400"}
    assert names[("1101",)] <= {"110100"}
    number = town.open_request("shenpi", "baohu", sides=("register",))
    made = run(town, number)
    town.answered()
    (answer,) = service.police_runs.answers(town.officer, number, made).items
    assert {c.side for c in answer.candidates} <= {"register"}


def test_more_questions_runs_or_days_than_the_kind_allows_are_refused(town: Town) -> None:
    create = town.house.service.police.create
    for more in ({"questions": 10_001}, {"days": 8}, {"kind": "several", "questions": 21}):
        refused(town, TooManyQuestions, lambda more=more: create(town.officer, wide(**more)))
    number = town.open_request("shenpi", "baohu", questions=1)
    refused(town, TooManyQuestions, lambda: run(town, number, ONE * 2))
    assert run(town, number) == 1
    refused(town, TooManyQuestions, lambda: run(town, number))


def test_a_days_quota_holds_for_the_account_and_for_its_unit(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.open_request("shenpi", "baohu")
    for own in ("account_id", "station_id"):
        limit = police_rules().account_day if own == "account_id" else police_rules().unit_day
        monkeypatch.setattr(
            "tracing.police.runs.rows.asked_since",
            lambda _tx, _since, own=own, limit=limit, **who: limit if own in who else 0,
        )
        error = refused(town, QuotaSpent, lambda: run(town, number))
        assert 0 < int(error.facts["seconds"] or 0) <= 86_400


def test_without_a_valid_assessment_requests_are_off(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.open_request("shenpi", "baohu")
    monkeypatch.setattr(requests, "switched_off", lambda _tx, scope, _now: scope == "connector")
    create = town.house.service.police.create
    refused(town, PoliceOff, lambda: run(town, number))
    refused(town, PoliceOff, lambda: create(town.officer, wide()))


def test_a_file_only_where_it_was_approved(town: Town) -> None:
    number = town.open_request("shenpi", "baohu", export=False)
    made = run(town, number)
    town.answered()
    runs = town.house.service.police_runs
    assert runs.answers(town.officer, number, made).items
    refused(town, OutsideScope, lambda: runs.export(town.officer, number, made, "xlsx"))


def test_a_request_is_its_officers_and_its_approvers_alone(town: Town) -> None:
    police, number = town.house.service.police, town.open_request("shenpi", "baohu")
    made = run(town, number)
    for login in ("minjing-2", "linzhan", "lixia"):
        with pytest.raises(NotFound):
            police.get(town.actor(login), number)
    with pytest.raises(NotFound):
        town.house.service.police_runs.ask(town.actor("minjing-2"), number, ONE)
    for login in ("minjing-2", "shenpi"):
        with pytest.raises((NotFound, NotPermitted)):
            town.house.service.police_runs.answers(town.actor(login), number, made)


def test_a_list_that_is_watched_is_asked_again_until_its_end(town: Town) -> None:
    number = town.open_request("shenpi", "baohu", kind="watch")
    runs = town.house.service.police_runs
    assert (
        run(town, number, [*ONE, Question("2", RecordInvalid(path="age", reason="not_a_number"))])
        == 1
    )
    assert runs.again(town.officer, number) == 2
    town.answered()
    first, second = (runs.answers(town.officer, number, n).items for n in (1, 2))
    assert [a.answer for a in first] == [a.answer for a in second] == ["candidates", "error"]
    once = town.open_request("shenpi", "baohu")
    run(town, once)
    refused(town, TooManyQuestions, lambda: runs.again(town.officer, once))


def test_each_question_is_answered_by_itself_and_one_bad_row_hurts_no_other(town: Town) -> None:
    number = town.open_request("shenpi", "baohu")
    lines = [
        json.dumps({"ref": "甲", "record": HEARD}),
        "{broken",
        json.dumps({"ref": "乙", "record": {"side": "nowhere"}}),
        json.dumps({"ref": "丙", "record": {"side": "found", "names": [{"text": "𠮷𠮷𠮷"}]}}),
        json.dumps({"ref": "丁", "record": {"side": "found", "photos": [{"file": "x"}]}}),
        json.dumps({"ref": "戊", "record": HEARD}),
    ]
    client = town.house.signed_in("minjing")
    sent = client.post(
        f"/v1/police/requests/{number}/runs",
        content="\n".join(lines).encode(),
        headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": f"run-{number}"},
    )
    assert sent.status_code == 201, sent.text
    again = client.post(
        f"/v1/police/requests/{number}/runs",
        content="\n".join(lines).encode(),
        headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": f"run-{number}"},
    )
    assert again.json()["run"] == sent.json()["run"], "sent twice, asked once"
    town.answered()
    stream = client.get(sent.json()["answers"])
    assert stream.headers["content-type"].startswith("application/x-ndjson")
    *answers, last = [json.loads(line) for line in stream.text.splitlines()]
    assert [a["answer"] for a in answers] == [
        "candidates", "error", "error", "nobody", "error", "candidates"
    ]  # fmt: skip
    assert [a["ref"] for a in answers] == ["甲", "2", "乙", "丙", "丁", "戊"]
    assert (last["cursor"], last["waiting"]) == (6, 0)
    assert answers[0]["candidates"] == answers[5]["candidates"]
    assert {"rank", "grade", "photo", "reasons", "station"} <= set(answers[0]["candidates"][0])
    assert "names" not in json.dumps(answers[0]["candidates"][0]["station"])
    for one in (*answers, last):
        for part in ("警官陈", "minjing", "江州市公安局", "江公协查31号", number):
            assert part in one["watermark"]
    assert all(a["error"]["detail"] for a in answers if a["answer"] == "error")
    rest = client.get(f"{sent.json()['answers']}?after=4").text.splitlines()
    assert [json.loads(line).get("ref") for line in rest] == ["丁", "戊", None]


def test_an_exported_sheet_bears_its_mark_on_every_row(town: Town) -> None:
    number = town.open_request("shenpi", "baohu")
    made = run(town, number, [*ONE, Question("=cmd()", RecordInvalid(path="", reason="not_json"))])
    town.answered()
    client = town.house.signed_in("minjing")
    answer = client.get(f"/v1/police/requests/{number}/runs/{made}/answers.xlsx")
    assert answer.status_code == 200
    rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    )
    assert len(rows) > 2
    for row in rows[1:]:
        assert "警官陈(minjing)" in str(row[-1])
        assert number in str(row[-1])
        assert "江公协查31号" in str(row[-1])
    with town.house.service.store.read() as tx:
        done = tx.run(select(AuditRow.object_id).where(AuditRow.action == "police.export"))
        assert number in set(done.scalars())


def test_a_protected_person_is_nobody_in_a_list_too_and_their_officer_learns_of_it(
    town: Town,
) -> None:
    service, name = town.house.service, "东方不语"
    born = {"earliest": "1966-01-01", "latest": "1966-12-31", "basis": "document"}
    asked = {"side": "found", "names": [{"text": name, "kind": "heard"}], "birth": born}
    number = town.open_request("shenpi", "baohu", kind="watch")
    run(town, number, [Question("1", asked)])
    town.answered()

    def answered(turn: int) -> PoliceAnswer:
        (answer,) = service.police_runs.answers(town.officer, number, turn).items
        return answer

    person = service.people.register(
        town.house.worker, record(name, 1966, "贵州省遵义市", "sought")
    ).person_id
    service.police_runs.again(town.officer, number)
    town.answered()
    shown = answered(2)
    assert person in {c.person_id for c in shown.candidates}, "else the test says nothing"
    service.protections.protect(town.house.worker, person, "threatened")
    service.protections.tidy()
    assert person not in {c.person_id for c in answered(2).candidates}, "gone from what was kept"
    with pytest.raises(NotFound):
        service.inquiries.ask(town.officer, shown.search_id or "", person, "presence")
    service.police_runs.again(town.officer, number)
    town.answered()
    absent, hidden = (
        (a.answer, a.people, a.nobody, [(c.person_id, c.reasons) for c in a.candidates])
        for a in (answered(1), answered(3))
    )
    assert absent == hidden, "the same answer as if the person were not on record"
    service.protections.tidy()
    alerts = service.protections.alerts(town.actor("baohu"))
    assert [a.seeker for a in alerts if a.person_id == person] == ["警官陈"]


def test_who_was_listed_can_see_that_an_officer_looked(town: Town) -> None:
    number = town.open_request("shenpi", "baohu")
    run(town, number)
    town.answered()
    (answer,) = town.house.service.police_runs.answers(town.officer, number, 1).items
    listed = answer.candidates[0].person_id
    looks = town.house.service.lookers.at(town.actor("baohu"), listed)
    assert any(look.who == "警官陈" and look.rank == 1 for look in looks.items)


def test_texts_are_destroyed_after_the_end(town: Town) -> None:
    number = town.open_request("shenpi", "baohu")
    run(town, number)
    town.answered()
    town.ahead = timedelta(days=3 + police_rules().kept_days + 1)
    assert town.house.service.police.tidy() >= 1
    with town.house.service.store.read() as tx:
        assert (
            tx.run(select(PoliceRequest.sealed).where(PoliceRequest.id == number)).scalar() is None
        )
    seen = town.house.service.police.get(town.officer, number)
    assert (seen.number, seen.reason, seen.wiped) == ("", "", True)


def test_killed_half_way_no_answer_is_doubled_or_missing(town: Town) -> None:
    """Another process answers the first block, is killed within the second; this one goes on."""
    number = town.open_request("shenpi", "baohu", questions=400)
    questions = [Question(str(n), HEARD) for n in range(1, 301)]
    town.answered()  # what earlier tests left waiting
    with town.house.service.store.read() as tx:
        before = len(list(tx.run(select(Search.id)).scalars()))
    run(town, number, questions)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.police.dying", str(town.house.settings.data_dir)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    runs = town.house.service.police_runs
    half = runs.answers(town.officer, number, 1)
    assert len(half.items) == police_rules().answer.together
    town.answered()
    cursor, numbers = 0, []
    while page := runs.answers(town.officer, number, 1, cursor, 100).items:
        numbers += [a.number for a in page]
        cursor = page[-1].number
    assert numbers == list(range(1, 301))
    with town.house.service.store.read() as tx:
        assert len(list(tx.run(select(Search.id)).scalars())) == before + 300


def test_csv_excel_and_json_say_the_same() -> None:
    header = ["编号", "姓名", "性别", "年龄", "身份证号", "户籍地"]
    rows = [
        ["a1", "王小明", "男", "70-75", "32040019510101001X", "江苏省常州市"],
        ["a2", "李花", "女", "8", "", ""],
    ]
    book = sheet("问", header, rows)
    text = "\n".join(",".join(row) for row in [header, *rows])
    readings = [
        read(book, "excel"),
        read(text.encode(), "csv"),
        read(text.encode("gb18030"), "csv"),
    ]
    assert readings[0] == readings[1] == readings[2]
    docs = [{"ref": q.ref, "record": q.record} for q in readings[0]]
    assert read(json.dumps(docs).encode(), "json") == readings[0]
    assert read(json.dumps({"questions": docs}).encode(), "json") == readings[0]
    assert read("\n".join(map(json.dumps, docs)).encode(), "ndjson") == readings[0]
    first = readings[0][0].record
    assert isinstance(first, dict)
    assert first["sex"] == "male"
    assert first["numbers"] == [{"kind": "citizen", "text": "32040019510101001X"}]


def test_a_number_that_a_spreadsheet_has_rounded_is_refused_by_its_row() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "姓名", "身份证号"])
        page.write_row(1, 0, ["1", "王小明", 320400195101010011])
        page.write_row(2, 0, ["2", "李花"])
    bad, good = read(target.getvalue(), "excel")
    assert isinstance(bad.record, RecordInvalid)
    assert bad.record.facts["reason"] == "number_cell"
    assert isinstance(good.record, dict)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"PK\x03\x04 no", "excel"), (b"", "excel"), (b"\xff\xfe\x00", "csv"), (b"a,b\n1,2", "csv"),
        (b"[", "json"), (b"3", "json"), (b"x", "pdf"), (b"0" * (8_000_001), "csv"),
        (b"[" * 100_000, "json"), (b"\n".join([b"{}"] * 10_002), "ndjson"),
    ],
    ids=["no workbook", "empty", "no text", "no heading", "no json", "a number", "no form",
         "too large", "too deep", "too many rows"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_whole(data: bytes, form: str) -> None:
    with pytest.raises(FileUnreadable):
        read(data, form)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(sorted(columns().by_heading)), st.text(max_size=30), max_size=6
        ),
        max_size=5,
    )
)
def test_whatever_stands_in_a_sheet_each_row_is_a_question_or_says_why(
    rows: list[dict[str, str]],
) -> None:
    heads = sorted({head for row in rows for head in row}) or ["姓名"]
    table = [[row.get(head, "") for head in heads] for row in rows]
    questions = read(sheet("问", heads, table), "excel")
    assert len(questions) <= len(rows)
    for question in questions:
        if isinstance(question.record, RecordInvalid):
            assert question.record.facts["reason"]
        else:
            assert question.record["side"] in {"found", "sought"}


def test_a_request_for_divisions_without_a_station_is_refused_before_anybody_approves_it(
    town: Town,
) -> None:
    with pytest.raises(RecordInvalid) as wrong:
        town.open_request(divisions=("6501",))
    assert wrong.value.facts["reason"] == "no_station_there"
    assert "6501" not in town.house.service.police.places(town.officer)
    assert "1101" in town.house.service.police.places(town.officer)
    request = town.open_request(divisions=("6501", "1101"))
    assert town.house.service.police.get(town.officer, request).stations == 1
