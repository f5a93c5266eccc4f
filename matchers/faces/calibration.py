"""From centred distance to bits of evidence, by age and by the years between two photos.

A calibration is a versioned JSON: for every age band (age at the younger photo) and every band of
years between the photos a falling curve of bits over centred distance. Curves are fitted by
`fitting`; this module only reads and applies them. They are clamped to what their sample supports,
and no group of the sample had more than one impostor pair in 2^b reach b bits. Under three years a
face is no evidence at all.

Prints of a recipe are weighed by the calibration of that recipe only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.faces.contract import RecipeMismatch

Floats = NDArray[np.float64]
UNKNOWN = "unknown"

_BLOCK = 32_768
"""Distances weighed together: what numpy makes on the way stays in the cache."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Curves of one face recipe.

    `age_bands` and `gap_bands` are lower bounds in whole years, ascending, the first 0. `curves`
    float64 [ages + 1, gaps + 1, knots] are bits at `knots` (centred distances, ascending); the last
    row and column serve unknown age and unknown gap. NaN curves are no evidence.
    `stranger_mean` is the cohort mean that stands in where a gallery is too small to show one, and
    `cohort_least` the number of people from which a cohort stands on its own.
    """

    recipes: tuple[str, ...]
    version: int
    age_bands: tuple[int, ...]
    gap_bands: tuple[int, ...]
    knots: Floats
    curves: Floats
    stranger_mean: float
    cohort_least: int
    source: str
    report: Mapping[str, Any]

    def bits(
        self,
        centred: NDArray[np.floating],
        younger_age: NDArray[np.floating] | float | None = None,
        gap: NDArray[np.floating] | float | None = None,
    ) -> Floats:
        """Evidence in bits float64 [N] for centred distances [N].

        `younger_age` is the age in years at the younger photo, `gap` the years between the photos
        (as hypothesised), scalars or [N]; NaN or None where unknown: an unknown age is treated as
        the most careful one. NaN where there is no evidence: under three years, or no distance.
        """
        shape = np.shape(centred)
        if len(shape) == 1 and shape[0] > _BLOCK:
            spans = [slice(start, start + _BLOCK) for start in range(0, shape[0], _BLOCK)]
            return np.concatenate(
                [
                    self.bits(centred[span], _part(younger_age, span), _part(gap, span))
                    for span in spans
                ]
            )
        distance = np.asarray(centred, np.float64)
        out = np.full(distance.shape, np.nan)
        width = len(self.gap_bands) + 1
        cells = np.broadcast_to(self.cells(younger_age, gap), distance.shape)
        for cell in np.flatnonzero(np.bincount(cells.ravel())).tolist():
            age, years = divmod(cell, width)
            here = cells == cell
            out[here] = np.interp(distance[here], self.knots, self.curves[age, years])
        out[np.isnan(distance)] = np.nan
        return out

    def cells(
        self,
        younger_age: NDArray[np.floating] | float | None,
        gap: NDArray[np.floating] | float | None,
    ) -> NDArray[np.int64]:
        """Which of the curves, counted row by row, weighs each pair: int64, shaped as both are."""
        ages, gaps = _band(self.age_bands, younger_age), _band(self.gap_bands, gap)
        return np.asarray(ages * (len(self.gap_bands) + 1) + gaps, np.int64)

    def trusted(self, people: int) -> bool:
        """Whether a cohort of `people` is large enough to need no borrowed mean.

        Below, face scores are to be called uncalibrated until `cohort_least` people are enrolled.
        """
        return people >= self.cohort_least

    def blended(self, means: NDArray[np.floating], people: int) -> NDArray[np.float32]:
        """Cohort means [n] as they are to be used when the cohort holds `people`.

        In a small gallery they are drawn towards `stranger_mean`, that of the people whose faces
        the model finds most alike: bits come out too low there, never too high.
        """
        if self.trusted(people):
            return means.astype(np.float32)
        share = people / self.cohort_least
        known = np.where(np.isnan(means), self.stranger_mean, means)
        drawn = share * known + (1 - share) * self.stranger_mean
        return np.minimum(known, drawn).astype(np.float32)

    def for_recipe(self, recipe: str) -> Calibration:
        """Itself; RecipeMismatch when it was not fitted for prints of that recipe."""
        if recipe not in self.recipes:
            raise RecipeMismatch(f"no calibration for prints of {recipe}")
        return self

    def document(self) -> dict[str, Any]:
        """The JSON document, bits to a hundredth; NaN as null."""
        curves = [
            [None if np.isnan(cell).any() else [round(float(b), 2) for b in cell] for cell in row]
            for row in self.curves
        ]
        return {
            "recipes": list(self.recipes),
            "version": self.version,
            "source": self.source,
            "age_bands": list(self.age_bands),
            "gap_bands": list(self.gap_bands),
            "stranger_mean": round(self.stranger_mean, 4),
            "cohort_least": self.cohort_least,
            "knots": [round(float(k), 4) for k in self.knots],
            "curves": curves,
            "report": dict(self.report),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Calibration:
        """A calibration out of its JSON document; ValueError when it is none."""
        try:
            knots = np.asarray(document["knots"], np.float64)
            curves = np.array(
                [
                    [np.full(len(knots), np.nan) if cell is None else cell for cell in row]
                    for row in document["curves"]
                ],
                np.float64,
            )
            made = cls(
                recipes=tuple(document["recipes"]),
                version=int(document["version"]),
                age_bands=tuple(document["age_bands"]),
                gap_bands=tuple(document["gap_bands"]),
                knots=knots,
                curves=curves,
                stranger_mean=float(document["stranger_mean"]),
                cohort_least=int(document["cohort_least"]),
                source=str(document["source"]),
                report=dict(document["report"]),
            )
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError("this is no face calibration") from error
        shape = (len(made.age_bands) + 1, len(made.gap_bands) + 1, len(knots))
        falling = np.isnan(made.curves) | (np.diff(made.curves, prepend=np.inf) <= 0)
        if curves.shape != shape or (np.diff(knots) <= 0).any() or not falling.all():
            raise ValueError("the face calibration's curves are damaged")
        return made

    @classmethod
    def packaged(cls) -> Calibration:
        """The one that ships, for both recipes of the default encoder."""
        text = (files("matchers.faces") / "calibration-1.json").read_text("utf-8")
        return cls.from_document(json.loads(text))

    @classmethod
    def load(cls, path: Path | None) -> Calibration:
        """The operator's own (made by `xunqin calibrate faces`), or the packaged one."""
        if path is None:
            return cls.packaged()
        try:
            document = json.loads(path.read_bytes())
        except RecursionError as error:
            raise ValueError("this is no face calibration") from error
        return cls.from_document(document)


def _part(
    years: NDArray[np.floating] | float | None, span: slice
) -> NDArray[np.floating] | float | None:
    return years[span] if isinstance(years, np.ndarray) and years.ndim else years


def _band(bounds: tuple[int, ...], years: NDArray[np.floating] | float | None) -> NDArray[np.int64]:
    """Index of the band each number of years falls in; one past the last where unknown."""
    if years is None:
        return np.asarray(len(bounds), np.int64)
    known = np.asarray(years, np.float64)
    found = np.searchsorted(bounds, np.where(np.isnan(known), 0, known), side="right") - 1
    return np.where(np.isnan(known), len(bounds), np.maximum(found, 0)).astype(np.int64)
