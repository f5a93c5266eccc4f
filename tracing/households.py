"""Who lives with whom in the gallery: people of one household are relatives of each other.

What a record does not say itself, its co-residents' records do: their names count as those of
relatives whose relation is not known. Of those in a segment only the household is kept; what
their records say is read again when somebody moves in or out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.distinct import Distinct
from matchers.evidence.relatives import with_household

Claims = Mapping[int, PersonClaims]
Reread = Callable[[Sequence[int]], Claims]
"""What the records of some rows say now; rows without a record are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Households of the n rows of a segment.

    names: the H households. of: int32 [n], into them, -1 for none. rows: int32 [m], the rows of
    household h from starts[h] on; starts: int64 [H + 1].
    """

    names: Distinct
    of: NDArray[np.int32]
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def over(cls, names: Distinct, of: NDArray[np.int32]) -> Settled:
        """From the household of each row."""
        order = np.argsort(of, kind="stable").astype(np.int32)
        rows = order[np.count_nonzero(of < 0) :]
        sizes = np.bincount(of[rows], minlength=len(names))
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(names, of, rows, starts)

    def members(self, household: str) -> tuple[int, ...]:
        """The rows of a household."""
        place = self.names.place(household)
        if place < 0:
            return ()
        return tuple(self.rows[self.starts[place] : self.starts[place + 1]].tolist())

    def household(self, row: int) -> str | None:
        """Where somebody of these rows lives."""
        place = int(self.of[row]) if row < len(self.of) else -1
        return self.names[place] if place >= 0 else None


def _nobody(rows: Sequence[int]) -> Claims:
    del rows
    return {}


@dataclass(frozen=True, slots=True)
class Households:
    """Rows of the gallery by household, and what of their claims the others need.

    rows, claims: of the households that came or changed since the segment. Never changed:
    `changed` and `taken` give new ones.
    """

    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    settled: Settled | None = None

    def changed(
        self, gone: Iterable[int], fresh: Claims, reread: Reread = _nobody
    ) -> tuple[Households, dict[int, PersonClaims]]:
        """Without the rows that are gone and with the fresh ones.

        Also gives the claims, co-residents included, of all fresh rows and of the rows that live
        in a household which has changed.
        """
        claims, houses, touched = dict(self.claims), dict(self.rows), set()
        for row in gone:
            house = self._household(row)
            claims.pop(row, None)
            if house:
                touched.add(house)
                houses[house] = tuple(r for r in self._members(houses, house) if r != row)
        for row, person in fresh.items():
            if person.household:
                house = person.household
                touched.add(house)
                claims[row] = _kept(person)
                houses[house] = (*self._members(houses, house), row)
        there = [row for house in touched for row in houses[house]]
        lacking = [row for row in there if row not in claims]
        told = {**claims, **(reread(lacking) if lacking else {}), **fresh}
        joined = dict(fresh)
        for house in touched:
            rows = [row for row in houses[house] if row in told]
            members = [told[row] for row in rows]
            joined |= dict(zip(rows, with_household(members), strict=True))
        return Households(houses, claims, self.settled), joined

    def shared(self, row: int) -> bool:
        """Whether others live in the household of that row."""
        house = self._household(row)
        return house is not None and len(self._members(self.rows, house)) > 1

    def taken(self, rows: NDArray[np.int64]) -> Households:
        """Of some rows alone, renumbered in their order, all of them settled."""
        old = self.settled
        names = Distinct.of() if old is None else old.names
        of = np.full(len(rows), -1, np.int32)
        if old is not None:
            inside = rows < len(old.of)
            of[inside] = old.of[rows[inside]]
        late = [
            (i, house)
            for i in np.flatnonzero(of < 0).tolist()
            if (row := int(rows[i])) in self.claims and (house := self.claims[row].household)
        ]
        names, places = names.joined([house for _, house in late])
        of[[i for i, _ in late]] = places
        used = np.zeros(len(names), np.bool_)
        used[of[of >= 0]] = True
        renumber = (np.cumsum(used) - 1).astype(np.int32)
        kept = names.taken(np.flatnonzero(used))
        inside = of >= 0
        of[inside] = renumber[of[inside]]
        return Households(settled=Settled.over(kept, of))

    def _household(self, row: int) -> str | None:
        own = self.claims.get(row)
        if own is not None:
            return own.household
        return None if self.settled is None else self.settled.household(row)

    def _members(self, houses: Mapping[str, tuple[int, ...]], household: str) -> tuple[int, ...]:
        if household in houses:
            return houses[household]
        return () if self.settled is None else self.settled.members(household)


def _kept(person: PersonClaims) -> PersonClaims:
    return PersonClaims(names=person.names, relatives=person.relatives, household=person.household)
