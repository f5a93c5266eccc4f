"""Readings that every installation has: Mandarin, Cantonese, accented Mandarin; and the voices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import ToJyutping

from matchers.sounds import packaged
from matchers.sounds.characters import Characters
from matchers.sounds.mandarin import TONES, Mandarin, numbered, split_tone
from matchers.sounds.reading import Derived, Reading, Readings

MANDARIN = "普通话"
CANTONESE = "广州"

_EVERYDAY_SHARE = 0.25
"""Weight left to the everyday readings of a character that is read otherwise as a surname."""
_RARE = 0.06
"""Weight of each further reading of a dictionary against 1 for the first."""

__all__ = [
    "CANTONESE",
    "MANDARIN",
    "AccentReadings",
    "CantoneseReadings",
    "MandarinReadings",
    "Reading",
    "Readings",
    "Voices",
]


@dataclass(frozen=True, slots=True)
class MandarinReadings:
    """Standard Mandarin from pypinyin (MIT) and our table of surname readings."""

    mandarin: Mandarin
    surnames: dict[str, tuple[tuple[str, float], ...]]

    @classmethod
    def load(cls) -> MandarinReadings:
        """Read the packaged tables."""
        return cls(Mandarin.load(), _weighted("surnames", "pinyin"))

    def points(self) -> tuple[str, ...]:
        return (MANDARIN,)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Readings of a character, as a surname first where it is one; KeyError elsewhere."""
        if point != MANDARIN:
            raise KeyError(point)
        return tuple(
            Reading(ipa, TONES[tone], weight, layer)
            for spelling, tone, weight, layer in self.spellings(char, surname=surname)
            if (ipa := self.mandarin.ipa(spelling)) is not None
        )

    def spellings(self, char: str, *, surname: bool) -> tuple[tuple[str, str, float, str], ...]:
        """The same as (toneless pinyin, tone digit, weight, layer); weights sum to 1."""
        weights: dict[str, float] = {}
        layers: dict[str, str] = {}
        if surname:
            for text, weight in self.surnames.get(char, ()):
                weights[text], layers[text] = weight, "姓"
        share = _EVERYDAY_SHARE if weights else 1.0
        for place, text in enumerate(numbered(char)):
            if text not in weights:
                weights[text] = share * (1.0 if place == 0 else _RARE)
        total = sum(weights.values())
        return tuple(
            (*split_tone(text), weight / total, layers.get(text, ""))
            for text, weight in weights.items()
        )


@dataclass(frozen=True, slots=True)
class CantoneseReadings:
    """Cantonese from ToJyutping (BSD-2) and our table of surname readings."""

    initials: dict[str, str]
    finals: dict[str, str]
    tones: dict[str, str]
    surnames: dict[str, tuple[tuple[str, float], ...]]
    characters: Characters

    @classmethod
    def load(cls, characters: Characters) -> CantoneseReadings:
        """Read the packaged tables."""
        parts: dict[str, dict[str, str]] = defaultdict(dict)
        for row in packaged.rows("jyutping"):
            parts[row["part"]][row["jyutping"]] = row["ipa"]
        surnames = _weighted("surnames_cantonese", "jyutping")
        return cls(parts["initial"], parts["final"], parts["tone"], surnames, characters)

    def points(self) -> tuple[str, ...]:
        return (CANTONESE,)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Readings of a character, most usual first; KeyError at another point."""
        if point != CANTONESE:
            raise KeyError(point)
        weights = dict(self.surnames.get(char, ())) if surname else {}
        share = _EVERYDAY_SHARE if weights else 1.0
        for place, jyutping in enumerate(self._candidates(char)):
            if jyutping not in weights:
                weights[jyutping] = share * (1.0 if place == 0 else _RARE)
        total = sum(weights.values())
        return tuple(
            Reading(*self.sound(jyutping), weight / total, "")
            for jyutping, weight in weights.items()
        )

    def sound(self, jyutping: str) -> tuple[str, str]:
        """(IPA, tone) of one Jyutping syllable with its tone digit, such as gwok3."""
        letters = jyutping.rstrip("123456")
        vowel = next((i for i, char in enumerate(letters) if char in "aeiouy"), None)
        start = max(0, len(letters) - 2) if vowel is None else vowel
        if vowel is None and letters in ("m", "ng"):
            start = 0
        initial, final = letters[:start], letters[start:]
        return self.initials[initial] + self.finals[final], self.tones.get(jyutping[-1:], "")

    def _candidates(self, char: str) -> tuple[str, ...]:
        for form in self.characters.forms(char):
            found = ToJyutping.get_jyutping_candidates(form)
            # characters for whole words (浬 "hoi2 lei5") and interjections ("hm") are no names
            usable = (
                [j for j in (found[0][1] or ()) if " " not in j and j[:-1] != "hm"] if found else []
            )
            if usable:
                return tuple(dict.fromkeys(usable))
        return ()


@dataclass(frozen=True, slots=True)
class AccentReadings:
    """Mandarin as it is spoken in a region, by the mergers of `accents.csv`."""

    mandarin: MandarinReadings
    mergers: dict[str, tuple[tuple[str, str], ...]]

    @classmethod
    def load(cls, mandarin: MandarinReadings) -> AccentReadings:
        """Read the packaged table."""
        mergers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in packaged.rows("accents"):
            mergers[row["point"]].append((row["mandarin"], row["accent"]))
        return cls(mandarin, {point: tuple(pairs) for point, pairs in mergers.items()})

    def points(self) -> tuple[str, ...]:
        return tuple(self.mergers)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Mandarin's readings after this region's mergers; KeyError at another point."""
        mergers = self.mergers[point]
        standard = self.mandarin.readings(MANDARIN, char, surname=surname)
        return tuple(
            Reading(_merge(reading.ipa, mergers), reading.tone, reading.weight, reading.layer)
            for reading in standard
        )


@dataclass(frozen=True, slots=True)
class Voices:
    """Several sources behind one seam: at each point the first source that knows the character.

    `sources` stand in order of preference; several may speak for one point, and the later ones
    fill the characters that the earlier ones lack.
    """

    sources: tuple[Readings, ...]
    by_point: dict[str, tuple[Readings, ...]] = field(default_factory=dict)
    known: dict[tuple[str, str, bool], tuple[Reading, ...]] = field(default_factory=dict)
    """Readings already looked up: every table of names asks for the same few thousand."""

    @classmethod
    def of(cls, sources: Sequence[Readings]) -> Voices:
        """Compose sources, the preferred one first."""
        by_point: dict[str, list[Readings]] = defaultdict(list)
        for source in sources:
            for point in source.points():
                by_point[point].append(source)
        return cls(tuple(sources), {point: tuple(who) for point, who in by_point.items()})

    @classmethod
    def standard(cls, *first: Readings) -> Voices:
        """What every installation has, behind `first` (packs and laws, best first).

        The Cantonese dictionary stands behind packs but before what is merely derived: it knows
        what laws can only guess.
        """
        mandarin = MandarinReadings.load()
        accents = AccentReadings.load(mandarin)
        cantonese = CantoneseReadings.load(Characters.load())
        attested = [source for source in first if not isinstance(source, Derived)]
        derived = [source for source in first if isinstance(source, Derived)]
        return cls.of((*attested, cantonese, *derived, mandarin, accents))

    def points(self) -> tuple[str, ...]:
        """All points of all sources, each once, Mandarin first."""
        rest = [point for point in self.by_point if point != MANDARIN]
        return (MANDARIN, *rest) if MANDARIN in self.by_point else tuple(rest)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Readings of the first source at this point that has any; KeyError off the map."""
        key = (point, char, surname)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._look_up(point, char, surname=surname)
        return found

    def _look_up(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        for source in self.by_point[point]:
            found = source.readings(point, char, surname=surname)
            if found:
                return found
        return ()


def _weighted(table: str, column: str) -> dict[str, tuple[tuple[str, float], ...]]:
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in packaged.rows(table):
        found[row["surname"]].append((row[column], float(row["weight"])))
    return {surname: tuple(pairs) for surname, pairs in found.items()}


def _merge(ipa: str, mergers: tuple[tuple[str, str], ...]) -> str:
    """The first merger that fits the start (`x-`) and the first that fits the end (`-x`)."""
    for side in ("start", "end"):
        for old, new in mergers:
            if side == "start" and old.endswith("-") and ipa.startswith(old[:-1]):
                ipa = new.rstrip("-") + ipa[len(old) - 1 :]
                break
            if side == "end" and old.startswith("-") and ipa.endswith(old[1:]):
                ipa = ipa[: len(ipa) - len(old) + 1] + new.lstrip("-")
                break
    return ipa
