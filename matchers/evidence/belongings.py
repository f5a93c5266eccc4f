"""Belongings and clothes: what was worn when last seen and when found.

Clothes change, so only records dated within ten days of one another are compared, by the pairs of
characters their descriptions share.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
class PreparedThings:
    """Distinct belongings: day int64 [V], and their pairs as one flat list, int32 [M] into `pairs`.

    start, sizes: int64 [V], first of each in the flat list and how many.
    """

    day: NDArray[np.int64]
    flat: NDArray[np.int32]
    start: NDArray[np.int64]
    sizes: NDArray[np.int64]
    pairs: Mapping[str, int]


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

    def prepare(self, values: Sequence[Things]) -> PreparedThings:
        pairs: dict[str, int] = {}
        day, flat, sizes = array("q"), array("i"), array("q")
        for value in values:
            day.append(value.day)
            sizes.append(len(value.pairs))
            flat.extend(pairs.setdefault(pair, len(pairs)) for pair in sorted(value.pairs))
        count = np.array(sizes, np.int64)
        return PreparedThings(
            np.array(day, np.int64),
            np.array(flat, np.int32),
            np.cumsum(count) - count,
            count,
            pairs,
        )

    def levels_of(self, probe: PersonClaims, prepared: PreparedThings) -> LevelCodes:
        out = np.zeros(len(prepared.day), np.int8)
        for mine in self.values(probe):
            near = np.flatnonzero(np.abs(prepared.day - mine.day) <= DAYS)
            if len(near):
                known = [prepared.pairs[pair] for pair in mine.pairs if pair in prepared.pairs]
                flags = np.zeros(len(prepared.pairs), np.int64)
                flags[known] = 1
                sizes = prepared.sizes[near]
                begun = np.cumsum(sizes) - sizes
                at = np.arange(sizes.sum()) + np.repeat(prepared.start[near] - begun, sizes)
                shared = np.add.reduceat(flags[prepared.flat[at]], begun)
                out[near] = _alike(shared / np.minimum(len(mine.pairs), sizes))
        return out

    def describe(self, person: PersonClaims) -> str:
        return "、".join(person.belongings)


def _alike(shared: NDArray[np.float64]) -> LevelCodes:
    """Level by the share of pairs in common, float64 [n]: int8 [n]."""
    choices = [shared >= ALIKE, shared >= A_LITTLE]
    found = np.select(choices, [AT["alike"], AT["a_little"]], AT["nothing_alike"])
    return found.astype(np.int8)
