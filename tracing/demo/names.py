"""Names of synthetic people: published surname shares, given names by period and sex.

Tables and their sources: `tables/surnames.csv`, `tables/given_names.toml`, `SOURCES.md`.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tracing.demo.dice import Dice, Wheel
from tracing.demo.packaged import table_text

TILT = 1.6
"""How much commoner the first surname of a province is made there before raking; ours."""
ROUNDS = 20
HALF_AT = 6.0
"""Zipf–Mandelbrot offset of the weights 1 / (rank + offset) within a list of characters."""


@dataclass(frozen=True, slots=True)
class Surnames:
    """Surnames by province; the national shares stay as published."""

    shares: dict[str, float]
    _wheels: dict[str, Wheel[str]]

    @classmethod
    def load(cls) -> Self:
        """Read the tables and rake province × surname to both published margins."""
        rows = list(csv.DictReader(table_text("surnames.csv").splitlines()))
        names = [row["surname"] for row in rows]
        shares = np.array([float(row["share"]) for row in rows])
        provinces = list(csv.DictReader(table_text("provinces.csv").splitlines()))
        people = np.array([float(row["people"]) for row in provinces])
        start = np.outer(people, shares)
        for row, province in enumerate(provinces):
            if province["first_surname"]:
                start[row, names.index(province["first_surname"])] *= TILT
        fitted = _raked(start, people, shares)
        return cls(
            shares=dict(zip(names, (shares / shares.sum()).tolist(), strict=True)),
            _wheels={
                province["code"]: Wheel.of(names, fitted[row].tolist())
                for row, province in enumerate(provinces)
            },
        )

    def draw(self, dice: Dice, province: str) -> str:
        """A surname in the province (two digits)."""
        return self._wheels[province].draw(dice)


def _raked(
    start: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Iterative proportional fitting of float64 [P, S] to its margins (Deming, Stephan 1940)."""
    fitted = start.copy()
    columns = columns / columns.sum() * rows.sum()
    for _ in range(ROUNDS):
        fitted *= (columns / fitted.sum(axis=0))[None, :]
        fitted *= (rows / fitted.sum(axis=1))[:, None]
    return fitted


@dataclass(frozen=True, slots=True)
class Period:
    """Given names of one sex in one period."""

    first: Wheel[str]
    second: Wheel[str]
    single: Wheel[str]
    whole: Wheel[str]
    single_share: float
    whole_share: float


@dataclass(frozen=True, slots=True)
class GivenNames:
    """Given names by year of birth and sex."""

    _periods: tuple[tuple[int, dict[str, Period]], ...]
    _general: dict[str, str]
    _general_share: float

    @classmethod
    def load(cls) -> Self:
        """Read the packaged lists."""
        table = tomllib.loads(table_text("given_names.toml"))
        return cls(
            _periods=tuple(
                (period["until"], {sex: _period(period, sex) for sex in ("male", "female")})
                for period in table["period"]
            ),
            _general={sex: table["general"][sex] for sex in ("male", "female")},
            _general_share=table["general"]["share"],
        )

    def draw(self, dice: Dice, year: int, sex: str) -> str:
        """A given name of one or two characters."""
        period = next(table for until, table in self._periods if year <= until)[sex]
        if dice.chance(period.single_share):
            return self._character(dice, period.single, sex)
        if dice.chance(period.whole_share):
            return period.whole.draw(dice)
        return self._character(dice, period.first, sex) + self._character(dice, period.second, sex)

    def sibling(self, dice: Dice, name: str, year: int, sex: str) -> str:
        """A name that shares the first character (generation name), as brothers' names often do."""
        other = self.draw(dice, year, sex)
        if len(name) == len(other) == 2 and name[0] != other[1]:
            return name[0] + other[1]
        return other

    def characters(self) -> str:
        """Every character of the lists, repeated as often as it stands in them."""
        wheels = [
            wheel
            for _, sexes in self._periods
            for period in sexes.values()
            for wheel in (period.first, period.second, period.single)
        ]
        general = "".join("".join(characters) for characters in self._general.values())
        return general + "".join("".join(wheel.items) for wheel in wheels)

    def _character(self, dice: Dice, wheel: Wheel[str], sex: str) -> str:
        if dice.chance(self._general_share):
            return dice.pick(self._general[sex])
        return wheel.draw(dice)


def _period(table: dict[str, Any], sex: str) -> Period:
    """One sex of one period."""
    lists = table[sex]
    return Period(
        first=_ranked(list(lists["first"])),
        second=_ranked(list(lists["second"])),
        single=_ranked(list(lists["single"])),
        whole=_ranked(lists["whole"].split()),
        single_share=table["single_share"],
        whole_share=table["whole_share"],
    )


def _ranked(items: Sequence[str]) -> Wheel[str]:
    """Weights falling with rank; an item named twice counts at both ranks."""
    return Wheel.of(items, [1.0 / (rank + HALF_AT) for rank in range(len(items))])
