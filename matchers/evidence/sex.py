"""Sex: the same or different.

Only male and female are compared; unknown and not stated (GB/T 2261.1 codes 0 and 9) are missing.
A difference speaks strongly against, yet finitely: registers and first impressions are sometimes
wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder

LEVELS = ladder(
    Level("different", "性别不同", contradiction=True),
    Level("same", "性别"),
)
COMPARED = ("male", "female")


@dataclass(frozen=True, slots=True)
class Sex:
    """Compare recorded sex."""

    key: str = "sex"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[str, ...]:
        return (person.sex,) if person.sex in COMPARED else ()

    def prepare(self, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: tuple[str, ...]) -> LevelCodes:
        if probe.sex not in COMPARED:
            return np.zeros(len(prepared), np.int8)
        return np.array([2 if value == probe.sex else 1 for value in prepared], np.int8)

    def describe(self, person: PersonClaims) -> str:
        return self.values(person)[0] if self.values(person) else ""
