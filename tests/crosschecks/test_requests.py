"""公安核查、协查: what goes in, who does what, which clocks run, what may be taken back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crosschecks.conftest import ALL, PAPER, Station, reply
from tests.store.conftest import Clock
from tests.store.office import Office, full_record
from tracing.audit_looks import Lookers
from tracing.clocks import CHINA, clock_rules
from tracing.crosschecks.composing import Asked
from tracing.crosschecks.contents import allowed, leaving
from tracing.crosschecks.holding import Said
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import (
    AlreadyDecided,
    ConnectorOff,
    ContactRefused,
    NotFound,
    NotPermitted,
    RecordInvalid,
    ReplyForAnother,
)
from tracing.protections import Protections
from tracing.registers import Registers
from tracing.verification_rules import verification_rules


def test_only_what_is_ticked_goes_in_and_nothing_that_never_may(here: Station) -> None:
    person = here.person(contact_wish="yes")
    number = here.desk.compose(
        here.worker, person,
        Asked("identity_check", frozenset({"names", "photos", "relatives"}), to_name="公安局"),
    )  # fmt: skip
    file = here.seen(number)
    sent = file.contents.record.document()
    assert set(sent) == {"side", "names", "relatives", "event_at"}
    assert [n["text"] for n in sent["names"] if "text" in n] == ["欧阳建国", "黄金果"]
    assert "phone" not in sent["relatives"][0], "a number goes only where numbers are ticked"
    assert len(file.contents.photos) == 1
    assert b"(10, 20, 60, 80)" in file.contents.photos[0], "the person's face, nobody beside them"


@given(st.sets(st.sampled_from(crosscheck_rules().sections)))
def test_no_print_no_household_no_staff_ever_leaves(ticks: set[str]) -> None:
    said = {"text": "我家门口有条河", "interviewer": "周敏", "by": "周敏"}
    document = {**full_record().document(), "utterances": [said]}
    told = str(leaving(document, frozenset(ticks)))
    for never in ("prints", "户四四零一", "周敏", "drawn-128", "contact_wish"):
        assert never not in told
    assert ("13900139000" in told) == ({"numbers", "relatives"} <= ticks)


def test_a_capable_adults_no_keeps_the_family_out_and_a_minors_does_not(here: Station) -> None:
    adult = {"earliest": "1950-01-01", "latest": "1955-12-31", "basis": "apparent"}
    person = here.person(contact_wish="no", birth=adult)
    for kind in ("assistance", "missing_report_check"):
        with pytest.raises(ContactRefused):
            here.asked(kind, person=person)
    with pytest.raises(RecordInvalid):
        here.asked(person=person, sections=ALL | {"relatives"})
    number = here.asked(person=person)
    assert here.seen(number).heading.tell_no_family, "the police are told to tell no family"
    child = {"earliest": "2015-01-01", "latest": "2017-12-31", "basis": "apparent"}
    assert here.asked("assistance", person=here.person(contact_wish="no", birth=child, id="2"))


def test_nothing_about_a_protected_person_leaves(here: Station) -> None:
    person = here.person()
    number = here.asked(person=person)
    Protections(here.office.store).protect(here.worker, person, "domestic_violence")
    with pytest.raises(ContactRefused):
        here.asked(person=person)
    with pytest.raises(ContactRefused):
        here.desk.do(here.worker, number, "sent", PAPER)
    for document in (here.files.sheet, here.files.package):
        with pytest.raises(ContactRefused):
            document(here.worker, number)


def test_a_draft_stops_no_clock_and_a_number_does(here: Station, clock: Clock) -> None:
    person = here.person()
    running = {c.rule: c for c in here.desk.clocks(here.worker, person)}
    assert set(running) == {"dna_request_7wd", "notice_24h"}
    assert running["dna_request_7wd"].version == clock_rules()["dna_request_7wd"].version
    number = here.asked("dna_request", person=person)
    with pytest.raises(RecordInvalid):
        here.desk.do(here.worker, number, "sent", Said("letter", " "))
    assert all(c.running for c in here.desk.clocks(here.worker, person))
    here.desk.do(here.worker, number, "sent", PAPER)
    assert [c.rule for c in here.desk.clocks(here.worker, person) if c.running] == ["notice_24h"]
    clock.forward(hours=25)
    assert [c.late for c in here.desk.clocks(here.worker, person) if c.running] == [True]
    here.desk.record_notice(here.worker, person, "寻亲网", "N-2026-8")
    assert not [c for c in here.desk.clocks(here.worker, person) if c.running]
    with pytest.raises(AlreadyDecided):
        here.desk.record_notice(here.worker, person, "寻亲网", "N-2026-8")


def test_the_month_for_a_result_runs_from_the_receipt_and_ends_with_the_answer(
    here: Station, clock: Clock
) -> None:
    number = here.sent("dna_request")
    assert not here.seen(number).clocks
    here.desk.do(here.worker, number, "received")
    (result,) = here.seen(number).clocks
    started = result.started_at.astimezone(CHINA)
    due = result.due_at.astimezone(CHINA)
    assert (result.rule, (due.month - started.month) % 12) == ("dna_result_1m", 1)
    clock.forward(days=40)
    assert here.desk.listed(here.worker)[0].late
    assert [one.id for one in here.desk.overdue(here.worker, 8)] == [number]
    here.answers.give(here.worker, number, reply("none", "dna"))
    (result,) = here.seen(number).clocks
    assert not result.running
    assert not here.desk.listed(here.worker)[0].late
    assert here.desk.overdue(here.worker, 8) == ()


def test_who_accepts_has_received(here: Station) -> None:
    number = here.sent("dna_request")
    here.desk.do(here.worker, number, "accepted")
    assert [c.rule for c in here.seen(number).clocks if c.running] == ["dna_result_1m"]
    here.desk.undo(here.worker, number)
    assert not [c for c in here.seen(number).clocks if c.running]


def test_a_record_stored_only_is_in_no_request(here: Station) -> None:
    person = here.person()
    number = here.sent(person=person)
    dpo = here.office.hire("dpo", "data_protection_officer")
    here.office.retention.mark(dpo, person, "stored_only", "disputed")
    assert here.desk.listed(here.worker) == ()
    for reading in (here.desk.get, here.files.sheet, here.files.package):
        with pytest.raises(NotPermitted):
            reading(here.worker, number)


def test_the_whole_way_on_both_databases(office: Office) -> None:
    here = Station(office)
    number = here.sent()
    here.answers.give(here.worker, number, reply("none"))
    here.desk.do(here.worker, number, "closed")
    assert [one.state for one in here.desk.listed(here.worker)] == ["closed"]
    there, _ = here.files.receive(
        here.worker, here.files.package(here.worker, number), by_hand=True
    )
    here.answers.give(here.worker, there, reply("none"))
    here.desk.undo(here.worker, there)
    assert [w.id for w in here.desk.waiting(here.worker)] == [there]
    assert here.desk.tidy() == 0


def test_states_go_the_way_of_the_field_and_flags_are_no_states(here: Station) -> None:
    number = here.asked()
    with pytest.raises(AlreadyDecided):
        here.desk.do(here.worker, number, "received")
    here.desk.do(here.worker, number, "sent", PAPER)
    here.desk.do(here.worker, number, "reminded", Said("telephone"))
    file = here.seen(number)
    assert (file.state, file.reminded_at is not None) == ("sent", True)
    for deed in ("received", "accepted", "in_progress"):
        assert here.desk.do(here.worker, number, deed) == deed
    here.answers.give(here.worker, number, reply("inconclusive"))
    assert here.seen(number).state == "fed_back"
    assert here.desk.do(here.worker, number, "closed") == "closed"
    returned = here.sent(person=here.person(id="b"))
    with pytest.raises(RecordInvalid):
        here.desk.do(here.worker, returned, "returned")
    here.desk.do(here.worker, returned, "returned", Said(reason="incomplete"))
    assert not [c for c in here.seen(returned).clocks if c.running]


def test_undoing_a_deed_lets_its_clocks_run_on(here: Station) -> None:
    person = here.person()
    number = here.sent("dna_request", person=person)
    here.desk.do(here.worker, number, "received")
    here.desk.undo(here.worker, number)
    assert not [c for c in here.seen(number).clocks if c.running]
    assert here.desk.undo(here.worker, number) == "draft"
    running = [c.rule for c in here.desk.clocks(here.worker, person) if c.running]
    assert running == ["notice_24h", "dna_request_7wd"]
    with pytest.raises(AlreadyDecided):
        here.desk.undo(here.worker, number)


def test_a_struck_answer_can_be_written_again(here: Station) -> None:
    number = here.sent()
    here.answers.give(here.worker, number, reply("none"))
    with pytest.raises(AlreadyDecided):
        here.answers.give(here.worker, number, reply("none"))
    here.desk.undo(here.worker, number)
    assert [a.struck for a in here.seen(number).answers] == [True]
    here.answers.give(here.worker, number, reply("none"))
    assert [a.struck for a in here.seen(number).answers] == [True, False]


def test_what_was_found_is_a_fact_of_a_verification_and_nothing_by_itself(here: Station) -> None:
    person = here.person()
    number = here.sent(person=person)
    answer = here.answers.give(here.worker, number, reply())
    states = here.office.people.get(here.worker, person).states
    assert states.identity_status == "unidentified"
    verification = here.answers.verify(here.worker, number, answer)
    assert here.answers.verify(here.worker, number, answer) == verification
    file = here.verifications.get(here.worker, verification)
    (fact,) = file.facts
    assert (fact.entry.kind, fact.entry.who, fact.entry.result) == (
        "police_register", "李警官", "supports",
    )  # fmt: skip
    assert (file.person.side, file.state) == ("register", "open")
    with pytest.raises(AlreadyDecided):
        here.desk.undo(here.worker, number)


def test_every_evidence_of_an_answer_is_a_kind_of_fact() -> None:
    for kind in crosscheck_rules().kinds.values():
        assert set(kind.evidence) <= set(verification_rules().facts)
        assert set(kind.ticked) <= set(crosscheck_rules().sections)


def test_a_code_from_the_wrong_paper_is_refused(here: Station) -> None:
    number = here.sent()
    code = here.seen(number).heading.reply_code
    with pytest.raises(ReplyForAnother):
        here.answers.give(here.worker, number, reply(), "AAAA-AAAA")
    assert here.answers.give(here.worker, number, reply(), code.lower().replace("-", " "))


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"who": " "}, "who"),
        ({"number": ""}, "number"),
        ({"at": "2999-01-01"}, "at"),
        ({"at": "昨天"}, "at"),
        ({"evidence": "face"}, "evidence"),
        ({"result": "maybe"}, "result"),
    ],
)
def test_an_answer_says_who_when_and_under_which_number(
    here: Station, wrong: dict[str, str], path: str
) -> None:
    number = here.sent()
    result = wrong.pop("result", "found")
    with pytest.raises(RecordInvalid) as refused:
        here.answers.give(here.worker, number, reply(result, **wrong))
    assert refused.value.facts["path"] == path


def test_an_officer_answers_what_is_addressed_to_them_and_sees_no_file(here: Station) -> None:
    office = here.office
    office.stations.add(office.admin, "3204-GA", "江州市公安局")
    officer = office.hire("officer", "police_officer", "3204-GA")
    person = here.person()
    number = here.asked(person=person, to_name="", station="3204-GA")
    assert here.desk.waiting(officer) == ()
    with pytest.raises(NotFound):
        here.desk.get(officer, number)
    here.desk.do(here.worker, number, "sent")
    (waiting,) = here.desk.waiting(officer)
    assert (waiting.id, waiting.from_name) == (number, office.worker.station_name)
    file = here.desk.get(officer, number)
    assert (file.person_id, file.case_number, file.received) == (None, None, True)
    with pytest.raises(AlreadyDecided):
        here.desk.do(here.worker, number, "accepted")
    here.desk.do(officer, number, "accepted")
    with pytest.raises(AlreadyDecided):
        here.desk.undo(here.worker, number)
    here.answers.give(officer, number, reply())
    (answer,) = here.seen(number).answers
    assert (answer.source, here.seen(number).state) == ("desk", "fed_back")
    assert here.desk.waiting(officer) == ()
    with pytest.raises(NotPermitted):
        here.answers.verify(officer, number, answer.id)
    Protections(office.store).protect(here.worker, person, "domestic_violence")
    with pytest.raises(NotFound):
        here.desk.get(officer, number)


def test_another_station_sees_neither_request_nor_clock(here: Station) -> None:
    number = here.sent()
    here.office.stations.add(here.office.admin, "3205", "别的站")
    other = here.office.hire("other", "county_station", "3205")
    assert here.desk.listed(other) == ()
    for deed in (here.desk.get, here.files.sheet, here.files.package, here.desk.undo):
        with pytest.raises(NotFound):
            deed(other, number)


def test_documents_that_leave_stand_with_who_looked(here: Station) -> None:
    person = here.person()
    number = here.sent(person=person)
    here.files.package(here.worker, number)
    here.files.sheet(here.worker, number)
    auditor = here.office.hire("auditor", "auditor")
    looks = Lookers(here.office.store).at(auditor, person)
    assert looks.left == 2
    actions = {look.action for look in looks.items}
    assert {"crosscheck.package", "crosscheck.sheet", "crosscheck.sent"} <= actions


def test_without_a_valid_assessment_nothing_goes_into_another_system(here: Station) -> None:
    number = here.asked()
    dpo = here.office.hire("dpo", "data_protection_officer")
    Registers(here.office.store).assess(dpo, "connector", "PIA-1", "2020-01-01", "2020-12-31")
    with pytest.raises(ConnectorOff):
        here.files.package(here.worker, number)
    with pytest.raises(ConnectorOff):
        here.desk.do(here.worker, number, "sent", Said("police_system", "1"))
    assert here.desk.do(here.worker, number, "sent", PAPER) == "sent", "paper stays possible"


def test_an_erased_person_leaves_only_the_number_of_the_request(here: Station) -> None:
    person = here.person()
    number = here.sent(person=person)
    here.answers.give(here.worker, number, reply())
    here.office.erase(person)
    with pytest.raises(NotFound):
        here.seen(number)
    assert here.desk.listed(here.worker) == ()


def test_a_confirmed_identity_needs_no_more_notice_until_it_is_reopened(here: Station) -> None:
    person = here.person(
        birth={"earliest": "1950-01-01", "latest": "1955-12-31", "basis": "apparent"}
    )
    number = here.sent(person=person)
    verification = here.answers.verify(
        here.worker, number, here.answers.give(here.worker, number, reply())
    )
    here.verifications.state_groups(here.worker, verification, frozenset())
    here.verifications.answer(here.worker, verification, "same", "户籍一致")
    second = here.office.hire("second", "city_station")
    assert here.verifications.answer(second, verification, "same", "照片一致") == "confirmed"
    assert not [c for c in here.desk.clocks(here.worker, person) if c.running]
    here.verifications.reopen(here.worker, verification, "弄错了")
    assert [c for c in here.desk.clocks(here.worker, person) if c.running]


def test_what_may_be_ticked_is_what_there_is() -> None:
    may = allowed({"side": "found", "names": [{"text": "某"}]}, date(2026, 3, 1), [])
    assert may.sections == ("names",)
    assert may.ticked(crosscheck_rules().kinds["identity_check"]) == ("names",)
