"""A gallery that grows: what was made of the first values is used again for the further ones."""

from __future__ import annotations

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.names import Names
from matchers.evidence.sounding import TAIL_LEAST, hearing_of
from matchers.sounds import SoundEngine

FIRST = ("王建国", "李秀英", "张志强")
THEN = ("欧阳晓丽", "黄金果")


def _heard(text: str) -> PersonClaims:
    return PersonClaims.from_document({"names": [{"text": text, "kind": "heard"}]})


def test_names_that_came_later_are_found_like_the_first(engine: SoundEngine) -> None:
    names = Names(engine, ())
    grown = names.grown((*FIRST, *THEN), names.prepare(FIRST))
    assert grown.table is not None
    assert grown.tail is not None
    assert (grown.size, grown.base) == (5, 3)
    for place, name in enumerate((*FIRST, *THEN)):
        levels = names.levels_of(_heard(name), grown)
        assert int(np.argmax(levels)) == place
        assert names.levels[levels[place]].key == "heard_same"


def test_growing_by_nothing_changes_nothing(engine: SoundEngine) -> None:
    names = Names(engine, ())
    known = names.prepare(FIRST)
    assert names.grown(FIRST, known) is known


def test_other_values_than_before_are_prepared_anew(engine: SoundEngine) -> None:
    names = Names(engine, ())
    fresh = names.grown(THEN, names.prepare(FIRST))
    assert (fresh.base, fresh.tail) == (2, None)


def test_a_long_tail_becomes_part_of_the_table(engine: SoundEngine) -> None:
    names = Names(engine, ())
    many = tuple(f"王{chr(0x4E00 + i)}" for i in range(TAIL_LEAST + 1))
    grown = names.grown((*FIRST, *many), names.prepare(FIRST))
    assert (grown.base, grown.tail) == (len(FIRST) + len(many), None)


def test_a_hearing_is_laid_beside_names_of_table_and_tail_in_the_order_asked(
    engine: SoundEngine,
) -> None:
    names = Names(engine, ())
    grown = names.grown((*FIRST, *THEN), names.prepare(FIRST))
    hearing = _heard("黄金国").names[0]
    aligned = grown.align(hearing_of(hearing), [4, 0, 3], None)
    assert ["".join(pair.char for pair in one.pairs) for one in aligned] == [
        "黄金果", "王建国", "欧阳晓丽",
    ]  # fmt: skip
