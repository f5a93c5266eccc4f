"""The rights desk: in time, with reasons, and never somebody else's data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.api.house import House, record
from tests.store.conftest import Clock
from tests.store.office import Office, full_record
from tests.trust.test_keeping_pages import officers
from tests.trust.test_protection import asking
from tracing.audit_looks import Lookers
from tracing.clocks import CHINA, clock_rules
from tracing.errors import Conflict, NotFound, NotPermitted, RecordInvalid
from tracing.rights import Rights, rights_rules


@pytest.fixture
def desk(small_office: Office) -> Rights:
    office = small_office
    return Rights(office.store, office.people, office.erasures, Lookers(office.store))


@pytest.fixture
def dpo(small_office: Office) -> Any:
    return small_office.hire("dpo", "data_protection_officer")


def someone(office: Office) -> str:
    return office.people.register(office.worker, full_record()).person_id


def test_every_clock_names_its_source_and_its_trust() -> None:
    for rule in clock_rules().values():
        assert len(rule.source) > 20, rule.id
        assert rule.trust in {"A", "B", "D"}, "a C is never built in"
        assert 0 < rule.warn < rule.length * (28 if rule.unit == "months" else 1)
    assert set(rights_rules().kinds.values()) <= set(clock_rules())


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-09-17T10:00", "2026-10-15T00:00"),  # 20 Sep and 10 Oct worked, ten days off
        ("2026-03-02T09:00", "2026-03-24T00:00"),
    ],
)
def test_working_days_know_holidays_and_make_up_days(start: str, due: str) -> None:
    rule = clock_rules()["complaint_15wd"]
    begun = datetime.fromisoformat(start).replace(tzinfo=CHINA)
    assert rule.due(begun) == datetime.fromisoformat(due).replace(tzinfo=CHINA)


def test_a_request_not_answered_in_time_is_overdue(
    desk: Rights, dpo: Any, small_office: Office, clock: Clock
) -> None:
    person = someone(small_office)
    desk.receive(small_office.worker, person, "correct", "person", "我姓吴不姓胡")
    clock.forward(days=24)
    (file,) = desk.listed(dpo)
    assert (file.overdue, file.soon, file.note) == (False, True, "我姓吴不姓胡")
    clock.forward(days=8)
    (file,) = desk.listed(dpo)
    assert (file.overdue, file.rule) == (True, "rights_30d/1")
    desk.grant(dpo, file.id)
    assert not desk.get(dpo, file.id).overdue


def test_no_refusal_without_a_reason_of_the_list(
    desk: Rights, dpo: Any, small_office: Office
) -> None:
    number = desk.receive(small_office.worker, someone(small_office), "complain", "person")
    with pytest.raises(RecordInvalid):
        desk.refuse(dpo, number, "")
    desk.refuse(dpo, number, "unfounded")
    assert (desk.get(dpo, number).state, desk.get(dpo, number).refusal) == ("refused", "unfounded")
    with pytest.raises(Conflict):
        desk.grant(dpo, number)


def test_only_the_officer_answers(desk: Rights, small_office: Office) -> None:
    number = desk.receive(small_office.worker, someone(small_office), "copy", "guardian")
    for deed in (desk.get, desk.grant, desk.copy):
        with pytest.raises(NotPermitted):
            deed(small_office.worker, number)


def test_a_granted_deletion_asks_for_an_erasure_that_another_approves(
    desk: Rights, dpo: Any, small_office: Office
) -> None:
    office = small_office
    person = someone(office)
    number = desk.receive(office.worker, person, "delete", "person", "都删掉")
    file = desk.grant(dpo, number)
    assert file.erasure_id is not None
    with pytest.raises(NotPermitted):
        office.erasures.approve(dpo, file.erasure_id)
    office.erasures.approve(office.hire("dpo-2", "data_protection_officer"), file.erasure_id)
    left = desk.get(dpo, number)
    assert (left.gone, left.note, left.state) == (True, "", "granted"), "that they asked stays"


def test_a_copy_is_for_a_request_to_copy_and_is_recorded(
    desk: Rights, dpo: Any, small_office: Office
) -> None:
    person = someone(small_office)
    explain = desk.receive(small_office.worker, person, "explain", "person")
    with pytest.raises(NotFound):
        desk.copy(dpo, explain)
    number = desk.receive(small_office.worker, person, "copy", "person")
    assert desk.copy(dpo, number).id == person
    trail = small_office.audit.page(dpo, action="rights.copy").items
    assert [row.object_id for row in trail] == [person]


def test_from_the_counter_to_copy_and_explanation_without_others(house: House) -> None:
    name = "钟离无忧"
    person = house.service.people.register(
        house.worker, record(name, 1971, "云南省大理市", "sought")
    ).person_id
    worker, officer = house.signed_in(), house.signed_in(officers(house)[0])
    sought = {**asking("钟离无优"), "reason": "clue"}
    found = worker.post("/v1/searches", json=sought).json()
    assert person in {c["person_id"] for c in found["candidates"]}
    for kind in ("copy", "explain"):
        form = {"kind": kind, "asked_by": "person", "note": ""}
        assert worker.post(f"/people/{person}/rights", data=form).status_code == 303
    numbers = {r.kind: r.id for r in house.service.rights.listed(house.actor("dpo-a"))
               if r.person_id == person}  # fmt: skip
    assert worker.get("/rights").status_code == 403
    assert name in officer.get("/rights").text
    explained = officer.get(f"/rights/{numbers['explain']}").text
    assert "列为" in explained
    assert "钟离无优" not in explained, "whom others sought is theirs"
    assert "周敏" not in explained, "nor who asked"
    assert name in officer.get(f"/rights/{numbers['copy']}/copy").text
    exported = officer.get(f"/rights/{numbers['copy']}/copy.json")
    assert exported.json()["record"]["names"][0]["text"] == name
    assert exported.headers["content-disposition"].startswith("attachment")
    assert worker.get(f"/rights/{numbers['copy']}/copy.json").status_code == 403
    assert officer.post(f"/rights/{numbers['copy']}/refuse", data={}).status_code == 422
