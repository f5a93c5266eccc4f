"""Names in Latin letters, as people write what they hear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.sounds.latin import LatinReader
from matchers.sounds.mandarin import Mandarin

READER = LatinReader.load(Mandarin.load())


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        ("siu miang", "siu miang"),
        ("siumiang", "siu miang"),
        ("wangjianguo", "wang jian guo"),
        ("Wang2 Jian4 guo2", "wang jian guo"),
        ("Wáng Jiànguó", "wang jian guo"),
        ("jū mā ya", "ju ma ya"),
        ("Chang Chien-kuo", "chang chien kuo"),
        ("Cheung Kwok Wing", "cheung kwok wing"),
        ("Ng Man Tat", "ng man tat"),
        ("xian", "xian"),
        ("lǚ", "lv"),
    ],
)
def test_spellings_are_cut_into_syllables(written: str, cut: str) -> None:
    best = READER.read(written)[0]
    assert " ".join(syllable.letters for syllable in best.syllables) == cut


def test_an_ambiguous_spelling_keeps_its_other_cut() -> None:
    cuts = {" ".join(s.letters for s in way.syllables) for way in READER.read("xian")}
    assert {"xian", "xi an"} <= cuts


def test_a_hong_kong_k_may_be_aspirated_or_not() -> None:
    sounds = {ipa for ipa, _tone, _charge in READER.read("kam")[0].syllables[0].sounds}
    assert {"kʰam", "kam"} <= sounds


def test_wade_giles_apostrophes_aspirate() -> None:
    assert READER.read("p’ing")[0].syllables[0].sounds[0][0] == "pʰiŋ"


def test_a_tone_is_kept_with_its_syllable() -> None:
    assert READER.read("wang2")[0].syllables[0].sounds[0][1] == 2


@pytest.mark.parametrize("nonsense", ["", "zzzz", "1234", "!?", "x"])
def test_what_cannot_be_a_syllable_is_not_read(nonsense: str) -> None:
    assert READER.read(nonsense) == ()


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    for way in READER.read(text):
        assert way.syllables
        assert way.charge >= 0
