"""Codes: kept apart from their tables, scanned whole, and filtered without losing anybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.segments.codes import Codes
from indexes.segments.pages import large_pages
from indexes.vectors import Vectors

ROWS = 900
DIM = 32


def unit(count: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


STORED = unit(ROWS, 1)
TABLES = Codes.fitted(STORED, 0.95)
CODES = TABLES.filled([STORED[:500], STORED[500:]])


def test_codes_and_tables_kept_apart_answer_as_before() -> None:
    again = Codes.load(TABLES.tables(), CODES.packed().copy(), ROWS)
    asked = unit(5, 2)
    near, rows = CODES.nearest(asked, 40, None)
    near_again, rows_again = again.nearest(asked, 40, None)
    assert len(again) == ROWS
    assert (rows == rows_again).all()
    assert (near == near_again).all()
    assert (again.packed() == CODES.packed()).all()


def test_codes_of_another_number_of_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes of codes"):
        Codes.load(TABLES.tables(), CODES.packed()[:-1], ROWS)
    with pytest.raises(ValueError, match="bytes of codes"):
        Codes.load(TABLES.tables(), CODES.packed(), ROWS + 64)


def test_no_rows_are_kept_and_opened_too() -> None:
    nobody = TABLES.filled([])
    assert len(nobody.packed()) == 0
    assert len(Codes.load(TABLES.tables(), nobody.packed(), 0)) == 0


def test_tables_are_kept_without_rows() -> None:
    with pytest.raises(ValueError, match="before rows"):
        CODES.tables()


@given(st.integers(0, 50), st.floats(0.002, 1.0), st.booleans(), st.integers(1, 60))
def test_a_filter_leaves_the_nearest_of_those_allowed(
    seed: int, share: float, far: bool, depth: int
) -> None:
    """Also where all who are allowed are those furthest from the question."""
    asked = unit(2, 1000 + seed)
    nearness, everyone = CODES.nearest(asked, ROWS, None)
    dice = np.random.default_rng(seed)
    allowed = np.zeros(ROWS, np.bool_)
    many = max(1, int(share * ROWS))
    allowed[everyone[0, ROWS - many :] if far else dice.permutation(ROWS)[:many]] = True
    near, rows = CODES.nearest(asked, depth, allowed)
    for at in range(len(asked)):
        assert allowed[rows[at]].all()
        assert len(set(rows[at].tolist())) == min(depth, many)
        # rows with equal codes may stand for one another
        expected = nearness[at, allowed[everyone[at]]][:depth]
        assert np.allclose(near[at], expected, atol=1e-5)


def test_nobody_allowed_is_nobody_found() -> None:
    _, rows = CODES.nearest(unit(3, 4), 10, np.zeros(ROWS, np.bool_))
    assert rows.shape == (3, 0)


def test_large_pages_hold_what_is_written_to_them() -> None:
    memory = np.empty(9 << 20, np.uint8)
    large_pages(memory)  # whether there are any is the system's affair
    memory[:] = 7
    assert int(memory.sum(dtype=np.int64)) == 7 * memory.nbytes
    assert not large_pages(np.empty(100, np.uint8))
