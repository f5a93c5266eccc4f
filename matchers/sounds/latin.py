"""Free Latin spellings of Chinese syllables: as it sounds, pinyin, Wade-Giles, Hong Kong.

A syllable is an onset, a vowel group and a coda of `latin.csv`; each spelling may stand for
several sounds (a Hong Kong k is both k and kʰ), each with its charge in nats. Text without
spaces is cut by dynamic programming over all syllables that the table can spell.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from matchers.sounds import packaged
from matchers.sounds.mandarin import Mandarin, split_tone

_LETTERS = re.compile(r"[a-zv'’ʼ`]+[0-9]?|[0-9]+", re.IGNORECASE)
_LONGEST_SYLLABLE = 7
_ODD_SYLLABLE = 1.6
_ODD_SOUND = 1.2
_SKIPPED_LETTER = 5.0
_KEPT_SOUNDS = 6
_KEPT_WAYS = 4
_WIDEST = 2.5
_MOST_LETTERS = 120
_JYUTPING_ONLY = frozenset("6789")


@dataclass(frozen=True, slots=True)
class SpeltSyllable:
    """One syllable in letters; `sounds` are (IPA, Mandarin tone 1-4 or 0, nats against)."""

    letters: str
    sounds: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Spelt:
    """One way to cut a spelling; `charge` is nats against it beside the best way."""

    syllables: tuple[SpeltSyllable, ...]
    charge: float


@dataclass(frozen=True, slots=True)
class LatinReader:
    """Reads Latin spellings. `parts` maps (part, letters) to pairs of IPA and nats."""

    mandarin: Mandarin
    parts: dict[tuple[str, str], tuple[tuple[str, float], ...]]
    rimes: dict[str, tuple[tuple[str, float], ...]]

    @classmethod
    def load(cls, mandarin: Mandarin) -> LatinReader:
        """Read `latin.csv` and multiply vowel groups with codas."""
        parts: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
        for row in packaged.rows("latin"):
            parts[row["part"], row["letters"]].append((row["ipa"], float(row["charge"])))
        frozen = {key: tuple(values) for key, values in parts.items()}
        return cls(mandarin, frozen, _rimes(frozen))

    def read(self, text: str) -> tuple[Spelt, ...]:
        """Ways to read a spelling, the likeliest first; empty when no part of it can be read."""
        ways = [Spelt((), 0.0)]
        for chunk in _chunks(text):
            cuts = self._cut(chunk)
            if not cuts:
                continue
            ways = _cheapest(
                [
                    Spelt(way.syllables + cut.syllables, way.charge + cut.charge)
                    for way in ways
                    for cut in cuts
                ]
            )
        best = min(way.charge for way in ways)
        return tuple(
            Spelt(way.syllables, way.charge - best)
            for way in ways
            if way.syllables and way.charge - best <= _WIDEST
        )

    def syllable(self, letters: str) -> SpeltSyllable | None:
        """All sounds of one syllable without tone mark, None when it cannot be one."""
        plain = letters.replace("'", "")
        found: dict[str, float] = {}
        standard = self.mandarin.ipa(plain) if plain == letters else None
        if standard:
            found[standard] = 0.0
        for end in range(min(4, len(letters)) + 1):
            onset, rime = letters[:end], letters[end:]
            for start, start_charge in self.parts.get(("onset", onset), ()):
                for tail, tail_charge in self.rimes.get(rime, ()):
                    charge = start_charge + tail_charge + (_ODD_SOUND if standard else 0.0)
                    if charge < found.get(start + tail, 99.0):
                        found[start + tail] = charge
        found |= dict(self.parts.get(("syllabic", letters), ()))
        if not found:
            return None
        ranked = sorted(found.items(), key=lambda pair: pair[1])[:_KEPT_SOUNDS]
        return SpeltSyllable(letters, tuple((ipa, 0, charge) for ipa, charge in ranked))

    def _cut(self, chunk: str) -> list[Spelt]:
        letters, tone = split_tone(chunk)
        if chunk[-1:] in _JYUTPING_ONLY:
            tone = ""
        letters = re.sub("[0-9]", "", letters)
        ways: list[list[Spelt]] = [[Spelt((), 0.0)], *([] for _ in letters)]
        for start in range(len(letters)):
            if not ways[start]:
                continue
            for end in range(start + 1, min(len(letters), start + _LONGEST_SYLLABLE) + 1):
                syllable = self.syllable(letters[start:end])
                if syllable is None:
                    continue
                charge = 1.0 + (0.0 if self._usual(syllable.letters) else _ODD_SYLLABLE)
                ways[end].extend(
                    Spelt((*way.syllables, syllable), way.charge + charge) for way in ways[start]
                )
            skipped = [Spelt(way.syllables, way.charge + _SKIPPED_LETTER) for way in ways[start]]
            ways[start + 1].extend(skipped)
            for end in range(start + 1, len(letters) + 1):
                ways[end] = _cheapest(ways[end])
        return [_toned(way, tone, self.mandarin) for way in ways[-1] if way.syllables]

    def _usual(self, letters: str) -> bool:
        return self.mandarin.ipa(letters) is not None or ("usual", letters) in self.parts


def _toned(way: Spelt, tone: str, mandarin: Mandarin) -> Spelt:
    """A tone written behind a chunk belongs to its last syllable, and to Mandarin."""
    last = way.syllables[-1]
    if not tone or tone == "5" or mandarin.ipa(last.letters) is None:
        return way
    sounds = tuple((ipa, int(tone), charge) for ipa, _tone, charge in last.sounds)
    return Spelt((*way.syllables[:-1], SpeltSyllable(last.letters, sounds)), way.charge)


def _chunks(text: str) -> list[str]:
    """Runs of letters with at most one tone each: "Zhang1wei3" and "jū mā" alike."""
    text = unicodedata.normalize("NFC", text[:_MOST_LETTERS]).replace("u:", "v")
    text = re.sub("[ʻʼ‘’`´]", "'", text)
    pieces = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*'?[0-9]?", text)
    return [part for piece in pieces for part in _after_each_tone(piece)]


def _after_each_tone(piece: str) -> list[str]:
    """Pinyin with several marks and no spaces: cut where the spelling itself must end."""
    marks = sum(
        1 for char in unicodedata.normalize("NFD", piece) if char in "\u0304\u0301\u030c\u0300"
    )
    if marks < 2:
        return [piece]
    vowels = "aeiouüAEIOUÜ"
    cuts, seen = [], 0
    for at, char in enumerate(piece):
        plain = unicodedata.normalize("NFD", char)
        if any(mark in plain for mark in "\u0304\u0301\u030c\u0300"):
            if seen:
                cuts.append(_boundary(piece, seen, at, vowels))
            seen = at + 1
    edges = [0, *cuts, len(piece)]
    return [piece[a:b] for a, b in pairwise(edges)]


def _boundary(piece: str, after: int, before: int, vowels: str) -> int:
    """Between two marked vowels the last consonant group opens the second syllable."""
    at = before
    while at > after and unicodedata.normalize("NFD", piece[at - 1])[0] in vowels:
        at -= 1
    match = re.search("(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw'])$", piece[after:at].lower())
    return at - len(match.group()) if match else at


def _cheapest(ways: list[Spelt]) -> list[Spelt]:
    unique = {
        tuple(syllable.letters for syllable in way.syllables): way
        for way in sorted(ways, key=lambda way: -way.charge)
    }
    return sorted(unique.values(), key=lambda way: way.charge)[:_KEPT_WAYS]


def _rimes(
    parts: dict[tuple[str, str], tuple[tuple[str, float], ...]],
) -> dict[str, tuple[tuple[str, float], ...]]:
    vowels = {letters: sounds for (part, letters), sounds in parts.items() if part == "vowel"}
    codas = {letters: sounds for (part, letters), sounds in parts.items() if part == "coda"}
    rimes: dict[str, dict[str, float]] = defaultdict(dict)
    for vowel, vowel_sounds in vowels.items():
        for coda, coda_sounds in codas.items():
            for ipa, charge in vowel_sounds:
                for tail, tail_charge in coda_sounds:
                    known = rimes[vowel + coda].get(ipa + tail, 99.0)
                    rimes[vowel + coda][ipa + tail] = min(known, charge + tail_charge)
    for (part, letters), sounds in parts.items():
        if part == "rime":
            rimes[letters] = dict(sounds)
    return {letters: tuple(sounds.items()) for letters, sounds in rimes.items()}
