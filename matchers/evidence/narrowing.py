"""Evidence whose distinct values grow with the people: nearest values, and any few of them.

A gallery of millions has millions of distinct names, families, sightings and numbers. For each of
these kinds of evidence a `Narrowing` finds the values that a question is near to, through an index
made once for the gallery, and has any chosen values compared by the same comparator that compares
all of them elsewhere. Other evidence has few distinct values and is compared whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.levels import Comparator, LevelCodes
from matchers.evidence.listening import Codes, Ear, HeardIndex, HeardPart, once
from matchers.evidence.names import Names, one_name_each, usable
from matchers.evidence.narrowing_keys import narrowed_keys
from matchers.evidence.part_wise import PartWise
from matchers.evidence.relatives import Members, PreparedFamilies, Relatives
from matchers.evidence.sounding import Heard, dialect_prior, hearing_of
from matchers.sounds.parts import Postings

NEAR_NAMES = 4_000
"""So many names of relatives at most lead on to their families."""


class Narrowing(Protocol):
    """One kind of evidence with many distinct values, V, indexed.

    `nearest` are values int64 [n] that the question may be near to, each once; None where the
    question says nothing of this kind. `chosen` prepares any values int64 [n], for one question or
    for many; `levels_of` compares a question with them: int8 [n]. `following` is the same index
    over what was prepared of the same values and a few more: the further ones are not among the
    nearest, but can be chosen.
    """

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None: ...

    def chosen(self, values: Codes) -> Any: ...

    def levels_of(self, probe: PersonClaims, chosen: Any, ear: Ear) -> LevelCodes: ...

    def following(self, prepared: Any) -> Narrowing: ...


@dataclass(frozen=True, slots=True)
class NarrowNames:
    """Own names by sound."""

    comparator: Names
    index: HeardIndex

    @classmethod
    def of(cls, comparator: Names, prepared: Heard) -> NarrowNames:
        return cls(comparator, HeardIndex.of(prepared))

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
        prior = dialect_prior(probe, self.comparator.engine.regions)
        names = [[hearing_of(c) for c in claims] for claims in one_name_each(probe)]
        found = [self.index.listened(name, prior, ear) for name in names]
        near = [one.near for one in found if one is not None]
        return once(near) if near else None

    def chosen(self, values: Codes) -> Codes:
        return values

    def levels_of(self, probe: PersonClaims, chosen: Codes, ear: Ear) -> LevelCodes:
        part = HeardPart(self.index, chosen, ear)
        # what is asked of it is its closeness
        return self.comparator.levels_of(probe, cast(Heard, part))

    def following(self, prepared: Heard) -> NarrowNames:
        return replace(self, index=self.index.following(prepared))


@dataclass(frozen=True, slots=True)
class SomeFamilies:
    """Some families to be compared: by part which of them, their members, and whose names."""

    count: int
    parts: tuple[tuple[Codes, Members, Codes], ...]


@dataclass(frozen=True, slots=True)
class NarrowFamilies:
    """Relatives by sound: through the distinct names of relatives to the families.

    by_name: members of families by name. family: int32 [M], the family of each member.
    """

    comparator: Relatives
    prepared: PreparedFamilies
    index: HeardIndex
    by_name: Postings
    family: NDArray[np.int32]

    @classmethod
    def of(cls, comparator: Relatives, prepared: PreparedFamilies) -> NarrowFamilies:
        sizes = [np.diff(part.start, append=len(part.name)) for part in prepared.parts]
        names = np.concatenate([part.name for part in prepared.parts])
        return cls(
            comparator,
            prepared,
            HeardIndex.of(prepared.heard),
            Postings.of(names, prepared.heard.size),
            np.repeat(np.arange(prepared.size, dtype=np.int32), np.concatenate(sizes)),
        )

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
        prior = dialect_prior(probe, self.comparator.engine.regions)
        families, asked = [], False
        for relative in probe.relatives:
            said = relative.names if relative.status is None else ()
            names = [hearing_of(claim) for claim in said if usable(claim)]
            found = self.index.listened(names, prior, ear) if names else None
            if found is None:
                continue
            asked = True
            near = found.near
            if len(near) > NEAR_NAMES:
                bits = found.closeness(near).bits
                near = near[np.argpartition(-bits, NEAR_NAMES)[:NEAR_NAMES]]
            known = near[near < len(self.by_name.starts) - 1]
            families.append(self.family[self.by_name.having(known)].astype(np.int64))
        return once(families) if asked else None

    def chosen(self, values: Codes) -> SomeFamilies:
        found, first = [], 0
        for part in self.prepared.parts:
            here = np.flatnonzero((values >= first) & (values < first + len(part.start)))
            if len(here):
                found.append((here, *_some(part, values[here] - first)))
            first += len(part.start)
        return SomeFamilies(len(values), tuple(found))

    def levels_of(self, probe: PersonClaims, chosen: SomeFamilies, ear: Ear) -> LevelCodes:
        levels = np.zeros(chosen.count, np.int8)
        for here, members, names in chosen.parts:
            heard = cast(Heard, HeardPart(self.index, names, ear))
            some = replace(self.prepared, heard=heard, parts=(members,))
            levels[here] = self.comparator.levels_of(probe, some)
        return levels

    def following(self, prepared: PreparedFamilies) -> NarrowFamilies:
        index = self.index.following(prepared.heard)
        return replace(self, prepared=prepared, index=index)


def _some(part: Members, chosen: Codes) -> tuple[Members, Codes]:
    """Chosen families of a part alone, and the names that their members bear."""
    begun = part.start.take(chosen)
    ends = part.start.take(chosen + 1, mode="clip")
    ends[chosen + 1 == len(part.start)] = len(part.name)
    sizes = ends - begun
    start = np.cumsum(sizes) - sizes
    members = np.repeat(begun - start, sizes) + np.arange(sizes.sum())
    own = Members(np.arange(len(members), dtype=np.int32), part.relation.take(members), start)
    return own, part.name.take(members).astype(np.int64)


def narrowed(comparator: Comparator, prepared: Any) -> Narrowing | None:
    """The index over what the comparator prepared; None where all its values are compared."""
    match comparator:
        case Names():
            return NarrowNames.of(comparator, prepared)
        case Relatives():
            return NarrowFamilies.of(comparator, prepared) if prepared.heard.size else None
        case PartWise():
            return narrowed_keys(comparator.own, prepared)
    return narrowed_keys(comparator, prepared)
