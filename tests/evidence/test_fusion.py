"""What must hold of fusion whatever the levels are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.explain import missing, reasons
from matchers.fusion import Fused, Model, fuse, shares_of_query

MODEL = Model.load()
KEYS = ("names", "sex", "birth", "places", "face", "relatives")
SETTLED = 40
"""A model that trusts small galleries, so that the property of large ones can be tried on few."""

Levels = dict[str, LevelCodes]


@st.composite
def galleries(draw: st.DrawFn, least: int = 1, most: int = 25) -> Levels:
    people = draw(st.integers(least, most))
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    return {
        key: np.array(
            draw(
                st.lists(
                    st.one_of(st.just(0), st.integers(0, len(MODEL.tables[key].m) - 1)),
                    min_size=people,
                    max_size=people,
                )
            ),
            np.int8,
        )
        for key in keys
    }


def size_of(levels: Levels) -> int:
    return len(next(iter(levels.values())))


def masks(size: int) -> st.SearchStrategy[NDArray[np.bool_]]:
    return st.lists(st.booleans(), min_size=size, max_size=size).map(np.array)


@given(galleries())
def test_reasons_add_up_to_the_score(levels: Levels) -> None:
    fused = fuse(MODEL, levels)
    for row in range(size_of(levels)):
        told = reasons(MODEL, fused, row, {}, {})
        assert abs(sum(r.bits for r in told) - fused.bits[row]) < 1e-9
        assert {r.evidence for r in told} | set(missing(fused, row)) == set(levels)


@given(galleries(), st.data())
def test_nobody_and_all_candidates_share_out_one(levels: Levels, data: st.DataObject) -> None:
    allowed = data.draw(st.none() | masks(size_of(levels)))
    fused = fuse(MODEL, levels, allowed)
    assert fused.nobody + fused.probability.sum() == pytest.approx(1.0, abs=1e-12)
    if allowed is not None:
        assert not fused.probability[~allowed].any()
        assert not fused.listed[~allowed].any()


@given(galleries())
def test_missing_is_neither_for_nor_against(levels: Levels) -> None:
    nothing = np.zeros(size_of(levels), np.int8)
    fused = fuse(MODEL, levels)
    with_gap = fuse(MODEL, {**levels, "numbers": nothing})
    assert np.array_equal(fused.bits, with_gap.bits)
    assert np.array_equal(fused.probability, with_gap.probability)
    for key, codes in levels.items():
        assert not fused.per[key][codes == 0].any()


@given(galleries())
def test_dropping_a_field_changes_no_other_reason(levels: Levels) -> None:
    fused = fuse(MODEL, levels)
    for dropped in levels:
        rest = {key: codes for key, codes in levels.items() if key != dropped}
        if rest:
            smaller = fuse(MODEL, rest)
            for key in rest:
                assert np.array_equal(smaller.per[key], fused.per[key])


@given(galleries(), st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_does_not_matter(levels: Levels, random: st.DataObject) -> None:
    order = list(range(size_of(levels)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = fuse(MODEL, levels)
    shuffled = fuse(MODEL, {key: codes[order] for key, codes in levels.items()})
    assert np.allclose(shuffled.probability, straight.probability[order], atol=1e-12)
    assert np.allclose(shuffled.bits, straight.bits[order], atol=1e-12)


@settings(max_examples=60)
@given(galleries(least=SETTLED, most=SETTLED + 20), st.integers(2, 6))
def test_strangers_who_repeat_the_joint_levels_never_raise_a_probability(
    levels: Levels, times: int
) -> None:
    model = replace(MODEL, settled=float(SETTLED))
    people = size_of(levels)
    before = fuse(model, levels)
    after = fuse(model, {key: np.tile(codes, times) for key, codes in levels.items()})
    assert (after.probability[:people] <= before.probability + 1e-12).all()
    assert after.nobody == pytest.approx(before.nobody)


@given(galleries())
def test_people_outside_the_gallery_of_a_search_are_not_counted(levels: Levels) -> None:
    size = size_of(levels)
    inside = fuse(MODEL, levels)
    doubled = {key: np.append(codes, codes[::-1]) for key, codes in levels.items()}
    allowed = np.append(np.ones(size, np.bool_), np.zeros(size, np.bool_))
    filtered = fuse(MODEL, doubled, allowed)
    assert np.allclose(filtered.bits[:size], inside.bits)
    assert filtered.nobody == pytest.approx(inside.nobody)
    assert filtered.people == size


def test_a_record_with_nothing_comparable_is_not_listed() -> None:
    fused = fuse(
        MODEL, {"sex": np.array([0, 2, 1], np.int8), "names": np.array([0, 0, 3], np.int8)}
    )
    assert fused.listed.tolist() == [False, True, True]
    assert fused.top(5).tolist() == [1, 2]


def test_an_empty_gallery_is_nobody() -> None:
    fused = fuse(MODEL, {"sex": np.zeros(0, np.int8)})
    assert fused.nobody == 1.0
    assert not len(fused.top(3))


def test_a_rare_likeness_weighs_more_than_a_common_one() -> None:
    table = MODEL.tables["names"]
    level = next(i for i, x in enumerate(table.levels) if x.key == "heard_sound_12")
    other = next(i for i, x in enumerate(table.levels) if x.key == "heard_sound_1")

    def bits(bearers: int) -> float:
        codes = np.full(20_000, other, np.int8)
        codes[:bearers] = level
        return fuse(MODEL, {"names": codes}).part("names", 0)

    assert bits(1) > bits(20) > bits(2000)


def test_a_fragment_that_many_share_is_no_longer_rare() -> None:
    table = MODEL.tables["numbers"]
    same = next(i for i, level in enumerate(table.levels) if level.key == "same_3")
    apart = next(i for i, level in enumerate(table.levels) if level.key == "apart_3")
    alone, shared = (np.full(5000, apart, np.int8) for _ in range(2))
    alone[0], shared[:40] = same, same
    weights = [fuse(MODEL, {"numbers": codes}).part("numbers", 0) for codes in (alone, shared)]
    alone_bits = MODEL.temperature * table.national_bits()[same]
    assert weights[0] == pytest.approx(alone_bits, abs=0.01)
    assert weights[1] < weights[0] - 8


def test_who_stands_alone_is_weighed_against_the_nation() -> None:
    table = MODEL.tables["names"]
    key = next(i for i, level in enumerate(table.levels) if level.key == "heard_same")
    far = next(i for i, level in enumerate(table.levels) if level.key == "heard_sound_1")
    codes = np.full(10_000, far, np.int8)
    codes[0] = key
    whole = fuse(replace(MODEL, own=0.0), {"names": codes}).part("names", 0)
    assert fuse(MODEL, {"names": codes}).part("names", 0) > whole + 0.3


def test_five_namesakes_among_a_hundred_thousand_weigh_like_five() -> None:
    """Once ten thousand were looked at, a level was taken for ten times rarer than it is."""
    table = MODEL.tables["names"]
    level = next(i for i, x in enumerate(table.levels) if x.key == "heard_sound_16")
    far = next(i for i, x in enumerate(table.levels) if x.key == "heard_sound_1")
    codes = np.full(100_000, far, np.int8)
    codes[:5] = level
    assert 2e-5 < fuse(MODEL, {"names": codes}).u["names"][level] < 6e-5


def test_a_level_that_nobody_else_reaches_is_as_rare_as_the_nation_says() -> None:
    table = MODEL.tables["names"]
    for key in ("heard_same", "heard_sound_17", "short_same"):
        level = next(i for i, x in enumerate(table.levels) if x.key == key)
        far = next(
            i for i, x in enumerate(table.levels) if x.condition == table.levels[level].condition
        )
        for people in (1000, 20_000, 100_000):
            codes = np.full(people, far, np.int8)
            codes[0] = level
            found = fuse(MODEL, {"names": codes}).u["names"][level]
            assert 1 / 3 < found / table.u[level] < 3, (key, people)


@given(
    st.lists(st.integers(0, 5000), min_size=60, max_size=60),
    st.sampled_from([key for key in KEYS if key != "face"]),
)
def test_shares_of_a_query_lie_between_gallery_and_nation(counts: list[int], key: str) -> None:
    table = MODEL.tables[key]
    seen = np.resize(np.array(counts), len(table.u))
    people = int(seen.sum())
    u = shares_of_query(table, seen, people, MODEL.settled, MODEL.own, MODEL.foreseen, MODEL.reach)
    for i in range(1, len(u)):
        of_condition = seen[table.condition == table.condition[i]].sum()
        share = seen[i] / of_condition if of_condition else table.u[i]
        least = max(seen[i] - MODEL.own * max(1, people / MODEL.settled), 0) / max(of_condition, 1)
        assert min(least, table.u[i]) * (1 - 1e-9) <= u[i] <= max(share, table.u[i]) * (1 + 1e-9)


def test_thousands_of_bits_do_not_overflow() -> None:
    fused = fuse(MODEL, {"face": np.array([38, 1], np.int8)}, in_gallery=1 - 1e-12)
    assert np.isfinite(fused.probability).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        fuse(MODEL, {"sex": np.array([1], np.int8)}, in_gallery=1.0)


def test_equal_bits_are_ordered_by_likeness() -> None:
    fused: Fused = fuse(MODEL, {"face": np.array([20, 20, 20, 3], np.int8)})
    assert fused.top(4, np.array([0.1, 0.3, np.nan, 0.9])).tolist() == [1, 0, 2, 3]
