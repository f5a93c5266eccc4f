"""Dialect, joined with the hometown: how somebody speaks against where they are from.

Dialect and hometown are one piece of evidence. Where the asking side states a place of home, that
is compared (places) and the dialect adds nothing of its own; only where no home is stated does the
dialect speak, against the dialects and the homes of the record. Groups and clusters follow the
Language Atlas of China, by the majority of a prefecture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions
from matchers.evidence.places import HOMES
from matchers.places import Divisions
from matchers.sounds.regions import Regions

LEVELS = ladder(
    Level("other_group", "口音不符"),
    Level("same_group", "口音(同大区)"),
    Level("same_cluster", "口音(同片)"),
    Level("same_point", "口音(同地)"),
)
AT = positions(LEVELS)


@dataclass(frozen=True, slots=True)
class Speech:
    """Where a way of speaking belongs: point, group and cluster."""

    point: str
    group: str
    cluster: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """Compare a dialect with dialects and homes."""

    divisions: Divisions
    regions: Regions
    key: str = "dialect"
    levels: tuple[Level, ...] = LEVELS
    known: dict[str, Speech | None] = field(default_factory=dict, compare=False, repr=False)
    """Speech of places of the gallery, already looked up."""
    named: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Full names by division code."""

    def values(self, person: PersonClaims) -> tuple[Speech, ...]:
        names = [claim.name for claim in person.dialects]
        names += [name for name in self._homes(person) if name]
        for name in names:
            if name not in self.known:
                self.known[name] = self._speech(name)
        found = (self.known[name] for name in names)
        return tuple(dict.fromkeys(speech for speech in found if speech is not None))

    def prepare(self, values: Sequence[Speech]) -> tuple[Speech, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: tuple[Speech, ...]) -> LevelCodes:
        spoken = [self._speech(name) for name in spoken_by(probe)]
        if any(c.kind in HOMES and (c.code or c.text) for c in probe.places):
            spoken = []
        found = [
            np.array([_level(mine, theirs) for theirs in prepared], np.int8)
            for mine in spoken
            if mine is not None
        ]
        return best_of(found, len(prepared))

    def describe(self, person: PersonClaims) -> str:
        return "、".join(spoken_by(person) or self._homes(person))

    def _homes(self, person: PersonClaims) -> list[str]:
        homes = (claim for claim in person.places if claim.kind in HOMES)
        # below the province the Atlas's majority holds; a province alone spans several groups
        codes = (claim.code for claim in homes if claim.code and claim.code[2:4].strip("0"))
        return list(dict.fromkeys(self._named(code) for code in codes))

    def _named(self, code: str) -> str:
        if code not in self.named:
            self.named[code] = self.divisions.full_name(code)
        return self.named[code]

    def _speech(self, name: str) -> Speech | None:
        place = self.regions.place(name)
        if place is None or place == "普通话":
            return None
        return Speech(place, *self.regions.places[place])


def spoken_by(person: PersonClaims) -> list[str]:
    """Dialects of a record: as claimed, else as noted beside a heard name."""
    names = [claim.name for claim in person.dialects]
    names += [claim.dialect for claim in person.names if claim.dialect]
    return list(dict.fromkeys(names))


def _level(one: Speech, other: Speech) -> int:
    if one.point == other.point:
        return AT["same_point"]
    if one.group != other.group:
        return AT["other_group"]
    return AT["same_cluster"] if one.cluster == other.cluster else AT["same_group"]
