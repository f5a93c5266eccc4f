"""Two people, the second blind, facts beside the face: every rule that stands before 认定."""

from __future__ import annotations

from typing import Any

import pytest

from tests.store.office import record
from tests.verification.conftest import Desk, cases, fact
from tracing.access import Actor
from tracing.errors import (
    AlreadyDecided,
    NotFound,
    NotPermitted,
    OwnRequest,
    ProofMissing,
    PurposeMissing,
    RecordInvalid,
)
from tracing.hearings import Hearings


def test_two_people_and_a_fact_confirm_and_link_without_merging(desk: Desk) -> None:
    number = desk.pair()
    before = desk.office.people.get(desk.first, desk.seen(number).probe.person_id)
    assert (before.states.identity_status, before.case.state) == ("presumptive", "verifying")  # type: ignore[union-attr]
    assert desk.agree(number) == "confirmed"
    inside = desk.office.people.get(desk.first, before.id)
    assert inside.states.identity_status == "confirmed"
    assert inside.states.tracing_result == "open", "how it ended is a fact of its own"
    assert inside.case is not None
    assert inside.case.state == "resolved"
    assert inside.record == before.record, "linked, never merged"
    (listed,) = desk.verifications.of_person(desk.first, before.id)
    assert (listed.id, listed.state) == (number, "confirmed")
    (case,) = cases(desk)
    assert case.probe_person_id == before.id
    assert case.person_id == desk.seen(number).person.person_id
    (heard,) = Hearings(desk.office.store).pairs(desk.first)
    assert (heard.heard.text, heard.heard.latin, heard.true) == (
        "居银江", "ju yin jiang", "朱仁江",
    )  # fmt: skip


def test_the_same_person_never_answers_twice_nor_approves_their_own_request(desk: Desk) -> None:
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.second, number, "same", "可能是")
    for own in (desk.first, desk.second):
        with pytest.raises(OwnRequest):
            desk.verifications.answer(own, number, "same", "再看一次")
    third = desk.office.hire("third", "city_station")
    assert desk.verifications.answer(third, number, "same", "对") == "confirmed"


def test_a_face_alone_never_confirms(desk: Desk) -> None:
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact("face", number=""))
    with pytest.raises(ProofMissing) as refused:
        desk.verifications.answer(desk.first, number, "same", "长得一样")
    assert refused.value.facts["lacking"] == "fact"
    desk.verifications.add_fact(desk.first, number, fact(result="none"))
    with pytest.raises(ProofMissing):
        desk.verifications.answer(desk.first, number, "same", "没有人接也算")


YOUNG = {"earliest": "2009-06-01", "latest": "2012-12-31", "basis": "apparent"}


@pytest.mark.parametrize(
    ("found", "groups"), [({"birth": YOUNG}, set()), ({}, {"trafficked"}), ({}, {"minor"})]
)
def test_minors_and_the_trafficked_need_dna_or_the_police_in_writing(
    desk: Desk, found: dict[str, Any], groups: set[str]
) -> None:
    number = desk.pair(groups=groups, **found)
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, "same", "村里说得一样")
    with pytest.raises(ProofMissing) as refused:
        desk.verifications.answer(desk.second, number, "same", "对")
    assert refused.value.facts["lacking"] == "proof"
    desk.verifications.add_fact(desk.first, number, fact("dna", number="", result="none"))
    with pytest.raises(ProofMissing):
        desk.verifications.answer(desk.second, number, "same", "等不及了")
    desk.verifications.add_fact(desk.first, number, fact("police_written", number=""))
    assert desk.verifications.answer(desk.second, number, "same", "对") == "confirmed"


def test_an_impaired_adult_without_dna_needs_a_third_person_who_approves(desk: Desk) -> None:
    number = desk.pair(groups={"impaired"})
    assert desk.agree(number) == "approval"
    assert desk.seen(number).state == "approval"
    for nobody in (desk.first, desk.second):
        with pytest.raises(OwnRequest):
            desk.verifications.answer(nobody, number, "same", "我也批")
    with pytest.raises(NotPermitted):
        desk.verifications.answer(desk.office.hire("other", "city_station"), number, "same", "批")
    assert desk.seen(number, desk.approver).part == "approval"
    assert desk.verifications.answer(desk.approver, number, "same", "同意") == "confirmed"


def test_an_approver_who_examined_does_not_also_approve(desk: Desk) -> None:
    number = desk.pair(groups={"impaired"})
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, "same", "对")
    assert desk.verifications.answer(desk.approver, number, "same", "对") == "approval"
    with pytest.raises(OwnRequest):
        desk.verifications.answer(desk.approver, number, "same", "同意")


def test_with_dna_an_impaired_adult_needs_no_approval(desk: Desk) -> None:
    assert desk.agree(desk.pair(groups={"impaired"}), "dna") == "confirmed"


def test_dna_against_bars_every_confirmation(desk: Desk) -> None:
    number = desk.pair()
    for entry in (fact(), fact("dna", result="against", number="")):
        desk.verifications.add_fact(desk.first, number, entry)
    with pytest.raises(ProofMissing) as refused:
        desk.verifications.answer(desk.first, number, "same", "村里都认")
    assert refused.value.facts["lacking"] == "blocked"


def test_nobody_concludes_before_the_stricter_rules_were_asked_about(desk: Desk) -> None:
    number = desk.pair(groups=None)
    desk.verifications.add_fact(desk.first, number, fact())
    with pytest.raises(ProofMissing, match="bear this conclusion"):
        desk.verifications.answer(desk.first, number, "same", "对")
    desk.verifications.state_groups(desk.first, number, frozenset({"trafficked"}))
    desk.verifications.answer(desk.first, number, "same", "对")
    with pytest.raises(AlreadyDecided):
        desk.verifications.state_groups(desk.second, number, frozenset())


@pytest.mark.parametrize("conclusion", ["same", "different", "unsure"])
def test_the_second_sees_nothing_of_the_first_before_answering(desk: Desk, conclusion: str) -> None:
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, conclusion, "我的理由")
    seen = desk.seen(number, desk.second)
    assert (seen.part, seen.state, seen.answers) == ("second", "waiting", ())
    assert seen.facts, "facts and pictures are for both"
    assert desk.seen(number).answers[0].reason == "我的理由", "one's own answer is"
    desk.verifications.answer(desk.second, number, "different", "耳朵不一样")
    told = {a.reason for a in desk.seen(number, desk.second).answers}
    assert told == {"我的理由", "耳朵不一样"}


def test_whatever_the_first_says_the_case_looks_alike_until_both_have_answered(desk: Desk) -> None:
    looks = set()
    for conclusion in ("same", "different", "unsure"):
        number = desk.pair()
        desk.verifications.add_fact(desk.first, number, fact())
        desk.verifications.answer(desk.first, number, conclusion, "理由")
        seen = desk.seen(number, desk.second)
        inside = desk.office.people.get(desk.second, seen.probe.person_id)
        looks.add((seen.state, inside.states, inside.case.state if inside.case else ""))
    assert len(looks) == 1


@pytest.mark.parametrize("conclusion", ["different", "unsure"])
def test_nothing_written_would_tell_what_the_first_said(desk: Desk, conclusion: str) -> None:
    number = desk.pair(groups=None)
    with pytest.raises(ProofMissing) as refused:
        desk.verifications.answer(desk.first, number, conclusion, "看一眼就知道")
    assert refused.value.facts["lacking"] == "groups nothing"


def test_disagreement_goes_back_to_tracing_with_both_reasons(desk: Desk) -> None:
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, "same", "村里说得一样")
    assert desk.verifications.answer(desk.second, number, "different", "年纪不对") == "disagreed"
    seen = desk.seen(number)
    assert [a.reason for a in seen.answers] == ["村里说得一样", "年纪不对"]
    inside = desk.office.people.get(desk.first, seen.probe.person_id)
    assert inside.states.identity_status == "unidentified"
    assert inside.case is not None
    assert inside.case.state == "tracing"
    assert not cases(desk)


def test_a_reopened_verdict_undoes_link_states_and_what_was_learnt(desk: Desk) -> None:
    number = desk.pair()
    desk.agree(number)
    desk.verifications.set_result(
        desk.first, number, "reunited", collector="儿子", document_seen=True
    )
    probe = desk.seen(number).probe.person_id
    assert desk.office.people.get(desk.first, probe).states.tracing_result == "reunited"
    desk.verifications.reopen(desk.second, number, "家属后来说不是")
    inside = desk.office.people.get(desk.first, probe)
    assert (inside.states.identity_status, inside.states.tracing_result) == ("presumptive", "open")
    assert inside.case is not None
    assert inside.case.state == "verifying"
    assert not cases(desk)
    assert Hearings(desk.office.store).pairs(desk.first) == ()
    again = desk.seen(number, desk.second)
    assert (again.state, again.round, again.result) == ("open", 2, None)
    assert "家属后来说不是" in {a.reason for a in again.answers}
    assert "村里说得一样" not in {a.reason for a in again.answers}, "blind in the new round too"
    assert desk.agree(number) == "confirmed"


def test_a_second_pair_keeps_a_person_where_they_stand(desk: Desk) -> None:
    number = desk.pair()
    desk.agree(number)
    probe = desk.seen(number).probe.person_id
    name = {"text": "朱仁江", "kind": "registered"}
    entry = desk.office.people.register(desk.first, record(side="register", names=[name]))
    other = desk.verifications.open(desk.first, probe, entry.person_id)
    assert desk.office.people.get(desk.first, probe).states.identity_status == "confirmed"
    desk.verifications.withdraw(desk.first, other, "弄错了")
    assert desk.office.people.get(desk.first, probe).states.identity_status == "confirmed"


def test_a_pair_is_put_up_once_and_a_register_entry_asks_for_nobody(desk: Desk) -> None:
    number = desk.pair()
    seen = desk.seen(number)
    pair = (seen.probe.person_id, seen.person.person_id)
    assert desk.verifications.open(desk.second, *pair) == number
    assert desk.verifications.open(desk.second, *reversed(pair)) == number
    entry = desk.office.people.register(desk.first, record(side="register", names=[]))
    with pytest.raises(PurposeMissing):
        desk.verifications.open(desk.first, entry.person_id, pair[0])
    with pytest.raises(RecordInvalid):
        desk.verifications.open(desk.first, pair[0], pair[0])


def test_a_fact_says_who_when_and_the_number_called(desk: Desk) -> None:
    number = desk.pair()
    for wrong in (
        fact(who=" "), fact(number=""), fact(at="昨天"), fact(at="2026-03-02"),
        fact("rumour"), fact(result="是他"), fact(text="长" * 1001),
    ):  # fmt: skip
        with pytest.raises(RecordInvalid):
            desk.verifications.add_fact(desk.first, number, wrong)
    assert desk.seen(number).facts == ()


def test_a_fact_written_by_mistake_is_struck_and_bears_nothing(desk: Desk) -> None:
    number = desk.pair()
    mistaken = desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.strike_fact(desk.second, number, mistaken)
    assert [f.struck for f in desk.seen(number).facts] == [True]
    with pytest.raises(ProofMissing):
        desk.verifications.answer(desk.first, number, "same", "对")


def neighbour(desk: Desk, login: str = "neighbour") -> Actor:
    codes = {s.code for s in desk.office.stations.below(desk.office.admin)}
    if "320500" not in codes:
        desk.office.stations.add(desk.office.admin, "320400", "甲站")
        desk.office.stations.add(desk.office.admin, "320500", "乙站")
    return desk.office.hire(login, "county_station", "320500")


def test_a_second_examiner_on_call_at_another_station(desk: Desk) -> None:
    away = neighbour(desk)
    home = desk.office.hire("home", "county_station", "320400")
    desk.first = home
    number = desk.pair()
    desk.verifications.add_fact(home, number, fact())
    desk.verifications.answer(home, number, "same", "对")
    with pytest.raises(NotFound):
        desk.seen(number, away)
    desk.verifications.call_station(home, number, "320500")
    assert [v.part for v in desk.verifications.listed(away)] == ["second"]
    seen = desk.seen(number, away)
    assert (seen.part, seen.own, seen.probe.readable, seen.answers) == ("second", False, False, ())
    with pytest.raises(NotPermitted):
        desk.verifications.withdraw(away, number, "不归我管")
    assert desk.verifications.answer(away, number, "same", "对") == "confirmed"
    assert desk.seen(number, away).state == "confirmed", "who answered may see how it ended"
    with pytest.raises(NotFound):
        desk.seen(number, neighbour(desk, "colleague"))
    pairs = Hearings(desk.office.store).pairs(home)
    assert len(pairs) == 1, "learnt under the opener's name, whoever answered last"


def test_a_program_gives_no_verdict(desk: Desk) -> None:
    from dataclasses import replace

    number = desk.pair()
    with pytest.raises(NotPermitted):
        desk.verifications.answer(replace(desk.second, via="key"), number, "unsure", "机器")


def test_erasing_either_person_makes_the_verification_unreadable(desk: Desk) -> None:
    number = desk.pair()
    desk.agree(number)
    person = desk.seen(number).person.person_id
    desk.office.erase(person)
    with pytest.raises(NotFound):
        desk.seen(number)
    assert not cases(desk)
    assert desk.verifications.listed(desk.first, closed=True) == ()
    assert Hearings(desk.office.store).pairs(desk.first) == (), "the erased name is not learnt from"


def test_erasing_one_of_a_pair_under_verification_sends_the_other_back(desk: Desk) -> None:
    seen = desk.seen(desk.pair())
    desk.office.erase(seen.person.person_id)
    left = desk.office.people.get(desk.first, seen.probe.person_id)
    assert left.states.identity_status == "unidentified"
    assert left.case is not None
    assert left.case.state == "tracing"


def test_a_first_answer_that_was_withdrawn_stays_its_authors(desk: Desk) -> None:
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, "same", "我的理由")
    desk.verifications.withdraw(desk.first, number, "再等等")
    told = {a.reason for a in desk.seen(number, desk.second).answers}
    assert told == {"再等等"}
    assert "我的理由" in {a.reason for a in desk.seen(number).answers}


def test_refusals_and_readings_are_in_the_trail_and_conclusions_are_not(desk: Desk) -> None:
    auditor = desk.office.hire("auditor", "auditor")
    number = desk.pair()
    desk.seen(number)
    with pytest.raises(ProofMissing):
        desk.verifications.answer(desk.first, number, "same", "长得像")
    desk.verifications.add_fact(desk.first, number, fact("face", number="", result="against"))
    desk.verifications.answer(desk.first, number, "different", "不像")
    items = desk.office.audit.page(auditor, object_id=number).items
    trail = [(row.action, row.outcome) for row in items]
    assert ("verification.refuse", "refused") in trail
    assert ("verification.read", "done") in trail
    assert not any("different" in row.detail or "不像" in row.detail for row in items)


def test_a_verification_about_somebody_stored_only_rests_until_that_ends(desk: Desk) -> None:
    number = desk.pair()
    seen = desk.seen(number)
    officer = desk.office.hire("dpo", "data_protection_officer")
    for person in (seen.probe.person_id, seen.person.person_id):
        desk.office.retention.mark(officer, person, "stored_only", "disputed")
        for deed in (
            lambda: desk.seen(number),
            lambda: desk.verifications.add_fact(desk.first, number, fact()),
            lambda: desk.verifications.answer(desk.first, number, "same", "看过了"),
        ):
            with pytest.raises(NotPermitted):
                deed()
        assert number not in [item.id for item in desk.verifications.listed(desk.first)]
        desk.office.retention.end(officer, person, "stored_only")
    assert desk.seen(number).id == number
