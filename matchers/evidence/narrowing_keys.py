"""Evidence whose nearest values are found by keys: sightings, document numbers, phones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.levels import Comparator, LevelCodes
from matchers.evidence.listening import Codes, Ear
from matchers.evidence.movement import Movement
from matchers.evidence.number_keys import NumberKeys, PhoneKeys
from matchers.evidence.numbers import Numbers
from matchers.evidence.part_wise import pieces
from matchers.evidence.phones import Phones
from matchers.evidence.sighting_keys import SightingKeys


class Keys(Protocol):
    """The values of one part of a gallery by their keys.

    `nearest` as of a `Narrowing`. `some` prepares chosen values for the comparator. `other` does so
    of another part of the values; what is nearest stays what it is of this one.
    """

    @property
    def prepared(self) -> Any: ...

    def nearest(self, probe: PersonClaims) -> Codes | None: ...

    def some(self, chosen: Codes) -> Any: ...

    def other(self, prepared: Any) -> Keys: ...


@dataclass(frozen=True, slots=True)
class SomeValues:
    """Some values to be compared: by part which of them, and what was prepared of these."""

    count: int
    parts: tuple[tuple[NDArray[np.intp], Any], ...]


@dataclass(frozen=True, slots=True)
class NarrowKeys:
    """Evidence by keys over all parts of a gallery's values.

    index: over the values known when it was made. parts: what is compared, each with the place at
    which its values begin.
    """

    comparator: Comparator
    index: Keys
    parts: tuple[tuple[Keys, int], ...]

    @classmethod
    def of(cls, comparator: Comparator, index: Keys, prepared: Any) -> NarrowKeys:
        return cls(comparator, index, ((index, 0),)).following(prepared)

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
        return self.index.nearest(probe)

    def chosen(self, values: Codes) -> SomeValues:
        found = []
        part_of = np.searchsorted([first for _, first in self.parts], values, side="right") - 1
        for number, (keys, first) in enumerate(self.parts):
            here = np.flatnonzero(part_of == number)
            if len(here):
                found.append((here, keys.some(values[here] - first)))
        return SomeValues(len(values), tuple(found))

    def levels_of(self, probe: PersonClaims, chosen: SomeValues, ear: Ear) -> LevelCodes:
        levels = np.zeros(chosen.count, np.int8)
        for here, some in chosen.parts:
            levels[here] = self.comparator.levels_of(probe, some)
        return levels

    def following(self, prepared: Any) -> NarrowKeys:
        known = self.parts[0][0]
        parts = tuple(
            (known if part is known.prepared else self.index.other(part), first)
            for part, first in pieces(prepared)
        )
        return replace(self, parts=parts)


def narrowed_keys(comparator: Comparator, prepared: Any) -> NarrowKeys | None:
    """The index over the first part of what was prepared; None where all values are compared."""
    first = pieces(prepared)[0][0]
    index: Keys | None = None
    match comparator:
        case Movement():
            index = SightingKeys.of(comparator, first)
        case Numbers():
            index = NumberKeys.of(first)
        case Phones():
            index = PhoneKeys.of(first)
    return None if index is None else NarrowKeys.of(comparator, index, prepared)
