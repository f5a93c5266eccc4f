"""Sex: the same or different.

Only male and female are compared; unknown and not stated (GB/T 2261.1 codes 0 and 9) are missing.
Where no sex is recorded, the 17th place of a citizen number tells it. A difference speaks strongly
against, yet finitely: registers and first impressions are sometimes wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder
from matchers.evidence.numbers import sex_of

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
        sex = recorded_sex(person)
        return () if sex is None else (sex,)

    def prepare(self, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: tuple[str, ...]) -> LevelCodes:
        sex = recorded_sex(probe)
        if sex is None:
            return np.zeros(len(prepared), np.int8)
        return np.array([2 if value == sex else 1 for value in prepared], np.int8)

    def describe(self, person: PersonClaims) -> str:
        return recorded_sex(person) or ""


def recorded_sex(person: PersonClaims) -> str | None:
    """Male or female, as recorded or as the citizen number shows; None where neither tells."""
    if person.sex in COMPARED:
        return person.sex
    shown = {sex for claim in person.numbers if (sex := sex_of(claim)) is not None}
    return shown.pop() if len(shown) == 1 else None
