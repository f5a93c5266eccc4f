"""Whether a name is the very one that was written, or one that sounds the same in Mandarin."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.hearing import Heard, Slot
from matchers.sounds.mandarin import Mandarin
from matchers.sounds.parts import Codes, Parts, Places, Postings
from matchers.sounds.vocabulary import Vocabulary

Flags = NDArray[np.bool_]


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
    columns: tuple[Parts, Parts, Places],
    by_given: Postings,
) -> NDArray[np.int8]:
    """Likeness int8 [V] of all names to the nearest of several notes of one name.

    `canonical` has the standard characters of each note's slots ("" where Latin). `columns` are
    surnames, given names, and the surname of each name; `by_given` its given name the other way.
    """
    out = np.zeros(len(columns[2]), np.int8)
    for way, chars in zip(heard, canonical, strict=True):
        sounds = np.stack([_sounding(slot, mandarin, vocabulary) for slot in way.slots])
        alike = _fits(sounds, columns, by_given)
        out[alike] = np.maximum(out[alike], Likeness.HOMOPHONE)
        if all(chars):
            same = np.stack([_same(char, vocabulary) for char in chars])
            out[_fits(same, columns, by_given)] = Likeness.IDENTICAL
    return out


def _fits(fitting: Flags, columns: tuple[Parts, Parts, Places], by_given: Postings) -> Places:
    """Places of the names that are spelt so; `fitting` bool [m, tokens]."""
    surnames, given, surname_of = columns
    found = [np.zeros(0, np.int32)]
    for cut in range(min(len(fitting), surnames.longest()) + 1):
        first, second = surnames.spelt(fitting[:cut]), given.spelt(fitting[cut:])
        if len(first) and len(second):
            rows = by_given.having(second)
            found.append(rows[_flags(first, surnames.count).take(surname_of[rows])])
    return np.concatenate(found)


def _flags(places: Codes, count: int) -> Flags:
    flags = np.zeros(count, np.bool_)
    flags[places] = True
    return flags


def _sounding(slot: Slot, mandarin: Mandarin, vocabulary: Vocabulary) -> Flags:
    fits = np.zeros(vocabulary.size, np.bool_)
    for sound in (slot.written or slot.spelt)[:1]:
        ipa = mandarin.ipa(sound.spelling)
        if ipa is not None and ipa in vocabulary.alike:
            fits[vocabulary.alike[ipa]] = True
    return fits


def _same(char: str, vocabulary: Vocabulary) -> Flags:
    fits = np.zeros(vocabulary.size, np.bool_)
    fits[list(vocabulary.by_char.get(char, ()))] = True
    return fits
