"""Cohort-centred distance: how close two prints are beyond what each is to strangers.

Distances between prints of some groups of people are small among strangers already: the usual
threshold calls 31 % of Asian adults and 84 % of children the same person. So from each distance
we take half of each print's *cohort mean*, its distance to its nearest strangers in a sample of
the people searched. This is T- and S-norm of speaker recognition (Auckenthaler et al. 2000) with a
mean only, leaning on the nearest part of the cohort, and the face form of "u is of this query".

Distance is the chord √(2 − 2 cosine) between unit prints. Only centred distances are evidence, and
only means of one cohort version may be mixed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from matchers.faces.contract import Prints, same_recipe, unit

Numbers = NDArray[np.float32]
Owners = NDArray[np.int64]
_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Leaning:
    """How a cohort mean is taken; the packaged values are in `centring.toml`."""

    near_part: float
    near_least: int
    wide_part: float
    lean: float
    cohort_max: int

    @staticmethod
    @lru_cache(maxsize=1)
    def packaged() -> Leaning:
        """The measured values."""
        text = (files("matchers.faces") / "centring.toml").read_text("utf-8")
        return Leaning(**tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Cohort:
    """A sample of the people searched: one print each.

    `owners` int64 [c] numbers the person of each print. `version` changes whenever another sample
    is drawn; means of different versions are never mixed. units: the prints at unit length.
    """

    version: int
    prints: Prints
    owners: Owners
    units: Numbers = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", unit(self.prints.vectors))

    def __len__(self) -> int:
        """How many people."""
        return len(self.prints)


def chord(cosine: NDArray[np.floating]) -> Numbers:
    """Distance √(2 − 2 cosine) between unit vectors, same shape, 0 to 2."""
    distance: Numbers = np.sqrt(np.maximum(0, 2 - 2 * cosine)).astype(np.float32)
    return distance


def cohort_means(
    prints: Prints, cohort: Cohort, owners: Owners | None = None, leaning: Leaning | None = None
) -> Numbers:
    """Mean distance of each print to its nearest strangers in the cohort, float32 [n].

    `owners` int64 [n] are the persons the prints belong to: their own prints in the cohort are no
    strangers. A probe whose person is unknown has none. NaN where the cohort holds no stranger.
    RecipeMismatch when prints and cohort were made with different models.
    """
    same_recipe(prints, cohort.prints)
    how = leaning or Leaning.packaged()
    theirs = cohort.units.T
    means = [
        _means(
            chord(unit(prints.vectors[start : start + _ROWS]) @ theirs),
            None if owners is None else owners[start : start + _ROWS, None] == cohort.owners,
            how,
        )
        for start in range(0, len(prints), _ROWS)
    ]
    return np.concatenate(means) if means else np.zeros(0, np.float32)


def probe_means(probes: Prints, cohort: Cohort, leaning: Leaning | None = None) -> list[float]:
    """Mean distance of each probe, whose person is unknown, to its nearest in the cohort.

    As `cohort_means`, with each of the nearest multiplied by itself: it does not matter which
    others a probe is asked with. NaN where the cohort is empty.
    """
    same_recipe(probes, cohort.prints)
    if not len(cohort):
        return [float("nan")] * len(probes)
    how = leaning or Leaning.packaged()
    near, wide = _reach(how, len(cohort))
    asked = unit(probes.vectors)
    means = []
    for probe, cosines in zip(asked, asked @ cohort.units.T, strict=True):
        nearest = cohort.units
        if wide < len(cohort):
            nearest = nearest[np.argpartition(-cosines, wide - 1)[:wide]]
        # row by row, so that a print's figure does not depend on its place
        alone = np.einsum("ij,j->i", nearest, probe)
        apart = np.sort(chord(alone)).astype(np.float64)
        means.append(float(how.lean * apart[:near].mean() + (1 - how.lean) * apart.mean()))
    return means


def _reach(how: Leaning, count: int) -> tuple[int, int]:
    """How many of a cohort of `count` the near and the wide mean are taken over."""
    near = max(how.near_least, round(how.near_part * count))
    return near, max(near, round(how.wide_part * count))


def _means(distances: Numbers, own: NDArray[np.bool_] | None, how: Leaning) -> Numbers:
    """Leaning means of distance rows float32 [n, c]; `own` bool [n, c] is left out."""
    count = distances.shape[1]
    if own is not None:
        distances = np.where(own, np.float32(np.inf), distances)
    near, wide = _reach(how, count)
    nearest = distances
    if wide + 1 < count:
        nearest = np.partition(distances, wide, axis=1)[:, : wide + 1]
    nearest = np.sort(nearest, axis=1)
    return (
        how.lean * _finite_mean(nearest[:, :near])
        + (1 - how.lean) * _finite_mean(nearest[:, :wide])
    ).astype(np.float32)


def _finite_mean(rows: Numbers) -> Numbers:
    """Mean of the finite entries of each row, NaN where there are none."""
    known = np.isfinite(rows)
    total = np.where(known, rows, 0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def centred(
    cosine: NDArray[np.floating], probe_mean: float, gallery_means: NDArray[np.floating]
) -> Numbers:
    """Centred distance float32 [N]: about 0 between near strangers, below it for one person.

    `cosine` [N] of the probe with each gallery print (both of unit length), the probe's cohort
    mean and those of the gallery prints [N], all of one cohort version.
    """
    return (chord(cosine) - 0.5 * (probe_mean + gallery_means)).astype(np.float32)


def centred_against(
    probe: Prints, gallery: Prints, probe_means: Numbers, gallery_means: Numbers
) -> Numbers:
    """Centred distances float32 [q, N] of probes with a whole gallery, by brute force.

    RecipeMismatch when they were made with different models.
    """
    same_recipe(probe, gallery)
    distances = chord(unit(probe.vectors) @ unit(gallery.vectors).T)
    centres = 0.5 * (probe_means[:, None] + gallery_means[None])
    return (distances - centres).astype(np.float32)


def draw(strata: NDArray[np.int64], size: int, seed: int) -> NDArray[np.int64]:
    """Rows int64 of a stratified sample of at most `size` people, sorted.

    `strata` int64 [n] numbers each person's stratum (age band and sex, say). Every stratum gets
    its share by the square root of its size, so that rare groups find strangers like themselves.
    """
    kinds, where = np.unique(strata, return_inverse=True)
    if len(strata) <= size:
        return np.arange(len(strata), dtype=np.int64)
    counts = np.bincount(where, minlength=len(kinds))
    wanted = _shares(counts, size)
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(np.flatnonzero(where == kind), wanted[kind], replace=False)
        for kind in range(len(kinds))
    ]
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _shares(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Whole shares by square root of `counts`, none above its count, `size` in all."""
    share = np.zeros(len(counts), np.int64)
    while (left := size - int(share.sum())) > 0:
        room = counts - share
        weight = np.where(room > 0, np.sqrt(counts), 0.0)
        exact = left * weight / weight.sum()
        step = np.minimum(room, np.floor(exact).astype(np.int64))
        if not step.any():
            step[np.argsort(-exact, kind="stable")[:left]] = 1
            step = np.minimum(step, room)
        share += step
    return share
