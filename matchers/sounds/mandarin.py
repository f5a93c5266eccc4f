"""Mandarin syllables: the spelling, the sound, and the inventory a listener writes in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from pypinyin import Style, pinyin

from matchers.sounds import packaged

TONES = {"1": "55", "2": "35", "3": "214", "4": "51", "5": ""}

_GLIDE_Y = {
    "i": "i", "a": "ia", "e": "ie", "ao": "iao", "ou": "iou", "an": "ian", "in": "in",
    "ang": "iang", "ing": "ing", "ong": "iong", "u": "v", "ue": "ve", "uan": "van", "un": "vn",
    "o": "io", "ai": "iai",
}  # fmt: skip
_GLIDE_W = {
    "u": "u", "a": "ua", "o": "uo", "ai": "uai", "ei": "uei", "an": "uan", "en": "uen",
    "ang": "uang", "eng": "ueng",
}  # fmt: skip
_CONTRACTED = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve"}
_APICAL = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
_COMBINING_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}


@dataclass(frozen=True, slots=True)
class Mandarin:
    """The inventory: `syllables` maps toneless pinyin (ü written v) to IPA."""

    syllables: dict[str, str]

    @classmethod
    def load(cls) -> Mandarin:
        """Every spelling of `syllables.csv`, with the sound of its initial and final."""
        table = packaged.rows("mandarin")
        initials = {row["pinyin"]: row["ipa"] for row in table if row["part"] == "initial"}
        finals = {row["pinyin"]: row["ipa"] for row in table if row["part"] == "final"}
        spellings = [row["pinyin"] for row in packaged.rows("syllables")]
        return cls({spelling: _sound(spelling, initials, finals) for spelling in spellings})

    def ipa(self, spelling: str) -> str | None:
        """The IPA of a toneless pinyin syllable, None when Mandarin has no such syllable."""
        return self.syllables.get(spelling)


@cache
def numbered(char: str) -> tuple[str, ...]:
    """All readings of a character as pinyin with a tone digit (ü as v), the usual one first."""
    found = pinyin(
        char, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, v_to_u=False,
        errors="ignore",
    )  # fmt: skip
    readings = found[0] if found else []
    return tuple(text for text in readings if re.fullmatch("[a-zv]+[1-5]", text))


def split_tone(text: str) -> tuple[str, str]:
    """A pinyin syllable with or without tone (digit or mark) as (toneless with v, digit or "")."""
    tone = ""
    letters: list[str] = []
    for char in unicodedata.normalize("NFD", text.lower().replace("u:", "ü").replace("ê", "e")):
        if char in _COMBINING_TONES:
            tone = _COMBINING_TONES[char]
        elif char == "\u0308" and letters:
            letters[-1] = "v"
        elif char.isdigit():
            tone = char if char in TONES else ("5" if char == "0" else tone)
        elif not unicodedata.combining(char):
            letters.append(char)
    return "".join(letters), tone


def split_spelling(spelling: str) -> tuple[str, str]:
    """A toneless pinyin spelling as (initial, underlying final): jian -> j, ian; yun -> "", vn."""
    if spelling.startswith("y"):
        return "", _GLIDE_Y.get(spelling[1:], "i" + spelling[1:])
    if spelling.startswith("w"):
        return "", _GLIDE_W.get(spelling[1:], "u" + spelling[1:])
    match = re.match("zh|ch|sh|[bpmfdtnlgkhjqxrzcs]", spelling)
    initial = match.group() if match else ""
    final = spelling[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if initial in ("b", "p", "m", "f") and final == "o":
        final = "uo"
    return initial, _CONTRACTED.get(final, final)


def _sound(spelling: str, initials: dict[str, str], finals: dict[str, str]) -> str:
    initial, final = split_spelling(spelling)
    vowel = "ɿ" if final == "i" and initial in _APICAL else finals[final]
    return initials[initial] + vowel
