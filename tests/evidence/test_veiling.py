"""What only protected people have counts towards nobody's answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.claims import PersonClaims
from matchers.evidence.levels import Veiling
from tests.evidence.conftest import Bench

NAMES = st.text("王黄汪林李黎理建坚健国果郭", min_size=2, max_size=3)
VILLAGES = st.sampled_from(["蛤蟆冲", "哈马冲", "下马村", "虾蟆聪", "石头坪", "十字坡"])


@st.composite
def people(draw: st.DrawFn) -> list[PersonClaims]:
    size = draw(st.integers(1, 6))
    return [
        PersonClaims.from_document(
            {
                "names": [{"text": draw(NAMES)}],
                "relatives": [{"relation": "father", "names": [{"text": draw(NAMES)}]}],
                "places": [{"kind": "household", "text": f"云南省大理市{draw(VILLAGES)}"}],
            }
        )
        for _ in range(size)
    ]


PROBE = PersonClaims.from_document(
    {
        "names": [{"text": "王建国", "kind": "heard"}],
        "relatives": [{"relation": "father", "names": [{"text": "黄果"}]}],
        "places": [{"kind": "heard_home", "heard": "蛤蟆冲"}],
    }
)


def distinct(comparator: Any, claims: list[PersonClaims]) -> list[Any]:
    return list(dict.fromkeys(v for person in claims for v in comparator.values(person)))


def test_levels_of_the_others_are_as_if_the_hidden_were_not_there(bench: Bench) -> None:
    weighed = [c for c in bench.using.values() if isinstance(c, Veiling)]
    assert {c.key for c in weighed} == {"names", "relatives", "places"}

    @settings(max_examples=60)
    @given(shown=people(), hidden=people())
    def as_if_alone(shown: list[PersonClaims], hidden: list[PersonClaims]) -> None:
        for comparator in weighed:
            seen = distinct(comparator, shown)
            both = list(dict.fromkeys([*seen, *distinct(comparator, hidden)]))
            unseen = np.arange(len(both)) >= len(seen)
            known = comparator.prepare(seen)
            veiled = comparator.veiled(comparator.grown(both, known), unseen)
            levels = comparator.levels_of(PROBE, veiled)[: len(seen)]
            alone = comparator.levels_of(PROBE, known)
            assert levels.tolist() == alone.tolist(), comparator.key

    as_if_alone()


def test_unveiled_the_hidden_do_count(bench: Bench) -> None:
    relatives = bench.using["relatives"]
    alone = distinct(relatives, [_child_of("李建坚")])
    both = [*alone, *distinct(relatives, [_child_of("黄果")])]
    assert relatives.levels_of(PROBE, relatives.prepare(alone))[0] == 3
    assert relatives.levels_of(PROBE, relatives.prepare(both))[0] == 2


def _child_of(father: str) -> PersonClaims:
    return PersonClaims.from_document(
        {"relatives": [{"relation": "father", "names": [{"text": father}]}]}
    )
