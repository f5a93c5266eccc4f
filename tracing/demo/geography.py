"""Where synthetic people are born, live and speak: provinces by census, real counties, dialects."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from typing import Self

from matchers.places import Divisions
from tracing.demo.dice import Dice, Wheel
from tracing.demo.packaged import table_text

FIRST_NUMBERS = 1984
"""Citizen numbers were first given out in 1984; older people got theirs then."""
NEW_YEAR_OF_SOURCES = 2023


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect group of `hearing.toml` and the point that names it in records."""

    group: str
    point: str


@dataclass(frozen=True, slots=True)
class Geography:
    """Counties of today by province, the codes they had, and the dialect spoken there."""

    divisions: Divisions
    _home: Wheel[str]
    _away: Wheel[str]
    _counties: dict[str, tuple[str, ...]]
    _dialects: dict[str, Dialect]
    _codes: dict[str, tuple[tuple[int, int, str], ...]]
    _names: dict[str, str]

    @classmethod
    def load(cls, divisions: Divisions) -> Self:
        """Read the tables. Hong Kong, Macau and Taiwan are not part of the synthetic world."""
        rows = list(csv.DictReader(table_text("provinces.csv").splitlines()))
        codes = [row["code"] for row in rows]
        dialects = csv.DictReader(table_text("dialects.csv").splitlines())
        counties = {code: divisions.today(code) for code in codes}
        return cls(
            divisions=divisions,
            _home=Wheel.of(codes, [float(row["people"]) for row in rows]),
            _away=Wheel.of(codes, [float(row["draws"]) for row in rows]),
            _counties=counties,
            _dialects={row["prefix"]: Dialect(row["group"], row["point"]) for row in dialects},
            _codes=_histories(divisions, counties),
            _names={
                county: divisions.full_name(county)
                for inside in counties.values()
                for county in inside
            },
        )

    def birthplace(self, dice: Dice) -> str:
        """A county: its province by census population, all counties of a province alike."""
        return dice.pick(self._counties[self._home.draw(dice)])

    def elsewhere(self, dice: Dice) -> str:
        """A county where migrants go: provinces by what they draw."""
        return dice.pick(self._counties[self._away.draw(dice)])

    def beside(self, dice: Dice, county: str) -> str:
        """A county of the same province."""
        return dice.pick(self._counties[county[:2]])

    def within_city(self, dice: Dice, county: str) -> str:
        """A county of the same prefecture."""
        near = [code for code in self._counties[county[:2]] if code[:4] == county[:4]]
        return dice.pick(near or [county])

    def code_in(self, county: str, year: int) -> str:
        """The code the county had when its people got their numbers, `year` or 1984 if later."""
        when = min(max(year, FIRST_NUMBERS), NEW_YEAR_OF_SOURCES)
        for first, last, code in self._codes[county]:
            if first <= when <= last:
                return code
        return county

    def dialect(self, county: str) -> Dialect:
        """The dialect of the longest prefix in the table."""
        for prefix in (county, county[:4]):
            if prefix in self._dialects:
                return self._dialects[prefix]
        return self._dialects[county[:2]]

    def characters(self) -> str:
        """Every character that stands in the name of a county."""
        return "".join(sorted(set("".join(self._names.values()))))

    def name(self, county: str) -> str:
        """Full name of a county today."""
        return self._names[county]


def _histories(
    divisions: Divisions, counties: dict[str, tuple[str, ...]]
) -> dict[str, tuple[tuple[int, int, str], ...]]:
    """County → (first year, last year, code) of itself, what bore its name, what else it was."""
    before: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for code in divisions:
        if code.endswith("00"):
            continue
        first, last = divisions.years(code)
        for heir in divisions.current(code):
            before[heir].append((first, last or 9999, code))
    stem = divisions.suffixes.stem
    names = {code: stem(divisions.name(code)) for rows in before.values() for *_, code in rows}
    return {
        county: tuple(
            sorted(
                before[county],
                key=lambda row: (row[2] != county, names[row[2]] != names[county], row),
            )
        )
        for inside in counties.values()
        for county in inside
    }
