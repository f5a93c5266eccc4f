"""Imports: a first look, no row hurts another, nobody comes twice, older never beats newer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.files import FOURTH, LEDGER, SECOND, THIRD, excel, pfif, tombstone
from tests.store.conftest import Clock
from tests.store.office import Office, record
from tests.store.test_killed import ROOT
from tracing.errors import (
    CloneFixed,
    Conflict,
    FileRefused,
    ImportFinished,
    NotFound,
    NotPermitted,
)
from tracing.exchange.imports import ImportFile, Imports, Wish
from tracing.exchange.leaving import expire_clones
from tracing.exchange.origin import Origins
from tracing.records import PersonRecord

Take = Callable[..., ImportFile]


def imports_of(office: Office) -> Imports:
    return Imports(office.store, office.photos, "own.example.org")


def take(office: Office, data: bytes | str, wish: Wish = Wish()) -> ImportFile:  # noqa: B008
    own = imports_of(office)
    text = data.encode() if isinstance(data, str) else data
    return own.run(office.worker, own.look(office.worker, text, "a.file", wish).id)


def names(office: Office) -> list[str]:
    rows = [row for row in office.people.documents() if not row.erased]
    return sorted(str(row.document["names"][0].get("text")) for row in rows)


def test_a_first_look_shows_columns_rows_and_faults_and_writes_nobody(small_office: Office) -> None:
    own = imports_of(small_office)
    seen = own.look(small_office.worker, excel(("天宁站台账",), *LEDGER), "台账.xlsx")
    assert seen.look is not None
    assert (seen.look.layout, seen.look.rows, seen.look.good, seen.look.faulty) == (
        "受助人员登记表", 4, 3, 1
    )  # fmt: skip
    columns = {c.heading: (c.taken_for, c.filled, c.faulty) for c in seen.look.columns}
    assert columns["姓名"] == ("name.stated", 4, 0)
    assert columns["性别"] == ("sex", 4, 1)
    assert columns["备注"] == (None, 1, 0)
    assert seen.faults == ((4, "性别", "unknown_value"),)
    assert seen.look.samples[0]["numbers"][0]["text"] == "440103????????0011"
    assert seen.held == {"备注": 1}
    assert names(small_office) == []


def test_a_bad_row_hurts_no_other_and_the_report_says_what_happened(office: Office) -> None:
    done = take(office, excel(*LEDGER))
    assert (done.state, dict(done.counts)) == ("done", {"created": 3, "faulty": 1})
    assert [n for n in names(office) if n != "None"] == ["张三", "王建国"]
    again = take(office, excel(*LEDGER))
    assert dict(again.counts) == {"unchanged": 3, "faulty": 1}


def test_a_file_that_is_done_cannot_be_run_again(small_office: Office) -> None:
    done = take(small_office, SECOND)
    with pytest.raises(ImportFinished):
        imports_of(small_office).run(small_office.worker, done.id)


def test_an_import_that_nobody_ran_is_given_up_after_a_week(
    small_office: Office, clock: Clock
) -> None:
    own = imports_of(small_office)
    seen = own.look(small_office.worker, SECOND.encode(), "a.xml")
    clock.forward(days=8)
    assert own.tidy() == 1
    assert own.get(small_office.worker, seen.id).state == "given_up"
    other = own.look(small_office.worker, SECOND.encode(), "a.xml")
    assert other.id != seen.id
    own.discard(small_office.worker, other.id)
    with pytest.raises(ImportFinished):
        own.run(small_office.worker, other.id)


def test_a_record_from_elsewhere_keeps_where_from_when_and_by_whom(small_office: Office) -> None:
    take(small_office, FOURTH)
    (row,) = small_office.people.documents()
    origin = Origins(small_office.store).of_person(small_office.worker, row.person_id)
    assert origin is not None
    assert (origin.source, origin.author, origin.clone) == (
        "fourth.example.org", "寻亲志愿者", True
    )  # fmt: skip
    assert origin.dated_at is not None
    assert origin.dated_at.isoformat() == "2026-02-19T08:00:00+00:00"
    assert origin.held["shelter"] == "三号楼"
    assert row.document["id"] == "fourth.example.org/a1"


def test_a_clone_is_never_edited_here(small_office: Office) -> None:
    take(small_office, FOURTH)
    (row,) = small_office.people.documents()
    changed = PersonRecord.model_validate({**row.document, "belongings": ["红衣"]})
    with pytest.raises(CloneFixed):
        small_office.people.change(small_office.worker, row.person_id, changed, 1)
    with pytest.raises(CloneFixed):
        small_office.people.register_many(small_office.worker, [changed], on_existing="change")


def test_a_linked_record_is_a_link_and_never_a_merge(small_office: Office) -> None:
    take(small_office, SECOND)
    (second,) = small_office.people.documents()
    reading = Origins(small_office.store)
    before = reading.of_person(small_office.worker, second.person_id)
    assert before is not None
    assert [link.person_id for link in before.links] == [None]
    take(small_office, THIRD)
    other = next(r for r in small_office.people.documents() if r.person_id != second.person_id)
    after = reading.of_person(small_office.worker, second.person_id)
    assert after is not None
    assert [(link.external_id, link.person_id) for link in after.links] == [
        ("third.example.org/1", other.person_id)
    ]


def test_older_never_beats_newer_and_the_same_writes_nothing(
    small_office: Office, clock: Clock
) -> None:
    office = small_office
    take(office, pfif(("a.org/1", "李秀英", "2026-02-10")))
    newer = take(
        office, pfif(("a.org/1", "李秀瑛", "2026-02-20"), ("a.org/2", "赵六", "2026-02-20"))
    )
    assert dict(newer.counts) == {"created": 1, "changed": 1}
    older = take(office, pfif(("a.org/1", "李绣英", "2026-02-01")))
    assert dict(older.counts) == {"older": 1}
    seqs = [row.seq for row in office.people.documents()]
    clock.forward(days=1)
    same = take(office, pfif(("a.org/1", "李秀瑛", "2026-02-20")))
    assert dict(same.counts) == {"unchanged": 1}
    assert [row.seq for row in office.people.documents()] == seqs
    assert names(office) == ["李秀瑛", "赵六"]


def test_one_file_may_hold_two_versions_and_the_later_stays(small_office: Office) -> None:
    done = take(small_office, pfif(("a.org/1", "李一", "2026-02-10"),
                                   ("b.org/1", "王", "2026-02-10"),
                                   ("a.org/1", "李二", "2026-02-11")))  # fmt: skip
    assert dict(done.counts) == {"created": 2, "changed": 1}
    assert names(small_office) == ["李二", "王"]


def test_what_staff_changed_is_not_overwritten_by_the_ledger(
    small_office: Office, clock: Clock
) -> None:
    office = small_office
    head, first = LEDGER[0], LEDGER[1]
    take(office, excel(head, first))
    (row,) = office.people.documents()
    clock.forward(hours=1)
    edited = PersonRecord.model_validate({**row.document, "belongings": ["红衣"]})
    office.people.change(office.worker, row.person_id, edited, 1)
    done = take(office, excel(head, (*first[:5], "广东省佛山市", *first[6:])))
    assert dict(done.counts) == {"edited_here": 1}
    clock.forward(days=2)
    dated = take(office, excel((*head, "更新日期"), (*first, "2026-03-03")))
    assert dict(dated.counts) == {"changed": 1}


def test_a_tombstone_erases_the_clone_and_a_later_version_may_return(office: Office) -> None:
    take(office, pfif(("a.org/1", "李秀英", "2026-02-10")))
    assert dict(take(office, tombstone("a.org/1", "2026-02-01")).counts) == {"older": 1}
    assert dict(take(office, tombstone("a.org/1", "2026-02-20")).counts) == {"gone": 1}
    assert names(office) == []
    assert len(office.store.ledger.entries()) == 1
    back = take(office, pfif(("a.org/1", "李秀英", "2026-02-25")))
    assert dict(back.counts) == {"created": 1}


def test_whoever_was_erased_here_is_not_brought_back_by_a_file(small_office: Office) -> None:
    take(small_office, pfif(("a.org/1", "李秀英", "2026-02-10")))
    (row,) = small_office.people.documents()
    small_office.erase(row.person_id)
    done = take(small_office, pfif(("a.org/1", "李秀英", "2026-02-20")))
    assert dict(done.counts) == {"erased_here": 1}
    assert names(small_office) == []


def test_a_clone_goes_on_its_own_day_unless_a_hold_keeps_it(
    small_office: Office, clock: Clock
) -> None:
    office = small_office
    take(office, FOURTH)
    (row,) = office.people.documents()
    dpo = office.hire("dpo", "data_protection_officer")
    assert expire_clones(office.store, office.photos) == 0
    clock.forward(days=400)
    office.retention.mark(dpo, row.person_id, "hold", "court")
    assert expire_clones(office.store, office.photos) == 0
    office.retention.end(dpo, row.person_id, "hold")
    assert expire_clones(office.store, office.photos) == 1
    assert names(office) == []


def test_lines_that_another_installation_exported_come_in_and_go_again(
    small_office: Office,
) -> None:
    line = {"changed_at": "2026-02-01T00:00:00+00:00",
            "record": {"side": "found", "id": "x1", "source": "那边", "names": [{"text": "周七"}],
                       "photos": [{"file": "a.jpg"}]}}  # fmt: skip
    lines = json.dumps(line) + "\n" + "{" + "\n" + json.dumps({"side": "found"})
    done = take(small_office, lines)
    assert dict(done.counts) == {"created": 1, "faulty": 2}
    assert [(f[0], f[2]) for f in done.faults] == [(2, "not_json"), (3, "required")]
    end = {"id": "x1", "source": "那边", "deleted": True, "changed_at": "2026-02-02T00:00:00+00:00"}
    assert dict(take(small_office, json.dumps(end)).counts) == {"gone": 1}


def test_notes_that_come_later_are_added_to_the_record_they_are_about(
    small_office: Office,
) -> None:
    take(small_office, pfif(("a.org/1", "李秀英", "2026-02-10")))
    note = """<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:note>
    <pfif:note_record_id>b.org/n1</pfif:note_record_id>
    <pfif:person_record_id>a.org/1</pfif:person_record_id>
    <pfif:author_name>邻居</pfif:author_name><pfif:source_date>2026-02-20T00:00:00Z</pfif:source_date>
    <pfif:text>见过</pfif:text></pfif:note></pfif:pfif>"""
    assert dict(take(small_office, note).counts) == {"changed": 1}
    assert dict(take(small_office, note).counts) == {"unchanged": 1}
    (row,) = small_office.people.documents()
    origin = Origins(small_office.store).of_person(small_office.worker, row.person_id)
    assert origin is not None
    assert [n["text"] for n in origin.notes] == ["见过"]
    stranger = note.replace("a.org/1", "a.org/999")
    assert take(small_office, stranger).faults[0][2] == "record_unknown"


def test_a_file_of_another_station_changes_nobody_of_ours(small_office: Office) -> None:
    office = small_office
    take(office, pfif(("a.org/1", "李秀英", "2026-02-10")))
    office.stations.add(office.admin, "320402-1", "天宁救助点", division="320402")
    below = office.hire("below", "county_station", "320402-1")
    own = imports_of(office)
    seen = own.look(below, pfif(("a.org/1", "李四", "2026-02-20")), "b.xml")
    assert own.run(below, seen.id).faults[0][2] == "held_elsewhere"
    with pytest.raises(NotFound):
        own.get(below, own.listed(office.worker)[-1].id)
    with pytest.raises(NotPermitted):
        own.listed(office.hire("grid", "grid_worker"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 not a workbook", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not one either", "not_a_table"),
        (b"\xff\xfe\x00\xd8", "not_a_table"),
        ("天,地\n1,2\n".encode(), "headings_unknown"),
        ("编号,性别\n1,男\n".encode(), "headings_unknown"),
        ("姓名,性别\n".encode(), "says_nothing"),
        (("姓名,性别," + "x," * 500 + "\n王,男\n").encode(), "too_wide"),
        (b"<pfif:pfif xmlns:pfif='http://zesty.ca/pfif/1.4'/>", "says_nothing"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing(
    small_office: Office, data: bytes, reason: str
) -> None:
    own = imports_of(small_office)
    with pytest.raises(FileRefused) as refused:
        own.look(small_office.worker, data, "x")
    assert refused.value.facts["reason"] == reason
    assert own.listed(small_office.worker) == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_table_in_any_usual_encoding_is_read(small_office: Office, encoding: str) -> None:
    done = take(
        small_office,
        "走失人姓名\t走失时间\t家属电话\n钱七\t2026-1-2\t13800138000\n".encode(encoding),
    )
    assert dict(done.counts) == {"created": 1}
    (row,) = small_office.people.documents()
    assert (row.side, row.document["event_at"]) == ("sought", "2026-01-02")
    assert row.document["relatives"][0]["phone"] == "13800138000"


def test_a_layout_of_ones_own_is_data(small_office: Office) -> None:
    layout = """name = "本站"
side = "register"
source = "本站旧册"
[[columns]]
to = "name"
kind = "registered"
headings = ["称呼"]
[[columns]]
to = "sex"
headings = ["雌雄"]
words = { "雄" = "male", "雌" = "female" }
"""
    wish = Wish("ledger", own_layout=layout.encode())
    done = take(small_office, "称呼,雌雄\n孙八,雄\n".encode(), wish)
    (row,) = small_office.people.documents()
    assert (row.side, row.document["sex"], dict(done.counts)) == (
        "register",
        "male",
        {"created": 1},
    )
    for bad in ("x", "side = 'found'", "side = 'found'\n[[columns]]\nto = 'soul'\nheadings = []"):
        with pytest.raises(FileRefused):
            take(
                small_office,
                "称呼,雌雄\n孙八,雄\n".encode(),
                Wish("ledger", own_layout=bad.encode()),
            )


def test_two_who_take_one_file_in_at_once_do_not_double_it(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = imports_of(small_office)
    seen = own.look(small_office.worker, excel(*LEDGER), "a.xlsx")
    first = own._batch

    def second_is_quicker(*given: Any) -> None:
        monkeypatch.setattr(own, "_batch", first)
        own.run(small_office.worker, seen.id)
        first(*given)

    monkeypatch.setattr(own, "_batch", second_is_quicker)
    with pytest.raises(Conflict):
        own.run(small_office.worker, seen.id)
    assert len(names(small_office)) == 3


def test_killed_at_any_step_an_import_neither_doubles_nor_misses_anybody(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "tests.exchange.killing", str(tmp_path)],
        check=True, capture_output=True, cwd=ROOT, timeout=300,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    deaths = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(deaths) > 30
    assert {death["signal"] for death in deaths[:-1]} == {int(signal.SIGKILL)}
    middles = {death["after"]["people"] for death in deaths}
    assert middles == {0, 4, 8, 10}, "whole batches only"
    for death in deaths:
        assert death["after"]["people"] == death["after"]["origins"], death["step"]
        assert death["again"] == {"people": 10, "origins": 10, "counts": {"created": 10}}


def test_nothing_of_a_file_is_readable_beside_the_database(small_office: Office) -> None:
    own = imports_of(small_office)
    own.look(small_office.worker, excel(*LEDGER), "王建国的台账.xlsx")
    take(small_office, FOURTH)
    office_folder = small_office.store.data_dir
    for path in office_folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for word in ("王建国", "李秀英", "三号楼", "寻亲志愿者"):
                assert word.encode() not in data, path.name


def test_older_dates_of_the_same_text_change_only_the_dates(
    small_office: Office, clock: Clock
) -> None:
    take(small_office, FOURTH)
    (row,) = small_office.people.documents()
    later = FOURTH.replace("2027-01-01T", "2028-01-01T")
    assert dict(take(small_office, later).counts) == {"changed": 1}
    (after,) = small_office.people.documents()
    assert after.version == row.version
    origin = Origins(small_office.store).of_person(small_office.worker, row.person_id)
    assert origin is not None
    assert origin.expires_at is not None
    assert origin.expires_at - clock() > timedelta(days=600)


def test_a_record_written_here_by_hand_is_not_overwritten(small_office: Office) -> None:
    office = small_office
    office.people.register(
        office.worker, record(id="2026-1", source="受助登记", names=[{"text": "王大国"}])
    )
    assert dict(take(office, excel(LEDGER[0], LEDGER[1])).counts) == {"edited_here": 1}
    assert names(office) == ["王大国"]
