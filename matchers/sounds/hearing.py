"""What was heard, as written down: characters, Latin letters, or both for one hearing."""

from __future__ import annotations

from dataclasses import dataclass

from matchers.sounds.characters import is_han
from matchers.sounds.features import Articulation, Floats
from matchers.sounds.latin import LatinReader, Spelt
from matchers.sounds.mandarin import TONES, Mandarin
from matchers.sounds.readings import MandarinReadings

LONGEST = 16
"""Syllables of the longest hearing; the longest Uyghur names in Han transcription have 14."""
_BETWEEN = " \t·•‧・.。,，、-－—'’()（）"
_TONE_OF_CONTOUR = {contour: int(digit) for digit, contour in TONES.items() if contour}


class HearingError(ValueError):
    """What was heard cannot be compared. Write it in characters or Latin letters."""

    code = "hearing_invalid"


class HearingEmpty(HearingError):
    """Nothing was written down. Write what you heard in characters or in Latin letters."""

    code = "hearing_empty"


class HearingUnreadable(HearingError):
    """This is neither Chinese characters nor a Latin spelling. Write it as it sounded."""

    code = "hearing_unreadable"


class HearingTooLong(HearingError):
    """This is longer than a name. Write the name alone, without the sentence around it."""

    code = "hearing_too_long"


@dataclass(frozen=True, slots=True)
class Hearing:
    """One hearing of one name: what was written, the speaker's dialect, who listened.

    `text` in characters and `latin` as it sounded are two notes of the same hearing. `dialect` is
    a place name in Chinese; `listener` is "mandarin", "local" or "unknown" and is on record only:
    docs/decisions/0031 tells why it does not change the score.
    """

    text: str | None = None
    latin: str | None = None
    dialect: str | None = None
    listener: str | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """One syllable that may have been meant: float32 [26], tone 1-4 (0 unknown), nats against."""

    features: Floats
    tone: int
    charge: float
    spelling: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One syllable heard: by its character, by its Latin spelling, or both."""

    char: str
    written: tuple[Sound, ...]
    spelt: tuple[Sound, ...]

    @property
    def shown(self) -> str:
        """How it was written: the character, else the Latin letters."""
        return self.char or self.spelt[0].spelling


@dataclass(frozen=True, slots=True)
class Heard:
    """One way to cut a hearing into syllables; `charge` is nats against this way."""

    slots: tuple[Slot, ...]
    charge: float


@dataclass(frozen=True, slots=True)
class Ears:
    """Turns a hearing into sounds."""

    articulation: Articulation
    mandarin: Mandarin
    readings: MandarinReadings
    latin: LatinReader
    second_reading: float

    def heard(self, hearing: Hearing) -> tuple[Heard, ...]:
        """Ways to cut this hearing into syllables, the likeliest first.

        Raises HearingEmpty, HearingUnreadable or HearingTooLong.
        """
        text, latin = hearing.text or "", hearing.latin or ""
        if not any(is_han(char) for char in text) and not latin:
            text, latin = "", text
        if not text.strip() and not latin.strip():
            raise HearingEmpty
        written = self._written(text)
        spelt = [self._spelt(found) for found in self.latin.read(latin)] if latin.strip() else []
        if not written and not spelt:
            raise HearingUnreadable
        ways = _together(written, spelt)
        if len(ways[0].slots) > LONGEST:
            raise HearingTooLong
        return tuple(way for way in ways if len(way.slots) <= LONGEST)

    def character(self, char: str, *, surname: bool) -> tuple[Sound, ...]:
        """The sounds a listener may have meant by one character, most usual first."""
        spellings = self.readings.spellings(char, surname=surname)
        found: dict[tuple[str, str], Sound] = {}
        for spelling, tone, _weight, _layer in spellings:
            ipa = self.mandarin.ipa(spelling)
            if ipa is not None and (spelling, tone) not in found:
                charge = self.second_reading if found else 0.0
                features = self.articulation.features(ipa, TONES[tone])
                found[spelling, tone] = Sound(features, int(tone) % 5, charge, spelling)
        return tuple(found.values())

    def _written(self, text: str) -> tuple[Slot, ...]:
        slots: list[Slot] = []
        for char in text:
            if is_han(char):
                sounds = self.character(char, surname=not slots)
                if sounds:
                    slots.append(Slot(char, sounds, ()))
        return tuple(slots)

    def _spelt(self, spelt: Spelt) -> Heard:
        slots = []
        for syllable in spelt.syllables:
            sounds = tuple(
                Sound(self.articulation.features(ipa), tone, charge, syllable.letters)
                for ipa, tone, charge in syllable.sounds
            )
            slots.append(Slot("", (), sounds))
        return Heard(tuple(slots), spelt.charge)


def _together(written: tuple[Slot, ...], spelt: list[Heard]) -> list[Heard]:
    """Characters and letters of one hearing slot by slot where they have equally many."""
    if not written:
        return spelt
    fitting = [way for way in spelt if len(way.slots) == len(written)]
    if fitting:
        pairs = zip(written, fitting[0].slots, strict=True)
        return [Heard(tuple(Slot(w.char, w.written, s.spelt) for w, s in pairs), 0.0)]
    return [Heard(written, 0.0), *spelt]
