"""Simplified, traditional and variant characters as one character."""

from __future__ import annotations

from dataclasses import dataclass

import opencc

from matchers.sounds import packaged

_HAN = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x2A6E0))


@dataclass(frozen=True, slots=True)
class Characters:
    """OpenCC's tables, character by character, and `variants.csv` beside them.

    `plain` is a translation table to standard simplified characters, so `canonical` of two
    spellings of one character is equal; `others` leads from a standard character to its
    traditional and variant forms; `registered` from the short forms that stand in household
    registers (肖) to the surname they stand for (萧).
    """

    plain: dict[int, str]
    others: dict[str, tuple[str, ...]]
    registered: dict[str, str]

    @classmethod
    def load(cls) -> Characters:
        """Read OpenCC's tables and the packaged one."""
        table = packaged.rows("variants")
        written = {r["variant"]: r["character"] for r in table if r["relation"] == "written"}
        registered = {r["variant"]: r["character"] for r in table if r["relation"] == "registered"}
        every = [chr(point) for span in _HAN for point in span]
        # one call for all characters; the line ends keep OpenCC from seeing phrases
        simple = opencc.OpenCC("t2s").convert("\n".join(every)).split("\n")
        plain = {}
        for char, usual in zip(every, simple, strict=True):
            standard = written.get(usual, usual)
            if standard != char and len(standard) == 1:
                plain[ord(char)] = standard
        return cls(plain, _others(plain), registered)

    def canonical(self, text: str) -> str:
        """The text in standard simplified characters, as long as before."""
        return text.translate(self.plain)

    def forms(self, char: str) -> tuple[str, ...]:
        """All spellings of one character: itself, standard, traditional, known variants."""
        plain = self.canonical(char)
        return tuple(dict.fromkeys((char, plain, *self.others.get(plain, ()))))


def _others(plain: dict[int, str]) -> dict[str, tuple[str, ...]]:
    """The usual traditional form first, then whatever else means the same character."""
    others: dict[str, list[str]] = {}
    for point, usual in plain.items():
        others.setdefault(usual, []).append(chr(point))
    standard = "\n".join(others)
    usual_forms = opencc.OpenCC("s2t").convert(standard).split("\n")
    return {
        char: tuple(dict.fromkeys((first, *others[char])))
        for char, first in zip(others, usual_forms, strict=True)
    }


def is_han(char: str) -> bool:
    """Whether one character is a Chinese character (any plane, 〇 included)."""
    point = ord(char)
    return (
        0x3400 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x323AF
        or char == "〇"
    )
