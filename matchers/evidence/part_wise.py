"""Comparators whose values are compared one by one, over values that grow.

What was prepared for the many values known for long is kept as it is; only those that came since
are prepared anew, and both answers stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Comparator, Growing, Level, LevelCodes, Remembering
from matchers.evidence.sounding import TAIL_LEAST


@dataclass(frozen=True, slots=True)
class Parts:
    """What was prepared of the first `base` of the values, and of those behind where there are."""

    base: int
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PartWise:
    """Any such comparator; compares as it does."""

    own: Comparator

    @property
    def key(self) -> str:
        return self.own.key

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.own.levels

    def values(self, person: PersonClaims) -> tuple[Hashable, ...]:
        return self.own.values(person)

    def prepare(self, values: Sequence[Any]) -> Parts:
        return Parts(len(values), (self.own.prepare(values),))

    def grown(self, values: Sequence[Any], known: Parts) -> Parts:
        late = len(values) - known.base
        if not 0 < late <= max(TAIL_LEAST, known.base // 4):
            return self.prepare(values)
        return Parts(known.base, (known.parts[0], self.own.prepare(values[known.base :])))

    def levels_of(self, probe: PersonClaims, prepared: Parts) -> LevelCodes:
        found = [self.own.levels_of(probe, part) for part in prepared.parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def describe(self, person: PersonClaims) -> str:
        return self.own.describe(person)

    def forget(self) -> None:
        """What the comparator remembered while many records were read."""
        if isinstance(self.own, Remembering):
            self.own.forget()


def growing(comparator: Comparator) -> Growing:
    """A comparator that reuses what it made before, in parts where it does not do so itself."""
    return comparator if isinstance(comparator, Growing) else PartWise(comparator)


def pieces(prepared: Any) -> tuple[tuple[Any, int], ...]:
    """What was prepared, in parts or whole, each with the place at which its values begin."""
    if not isinstance(prepared, Parts):
        return ((prepared, 0),)
    return tuple(zip(prepared.parts, (0, prepared.base), strict=False))
