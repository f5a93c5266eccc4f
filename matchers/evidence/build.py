"""Build: height in centimetres as ranges.

Heights are guessed, shrink with age and grow in childhood: records of people under 18 on either
side are not compared, and five centimetres between ranges are no disagreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.birth import YEAR
from matchers.evidence.levels import Level, LevelCodes, ladder, positions

LEVELS = ladder(
    Level("over_15", "身高不符", contradiction=True),
    Level("to_15", "身高不符"),
    Level("to_10", "身高"),
    Level("to_5", "身高"),
    Level("within", "身高"),
)
AT = positions(LEVELS)
EDGES = (0.0, 5.0, 10.0, 15.0)
STEPS = np.array([AT[k] for k in ("within", "to_5", "to_10", "to_15", "over_15")], np.int8)
GROWN = 18


@dataclass(frozen=True, slots=True)
class Stature:
    """Compare height."""

    key: str = "build"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[tuple[float, float], ...]:
        height = _height(person)
        return () if height is None else (height,)

    def prepare(self, values: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        return np.array(values, np.float64).reshape(-1, 2)

    def levels_of(self, probe: PersonClaims, prepared: NDArray[np.float64]) -> LevelCodes:
        height = _height(probe)
        if height is None:
            return np.zeros(len(prepared), np.int8)
        gap = np.maximum(prepared[:, 0] - height[1], height[0] - prepared[:, 1])
        return STEPS[np.searchsorted(EDGES, np.maximum(gap, 0.0))]

    def describe(self, person: PersonClaims) -> str:
        height = _height(person)
        return "" if height is None else "–".join(f"{x:g}" for x in dict.fromkeys(height)) + " cm"


def _height(person: PersonClaims) -> tuple[float, float] | None:
    build, birth = person.build, person.birth
    if build is None or build.shortest_cm is None or build.tallest_cm is None:
        return None
    if birth is not None and birth.latest is not None and person.event_at is not None:
        youngest = (person.event_at.toordinal() - birth.latest.toordinal()) / YEAR
        if youngest < GROWN:
            return None
    return min(build.shortest_cm, build.tallest_cm), max(build.shortest_cm, build.tallest_cm)
