"""Rows on shared pages that come and go: the same as an array that is copied each time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.layered import PART, Layered
from indexes.vectors import products

DIM = 4
Step = tuple[list[int], int]


def rows(count: int, seed: int, dtype: str = "f4") -> np.ndarray[tuple[int, ...], np.dtype]:
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(dtype)


@settings(max_examples=60, deadline=None)
@given(
    base=st.integers(0, 30),
    dtype=st.sampled_from(["f2", "f4"]),
    steps=st.lists(st.tuples(st.lists(st.integers(0, 60), max_size=9), st.integers(0, 9))),
)
def test_whatever_comes_and_goes_the_rows_are_those_of_a_plain_array(
    base: int, dtype: str, steps: list[Step]
) -> None:
    held = rows(base, 1, dtype)
    plain, layered = held.astype("f4"), Layered.of(held)
    for turn, (gone, come) in enumerate(steps):
        at = np.unique([place for place in gone if place < len(plain)]).astype(np.int64)
        fresh = rows(come, 2 + turn)
        plain = np.concatenate([np.delete(plain, at, axis=0), fresh])
        before, there = layered, layered[:]
        layered = layered.without(at).joined(fresh)
        assert np.array_equal(before[:], there)  # a search that still works on it
        assert layered.base is held
    assert len(layered) == len(plain)
    assert np.array_equal(layered[:], plain)
    assert np.array_equal(np.concatenate([plain[:0], *layered.parts()]), plain)
    every_other = np.arange(0, len(plain), 2)
    assert np.array_equal(layered[every_other], plain[every_other])
    for few in (every_other[:2], np.arange(min(1, len(plain)), len(plain))):
        assert np.array_equal(layered.taken(few)[:], plain[few])
    asked = rows(3, 99)
    for one, row in zip(products(asked, layered), asked, strict=True):
        assert np.allclose(one, plain @ row, atol=1e-5)


def test_more_rows_than_a_part_holds_are_given_in_order_whatever_went() -> None:
    held = rows(2 * PART + 10, 1, "f2")
    layered = Layered.of(held).without(np.array([0, PART, 2 * PART + 9])).joined(rows(5, 2))
    expected = np.concatenate([np.delete(held, [0, PART, 2 * PART + 9], axis=0), rows(5, 2)])
    parts = list(layered.parts())
    assert max(len(part) for part in parts) == PART
    assert np.array_equal(np.concatenate(parts), expected)
    assert layered[-1].tolist() == expected[-1].tolist()


def test_a_change_holds_what_has_changed_and_not_what_is_there() -> None:
    held = rows(100_000, 1, "f2")
    layered = Layered.of(held)
    for turn in range(50):
        layered = layered.without(np.array([turn * 7])).joined(rows(1, turn))
    assert layered.base is held
    assert layered.tail.held.nbytes + layered.before.nbytes < held.nbytes / 10
