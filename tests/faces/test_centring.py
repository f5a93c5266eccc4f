"""Cohort-centred distance: what keeps strangers who look alike to the model apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.faces.centring import Cohort, centred, centred_against, cohort_means, draw
from matchers.faces.contract import Prints, RecipeMismatch, unit
from matchers.faces.evaluation import open_set, split
from matchers.faces.templates import fused, fused_by_person


def people(count: int, seed: int = 0, spread: float = 0.5, dim: int = 16) -> Prints:
    """Unit-length prints around one direction, closer together the smaller the spread."""
    rng = np.random.default_rng(seed)
    made = np.eye(1, dim, dtype=np.float32) + spread * rng.normal(size=(count, dim)) / dim**0.5
    return Prints("test", unit(made.astype(np.float32)))


def cohort_of(prints: Prints) -> Cohort:
    """Everybody, numbered."""
    return Cohort(1, prints, np.arange(len(prints), dtype=np.int64))


def test_people_who_all_look_alike_to_the_model_are_not_close_once_centred() -> None:
    alike, varied = people(400, 1, spread=0.2), people(400, 2, spread=1.0)
    middles = []
    for group in (alike, varied):
        means = cohort_means(group, cohort_of(group), np.arange(400))
        distances = centred_against(group, group, means, means)
        middles.append(float(np.quantile(distances[np.triu_indices(400, 1)], 0.01)))
    raw = [
        float(np.quantile((g.vectors @ g.vectors.T)[np.triu_indices(400, 1)], 0.99))
        for g in (alike, varied)
    ]
    assert raw[0] > raw[1] + 0.1
    assert abs(middles[0] - middles[1]) < 0.1


def test_a_persons_own_prints_are_no_strangers() -> None:
    group = people(100)
    owners = np.arange(100, dtype=np.int64)
    twice = Prints("test", np.concatenate([group.vectors, group.vectors]))
    cohort = Cohort(1, twice, np.concatenate([owners, owners]))
    assert (cohort_means(group, cohort, owners) > cohort_means(group, cohort) + 0.01).all()


def test_a_cohort_mean_is_worth_the_same_in_a_large_and_a_small_cohort() -> None:
    everyone, probes = people(6000, 3), people(200, 4)
    large = cohort_means(probes, cohort_of(everyone))
    small = cohort_means(probes, cohort_of(Prints("test", everyone.vectors[:600])))
    assert abs(float(large.mean() - small.mean())) < 0.02


def test_nobody_to_compare_with_gives_no_mean() -> None:
    one = people(1)
    assert np.isnan(cohort_means(one, cohort_of(one), np.zeros(1, np.int64))).all()
    assert cohort_means(Prints("test", np.zeros((0, 16), np.float32)), cohort_of(one)).shape == (0,)


def test_prints_of_two_models_are_never_compared() -> None:
    ours, theirs = people(10), Prints("another", people(10).vectors)
    zero = np.zeros(10, np.float32)
    with pytest.raises(RecipeMismatch):
        cohort_means(ours, cohort_of(theirs))
    with pytest.raises(RecipeMismatch):
        centred_against(ours, theirs, zero, zero)


@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 400))
@settings(max_examples=30, deadline=None)
def test_a_drawn_cohort_is_whole_distinct_and_gives_rare_groups_more(
    seed: int, size: int, count: int
) -> None:
    strata = np.where(np.arange(count) % 10 == 0, 1, 0).astype(np.int64)
    rows = draw(strata, size, seed)
    assert len(rows) == min(size, count)
    assert len(np.unique(rows)) == len(rows)
    if size >= 20 and count > 2 * size:
        assert (strata[rows] == 1).mean() > 0.15


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_centring_is_the_same_from_both_sides(seed: int) -> None:
    group = people(40, seed)
    means = cohort_means(group, cohort_of(group), np.arange(40))
    distances = centred_against(group, group, means, means)
    assert np.allclose(distances, distances.T, atol=1e-5)
    row = centred(group.vectors @ group.vectors[0], float(means[0]), means)
    assert np.allclose(row[1:], distances[0, 1:], atol=1e-4)


def test_three_photos_make_one_template() -> None:
    shots = people(3)
    one = fused(shots)
    assert one.vectors.shape == (1, 16)
    assert np.linalg.norm(one.vectors) == pytest.approx(1, abs=1e-5)
    both, numbers = fused_by_person(people(6), np.array([4, 9, 4, 9, 4, 4]))
    assert numbers.tolist() == [4, 9]
    assert np.allclose(both.vectors[1:], fused(Prints("test", people(6).vectors[[1, 3]])).vectors)
    with pytest.raises(ValueError, match="no print"):
        fused(Prints("test", np.zeros((0, 16), np.float32)))


def test_open_set_search_on_development_prints_holds_its_figures(shared_data: Path) -> None:
    lfw = np.load(shared_data / "faces/prints_lfw_dev.npz")
    utk = np.load(shared_data / "faces/prints_utk_dev.npz")
    emb, others = (Prints("dlib-resnet-v1", f["emb"]) for f in (lfw, utk))
    rows = [
        open_set(split(emb, lfw["id"].astype(np.int64), others, utk["group"], seed))
        for seed in range(5)
    ]
    mean = {k: np.mean([r[k] for r in rows]) for k in ("rank1", "fnir@0.01", "fnir@0.003")}
    assert mean["rank1"] >= 0.92
    assert mean["fnir@0.01"] <= 0.345
    assert mean["fnir@0.003"] <= 0.53
    for group in np.unique(utk["group"]).tolist():
        found = [r["fpir"][group] for r in rows if group in r["fpir"]]  # type: ignore[index,operator]
        assert np.mean(found) <= 0.06, group
