"""Bits from centred distance: falling, careful, and honest on people they were not fitted on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matchers.faces.calibration import Calibration
from matchers.faces.contract import Prints, RecipeMismatch
from matchers.faces.dlib_onnx import MIRRORED, ONE_PASS
from matchers.faces.evaluation import report
from matchers.faces.fitting import Sample, counted, fit, fitting_table
from matchers.faces.isotonic import pooled
from tracing.photos.calibrations import write
from tracing.photos.face_calibration import fitted_with_report

AGES = st.one_of(st.just(float("nan")), st.floats(0, 100))


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    """The packaged calibration."""
    return Calibration.packaged()


@given(a=st.floats(-1, 1.5), b=st.floats(-1, 1.5), age=AGES, gap=AGES)
def test_a_nearer_face_never_weighs_less(a: float, b: float, age: float, gap: float) -> None:
    near, far = Calibration.packaged().bits(np.sort([a, b]), age, gap)
    if 0 <= age < 3:
        assert np.isnan([near, far]).all()
        return
    assert near >= far - 1e-9
    assert near <= 12
    assert far >= -6


def test_under_three_years_a_face_is_no_evidence(shipped: Calibration) -> None:
    bits = shipped.bits(np.full(4, -0.2), np.array([0.5, 2.9, 3.0, 30.0]), 0)
    assert np.isnan(bits[:2]).all()
    assert (bits[2:] > 5).all()
    assert np.isnan(shipped.bits(np.array([np.nan]), 30, 0)).all()


def test_a_childs_photo_says_less_about_the_grown_person_than_todays(shipped: Calibration) -> None:
    unlike = np.array([0.08, 0.12])
    today, grown = shipped.bits(unlike, 8, 1), shipped.bits(unlike, 8, 25)
    assert (today < -2.5).all()
    assert (grown > today).all()
    assert (np.abs(grown) < 4).all()


def test_an_unknown_age_is_weighed_as_the_most_careful_one(shipped: Calibration) -> None:
    near = np.linspace(-0.3, 0.0, 20)
    unknown = shipped.bits(near)
    for age in (5, 15, 40, 70):
        assert (unknown <= shipped.bits(near, age) + 1e-9).all()


def test_a_small_gallery_is_weighed_with_care(shipped: Calibration) -> None:
    means = np.array([0.40, 0.20, np.nan], np.float32)
    drawn = shipped.blended(means, 30)
    assert not shipped.trusted(30)
    assert shipped.trusted(shipped.cohort_least)
    assert np.isfinite(drawn).all()
    assert drawn[0] < 0.3, "drawn towards the mean of those who look most alike"
    assert drawn[1] == pytest.approx(0.2), "never towards a better likeness"
    assert np.array_equal(shipped.blended(means[:2], 1000), means[:2])


def test_what_ships_is_for_our_recipes_and_is_statistics_only(shipped: Calibration) -> None:
    assert shipped.for_recipe(MIRRORED) is shipped
    assert shipped.for_recipe(ONE_PASS) is shipped
    with pytest.raises(RecipeMismatch):
        shipped.for_recipe("sface-2021-mirror")
    assert shipped.report["cllr"] <= 0.08
    text = json.dumps(shipped.document())
    assert len(text) < 40_000, "curves and counts, no prints"
    again = Calibration.from_document(json.loads(text))
    grid = np.linspace(-0.4, 0.5, 50)
    assert np.array_equal(again.bits(grid, 30, 1), shipped.bits(grid, 30, 1))


@pytest.mark.parametrize("damage", ["knots", "curves", "recipes", "rising"])
def test_a_damaged_calibration_is_refused(shipped: Calibration, damage: str) -> None:
    document = shipped.document()
    if damage == "rising":
        document["curves"][2][0] = list(reversed(document["curves"][2][0]))
    else:
        del document[damage]
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_document(document)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_pooling_gives_falling_rates_that_keep_the_sum(counts: list[tuple[int, int]]) -> None:
    hits = np.array([float(a) for a, _ in counts])
    trials = np.array([float(a + b) for a, b in counts])
    rates = pooled(hits, trials)
    assert (np.diff(rates) <= 1e-12).all()
    assert ((rates >= 0) & (rates <= 1)).all()
    assert float((rates * trials).sum()) == pytest.approx(float(hits.sum()))


def _development(folder: Path) -> Sample:
    lfw, utk = (np.load(folder / f"faces/prints_{name}_dev.npz") for name in ("lfw", "utk"))
    origin: NDArray[np.str_] = np.char.partition(utk["group"], ":")[:, 0]
    return Sample(
        Prints(ONE_PASS, np.concatenate([lfw["emb"], utk["emb"]])),
        np.concatenate([lfw["id"], 1_000_000 + utk["id"]]).astype(np.int64),
        np.concatenate([np.full(len(lfw["id"]), np.nan), utk["age"].astype(np.float64)]),
        np.concatenate([np.full(len(lfw["id"]), "lfw"), origin]),
    )


def test_bits_are_honest_about_people_they_were_not_fitted_on(shared_data: Path) -> None:
    sample = _development(shared_data)
    everybody = np.unique(sample.owners)
    half = np.isin(sample.owners, np.random.default_rng(0).permutation(everybody)[::2])
    curves = fit(sample.of(half), (ONE_PASS,), 1, "test")
    told = report(curves, counted(sample.of(~half), fitting_table()), "lfw")
    assert told["cllr"] <= 0.08  # type: ignore[operator]
    assert told["genuine_bits"] > 7  # type: ignore[operator]
    for group, shares in told["impostor_share"].items():  # type: ignore[attr-defined]
        for claim, share in shares.items():
            assert share <= 2.0 ** -int(claim), (group, claim)


def test_an_operators_own_people_make_a_calibration_with_its_report(
    shared_data: Path, tmp_path: Path
) -> None:
    sample = _development(shared_data)
    own = sample.of((sample.groups == "lfw") & (sample.owners % 2 == 0))
    made = fitted_with_report(own, 7, "our own album")
    write(made, tmp_path / "faces.json")
    read = Calibration.load(tmp_path / "faces.json")
    assert (read.version, read.recipes, read.source) == (7, (ONE_PASS,), "our own album")
    assert read.report["people"] == len(np.unique(own.owners))
    assert read.report["cllr"] < 0.1
    assert [row["claimed"] for row in read.report["reliability"]]


def test_too_few_people_make_no_calibration() -> None:
    prints = Prints("x", np.eye(8, dtype=np.float32))
    owners = np.arange(8, dtype=np.int64) // 2
    sample = Sample(prints, owners, np.full(8, np.nan), np.full(8, "all"))
    with pytest.raises(ValueError, match="too few"):
        fit(sample, ("x",), 1, "test")
