"""Several kinds of evidence in one number weigh what they weigh one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from matchers.fusion import Model, shares_of_query, weigh
from matchers.joint_levels import MOST, joined
from tests.evidence.test_fusion import Levels, galleries, masks, size_of

MODEL = Model.load(None)


def one_by_one(levels: Levels, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Bits of everybody, evidence by evidence, counted among those inside."""
    bits = np.zeros(size_of(levels))
    for key, codes in levels.items():
        table = MODEL.tables[key]
        seen = np.bincount(codes[inside], minlength=len(table.m))
        share = shares_of_query(
            table, seen, int(inside.sum()), MODEL.settled, MODEL.own, MODEL.foreseen, MODEL.reach
        )
        weights = MODEL.temperature * np.log2(table.m / share)
        weights[0] = 0.0
        bits += weights[codes]
    return bits


@given(galleries(), st.data())
def test_joint_levels_weigh_what_their_levels_weigh(levels: Levels, data: st.DataObject) -> None:
    allowed = data.draw(st.none() | masks(size_of(levels)))
    inside = np.ones(size_of(levels), np.bool_) if allowed is None else allowed
    found, bits = weigh(MODEL, levels, allowed), one_by_one(levels, inside)
    rows = np.flatnonzero(inside)
    assert_allclose(found.bits_of(rows), bits[rows], atol=1e-9)
    odds = np.exp2(bits[rows]) * MODEL.in_gallery / max(len(rows), 1)
    none = 1 - MODEL.in_gallery if len(rows) else 1.0
    assert_allclose(found.nobody, none / (odds.sum() + none), rtol=1e-9)
    assert_allclose(found.probability_of(rows), odds / (odds.sum() + none), rtol=1e-9)


@given(galleries(most=60), st.integers(1, 8), st.data())
def test_the_best_are_those_with_the_most_bits_and_their_equals(
    levels: Levels, limit: int, data: st.DataObject
) -> None:
    allowed = data.draw(st.none() | masks(size_of(levels)))
    inside = np.ones(size_of(levels), np.bool_) if allowed is None else allowed
    found = weigh(MODEL, levels, allowed)
    said = np.any([codes != 0 for codes in levels.values()], axis=0)
    listed = np.flatnonzero(inside & said)
    bits = found.bits_of(listed)
    edge = np.sort(bits)[-limit] if len(bits) > limit else -np.inf
    assert sorted(found.best(limit, allowed)) == listed[bits >= edge - 1e-9].tolist()


@given(galleries())
def test_everything_said_is_in_one_joint_level_that_fits(levels: Levels) -> None:
    sizes = {key: len(MODEL.tables[key].m) for key in levels}
    joints = joined(levels, sizes)
    said = sorted(key for key, codes in levels.items() if codes.any())
    assert sorted(key for joint in joints for key in joint.keys) == said
    for joint in joints:
        assert joint.count <= MOST
        seen = joint.by_key(joint.counts())
        for key in joint.keys:
            assert seen[key].tolist() == np.bincount(levels[key], minlength=sizes[key]).tolist()
