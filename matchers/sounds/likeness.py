"""Whether a name is the very one that was written, or one that sounds the same in Mandarin."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Floats
from matchers.sounds.hearing import Heard, Slot
from matchers.sounds.mandarin import Mandarin
from matchers.sounds.parts import FAR, Edits, Parts, Places
from matchers.sounds.vocabulary import Vocabulary

_NO_EDITS = Edits(float(FAR), float(FAR))


class Likeness(IntEnum):
    """How a name stands to what was written, whatever dialects may add."""

    OTHER = 0
    HOMOPHONE = 1
    """The same Mandarin syllables, tones apart, in the same order."""
    IDENTICAL = 2
    """The same characters, traditional and variant forms counted as the same."""


def likeness(
    heard: Sequence[Heard],
    canonical: Sequence[Sequence[str]],
    mandarin: Mandarin,
    vocabulary: Vocabulary,
    columns: tuple[Parts, Parts, Places, Places],
) -> NDArray[np.int8]:
    """Likeness int8 [V] of all names to the nearest of several notes of one name.

    `canonical` has the standard characters of each note's slots ("" where Latin).
    """
    out = np.zeros(len(columns[2]), np.int8)
    for way, chars in zip(heard, canonical, strict=True):
        sounds = np.stack([_sounding(slot, mandarin, vocabulary) for slot in way.slots])
        out[_fits(sounds, columns) & (out < Likeness.HOMOPHONE)] = Likeness.HOMOPHONE
        if all(chars):
            same = np.stack([_same(char, vocabulary) for char in chars])
            out[_fits(same, columns)] = Likeness.IDENTICAL
    return out


def _fits(misses: Floats, columns: tuple[Parts, Parts, Places, Places]) -> NDArray[np.bool_]:
    surnames, given, surname_of, given_of = columns
    found = np.zeros(len(surname_of), bool)
    for cut in range(min(len(misses), surnames.longest()) + 1):
        first = surnames.costs(misses[:cut], _NO_EDITS) == 0
        second = given.costs(misses[cut:], _NO_EDITS) == 0
        if first.any() and second.any():
            found |= first.take(surname_of) & second.take(given_of)
    return found


def _sounding(slot: Slot, mandarin: Mandarin, vocabulary: Vocabulary) -> Floats:
    misses = np.ones(vocabulary.size, np.float32)
    for sound in (slot.written or slot.spelt)[:1]:
        ipa = mandarin.ipa(sound.spelling)
        if ipa is not None and ipa in vocabulary.alike:
            misses[vocabulary.alike[ipa]] = 0
    return misses


def _same(char: str, vocabulary: Vocabulary) -> Floats:
    misses = np.ones(vocabulary.size, np.float32)
    misses[list(vocabulary.by_char.get(char, ()))] = 0
    return misses
