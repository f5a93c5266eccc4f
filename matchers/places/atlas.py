"""The places a home may be: counties with every name they have had, their towns and villages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers.places.additions import (
    AddedPlace,
    numbered,
    packaged_additions,
    read_additions,
)
from matchers.places.divisions import Division, Divisions
from matchers.places.locating import PlaceLevel
from matchers.places.stems import Endings
from matchers.places.tree import Tree

Numbers = NDArray[np.int64]
UPPER: tuple[PlaceLevel, ...] = ("county", "city", "province")


class Named(NamedTuple):
    """A name of a county, or of what it belongs to: `old` where it is a name no more."""

    county: int
    level: PlaceLevel
    stem: str
    division: Division
    old: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """An added place: its county and town by number (town -1 where it is not known)."""

    place: AddedPlace
    county: int
    town: int
    stem: str


@dataclass(frozen=True)
class Atlas:
    """C counties in the order of their codes, over the T towns and V villages of the tree.

    county_of int64 [T]; town_first int64 [C + 1], where each county's towns begin; villages
    float64 [C], how many each has, town_sizes float64 [T]; first_characters uint16 [S] of the
    stems. `upper` are names above the town, by county, then level.
    """

    tree: Tree
    divisions: Divisions
    endings: Endings
    counties: tuple[str, ...]
    county_of: Numbers
    town_first: Numbers
    villages: NDArray[np.float64]
    town_sizes: NDArray[np.float64]
    first_characters: NDArray[np.uint16]
    upper: tuple[Named, ...]
    extras: tuple[Extra, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """Full names of all divisions above the town, then and now."""
        return frozenset(one.division.name for one in self.upper)

    @cached_property
    def owners(self) -> tuple[tuple[Numbers, Numbers, Numbers], ...]:
        """For each level above the town: places in `upper`, their counties, where each starts."""
        found = []
        for level in UPPER:
            mine = np.array([i for i, one in enumerate(self.upper) if one.level == level], np.int64)
            counties = np.array([self.upper[int(i)].county for i in mine], np.int64)
            owners, starts = np.unique(counties, return_index=True)
            found.append((mine, owners, starts.astype(np.int64)))
        return tuple(found)

    @cached_property
    def provinces(self) -> tuple[tuple[str, ...], Numbers]:
        """Provinces as two digits, and the number of each county's, int64 [C]."""
        codes, of = np.unique([code[:2] for code in self.counties], return_inverse=True)
        return tuple(str(code) for code in codes), of.astype(np.int64)

    @classmethod
    def open(cls, folder: Path | None = None, divisions: Divisions | None = None) -> Atlas:
        """The packaged places and the additions of `folder`, in about half a second.

        Raises TreeDamaged and AdditionsUnreadable.
        """
        tree, endings = Tree.load(), Endings.load()
        known = divisions or Divisions.load()
        own = tree.town_codes // 1000
        codes, first, county_of = np.unique(own, return_index=True, return_inverse=True)
        counties = tuple(f"{code:06d}" for code in codes.tolist())
        # a town whose villages the register does not list is a place all the same
        sizes = np.maximum(np.diff(tree.town_villages.astype(np.float64)), 1.0)
        villages = np.add.reduceat(sizes, first)
        added = numbered((*packaged_additions(), *(read_additions(folder) if folder else ())))
        return cls(
            tree,
            known,
            endings,
            counties,
            county_of.astype(np.int64),
            np.append(first, len(own)).astype(np.int64),
            villages,
            sizes,
            np.concatenate([block[0] for block in tree.blocks()]),
            tuple(_upper(counties, tree.zones, known, endings)),
            tuple(_extras(added, counties, tree, endings)),
        )

    @cached_property
    def county_number(self) -> dict[str, int]:
        """Code of six digits -> number."""
        return {code: number for number, code in enumerate(self.counties)}

    @cached_property
    def upper_of(self) -> dict[int, tuple[int, ...]]:
        """County -> places of its names in `upper`."""
        found: dict[int, list[int]] = {}
        for place, one in enumerate(self.upper):
            found.setdefault(one.county, []).append(place)
        return {county: tuple(places) for county, places in found.items()}

    def county_name(self, county: int) -> str:
        """诸城市."""
        code = self.counties[county]
        return self.tree.zones.get(code) or self.divisions.name(code)

    def path(self, county: int) -> str:
        """山东省潍坊市诸城市."""
        code = self.counties[county]
        above = self.divisions.full_name(code) if code in self.divisions else ""
        parents = "".join(self.divisions.name(p) for p in reversed(self.divisions.parents(code)))
        return above or parents + self.county_name(county)

    def town(self, code: str) -> int | None:
        """Number of a town by its nine digits."""
        place = int(np.searchsorted(self.tree.town_codes, int(code)))
        known = place < len(self.tree.town_codes) and int(self.tree.town_codes[place]) == int(code)
        return place if known else None

    def village(self, code: str) -> int | None:
        """Number of a village by its twelve digits; added ones stand behind those of the tree."""
        for number, extra in enumerate(self.extras):
            if extra.place.code == code:
                return len(self.tree.village_stems) + number
        town = self.town(code[:9])
        if town is None:
            return None
        first, end = (int(n) for n in self.tree.town_villages[town : town + 2])
        numbers = self.tree.village_numbers[first:end]
        where = int(np.searchsorted(numbers, int(code[9:])))
        known = where < len(numbers) and int(numbers[where]) == int(code[9:])
        return first + where if known else None


def _extras(
    added: Sequence[AddedPlace], counties: Sequence[str], tree: Tree, endings: Endings
) -> Iterator[Extra]:
    """Additions in counties that stand; one whose county is gone is passed over."""
    number = {code: place for place, code in enumerate(counties)}
    for place in added:
        within = place.addition.within
        county = number.get(within[:6])
        if county is None:
            continue
        town = -1
        if len(within) == 9:
            where = int(np.searchsorted(tree.town_codes, int(within)))
            if where < len(tree.town_codes) and int(tree.town_codes[where]) == int(within):
                town = where
        yield Extra(place, county, town, endings.spoken(place.addition.name))


def _upper(
    counties: Sequence[str], zones: dict[str, str], divisions: Divisions, endings: Endings
) -> Iterator[Named]:
    """Every name of every county, its prefectures and provinces, then and now."""
    before = _predecessors(divisions)
    for number, code in enumerate(counties):
        if code in zones:
            now = Division(code, zones[code], 2023, 2023)
            yield Named(number, "county", endings.spoken(zones[code]), now, old=False)
        family = (code, *sorted(before.get(code, ())))
        seen: set[tuple[PlaceLevel, str]] = set()
        for level in UPPER:
            for one in dict.fromkeys(_above(part, level) for part in family):
                for row in reversed(divisions.rows(one)):
                    stem = divisions.suffixes.stem(row.name)
                    stem = row.name if row.name in divisions.suffixes.common else stem
                    if (level, row.name) in seen:
                        continue
                    seen.add((level, row.name))
                    today = row is divisions.rows(one)[-1] and divisions.stands(one)
                    old = not (today and one == _above(code, level))
                    yield Named(number, level, stem, row, old)


def _above(code: str, level: PlaceLevel) -> str:
    if level == "county":
        return code
    return f"{code[:4]}00" if level == "city" else f"{code[:2]}0000"


def _predecessors(divisions: Divisions) -> dict[str, set[str]]:
    """County of today -> codes that went into it."""
    found: dict[str, set[str]] = {}
    for code in divisions:
        if not code.endswith("00") and not divisions.stands(code):
            for heir in divisions.current(code):
                if heir != code:
                    found.setdefault(heir, set()).add(code)
    return found
