"""Syllables as numbers."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.sounds.channel import Ear, distances
from matchers.sounds.features import SIZE, Articulation
from matchers.sounds.mandarin import Mandarin, split_spelling, split_tone

ARTICULATION = Articulation.load()
MANDARIN = Mandarin.load()
EAR = Ear.load()
syllables = st.sampled_from(sorted(MANDARIN.syllables.values()))


def distance(left: str, right: str) -> float:
    weights = EAR.weights[:24]
    rows = ARTICULATION.matrix([(left, ""), (right, "")])[:, :24] * weights
    return float(distances(rows[:1], rows[1:])[0, 0])


@pytest.mark.parametrize(
    ("ipa", "onset", "vowels", "coda"),
    [
        ("tsʰɿ", "tsʰ", ("ɿ",), ""),
        ("ʨiɛn", "tɕ", ("i", "ɛ"), "n"),
        ("kʰwɔk", "kʰ", ("u", "ɔ"), "k"),
        ("ŋ̍", "", ("ə",), "ŋ"),
        ("m̩", "", ("ə",), "m"),
        ("ȵyɪʔ", "ȵ", ("y", "ɪ"), "ʔ"),
        ("", "", ("ə",), ""),
        ("ça", "ç", ("a",), ""),
        ("c\u0327ia\u0303", "ç", ("i", "a"), ""),
    ],
)
def test_ipa_is_cut_into_onset_vowels_and_coda(
    ipa: str, onset: str, vowels: tuple[str, ...], coda: str
) -> None:
    cut = ARTICULATION.syllable(ipa)
    assert (cut.onset, cut.vowels, cut.coda) == (onset, vowels, coda)


def test_every_packaged_symbol_is_read_as_itself() -> None:
    for symbol in ARTICULATION.consonants:
        for form in ("NFC", "NFD"):
            ipa = unicodedata.normalize(form, symbol + "a")
            assert ARTICULATION.syllable(ipa).onset == symbol


@given(syllables, syllables)
def test_distance_is_symmetric_and_nought_only_for_the_same_sound(left: str, right: str) -> None:
    assert distance(left, right) == pytest.approx(distance(right, left), abs=1e-3)
    assert (distance(left, right) < 0.05) == (left == right)


@given(syllables, syllables, syllables)
def test_distance_obeys_the_triangle(first: str, second: str, third: str) -> None:
    assert distance(first, third) <= distance(first, second) + distance(second, third) + 0.05


@given(st.text(max_size=12))
def test_any_text_becomes_26_finite_numbers(text: str) -> None:
    numbers = ARTICULATION.features(text, text)
    assert numbers.shape == (SIZE,)
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("tʂaŋ", "tsaŋ"), ("tʂaŋ", "li")),
        (("niŋ", "liŋ"), ("niŋ", "ta")),
        (("in", "iŋ"), ("in", "u")),
    ],
)
def test_usual_confusions_are_nearer_than_others(
    near: tuple[str, str], far: tuple[str, str]
) -> None:
    assert distance(*near) < distance(*far)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("lǚ", ("lv", "3")), ("Zhang1", ("zhang", "1")), ("ma", ("ma", "")), ("nu:4", ("nv", "4"))],
)
def test_tone_marks_and_digits_are_read(text: str, expected: tuple[str, str]) -> None:
    assert split_tone(text) == expected


@pytest.mark.parametrize(
    ("spelling", "parts"),
    [("yun", ("", "vn")), ("ju", ("j", "v")), ("gui", ("g", "uei")), ("bo", ("b", "uo"))],
)
def test_contracted_spellings_are_undone(spelling: str, parts: tuple[str, str]) -> None:
    assert split_spelling(spelling) == parts
