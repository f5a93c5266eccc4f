"""Simulated fragments of home whose sounds do not come from the matcher's tables.

Two kinds of speakers, each with a listener that shares nothing with the matcher's ear:

- `rules` (default): the demo's coarse textbook rules for each dialect group, in and out of Mandarin
  syllables (`tracing.demo.hearing`).
- `survey` (--survey DIR, 漢語方音字彙 in CLDF): a character is read as the survey has it
  at the nearest of its points; a listener here with a handful of phonetic classes of its own takes
  the syllable for a Mandarin one and writes a common character. Use it against the built-in tables;
  against the same survey as a pack it flatters.

Homes are villages drawn evenly from all counties, half by county and half by village; the word
behind the name is said with one fragment in four. A dialect told is the point of its group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from csv import DictReader
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import Atlas
from matchers.sounds.laws.zihui import survey
from tracing.demo.dice import Dice
from tracing.demo.hearing import Ear
from tracing.demo.names import GivenNames, Surnames
from tracing.demo.packaged import table_text

KINDS = (
    "county", "town", "village", "village+town", "town+county", "village+county",
    "village+town+county",
)  # fmt: skip
WITH_WORD = 0.25
SHARPNESS = 0.9
"""How sharply the survey's listener decides. Names with the survey as a pack are found
8/23/48 at 0.75 and 20/44/71 at 1.0; the development set of names stands between, at 15/38/64."""
NEAREST = {
    "northeast": "北京", "jilu": "济南", "jiaoliao": "济南", "zhongyuan": "西安",
    "northwest": "西安", "jin": "太原", "southwest": "成都", "jianghuai": "扬州", "wu": "苏州",
    "xiang": "长沙", "gan": "南昌", "hakka": "梅县", "min": "厦门", "cantonese": "广州",
    "mandarin": "北京",
}  # fmt: skip
"""Point of the survey that stands for a group of the demo's table."""


@dataclass(frozen=True, slots=True)
class HeardPlace:
    """Fragments heard of one home, their levels, its code, the dialect told and the kind asked."""

    fragments: tuple[str, ...]
    levels: tuple[str, ...]
    code: str
    dialect: str
    kind: str


def simulated(
    atlas: Atlas, count: int, kinds: Sequence[str], seed: int, survey_folder: Path | None
) -> list[HeardPlace]:
    """`count` homes for each kind. Raises KeyError for a kind that is not in KINDS' manner."""
    dice = Dice(seed)
    groups = {row["prefix"]: row for row in DictReader(table_text("dialects.csv").splitlines())}
    speaker = _Survey.load(survey_folder) if survey_folder else _Rules.load()
    found: list[HeardPlace] = []
    for kind in kinds:
        levels = tuple(kind.split("+"))
        have = 0
        while have < count:
            code, names = _home(atlas, dice, evenly=have % 2 == 0)
            group = _group(code, groups)
            heard = [
                speaker.heard(dice, _said(names[level], level, atlas, dice), group["group"])
                for level in levels
            ]
            if all(heard):
                fragments = tuple(text for text in heard if text)
                wanted = {"county": 6, "town": 9}.get(kind, 12)
                point = group["point"] if survey_folder is None else NEAREST[group["group"]]
                found.append(HeardPlace(fragments, levels, code[:wanted], point, kind))
                have += 1
    return found


def _home(atlas: Atlas, dice: Dice, *, evenly: bool) -> tuple[str, dict[str, str]]:
    """A village's code, and its names by level as the registers have them."""
    tree = atlas.tree
    village = dice.below(len(tree.village_stems))
    if evenly:
        county = dice.below(len(atlas.counties))
        first, end = (int(n) for n in atlas.town_first[county : county + 2])
        low, high = int(tree.town_villages[first]), int(tree.town_villages[end])
        village = low + dice.below(high - low) if high > low else village
    code = tree.village_code(village)
    number = atlas.county_number[code[:6]]
    town = tree.town_of(village)
    names = {
        "village": tree.village_name(village),
        "town": tree.town_name(town),
        "county": atlas.county_name(number),
    }
    return code, names


def _said(name: str, level: str, atlas: Atlas, dice: Dice) -> str:
    stem = atlas.divisions.suffixes.stem(name) if level == "county" else atlas.endings.spoken(name)
    word = {"village": "村", "town": name[-1], "county": name[-1]}[level]
    spoken_too = dice.chance(WITH_WORD) and len(stem) < len(name) and len(word) == 1
    return stem + word if spoken_too and word in "村镇乡县市区" else stem


def _group(code: str, groups: dict[str, dict[str, str]]) -> dict[str, str]:
    return next(groups[code[:n]] for n in (6, 4, 2) if code[:n] in groups)


@dataclass(frozen=True)
class _Rules:
    """The demo's speakers and listeners."""

    ear: Ear

    @classmethod
    def load(cls) -> _Rules:
        surnames, given = Surnames.load(), GivenNames.load()
        return cls(Ear.load(surnames.shares, given.characters()))

    def heard(self, dice: Dice, name: str, group: str) -> str | None:
        text = self.ear.place(dice, name, group).text
        return text if text and "某" not in text else None


_ONSETS = {
    "b": "p0", "p": "p1", "m": "m", "f": "f", "d": "t0", "t": "t1", "n": "n", "l": "l",
    "g": "k0", "k": "k1", "h": "x", "j": "c0", "q": "c1", "x": "sj", "zh": "ts0", "ch": "ts1",
    "sh": "s", "r": "z", "z": "ts0", "c": "ts1", "s": "s", "": "",
}  # fmt: skip
_ALIKE = {
    frozenset(pair): cost
    for pair, cost in (
        (("p0", "p1"), 2.0), (("t0", "t1"), 2.0), (("k0", "k1"), 2.0), (("c0", "c1"), 2.0),
        (("ts0", "ts1"), 2.0), (("n", "l"), 1.5), (("x", "f"), 2.0), (("x", "k1"), 2.0),
        (("x", ""), 1.5), (("sj", "s"), 1.0), (("c0", "ts0"), 1.0), (("c1", "ts1"), 1.0),
        (("c1", "sj"), 2.0), (("ts1", "s"), 2.0), (("z", "l"), 2.0), (("z", "s"), 2.0),
        (("f", ""), 2.5), (("m", "n"), 2.5), (("m", "p0"), 2.5), (("n", ""), 2.0),
        (("k0", "x"), 3.0), (("k0", "c0"), 2.5), (("k1", "c1"), 2.5), (("z", ""), 2.0),
    )
}  # fmt: skip
_VOWELS = {
    "a": (0, 1), "ɑ": (0, 0), "æ": (0.3, 2), "ɐ": (0.3, 1), "ɛ": (1, 2), "e": (2, 2), "ə": (1.5, 1),
    "ɤ": (2, 0), "ɔ": (1, -1), "o": (2, -1), "ʌ": (1, 0), "i": (3, 2), "u": (3, -1), "y": (3, 1.4),
    "ɿ": (3, 0.8), "ʅ": (3, 0.8), "ʮ": (3, 0.9), "ø": (2, 1.4), "œ": (1, 1.4), "ɯ": (3, 0),
    "ɪ": (2.6, 1.8), "ʊ": (2.6, -0.8), "ᴀ": (0, 1), "ᴇ": (1.5, 2), "ɷ": (2.7, -0.9), "ə̃": (1.5, 1),
}  # fmt: skip
"""Height and backness of a vowel as this listener has them, rounding folded in."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """A syllable in this listener's few classes: onset, glides and vowels, nasal or not."""

    onset: str
    vowels: NDArray[np.float64]
    coda: str


@dataclass(frozen=True)
class _Survey:
    """Characters as a survey has them at its points, and a listener used to Mandarin."""

    said: dict[tuple[str, str], tuple[str, ...]]

    @classmethod
    def load(cls, folder: Path) -> _Survey:
        said: dict[tuple[str, str], list[str]] = defaultdict(list)
        texts = [
            (folder / name).read_text(encoding="utf-8")
            for name in ("characters.tsv", "languages.csv")
        ]
        for line in survey(*texts):
            said[line.point, line.char].append(line.ipa)
        return cls({key: tuple(value) for key, value in said.items()})

    @cached_property
    def mandarin(self) -> tuple[list[str], list[_Shape], dict[str, list[str]]]:
        """Syllables of the survey's own Peking column, and which characters are read so."""
        by_sound: dict[str, list[str]] = defaultdict(list)
        common = {
            bytes((r, c)).decode("gb2312", "ignore")
            for r in range(0xB0, 0xD8)
            for c in range(0xA1, 0xFF)
        }
        for (point, char), sounds in self.said.items():
            if point == "北京" and char in common:
                by_sound[sounds[0]].append(char)
        syllables = sorted(by_sound)
        return syllables, [_shape(ipa) for ipa in syllables], by_sound

    def heard(self, dice: Dice, name: str, group: str) -> str | None:
        """None where the survey lacks a character."""
        point = NEAREST[group]
        written = []
        for char in name:
            sounds = self.said.get((point, char))
            if not sounds:
                return None
            written.append(self._written(dice, dice.pick(list(sounds))))
        return "".join(written)

    def _written(self, dice: Dice, ipa: str) -> str:
        syllables, shapes, by_sound = self.mandarin
        said = _shape(ipa)
        costs = np.array([_cost(said, shape) for shape in shapes])
        weights = np.exp(-SHARPNESS * (costs - costs.min()))
        place = int(np.searchsorted(np.cumsum(weights), dice.unit() * weights.sum()))
        return dice.pick(by_sound[syllables[min(place, len(syllables) - 1)]])


def _shape(ipa: str) -> _Shape:
    """Cut an IPA syllable into this listener's classes."""
    plain = "".join(c for c in ipa if c not in "ʔ̩")
    first = next((i for i, c in enumerate(plain) if c in _VOWELS), len(plain))
    rest = plain[first:]
    last = max((i for i, c in enumerate(rest) if c in _VOWELS or c == "̃"), default=-1)
    vowels = [_VOWELS[c] for c in rest[: last + 1] if c in _VOWELS]
    tail = rest[last + 1 :]
    coda = "ng" if "ŋ" in tail else "n" if tail[:1] in ("n", "m", "ɲ") else ""
    coda = coda or ("~" if "̃" in rest else "")
    if not vowels:
        vowels, coda = [_VOWELS["ə"]], "n" if plain.endswith("n") else "ng"
    track = np.array([vowels[0], vowels[len(vowels) // 2], vowels[-1]], np.float64)
    return _Shape(_onset(plain[:first]), track, coda)


def _onset(ipa: str) -> str:
    aspirated = "1" if "ʰ" in ipa else "0"
    plain = ipa.replace("ʰ", "")
    table = (
        (("tɕ", "dʑ", "cç", "tʃ", "dʒ"), "c"), (("ts", "dz", "tʂ", "dʐ", "tɬ"), "ts"),
        (("p", "b"), "p"), (("t", "d"), "t"), (("k", "g", "c"), "k"),
    )  # fmt: skip
    for starts, kind in table:
        if plain.startswith(starts):
            return kind + aspirated
    single = {
        "m": "m", "ɱ": "m", "f": "f", "v": "", "n": "n", "ȵ": "n", "ɲ": "n", "ŋ": "", "l": "l",
        "x": "x", "h": "x", "ɦ": "x", "χ": "x", "ɕ": "sj", "ʑ": "sj", "ç": "sj", "ʃ": "sj",
        "s": "s", "ʂ": "s", "z": "s", "ʐ": "z", "ɣ": "", "w": "", "j": "", "ɬ": "s",
    }  # fmt: skip
    return single.get(plain[:1], "")


def _cost(said: _Shape, heard: _Shape) -> float:
    onset = 0.0
    if said.onset != heard.onset:
        onset = _ALIKE.get(frozenset((said.onset, heard.onset)), 4.0)
    vowels = float(np.sqrt(((said.vowels - heard.vowels) ** 2).sum(axis=1)).sum())
    coda = 0.0
    if said.coda != heard.coda:
        nasal = {said.coda, heard.coda}
        coda = 0.8 if "" not in nasal else 1.2 if "~" in nasal else 2.5
    return onset + vowels + coda
