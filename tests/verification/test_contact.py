"""Whom one may call and what one may say: wishes, protection, facts kept back."""

from __future__ import annotations

import pytest

from tests.verification.conftest import Desk, fact
from tracing.errors import (
    ContactRefused,
    NotFound,
    RecordInvalid,
)


def test_a_capable_adults_no_stops_calls_script_and_reunion(desk: Desk) -> None:
    number = desk.pair(contact_wish="no", marks=[{"site": "chin", "kind": "mole"}])
    assert desk.seen(number).contact == "refused"
    for kind in ("village", "video_call"):
        with pytest.raises(ContactRefused):
            desk.verifications.add_fact(desk.first, number, fact(kind))
    with pytest.raises(ContactRefused):
        desk.verifications.hold_back(desk.first, number, ["marks.0", "belongings.0"])
    assert desk.agree(number, "police_register") == "confirmed", "who they are may be found out"
    with pytest.raises(ContactRefused):
        desk.verifications.set_result(
            desk.first, number, "reunited", collector="儿子", document_seen=True
        )
    desk.verifications.set_result(desk.first, number, "declined")
    assert desk.seen(number).result == "declined"


@pytest.mark.parametrize(
    ("wish", "groups", "contact"),
    [
        ("no", {"impaired"}, "guardian"), ("no", {"minor"}, "guardian"), ("no", None, "refused"),
        ("yes", set(), "free"), ("not_asked", set(), "ask_first"), (None, set(), "ask_first"),
    ],
)  # fmt: skip
def test_what_may_be_said_follows_the_persons_wish(
    desk: Desk, wish: str | None, groups: set[str] | None, contact: str
) -> None:
    wished = {"contact_wish": wish} if wish else {}
    assert desk.seen(desk.pair(groups=groups, **wished)).contact == contact


def protect(desk: Desk, person_id: str) -> None:
    from sqlalchemy import update

    from tracing.store.tables import Person

    with desk.office.store.write() as tx:
        tx.run(update(Person).where(Person.id == person_id).values(protected=True))


def test_a_protected_person_is_as_absent_and_no_family_is_called(desk: Desk) -> None:
    number = desk.pair()
    seen = desk.seen(number)
    protect(desk, seen.probe.person_id)
    assert desk.seen(number).contact == "protected"
    with pytest.raises(ContactRefused):
        desk.verifications.add_fact(desk.first, number, fact())
    with pytest.raises(ContactRefused):
        desk.verifications.hold_back(desk.first, number, [])
    protect(desk, seen.person.person_id)
    for ask in (
        lambda: desk.seen(number),
        lambda: desk.verifications.open(desk.first, *reversed((seen.person.person_id, "0" * 24))),
        lambda: desk.verifications.open(desk.first, seen.probe.person_id, seen.person.person_id),
    ):
        with pytest.raises(NotFound):
            ask()
    assert number not in {v.id for v in desk.verifications.listed(desk.first)}


def test_two_facts_are_kept_back_and_no_other_number(desk: Desk) -> None:
    number = desk.pair(marks=[{"site": "chin", "kind": "mole"}])
    keys = [held.key for held in desk.verifications.options(desk.first, number)]
    assert keys == ["marks.0", "belongings.0"]
    for wrong in ([], keys[:1], ["marks.0", "marks.9"]):
        with pytest.raises(RecordInvalid):
            desk.verifications.hold_back(desk.first, number, wrong)
    file = desk.verifications.hold_back(desk.first, number, keys)
    assert [held.key for held in file.held_back] == keys
