"""Where and when a lost person is found: near and soon, or years and provinces away."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, Self

from tracing.demo.dice import Dice, Wheel
from tracing.demo.geography import Geography
from tracing.demo.packaged import table_text


class Way(NamedTuple):
    """How far (county, city, province or elsewhere), and from when to when, in days."""

    reach: str
    fewest: int
    most: int


@dataclass(frozen=True, slots=True)
class Wandering:
    """Draws findings; shares come from `wandering.toml`."""

    geography: Geography
    ways: dict[str, Wheel[Way]]
    last: date

    @classmethod
    def load(cls, geography: Geography, last: date) -> Self:
        """`last` is the latest day on which anybody is found."""
        table = tomllib.loads(table_text("wandering.toml"))
        wheels = {
            who: Wheel.of([Way(*row[1:]) for row in rows], [row[0] for row in rows])
            for who, rows in table.items()
        }
        return cls(geography, wheels, last)

    def found(self, dice: Dice, lost: date, county: str, born: date) -> tuple[date, str]:
        """Day and county of finding somebody lost on a day in a county."""
        age = (lost - born).days / 365.2425
        who = "young" if age < 14 else "elder" if age >= 60 else "adult"
        way = self.ways[who].draw(dice)
        span = max(way.most - way.fewest, 0)
        days = way.fewest + int(span * dice.unit() ** 2)
        past = max((self.last - lost).days, 0)
        if days > past:
            days = dice.between(0, past)
        day = lost + timedelta(days=days)
        return day, self._reached(dice, way.reach, county)

    def _reached(self, dice: Dice, reach: str, county: str) -> str:
        if reach == "county":
            return county
        if reach == "city":
            return self.geography.within_city(dice, county)
        if reach == "province":
            return self.geography.beside(dice, county)
        return self.geography.elsewhere(dice)
