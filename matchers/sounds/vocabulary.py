"""The tokens of a set of names, and how they sound at every point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.channel import Perception, Spoken, spoken
from matchers.sounds.features import Articulation
from matchers.sounds.hearing import Slot
from matchers.sounds.latin import LatinReader
from matchers.sounds.reading import Reading, Readings
from matchers.sounds.readings import MANDARIN, MandarinReadings
from matchers.sounds.rows import Rows
from matchers.sounds.spelling import Token

_SAID_OFTEN = 0.15
"""Weight from which a Mandarin reading makes a character a homophone of another."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Who reads tokens aloud and who hears them: the parts of an engine that a table needs."""

    articulation: Articulation
    perception: Perception
    voices: Readings
    mandarin: MandarinReadings
    latin: LatinReader
    points: tuple[str, ...]

    def readings(self, point: str, token: Token) -> tuple[Reading, ...]:
        """Readings of a token at a point; a Latin token sounds everywhere as it is spelt."""
        text, surname = token
        if not text.startswith("~"):
            return self.voices.readings(point, text, surname=surname)
        syllable = self.latin.syllable(text[1:])
        sounds = syllable.sounds if syllable else ()
        return tuple(Reading(ipa, "", float(np.exp(-nats))) for ipa, _tone, nats in sounds)

    def pinyin(self, char: str, surname: bool) -> str:
        """The usual Mandarin of a character with its tone digit, "" when it has none."""
        spellings = self.mandarin.spellings(char, surname=surname)
        return "".join(spellings[0][:2]) if spellings else ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """T tokens under D points. `alike` maps a Mandarin syllable (IPA) to its tokens.

    `alike` is empty in a vocabulary that was `taken` from another: it serves costs alone.
    """

    perception: Perception
    said: Spoken
    tokens: tuple[Token, ...]
    by_char: dict[str, tuple[int, ...]]
    alike: dict[str, NDArray[np.intp]]

    @classmethod
    def of(
        cls, speech: Speech, tokens: Mapping[Token, int], listener: Perception | None = None
    ) -> Vocabulary:
        """Look up all tokens (with how often each occurs) at all points of an engine.

        Heard by `listener`, else by one who is used to what occurs here.
        """
        standard = [speech.readings(MANDARIN, token) for token in tokens]
        perception = listener or speech.perception.used_to(_frequencies(standard, tokens.values()))
        local = [[speech.readings(p, token) for token in tokens] for p in speech.points]
        said = spoken(perception, speech.articulation, local, standard)
        by_char: dict[str, list[int]] = defaultdict(list)
        alike: dict[str, list[int]] = defaultdict(list)
        for number, (token, readings) in enumerate(zip(tokens, standard, strict=True)):
            by_char[token[0]].append(number)
            for ipa in {r.ipa for r in readings if r.weight >= _SAID_OFTEN}:
                alike[ipa].append(number)
        return cls(
            perception,
            said,
            tuple(tokens),
            {char: tuple(numbers) for char, numbers in by_char.items()},
            {ipa: np.array(numbers, np.intp) for ipa, numbers in alike.items()},
        )

    def taken(self, numbers: Sequence[int]) -> Vocabulary:
        """The vocabulary of some of the tokens, in the order given."""
        place = {number: i for i, number in enumerate(numbers)}
        by_char = {
            char: tuple(place[n] for n in known if n in place)
            for char, known in ((self.tokens[n][0], self.by_char[self.tokens[n][0]]) for n in place)
        }
        return replace(
            self,
            said=self.said.taken(numbers),
            tokens=tuple(self.tokens[number] for number in numbers),
            by_char=by_char,
            alike={},
        )

    def at(self, point: int) -> Vocabulary:
        """The same tokens at one point alone, D = 1."""
        return replace(self, said=self.said.at(point))

    @property
    def size(self) -> int:
        """T."""
        return len(self.tokens)

    def heard(self, slots: Sequence[Slot], canonical: Sequence[str]) -> Rows:
        """What m slots heard cost, said as each token at each point.

        `canonical` holds the slots' characters in standard form ("" for Latin).
        """
        written = [self.by_char.get(char, ()) if char else None for char in canonical]
        return Rows.of(self.perception, self.said, slots, written)


def _frequencies(readings: Sequence[Sequence[Reading]], counts: Iterable[int]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for known, count in zip(readings, counts, strict=True):
        if known:
            found[known[0].ipa] += count
    return found
