"""Ethnic group (GB/T 3304): the same or different.

That both are Han says next to nothing, that both are of one small group says much: u of the query
sees to it. A difference is not final, since groups are guessed and registrations change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder

LEVELS = ladder(Level("different", "民族不同"), Level("same", "民族"))
NOT_KNOWN = ("97", "98", "99")


@dataclass(frozen=True, slots=True)
class Ethnicity:
    """Compare ethnic group by code."""

    key: str = "ethnicity"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[str, ...]:
        code = person.ethnicity
        if not code or code in NOT_KNOWN or not code.isdigit():
            return ()
        return (code.zfill(2),)

    def prepare(self, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: tuple[str, ...]) -> LevelCodes:
        mine = self.values(probe)
        return np.array([(2 if v in mine else 1) if mine else 0 for v in prepared], np.int8)

    def describe(self, person: PersonClaims) -> str:
        return "".join(self.values(person))
