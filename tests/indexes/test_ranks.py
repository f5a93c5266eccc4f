"""Places in a growing list, looked up and not searched, are those that a search finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexes.columns import Slot
from indexes.ranks import ABSENT, Ranks

NUMBERS = st.sets(st.integers(0, 700), max_size=200).map(sorted)


def expected(numbers: list[int], asked: list[int]) -> list[int]:
    return [numbers.index(one) if one in numbers else ABSENT for one in asked]


@given(NUMBERS, st.lists(st.integers(0, 900)))
def test_places_are_those_of_a_search(numbers: list[int], asked: list[int]) -> None:
    found = Ranks.of(np.array(numbers, np.int32)).places(np.array(asked, np.int32))
    assert found.tolist() == expected(numbers, asked)


@given(NUMBERS, st.integers(0, 200), NUMBERS)
def test_a_slot_that_grew_finds_old_and_new_rows(
    rows: list[int], asked_before: int, asked: list[int]
) -> None:
    """Ranks are of the rows that were there when somebody first asked."""
    whole = np.array(rows, np.int32)
    slot = Slot(whole[:asked_before], whole[:asked_before])
    slot.places(np.array(asked, np.int32))
    grown = slot.joined(whole[asked_before:], whole[asked_before:])
    assert grown.places(np.array(asked, np.int32)).tolist() == expected(rows, asked)
    assert grown.rows.tolist() == rows


def test_a_few_rows_more_do_not_make_the_ranks_anew() -> None:
    rows = np.arange(0, 40_000, 2, dtype=np.int32)
    slot = Slot(rows, rows)
    slot.places(rows[:3])
    grown = slot.joined(np.array([40_001, 40_003], np.int32), np.array([1, 2], np.int32))
    asked = np.array([2, 3, 40_001, 40_002, 40_003], np.int32)
    assert grown.places(asked).tolist() == [1, ABSENT, 20_000, ABSENT, 20_001]
    assert grown.ranks is slot.ranks
