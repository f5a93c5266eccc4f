"""A sample that stands for a gallery says what the whole gallery says, as far as it is counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from matchers.fusion import Model, fuse
from matchers.sampled import Further, Strangers, fuse_sampled
from tests.evidence.test_fusion import Levels, galleries, masks, size_of

MODEL = Model.load(None)


@given(galleries(), st.data())
def test_where_everybody_is_a_candidate_the_answer_is_that_of_the_full_scan(
    levels: Levels, data: st.DataObject
) -> None:
    size = size_of(levels)
    counted = data.draw(masks(size))
    whole = fuse(MODEL, levels, counted)
    inside = {key: codes[counted] for key, codes in levels.items()}
    sample = Strangers.of(MODEL, inside, int(counted.sum()))
    everybody = np.arange(sample.size)
    found = fuse_sampled(MODEL, levels, counted, sample, everybody, sample.size, {})
    assert_allclose(found.bits[counted], whole.bits[counted], atol=1e-9)
    assert_allclose(found.probability, whole.probability, atol=1e-9)
    assert_allclose(found.nobody, whole.nobody, atol=1e-9)
    assert found.listed.tolist() == whole.listed.tolist()


@given(galleries(), st.integers(1, 50), st.data())
def test_probabilities_of_candidates_the_others_and_nobody_sum_to_one(
    levels: Levels, fold: int, data: st.DataObject
) -> None:
    size = size_of(levels)
    known = np.flatnonzero(data.draw(masks(size)))
    sample = Strangers.of(MODEL, levels, size)
    candidates = {key: codes[known] for key, codes in levels.items()}
    counted = np.ones(len(known), np.bool_)
    people = len(known) + fold * (size - len(known))
    found = fuse_sampled(MODEL, candidates, counted, sample, known, people, {})
    rest = np.exp2(sample.bits(found.weights) + found.prior_bits) * found.nobody
    others = np.delete(rest, known).sum() * fold / (1 - MODEL.in_gallery)
    assert_allclose(found.probability.sum() + others + found.nobody, 1.0, atol=1e-9)


@given(galleries(), st.data())
def test_who_is_counted_one_by_one_makes_u_that_of_the_full_scan(
    levels: Levels, data: st.DataObject
) -> None:
    size = size_of(levels)
    chosen = data.draw(masks(size))
    whole = fuse(MODEL, levels)
    candidates = {key: codes[chosen] for key, codes in levels.items()}
    # a sample of the first half; everybody else is found through a value
    half = np.arange(size) < size // 2
    sample = Strangers.of(MODEL, {k: codes[half] for k, codes in levels.items()}, size // 2)
    known = np.flatnonzero(chosen[half])
    everybody = np.arange(sample.size)
    further = {key: Further(codes[~chosen], everybody) for key, codes in levels.items()}
    counted = np.ones(int(chosen.sum()), np.bool_)
    found = fuse_sampled(MODEL, candidates, counted, sample, known, size, further)
    for key in levels:
        assert_allclose(found.u[key], whole.u[key], rtol=1e-9)
