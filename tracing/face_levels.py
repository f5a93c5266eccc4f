"""Levels of a whole gallery's faces straight from distances, through tables.

A calibration's curve turns a centred distance into bits and bits into a level, a falling staircase.
Here each staircase is read off once at many short bins of distance; afterwards a bin's number leads
to the level. Bins in which a step lies, or which lie so near to one that rounding might carry a
distance over it, hold no level: those few people are weighed from their prints in double precision
by the calibration itself. So the levels do not depend on how many probes were multiplied at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matchers.evidence import Face
from matchers.evidence.levels import LevelCodes
from matchers.faces.calibration import Calibration
from tracing.face_templates import FaceTimes, Numbers

BINS = 16_384
ROUNDING = 1e-5
"""Distances of one pair come out this much apart at most, whatever multiplied them."""
UNSURE = -1
KEPT = 8
"""Years in which probes were photographed that bands are kept for."""

Cells = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class FaceSteps:
    """The staircases of all bands of age and gap: table int8 [bands * BINS], UNSURE at a step.

    Bin 0 begins at `low`; `scale` bins make a unit of distance.
    """

    calibration: Calibration
    table: LevelCodes
    low: float
    scale: float

    @classmethod
    def of(cls, calibration: Calibration) -> Self:
        """Read off all curves."""
        low = float(calibration.knots[0]) - 4 * ROUNDING
        high = float(calibration.knots[-1]) + 4 * ROUNDING
        edges = np.linspace(low, high, BINS + 1)
        curves = calibration.curves.reshape(-1, len(calibration.knots))
        nearest, farthest = edges[:-1] - ROUNDING, edges[1:] + ROUNDING
        table = [
            np.where(a == b, a, np.int8(UNSURE))
            for curve in curves
            for a, b in [
                tuple(
                    Face().levels_of_bits(np.interp(ends, calibration.knots, curve))
                    for ends in (nearest, farthest)
                )
            ]
        ]
        return cls(calibration, np.concatenate(table), low, BINS / (high - low))

    def levels(
        self, apart: Numbers, cells: Cells, exactly: Callable[[NDArray[np.intp]], LevelCodes]
    ) -> LevelCodes:
        """Levels int8 [t] of centred distances [t] in bands `cells` [t] (see `cells_of`).

        exactly: gives the levels of some places int [n] where the table has none.
        """
        at = (apart - np.float32(self.low)) * np.float32(self.scale)
        np.clip(at, 0, BINS - 1, out=at)
        absent = np.isnan(at)
        if absent.any():
            at[absent] = 0
        places = at.astype(np.int32)
        places += cells
        levels: LevelCodes = self.table.take(places, mode="clip")
        unsure = np.flatnonzero(levels == UNSURE)
        if len(unsure):
            levels[unsure] = exactly(unsure)
        levels[absent] = 0
        return levels


@dataclass(frozen=True, slots=True)
class FaceBands:
    """In which band of the calibration each template stands, by when a probe was photographed.

    Probes of one year share them, save for templates of people whose birth is not known.
    """

    kept: dict[str, Cells] = field(default_factory=dict)

    def cells_of(
        self, calibration: Calibration, taken_at: Numbers, born: Numbers, times: FaceTimes
    ) -> Cells:
        """Where the staircase of each template begins in the table: int32 [t]."""
        key = repr(times.taken)
        cells = self.kept.get(key)
        if cells is None:
            if len(self.kept) >= KEPT:
                self.kept.clear()
            cells = self.kept[key] = _cells(calibration, taken_at, born, times.taken)
        if np.isnan(times.born):
            return cells
        unborn = np.flatnonzero(np.isnan(born))
        if len(unborn):
            cells = cells.copy()
            stand_in = np.full(len(unborn), times.born, np.float32)
            cells[unborn] = _cells(calibration, taken_at[unborn], stand_in, times.taken)
        return cells


def ages(taken_at: Numbers, born: Numbers, taken: float) -> tuple[Numbers, Numbers]:
    """Age at the younger photo and years between the photos [t], were they one person's."""
    younger = np.fmin(taken_at, taken) - born
    gap = np.abs(taken_at - taken)
    return younger.astype(np.float32), gap.astype(np.float32)


def _cells(calibration: Calibration, taken_at: Numbers, born: Numbers, taken: float) -> Cells:
    cells = calibration.cells(*ages(taken_at, born, taken)) * BINS
    return cells.astype(np.int32)
