"""Columns against the plainest possible oracle: a loop over records."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexes.columns import Column

rows = st.lists(st.lists(st.integers(0, 9), max_size=4).map(tuple), max_size=30)


def level_of(value: object) -> int:
    return int(str(value)) * 7 % 11


def by_hand(records: list[tuple[int, ...]]) -> list[int]:
    return [max((level_of(v) for v in record), default=0) for record in records]


def gathered(column: Column) -> list[int]:
    levels = np.array([level_of(v) for v in column.values], np.int8)
    return [int(x) for x in column.gather(levels)]


@given(rows)
def test_a_record_stands_at_the_best_level_of_its_values(records: list[tuple[int, ...]]) -> None:
    assert gathered(Column.build(records)) == by_hand(records)


@given(rows, rows)
def test_appending_is_building_in_two_steps(
    old: list[tuple[int, ...]], new: list[tuple[int, ...]]
) -> None:
    grown = Column.build(old).append(new)
    assert gathered(grown) == by_hand([*old, *new])
    assert [grown.of(i) for i in range(len(grown))] == [
        tuple(dict.fromkeys(r)) for r in (*old, *new)
    ]


@given(rows, st.data())
def test_taking_some_records_forgets_the_values_of_the_others(
    records: list[tuple[int, ...]], data: st.DataObject
) -> None:
    column = Column.build(records)
    kept = data.draw(st.lists(st.booleans(), min_size=len(records), max_size=len(records)))
    some = column.take(np.array(kept, np.bool_))
    chosen = [r for r, keep in zip(records, kept, strict=True) if keep]
    assert gathered(some) == by_hand(chosen)
    assert set(some.values) == {v for record in chosen for v in record}
    order = data.draw(st.permutations(range(len(records))))
    assert gathered(column.take(np.array(order, np.int64))) == by_hand([records[i] for i in order])


@given(rows)
def test_postings_lead_from_a_value_to_its_records(records: list[tuple[int, ...]]) -> None:
    column = Column.build(records)
    for code, value in enumerate(column.values):
        chosen = np.arange(len(column.values)) == code
        assert column.holders(chosen).tolist() == [
            i for i, record in enumerate(records) if value in record
        ]
    expected = [sum(value in record for record in records) for value in column.values]
    assert column.counts().tolist() == expected


@given(rows, rows, st.randoms())
def test_changing_some_records_is_building_with_their_other_values(
    records: list[tuple[int, ...]], others: list[tuple[int, ...]], chance: Random
) -> None:
    values = others[: len(records)]
    chosen = chance.sample(range(len(records)), len(values))
    changed = Column.build(records).changed(chosen, values)
    expected = list(records)
    for row, value in zip(chosen, values, strict=True):
        expected[row] = value
    assert gathered(changed) == by_hand(expected)
    assert [changed.of(i) for i in range(len(changed))] == [
        tuple(dict.fromkeys(r)) for r in expected
    ]
