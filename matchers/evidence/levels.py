"""Levels of agreement: the common form of every piece of evidence.

A comparator turns a pair of records into one of a few ordered levels. Level 0 is always *missing*
and always weighs nothing. Higher is closer, so that the best of several values is the maximum.
Some levels belong to a *condition*, the circumstances of the comparison: a birthday on two papers
and an age guessed from a face are told apart by condition. Within a condition the weights of
levels are compared; that a comparison took place under some condition says nothing by itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims

LevelCodes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Level:
    """One rung. `key` is stable and used in the model; `words` is Chinese for the key line.

    condition: levels of one condition share out the probability of a true pair between them.
    contradiction: the level speaks against the pair plainly enough to be shown as such.
    """

    key: str
    words: str
    condition: str = "any"
    contradiction: bool = False


MISSING = Level("missing", "未记录", condition="missing")


def ladder(*levels: Level) -> tuple[Level, ...]:
    """The levels of a comparator, worst first, with *missing* put before them."""
    keys = [level.key for level in levels]
    if len(set(keys)) != len(keys) or len(keys) > 126:
        raise ValueError("a ladder has up to 126 levels, each with a key of its own")
    return (MISSING, *levels)


@runtime_checkable
class Comparator(Protocol):
    """One kind of evidence.

    `values` are what a gallery person contributes to the column of distinct values, () if nothing
    is recorded. `prepare` makes whatever speeds up comparison from the V distinct values, once per
    gallery. `levels_of` compares one probe with all of them: int8 [V]. `describe` is what the
    record says, in the record's own words, for explanations.
    """

    @property
    def key(self) -> str: ...

    @property
    def levels(self) -> tuple[Level, ...]: ...

    def values(self, person: PersonClaims) -> tuple[Hashable, ...]: ...

    def prepare(self, values: Sequence[Any]) -> Any: ...

    def levels_of(self, probe: PersonClaims, prepared: Any) -> LevelCodes: ...

    def describe(self, person: PersonClaims) -> str: ...


@runtime_checkable
class Growing(Comparator, Protocol):
    """A comparator whose preparation is dear: a gallery that grows reuses what was made before.

    `grown` gives what `prepare` gives; `known` was made of the first of the values.
    """

    def grown(self, values: Sequence[Any], known: Any) -> Any: ...


@runtime_checkable
class Veiling(Comparator, Protocol):
    """A comparator that weighs against the mean of all values at hand.

    `veiled` leaves out of that mean the values, bool [V], that only protected or former records
    have: else an answer would change in its decimals when somebody protected has what is asked for.
    """

    def veiled(self, prepared: Any, unseen: NDArray[np.bool_]) -> Any: ...


@runtime_checkable
class Remembering(Comparator, Protocol):
    """A comparator that remembers what it has read while many records are read.

    `forget` is called when they have been: words of people who are erased later must not stay.
    """

    def forget(self) -> None: ...


def positions(levels: Sequence[Level]) -> dict[str, int]:
    """Index of each level by its key."""
    return {level.key: i for i, level in enumerate(levels)}


def best_of(found: Sequence[LevelCodes], size: int) -> LevelCodes:
    """The highest level over several comparisons of the same V values: int8 [V]."""
    if not found:
        return np.zeros(size, np.int8)
    best = found[0]
    for levels in found[1:]:
        best = np.maximum(best, levels)
    return best
