"""Who lives with whom in the gallery: people of one household are relatives of each other.

What a record does not say itself, its co-residents' records do: their names count as those of
relatives whose relation is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matchers.claims import PersonClaims
from matchers.evidence.relatives import with_household

Claims = Mapping[int, PersonClaims]


@dataclass(frozen=True, slots=True)
class Households:
    """Rows of the gallery by household, and what of their claims the others need.

    Never changed: `changed` and `taken` give new ones.
    """

    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)

    def changed(
        self, gone: Iterable[int], fresh: Claims
    ) -> tuple[Households, dict[int, PersonClaims]]:
        """Without the rows that are gone and with the fresh ones.

        Also gives the claims, co-residents included, of all fresh rows and of the rows that live
        in a household which has changed.
        """
        claims, houses, touched = dict(self.claims), dict(self.rows), set()
        for row in gone:
            old = claims.pop(row, None)
            if old is not None and old.household:
                touched.add(old.household)
                left = tuple(other for other in houses[old.household] if other != row)
                houses[old.household] = left
                if not left:
                    del houses[old.household]
        for row, person in fresh.items():
            if person.household:
                touched.add(person.household)
                claims[row] = _kept(person)
                houses[person.household] = (*houses.get(person.household, ()), row)
        joined = dict(fresh)
        for house in touched & houses.keys():
            members = [fresh.get(row, claims[row]) for row in houses[house]]
            joined |= dict(zip(houses[house], with_household(members), strict=True))
        return Households(houses, claims), joined

    def shared(self, row: int) -> bool:
        """Whether others live in the household of that row."""
        person = self.claims.get(row)
        return bool(person and person.household and len(self.rows[person.household]) > 1)

    def taken(self, rows: Sequence[int]) -> Households:
        """Of some rows alone, renumbered in their order."""
        claims = {i: self.claims[row] for i, row in enumerate(rows) if row in self.claims}
        houses: dict[str, tuple[int, ...]] = {}
        for row, person in claims.items():
            if person.household:
                houses[person.household] = (*houses.get(person.household, ()), row)
        return Households(houses, claims)


def _kept(person: PersonClaims) -> PersonClaims:
    return PersonClaims(names=person.names, relatives=person.relatives, household=person.household)
