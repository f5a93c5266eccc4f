"""Readings of any character at any point that has a table of sound laws."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from matchers.sounds.laws.categories import Category, categories_of, table_rows
from matchers.sounds.laws.mandarin import Mandarin
from matchers.sounds.laws.standard import simplified
from matchers.sounds.laws.syllables import halves, spelled
from matchers.sounds.laws.towns import MANDARIN, Point, Spoken, all_points, descent, spoken
from matchers.sounds.reading import Reading


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed reading that no law gives, with its source."""

    reading: Reading
    surname_only: bool
    alone: bool
    source: str


@cache
def _listed() -> Mapping[tuple[str, str], tuple[Listed, ...]]:
    """(point, character) -> listed readings; ``alone`` replaces what the laws say.

    Characters are listed in their simplified form.
    """
    found: dict[tuple[str, str], list[Listed]] = {}
    for row in table_rows("exceptions.tsv"):
        reading = Reading(spelled(row["ipa"]), row["tone"], float(row["weight"]), row["layer"])
        one = Listed(reading, row["use"] == "surname", row["alone"] == "yes", row["source"])
        found.setdefault((row["point"], row["char"]), []).append(one)
    return {key: tuple(listed) for key, listed in found.items()}


class LawReadings:
    """Readings by sound law for every packaged point, with listed exceptions.

    Tables are read when a point is first asked for; syllables are remembered per category, so
    a whole gallery's characters cost a few microseconds each.
    """

    rules = "sound laws from Middle Chinese and standard Mandarin"

    def __init__(self) -> None:
        self._syllables: dict[tuple[str, str, Mandarin | None], tuple[Reading, ...]] = {}
        self._categories: dict[tuple[str, bool], tuple[Category, ...]] = {}
        self._spoken: dict[tuple[str, str, Mandarin | None], tuple[Spoken, ...]] = {}
        self._descents: dict[tuple[str, Mandarin], float] = {}

    @classmethod
    def load(cls) -> "LawReadings":
        """Give the packaged laws; each table is read when its point is first asked for."""
        return cls()

    def points(self) -> tuple[str, ...]:
        """Give the points that have a table."""
        return tuple(all_points())

    def point(self, name: str) -> Point:
        """Give what a point rests on; raises ``KeyError`` when there is no table for it."""
        return all_points()[name]

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Give the readings of one character, likeliest first; empty when it is unknown.

        ``推`` marks a character that the Guangyun lacks: read like its Mandarin homophones.
        """
        known = all_points()[point]
        listed = _usable(point, char, surname)
        standings = self._standings(char, surname)
        found = [(one.reading, one.reading.weight) for one in listed]
        if not any(one.alone for one in listed):
            grounds = _grounds(known, char, surname)
            for category in standings:
                said = self._said(known, category, grounds)
                found += [(one, one.weight * category.weight) for one in said]
        return _summed(found)

    def _standings(self, char: str, surname: bool) -> tuple[Category, ...]:
        key = (char, surname)
        if key not in self._categories:
            self._categories[key] = categories_of(char, surname=surname, fit=self._fit)
        return self._categories[key]

    def _fit(self, position: str, reading: Mandarin) -> float:
        key = (position, reading)
        if key not in self._descents:
            self._descents[key] = descent(position, reading)
        return self._descents[key]

    def _said(
        self, point: Point, category: Category, grounds: tuple[Spoken, ...]
    ) -> tuple[Reading, ...]:
        key = (point.name, category.position, category.mandarin)
        said = None if grounds else self._syllables.get(key)
        if said is None:
            ground = grounds or self._neighbour(point, category)
            said = tuple(one.reading for one in spoken(point, category.attributes(), ground))
            if not grounds:
                self._syllables[key] = said
        if category.guessed:
            return tuple(Reading(r.ipa, r.tone, r.weight, "推") for r in said)
        return said

    def _neighbour(self, point: Point, category: Category) -> tuple[Spoken, ...]:
        """What the laws of the neighbour that a table starts from make of a category."""
        if point.base in ("", MANDARIN):
            return ()
        key = (point.base, category.position, category.mandarin)
        if key not in self._spoken:
            self._spoken[key] = spoken(all_points()[point.base], category.attributes())
        return self._spoken[key]


def _usable(point: str, char: str, surname: bool) -> list[Listed]:
    listed = _listed().get((point, simplified(char)), ())
    return [one for one in listed if surname or not one.surname_only]


def _grounds(point: Point, char: str, surname: bool) -> tuple[Spoken, ...]:
    """What the neighbour's list of exceptions says, for laws to be applied to."""
    if not point.base:
        return ()
    usable = [one for one in _usable(point.base, char, surname) if one.alone]
    return tuple(
        Spoken((*halves(one.reading.ipa), one.reading.tone), one.reading.weight, one.reading.layer)
        for one in usable
    )


def _summed(found: Iterable[tuple[Reading, float]]) -> tuple[Reading, ...]:
    """Join equal syllables, make the weights sum to one, put the likeliest first."""
    weights: dict[tuple[str, str], float] = {}
    layers: dict[tuple[str, str], str] = {}
    for reading, weight in found:
        if not weight:
            continue  # a doublet that has driven the main reading out
        key = (reading.ipa, reading.tone)
        weights[key] = weights.get(key, 0.0) + weight
        layers.setdefault(key, reading.layer)
    if len(weights) == 1:
        return tuple(Reading(*key, 1.0, layers[key]) for key in weights)
    total = sum(weights.values())
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return tuple(Reading(*key, weight / total, layers[key]) for key, weight in ordered)
