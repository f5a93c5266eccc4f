"""Belongings and clothes: what was worn when last seen and when found.

Clothes change, so only records dated within ten days of one another are compared, by the pairs of
characters their descriptions share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder, positions

DAYS = 10
LEVELS = ladder(
    Level("nothing_alike", "衣物不符"),
    Level("a_little", "衣物(略同)"),
    Level("alike", "衣物"),
)
AT = positions(LEVELS)
ALIKE, A_LITTLE = 0.45, 0.15


@dataclass(frozen=True, slots=True)
class Things:
    """When, as an ordinal day, and the pairs of characters that describe what a person had."""

    day: int
    pairs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Belongings:
    """Compare clothes and belongings."""

    key: str = "belongings"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Things, ...]:
        if not person.belongings or person.event_at is None:
            return ()
        pairs = frozenset(a + b for text in person.belongings for a, b in pairwise(text))
        return (Things(person.event_at.toordinal(), pairs),) if pairs else ()

    def prepare(self, values: Sequence[Things]) -> tuple[Things, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: tuple[Things, ...]) -> LevelCodes:
        out = np.zeros(len(prepared), np.int8)
        for mine in self.values(probe):
            days = np.array([theirs.day for theirs in prepared], np.int64)
            for i in np.flatnonzero(np.abs(days - mine.day) <= DAYS):
                out[i] = AT[_alike(mine.pairs, prepared[i].pairs)]
        return out

    def describe(self, person: PersonClaims) -> str:
        return "、".join(person.belongings)


def _alike(one: frozenset[str], other: frozenset[str]) -> str:
    shared = len(one & other) / min(len(one), len(other))
    return "alike" if shared >= ALIKE else "a_little" if shared >= A_LITTLE else "nothing_alike"
