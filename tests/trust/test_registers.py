"""Registers: an assessment that has run out switches faces off, incidents run against clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import House, portrait
from tests.store.conftest import Clock
from tests.store.office import Office, full_record
from tests.trust.test_keeping_pages import officers
from tracing.errors import Conflict, NotFound, NotPermitted, RecordInvalid
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord
from tracing.registers import Registers, register_rules, switched_off


@pytest.fixture
def registers(small_office: Office) -> Registers:
    return Registers(small_office.store)


@pytest.fixture
def dpo(small_office: Office) -> Any:
    return small_office.hire("dpo", "data_protection_officer")


def off(office: Office, scope: str) -> bool:
    with office.store.read() as tx:
        return switched_off(tx, scope, office.store.now())


def test_an_assessment_that_ran_out_switches_its_scope_off_and_no_other(
    registers: Registers, dpo: Any, small_office: Office, clock: Clock
) -> None:
    assert [s.state for s in registers.scopes(dpo)] == ["none", "none", "none"]
    registers.assess(dpo, "connector", "评2026-1", "2026-03-01", "2026-06-30")
    assert not off(small_office, "connector")
    clock.forward(days=100)
    assert registers.scopes(dpo)[1].state == "ending"
    clock.forward(days=30)
    assert off(small_office, "connector")
    assert not off(small_office, "faces")
    registers.assess(dpo, "connector", "评2026-2", "2026-07-01", "2027-06-30")
    assert not off(small_office, "connector")
    newest = registers.assessments(dpo)[0]
    registers.withdraw(dpo, newest.id)
    assert off(small_office, "connector")


def test_faces_are_not_compared_once_their_assessment_ran_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, officer = house.signed_in(), house.signed_in(officers(house)[0])
    sent = client.post("/v1/photos", files={"photo": ("b.jpg", portrait("asked"), "image/jpeg")})
    question = {
        "record": {"side": "found", "photos": [{"file": sent.json()["id"], "face": 0}]},
        "purpose": "tracing", "legal_basis": "statutory_duty", "reason": "clue",
    }  # fmt: skip
    before = client.post("/v1/searches", json=question).json()
    assert before["faces_off"] is False
    assert before["candidates"]
    today = house.service.store.now()
    form = {"scope": "faces", "number": "评-1", "valid_from": str((today - timedelta(9)).date()),
            "valid_until": str((today + timedelta(9)).date())}  # fmt: skip
    assert officer.post("/registers/assessments", data=form).status_code == 303
    try:
        assert client.post("/v1/searches", json=question).json()["candidates"]
        later = today + timedelta(days=11)
        monkeypatch.setattr(house.service.store, "now", lambda: later)
        after = house.service.searches.ask(
            house.worker, PersonRecord(side="found"), "tracing", "statutory_duty", "clue",
            faces=[FaceChoice(sent.json()["id"], 0)],
        )  # fmt: skip
        assert (after.faces_off, after.candidates) == (True, ())
        monkeypatch.undo()
        read = client.get(f"/v1/searches/{after.search_id}").json()
        assert read["faces_off"] is True
        assert "没有比对面貌" in client.get(f"/searches/{after.search_id}").text
    finally:
        monkeypatch.undo()
        house.service.registers.assess(
            house.actor("dpo-a"), "faces", "评-2", form["valid_from"], "2099-12-31"
        )


def test_an_incident_keeps_what_when_and_who_was_told_against_its_clocks(
    registers: Registers, dpo: Any, small_office: Office, clock: Clock
) -> None:
    found = clock()
    number = registers.record_incident(dpo, "leak", "移动硬盘丢了", "约 30 人", found)
    with pytest.raises(Conflict):
        registers.close_incident(dpo, number)
    clock.forward(hours=3)
    registers.tell(dpo, number, "authority", "网信〔2026〕3号")
    (file,) = registers.incidents(dpo)
    assert (file.what, file.people, file.told[0].how) == (
        "移动硬盘丢了", "约 30 人", "网信〔2026〕3号"
    )  # fmt: skip
    report, persons = file.clocks
    assert (report.stopped_at, report.due_at) == (clock(), found + timedelta(hours=4))
    assert (persons.stopped_at, persons.due_at) == (None, found + timedelta(hours=72))
    registers.close_incident(dpo, number)
    with pytest.raises(Conflict):
        registers.tell(dpo, number, "police", "x")
    with pytest.raises(RecordInvalid):
        registers.record_incident(dpo, "leak", "明天的事", "", clock() + timedelta(hours=1))


def test_faces_are_counted_against_the_filing_number_with_a_warning_at_80_percent(
    small_office: Office, dpo: Any, clock: Clock
) -> None:
    office = small_office
    assert (register_rules().filing, register_rules().warn_share) == (100_000, 0.8)
    registers = Registers(office.store, replace(register_rules(), filing=5))
    states = []
    for number in range(5):
        photo = office.photos.receive(office.worker, f"faces:1 {number}".encode(), "p.jpg")
        chosen = [FaceChoice(photo.id, 0)]
        office.people.register(office.worker, full_record(id=f"n{number}"), faces=chosen)
        registers.tidy()
        states.append(registers.faces(dpo).state)
    assert states == ["below", "below", "below", "near", "over"]
    clocked = registers.faces(dpo).clock
    assert clocked is not None
    assert (clocked.rule, clocked.started_at) == ("face_filing_30wd/1", clock())
    registers.tidy()
    with pytest.raises(RecordInvalid):
        registers.filed(dpo, "")
    registers.filed(dpo, "备2026-9")
    with pytest.raises(NotFound):
        registers.filed(dpo, "备2026-9")
    filed = registers.faces(dpo).clock
    assert filed is not None
    assert (filed.id, filed.deed) == (clocked.id, "备2026-9")


def test_the_page_and_the_count_are_the_officers(house: House) -> None:
    officer, worker = house.signed_in(officers(house)[0]), house.signed_in()
    assert worker.get("/registers").status_code == 403
    assert "登记册" in officer.get("/registers").text
    count = officer.get("/v1/registers/faces").json()
    assert (count["filing"], count["state"], count["due_at"]) == (100_000, "below", None)
    assert count["people"] >= 1
    bad = {"kind": "leak", "what": "x", "found_at": "yesterday"}
    assert officer.post("/registers/incidents", data=bad).status_code == 422


def test_others_may_not(registers: Registers, small_office: Office) -> None:
    with pytest.raises(NotPermitted):
        registers.faces(small_office.worker)
