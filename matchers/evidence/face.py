"""Face: the calibrated weight of a comparison of two prints, in half bits.

A face model's calibration turns a cohort-centred distance, with the ages of both people, into bits
(see `matchers.faces`). Those bits already say how rare such a likeness is among strangers, for
people of that age and origin, so u of the query is not applied again: the levels only quantise
them. Several photos of one person are one template and one comparison, never a sum. The
calibration clamps to what its sample supports (12 bits for photographs); here an unlikeness costs
six bits at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import Level, LevelCodes, ladder

LOWEST, HIGHEST, STEP = -6.0, 16.0, 0.5
_BLOCK = 32_768
"""People weighed together: what numpy makes on the way stays in the cache."""


def _words(bits: float) -> str:
    if bits < -1:
        return "面貌不像"
    if bits < 2:
        return "面貌难辨"
    return "面貌(很像)" if bits >= 7 else "面貌(像)"


def _levels() -> tuple[Level, ...]:
    steps = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    return ladder(
        *(Level(f"bits_{b:+.1f}", _words(b), "face", contradiction=bool(b <= -4)) for b in steps)
    )


LEVELS = _levels()


@dataclass(frozen=True, slots=True)
class Face:
    """Levels from calibrated bits; faces are vectors, so there is no column of values."""

    key: str = "face"
    levels: tuple[Level, ...] = LEVELS

    def levels_of_bits(self, bits: NDArray[np.floating]) -> LevelCodes:
        """int8 [N] from bits float [N]; NaN where either side has no comparable print."""
        out = np.zeros(len(bits), np.int8)
        for start in range(0, len(bits), _BLOCK):
            some = bits[start : start + _BLOCK]
            absent = np.isnan(some)
            clamped = np.clip(np.where(absent, 0.0, some), LOWEST, HIGHEST)
            codes = np.rint((clamped - LOWEST) / STEP).astype(np.int8) + np.int8(1)
            codes[absent] = 0
            out[start : start + _BLOCK] = codes
        return out

    def bits_of_level(self, level: int) -> float:
        """The weight a level stands for; 0 for missing."""
        return 0.0 if level == 0 else LOWEST + (level - 1) * STEP
