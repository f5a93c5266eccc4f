"""Learning and calibration: known truths are recovered, and nothing is made worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.evidence.calibration import cllr, fit, fitted, quality
from matchers.evidence.learning import (
    Search,
    by_expectation,
    counted,
    learned,
    monotone,
    rising,
)
from matchers.evidence.model import Model, Shares

KEYS = ("sex", "ethnicity", "build", "marks")
PEOPLE = 400


def true_m(model: Model) -> dict[str, Shares]:
    """An m of its own for every table: closer levels likelier."""
    shares = {}
    for key in (*KEYS, "relatives"):
        table = model.tables[key]
        m = np.linspace(1, 4, len(table.m)) ** 2 * table.u
        shares[key] = table.with_m(m).m
    return shares


def world(
    model: Model, m: dict[str, Shares], searches: int, seed: int, present: float = 0.7
) -> list[Search]:
    """Searches whose levels are drawn from known m and u."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(searches):
        truth = int(rng.integers(PEOPLE)) if rng.random() < present else None
        levels = {}
        for key, shares in m.items():
            u, own = model.tables[key].u.copy(), shares.copy()
            u[0] = own[0] = 0.0
            codes = rng.choice(len(u), PEOPLE, p=u / u.sum()).astype(np.int8)
            if truth is not None:
                codes[truth] = rng.choice(len(own), p=own / own.sum())
            levels[key] = codes
        out.append(Search(levels, truth))
    return out


def test_known_shares_are_recovered_from_confirmed_cases(model: Model) -> None:
    m = true_m(model)
    found = learned(model, counted(model, world(model, m, 1500, 1)), strength=5)
    for key in m:
        assert np.abs(found.tables[key].m - m[key]).max() < 0.05, key


def test_known_shares_are_recovered_by_em_without_answers(model: Model) -> None:
    """Three kinds of evidence tell people apart together; each learns from the other two.

    The judgement it starts from knows nothing, so that nearness to the truth is learned.
    """
    m, blank = {}, dict(model.tables)
    for key in ("marks", "relatives", "build", "birth"):
        table = model.tables[key]
        m[key] = table.with_m(table.u * 5.0 ** np.arange(len(table.u))).m
        blank[key] = table.with_m(table.u)
    searches = [Search(s.levels) for s in world(model, m, 300, 2)]
    start = model.changed(temperature=1.0, tables=blank)
    found = by_expectation(start, searches, rounds=15, strength=5)
    for key in ("marks", "relatives", "build"):
        before = np.abs(start.tables[key].m - m[key]).sum()
        after = np.abs(found.tables[key].m - m[key]).sum()
        assert after < before / 3, key
        assert np.abs(found.tables[key].m - m[key]).max() < 0.12, key
    assert found.in_gallery == pytest.approx(0.7, abs=0.1)


def test_few_cases_move_little(model: Model) -> None:
    counts = {key: np.zeros(len(table.m)) for key, table in model.tables.items()}
    counts["sex"][1] = 2
    moved = learned(model, counts)
    assert moved.tables["sex"].m[1] < 0.06
    assert moved.tables["build"] is model.tables["build"]
    assert moved.hash != model.hash


@given(st.lists(st.tuples(st.floats(0.01, 9), st.floats(0.01, 9)), min_size=1, max_size=20))
def test_pooled_values_rise_and_keep_their_mean(pairs: list[tuple[float, float]]) -> None:
    values, weights = np.array(pairs).T
    out = rising(values, weights)
    assert (np.diff(out) >= -1e-12).all()
    assert (out * weights).sum() == pytest.approx((values * weights).sum())


def test_weights_rise_with_closeness_in_every_condition(model: Model) -> None:
    rng = np.random.default_rng(3)
    for table in model.tables.values():
        if table.given:
            continue
        bits = monotone(table.with_m(rng.random(len(table.m)))).national_bits()
        for number in range(1, table.condition.max() + 1):
            here = bits[table.condition == number]
            # the floor under m may lift what is rarest
            assert (np.diff(here[here > np.log2(0.0051)]) >= -0.7).all() or len(here) > 3


def test_calibration_promotes_what_is_better_on_other_people(model: Model) -> None:
    m = true_m(model)
    verdict = fit(model, world(model, m, 400, 4), world(model, m, 300, 5))
    assert verdict.promoted
    assert verdict.after.cllr <= verdict.before.cllr
    assert verdict.after.brier <= verdict.before.brier
    assert verdict.model.hash != model.hash


def test_calibration_refuses_to_get_worse(model: Model) -> None:
    """Answers that were entered for the wrong people must not spoil the model."""
    m = true_m(model)
    good = fitted(model, world(model, m, 400, 4))
    wrong = [Search(s.levels, 0 if s.truth is None else None) for s in world(model, m, 200, 6)]
    verdict = fit(good, wrong, world(model, m, 200, 7))
    assert not verdict.promoted
    assert verdict.model is good
    assert verdict.reason == "worse"


def test_calibration_waits_for_enough_cases(model: Model) -> None:
    few = world(model, true_m(model), 10, 8)
    assert fit(model, few, few).reason == "too_few"
    assert quality(model, []).cllr == 0.0


def test_cllr_of_no_information_is_one_and_of_certainty_nought() -> None:
    assert cllr([(0.5, True), (0.5, False)]) == pytest.approx(1.0)
    assert cllr([(1.0, True), (0.0, False)]) == pytest.approx(0.0, abs=1e-6)
