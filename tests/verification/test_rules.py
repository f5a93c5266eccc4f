"""The rules themselves: sources, groups, who may still be a minor, what two answers make."""

from __future__ import annotations

from datetime import date

import pytest

from tests.verification.conftest import ADULT
from tracing.verification_rules import (
    Finding,
    closed_as,
    lacking,
    may_be_minor,
    verification_rules,
)


def test_every_rule_names_its_source_and_every_group_can_be_met() -> None:
    rules = verification_rules()
    for group in rules.groups.values():
        assert group.needs <= set(rules.facts)
        assert all(rules.facts[kind].counts for kind in group.needs)
    assert rules.disclosing <= set(rules.outcomes)


@pytest.mark.parametrize(
    ("birth", "minor"),
    [
        ({"latest": "2008-03-01"}, False), ({"latest": "2008-03-02"}, True),
        ({"latest": "2008"}, True), ({"latest": "2008-03"}, True), ({"latest": "2008-02"}, False),
        ({"earliest": "2015-01-01"}, True), (ADULT, False), ({}, False),
    ],
)  # fmt: skip
def test_whoever_may_still_be_seventeen_is_under_the_stricter_rule(
    birth: dict[str, str], minor: bool
) -> None:
    assert may_be_minor([{}, {"birth": birth}], date(2026, 3, 1)) is minor


def test_only_agreement_on_the_same_confirms() -> None:
    said = verification_rules().conclusions
    table = {(a, b): closed_as(a, b) for a in said for b in said}
    assert {pair for pair, state in table.items() if state == "confirmed"} == {("same", "same")}
    assert {p for p, state in table.items() if state == "rejected"} == {("different", "different")}
    against = [Finding("dna", "against"), Finding("village", "supports")]
    assert lacking(against, frozenset(), final=True) == ("blocked",)
