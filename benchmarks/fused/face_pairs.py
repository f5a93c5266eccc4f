"""A scale from cosine to bits for the simulated prints, from labelled pairs alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocol import table

Floats = NDArray[np.float64]

CHILD, GAPS = 13.0, (4.0, 12.0, 25.0)
FEWEST = 150
"""Pairs of each kind a group needs for a scale of its own."""
COST = 6.0
BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Curve:
    """Likelihood ratio of two normal distributions of cosines, monotone and within support."""

    same: tuple[float, float]
    other: tuple[float, float]
    most: float

    @classmethod
    def fit(cls, same: Floats, other: Floats) -> Self:
        most = float(np.log2(max(len(other), 2)))
        return cls(
            (float(same.mean()), float(same.std() + 1e-3)),
            (float(other.mean()), float(other.std() + 1e-3)),
            most,
        )

    def bits(self, cosines: Floats) -> Floats:
        (m1, s1), (m0, s0) = self.same, self.other
        x = cosines
        if s1 != s0:
            # the ratio of two normals turns at one point; beyond it the edge is held
            turn = (m1 * s0**2 - m0 * s1**2) / (s0**2 - s1**2)
            x = np.maximum(x, turn) if s1 > s0 else np.minimum(x, turn)
        ratio = np.log(s0 / s1) + ((x - m0) / s0) ** 2 / 2 - ((x - m1) / s1) ** 2 / 2
        return np.asarray(np.clip(ratio / np.log(2), -COST, self.most))


@dataclass(frozen=True, slots=True)
class PairScale:
    """Curves by group of ages; -1 is everybody."""

    curves: Mapping[int, Curve]

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file with the columns cosine, same, age_a, age_b."""
        rows = list(table(path, ("cosine", "same", "age_a", "age_b")))
        return cls.fit(
            np.array([float(r["cosine"]) for r in rows]),
            np.array([r["same"].strip().lower() in ("1", "true", "yes") for r in rows]),
            np.array([_age(r["age_a"]) for r in rows]),
            np.array([_age(r["age_b"]) for r in rows]),
        )

    @classmethod
    def fit(cls, cosines: Floats, same: NDArray[np.bool_], ages: Floats, others: Floats) -> Self:
        """One curve for everybody and one for each group that has enough pairs."""
        groups = group_of(ages, others)
        curves = {-1: Curve.fit(cosines[same], cosines[~same])}
        for group in np.unique(groups[groups >= 0]):
            here = groups == group
            if min((here & same).sum(), (here & ~same).sum()) >= FEWEST:
                curves[int(group)] = Curve.fit(cosines[here & same], cosines[here & ~same])
        return cls(curves)

    def bits(self, cosines: NDArray[np.float32], age: float, ages: NDArray[np.float32]) -> Floats:
        """float64 [n]: bits of each cosine for the ages in the two prints."""
        out = np.empty(len(cosines))
        for start in range(0, len(out), BLOCK):
            span = slice(start, start + BLOCK)
            out[span] = self._bits(cosines[span], age, ages[span])
        return out

    def _bits(self, cosines: NDArray[np.float32], age: float, ages: NDArray[np.float32]) -> Floats:
        x = cosines.astype(np.float64)
        groups = group_of(np.full(len(ages), age), ages.astype(np.float64))
        out = self.curves[-1].bits(x)
        for group, curve in self.curves.items():
            here = groups == group
            if group >= 0 and here.any():
                out[here] = curve.bits(x[here])
        return out


def group_of(ages: Floats, others: Floats) -> NDArray[np.int64]:
    """Child on one side, on both or on none, by age gap; -1 where an age is unknown."""
    known = ~(np.isnan(ages) | np.isnan(others))
    one, other = np.nan_to_num(ages), np.nan_to_num(others)
    young = (one < CHILD).astype(np.int64) + (other < CHILD)
    gap = np.searchsorted(GAPS, np.abs(one - other))
    return np.where(known, young * (len(GAPS) + 1) + gap, -1)


def _age(text: str) -> float:
    return float(text) if text.strip() else float("nan")
