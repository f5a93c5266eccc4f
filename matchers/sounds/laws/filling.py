"""What a town says of the characters its sound pack lacks.

From a sheet of a few hundred characters the town's own sound laws are induced, as for the packaged
points, and applied to every other character; a smaller sheet borrows the laws of the nearest point.
Readings found this way carry the layer 推.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from matchers.sounds.laws.categories import categories_of
from matchers.sounds.laws.induce import Example, Syllable, induced
from matchers.sounds.laws.mandarin import Mandarin
from matchers.sounds.laws.readings import LawReadings
from matchers.sounds.laws.rules import LawTable
from matchers.sounds.laws.towns import all_points, applied, descent
from matchers.sounds.points import resolve
from matchers.sounds.reading import Reading

ENOUGH = 300
"""Characters a sheet must have before laws are induced from it."""
GUESSED = "推"
Sheet = Mapping[str, Sequence[Syllable]]


@cache
def _fit(position: str, reading: Mandarin) -> float:
    return descent(position, reading)


class Filling:
    """Laws for the points of a pack that have no packaged table; made when first asked for."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = sheets
        self._tables: dict[str, LawTable | None] = {}
        self._laws = LawReadings.load()

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Give what the laws say; empty at packaged points, whose own laws speak for them."""
        if point in all_points():
            return ()
        table = self._table(point)
        if table is None:
            return self._nearest(point, char, surname=surname)
        found: dict[tuple[str, str], float] = {}
        for category in categories_of(char, surname=surname, fit=_fit):
            for said in applied(table, category.attributes()):
                key = (said.reading.ipa, said.reading.tone)
                found[key] = found.get(key, 0.0) + category.weight * said.weight
        total = sum(found.values())
        ordered = sorted(found.items(), key=lambda item: -item[1])
        return tuple(Reading(*key, weight / total, GUESSED) for key, weight in ordered)

    def _table(self, point: str) -> LawTable | None:
        if point not in self._tables:
            sheet = self._sheets[point]
            enough = len(sheet) >= ENOUGH
            self._tables[point] = LawTable(induced(_examples(sheet))) if enough else None
        return self._tables[point]

    def _nearest(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        known = [near for near in resolve(point).points if near in all_points()]
        if not known or resolve(point).note == "unknown":
            return ()
        found = self._laws.readings(known[0], char, surname=surname)
        return tuple(Reading(one.ipa, one.tone, one.weight, GUESSED) for one in found)


def _examples(sheet: Sheet) -> list[Example]:
    found: list[Example] = []
    for char, said in sheet.items():
        standings = categories_of(char, surname=False, fit=_fit)[:1]
        found += [Example(char, one.attributes(), tuple(said)) for one in standings]
    return found
