"""Fitting a calibration: centred distances of a sample of people become falling curves of bits.

For every cell (age at the younger photo, years between the photos) the pairs of one person are set
against pairs of strangers of the same ages and origin, by pool-adjacent-violators. Then each curve
is capped: for every group of people in the sample, the upper bound of the share of impostor pairs
at least that near may not exceed 2^-bits. `fitting.toml` holds the numbers and says which
likenesses are assumed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.faces.calibration import Calibration
from matchers.faces.centring import Cohort, centred_against, cohort_means
from matchers.faces.contract import Prints
from matchers.faces.isotonic import log_ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BIN = 0.002
_LOW, _HIGH = -0.5, 0.8
_ROWS = 512
EDGES = np.arange(_LOW, _HIGH + _BIN / 2, _BIN)
CENTRES = (EDGES[:-1] + EDGES[1:]) / 2


@dataclass(frozen=True, slots=True)
class Sample:
    """People to fit on: prints [n, d], `owners` int64 [n], `ages` float64 [n] (NaN unknown).

    `groups` [n] names a group of people (origin, say) that must be safe on its own; pairs of
    strangers are drawn within a group only, where they are most alike.
    """

    prints: Prints
    owners: Ints
    ages: Floats
    groups: NDArray[np.str_]

    def of(self, rows: NDArray[Any]) -> Sample:
        """The sample's rows (indices or mask)."""
        prints = Prints(self.prints.recipe, self.prints.vectors[rows])
        return Sample(prints, self.owners[rows], self.ages[rows], self.groups[rows])

    def cohort(self) -> Cohort:
        """One print of each person."""
        _, first = np.unique(self.owners, return_index=True)
        prints = Prints(self.prints.recipe, self.prints.vectors[first])
        return Cohort(0, prints, self.owners[first])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Centred distances of all pairs, counted in bins of `CENTRES`, by cell.

    `genuine` maps (age band, gap band) to counts float64 [bins]; `impostor` maps
    (age band, gap band, group) to the same, pairs within that group only.
    """

    genuine: Mapping[tuple[int, int], Floats]
    impostor: Mapping[tuple[int, int, str], Floats]
    means: NDArray[np.float32]


def fitting_table() -> dict[str, Any]:
    """The packaged table `fitting.toml`."""
    return tomllib.loads((files("matchers.faces") / "fitting.toml").read_text("utf-8"))


def counted(sample: Sample, table: Mapping[str, Any]) -> Pairs:
    """All pairs of a sample, centred by its own cohort."""
    means = cohort_means(sample.prints, sample.cohort(), sample.owners)
    ages = np.where(np.isnan(sample.ages), table["adult_age"], sample.ages)
    genuine: dict[tuple[int, int], Floats] = {}
    impostor: dict[tuple[int, int, str], Floats] = {}
    for group in np.unique(sample.groups):
        rows = np.flatnonzero(sample.groups == group)
        part = sample.of(rows)
        for distance, same, younger, gap in _pairs(part, means[rows], ages[rows]):
            counts = _counts(distance, same, _cells(younger, gap, table), table)
            for age, years in np.argwhere(counts.any(axis=(2, 3))).tolist():
                different, one = counts[age, years]
                _add(genuine, (age, years), one)
                _add(impostor, (age, years, str(group)), different)
    return Pairs(genuine, impostor, means)


def _pairs(
    part: Sample, means: NDArray[np.float32], ages: Floats
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_], Floats, Floats]]:
    """Every pair of one group once: distance, same person, age of the younger, age difference."""
    count = len(part.prints)
    for start in range(0, count, _ROWS):
        rows = slice(start, start + _ROWS)
        probes = Prints(part.prints.recipe, part.prints.vectors[rows])
        block = centred_against(probes, part.prints, means[rows], means)
        once = np.arange(count)[None] > np.arange(start, start + len(probes))[:, None]
        same = part.owners[rows, None] == part.owners[None]
        younger = np.minimum(ages[rows, None], ages[None])
        gap = np.abs(ages[rows, None] - ages[None])
        yield block[once], same[once], younger[once], gap[once]


def _cells(younger: Floats, gap: Floats, table: Mapping[str, Any]) -> Ints:
    """Cell of each pair as one number, age band times gap bands plus gap band; int64 [n]."""
    age = np.searchsorted(table["age_bands"], younger, side="right") - 1
    years = np.searchsorted(table["gap_bands"], gap, side="right") - 1
    return (age * len(table["gap_bands"]) + years).astype(np.int64)


def _counts(
    distance: NDArray[np.float32], same: NDArray[np.bool_], cells: Ints, table: Mapping[str, Any]
) -> Floats:
    """Pairs by age band, gap band, same person or not, and bin: float64 [a, g, 2, bins]."""
    shape = (len(table["age_bands"]), len(table["gap_bands"]), 2, len(CENTRES))
    bins = np.clip(((distance - _LOW) / _BIN).astype(np.int64), 0, len(CENTRES) - 1)
    places = (cells * 2 + same) * len(CENTRES) + bins
    return np.bincount(places, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def _add(counts: dict[Any, Floats], key: object, more: Floats) -> None:
    if more.any():
        counts[key] = counts.get(key, np.zeros(len(CENTRES))) + more


def fit(sample: Sample, recipes: tuple[str, ...], version: int, source: str) -> Calibration:
    """A calibration fitted on `sample`, without a report (see `evaluation.report`).

    ValueError when the sample has too few pairs of one person to learn from.
    """
    table = fitting_table()
    pairs = counted(sample, table)
    base = _base(pairs, table)
    low, high, step = table["knots"]
    knots = np.linspace(low, high, round((high - low) / step) + 1, dtype=np.float64).round(4)
    ages, gaps = len(table["age_bands"]), len(table["gap_bands"])
    curves = np.full((ages + 1, gaps + 1, len(knots)), np.nan)
    for age in range(1, ages):
        for gap in range(gaps):
            curve = _cell_curve(pairs, base, age, gap, table)
            curves[age, gap] = np.interp(knots, CENTRES, curve)
        curves[age, gaps] = np.log2(np.exp2(curves[age, :gaps]).mean(axis=0))
    curves[ages] = curves[1:ages].min(axis=0)
    return Calibration(
        recipes=recipes,
        version=version,
        age_bands=tuple(table["age_bands"]),
        gap_bands=tuple(table["gap_bands"]),
        knots=knots,
        curves=curves,
        stranger_mean=_stranger_mean(sample, pairs.means),
        cohort_least=table["cohort_least"],
        source=source,
        report={},
    )


def _base(pairs: Pairs, table: Mapping[str, Any]) -> Floats:
    """Pairs of one person without a gap, of grown people, or of all ages where these are few."""
    grown = [c for (age, gap), c in pairs.genuine.items() if age >= 3 and gap == 0]
    counts: Floats = np.sum(grown, axis=0) if grown else np.zeros(len(CENTRES))
    if counts.sum() < table["genuine_least"]:
        raise ValueError("too few pairs of photos of one person to calibrate with")
    return counts


def _cell_curve(pairs: Pairs, base: Floats, age: int, gap: int, table: Mapping[str, Any]) -> Floats:
    """Bits float64 [bins] of one cell."""
    genuine = pairs.genuine.get((age, gap))
    measured = genuine is not None and genuine.sum() >= table["genuine_least"]
    if genuine is None or not measured:
        genuine = assumed_genuine(base, age, gap, table)
    groups = _groups(pairs, age, gap, table)
    strangers = np.sum([counts / counts.sum() for counts in groups], axis=0)
    total = sum(float(counts.sum()) for counts in groups)
    curve = log_ratio(genuine, strangers * total / len(groups))
    for counts in groups:
        curve = np.minimum(curve, _cap(counts, table))
    ceiling = min(table["bits_max"], np.log2(max(2.0, total / table["pairs_per_claim"])))
    floor = table["bits_min"] if measured else table["assumed_min"]
    ceiling = ceiling if measured else min(ceiling, table["assumed_max"])
    return np.clip(np.minimum.accumulate(curve), floor, ceiling)


def assumed_genuine(base: Floats, age: int, gap: int, table: Mapping[str, Any]) -> Floats:
    """Pairs of one person in a cell without any: `base` moved and widened as the table says."""
    band = str(table["age_bands"][age])
    middle = float((base * CENTRES).sum() / base.sum())
    moved = middle + table["shift"][band][gap] + table["widen"][band][gap] * (CENTRES - middle)
    found, _ = np.histogram(np.clip(moved, _LOW, _HIGH - _BIN / 2), EDGES, weights=base)
    smooth = np.convolve(found, np.ones(5) / 5, mode="same")
    return np.asarray(smooth, np.float64)


def _groups(pairs: Pairs, age: int, gap: int, table: Mapping[str, Any]) -> list[Floats]:
    """Counts of strangers in a cell, one row per group; very thin groups borrow nearby."""
    names = sorted({group for _, _, group in pairs.impostor})
    found = [
        counts
        for name in names
        if (counts := _nearby(pairs, age, gap, name, table)).sum() >= table["group_pairs_least"]
    ]
    if not found:
        raise ValueError("too few pairs of strangers to calibrate with")
    return found


def _nearby(pairs: Pairs, age: int, gap: int, group: str, table: Mapping[str, Any]) -> Floats:
    """One group's strangers in a cell and, until there are enough, in the cells next to it."""
    cells = [(a, g) for a, g, name in pairs.impostor if name == group and a >= 1]
    total = np.zeros(len(CENTRES))
    for a, g in sorted(cells, key=lambda c: (abs(c[0] - age) + abs(c[1] - gap), c)):
        if total.sum() >= table["group_pairs_enough"]:
            break
        total = total + pairs.impostor[a, g, group]
    return total


def _cap(counts: Floats, table: Mapping[str, Any]) -> Floats:
    """Most bits float64 [bins] so that at most 2^-bits of a group's impostor pairs get them.

    The share of pairs at least as near is taken at its upper bound: pairs share people, so the
    variance of their count is `clustering` times the count. Where too few pairs are nearer, the
    curve goes on with the slope that the tails of the large groups have.
    """
    near = np.cumsum(counts)
    spread = np.sqrt(table["clustering"] * np.maximum(near, 1))
    bound = (near + table["sigmas"] * spread + 1) / (counts.sum() + 1)
    bits = -np.log2(np.minimum(bound, 1.0))
    start = int(np.searchsorted(near, min(table["tail_pairs"], counts.sum())))
    beyond = bits[start] + (CENTRES[start] - CENTRES[:start]) / table["tail_per_bit"]
    return np.concatenate([beyond, bits[start:]])


def _stranger_mean(sample: Sample, means: NDArray[np.float32]) -> float:
    """Cohort mean of those the model finds most alike: the lowest middle of a group over three."""
    old = np.isnan(sample.ages) | (sample.ages >= 3)
    ages = np.where(np.isnan(sample.ages), 30, sample.ages)
    bands = np.char.add(np.digitize(ages, [13, 20, 60]).astype(str), sample.groups)
    middles = [
        float(np.nanmedian(means[old & (bands == band)]))
        for band in np.unique(bands[old])
        if (old & (bands == band)).sum() >= 20
    ]
    return min(middles, default=float(np.nanmedian(means)))
