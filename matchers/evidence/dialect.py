"""Dialect, joined with the hometown: how somebody speaks against where they are from.

Dialect and hometown are one piece of evidence. Where the asking side states a place of home by
county or city, that is compared (places) and the dialect adds nothing of its own. Where it states a
province alone, the dialect speaks within that province only (`within`: Cantonese, Hakka and
Chaoshan people are all of Guangdong). Where no home is stated, it speaks against the dialects and
the homes of every record. Groups and clusters follow the Language Atlas of China, by the majority
of a prefecture.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions
from matchers.evidence.places import HOMES
from matchers.places import Divisions
from matchers.sounds.regions import Regions

STEPS = (
    ("other_group", "口音不符"),
    ("same_group", "口音(同大区)"),
    ("same_cluster", "口音(同片)"),
    ("same_point", "口音(同地)"),
)
WITHIN = "within"
LEVELS = ladder(
    *(
        Level(prefix + key, words, WITHIN if prefix else "any")
        for key, words in STEPS
        for prefix in ("", f"{WITHIN}_")
    )
)
AT = positions(LEVELS)


@dataclass(frozen=True, slots=True)
class Speech:
    """Where a way of speaking belongs: point, group and cluster; of a home also its province."""

    point: str
    group: str
    cluster: str
    province: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Compare a dialect with dialects and homes."""

    divisions: Divisions
    regions: Regions
    key: str = "dialect"
    levels: tuple[Level, ...] = LEVELS
    known: dict[tuple[str, str], Speech | None] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Speech of places by name and province, already looked up, until it is forgotten."""
    named: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Full names by division code."""

    def values(self, person: PersonClaims) -> tuple[Speech, ...]:
        spoken = [self._known(claim.name, "") for claim in person.dialects]
        homes = [self._known(self._named(code), code[:2]) for code in _home_codes(person)]
        found = spoken + homes
        return tuple(dict.fromkeys(speech for speech in found if speech is not None))

    def prepare(self, values: Sequence[Speech]) -> tuple[Speech, ...]:
        return tuple(values)

    def forget(self) -> None:
        """Names of dialects and homes in people's own words do not outlast the reading."""
        self.known.clear()

    def levels_of(self, probe: PersonClaims, prepared: tuple[Speech, ...]) -> LevelCodes:
        provinces = _stated(probe)
        if provinces is None:
            return np.zeros(len(prepared), np.int8)
        spoken = [self._speech(name) for name in spoken_by(probe)]
        found = [
            np.array([_level(mine, theirs, provinces) for theirs in prepared], np.int8)
            for mine in spoken
            if mine is not None
        ]
        return best_of(found, len(prepared))

    def describe(self, person: PersonClaims) -> str:
        return "、".join(spoken_by(person) or self._homes(person))

    def _homes(self, person: PersonClaims) -> list[str]:
        return list(dict.fromkeys(self._named(code) for code in _home_codes(person)))

    def _named(self, code: str) -> str:
        if code not in self.named:
            self.named[code] = self.divisions.full_name(code)
        return self.named[code]

    def _known(self, name: str, province: str) -> Speech | None:
        with suppress(KeyError):
            return self.known[name, province]
        speech = self.known[name, province] = self._speech(name, province) if name else None
        return speech

    def _speech(self, name: str, province: str = "") -> Speech | None:
        place = self.regions.place(name)
        if place is None or place == "普通话":
            return None
        return Speech(place, *self.regions.places[place], province)


def _home_codes(person: PersonClaims) -> list[str]:
    """Codes of home below the province: there the Atlas's majority holds; a province alone spans
    several groups."""
    homes = (claim for claim in person.places if claim.kind in HOMES)
    return [claim.code for claim in homes if claim.code and claim.code[2:4].strip("0")]


def _stated(probe: PersonClaims) -> frozenset[str] | None:
    """The provinces that are all that is stated of home; None where it is stated more closely."""
    homes = [c for c in probe.places if c.kind in HOMES and (c.code or c.text)]
    if any(c.text and not c.code for c in homes):
        return None
    codes = {c.code for c in homes if c.code}
    if any(code[2:4].strip("0") for code in codes):
        return None
    return frozenset(code[:2] for code in codes)


def spoken_by(person: PersonClaims) -> list[str]:
    """Dialects of a record: as claimed, else as noted beside a heard name."""
    names = [claim.name for claim in person.dialects]
    names += [claim.dialect for claim in person.names if claim.dialect]
    return list(dict.fromkeys(names))


def _level(one: Speech, other: Speech, provinces: frozenset[str]) -> int:
    if provinces and other.province not in provinces:
        return 0
    condition = f"{WITHIN}_" if provinces else ""
    if one.point == other.point:
        step = "same_point"
    elif one.group != other.group:
        step = "other_group"
    else:
        step = "same_cluster" if one.cluster == other.cluster else "same_group"
    return AT[condition + step]
