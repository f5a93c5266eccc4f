"""A name as surname, given name and tokens: compound surnames, Uyghur and Tibetan names, Latin."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matchers.sounds import packaged
from matchers.sounds.characters import Characters, is_han
from matchers.sounds.latin import LatinReader

LONGEST_PART = 12
"""Tokens of one part of a name that are compared; what stands behind them is not."""
_PARTS = re.compile("[·•‧・･.．]")
_HAN_NAME_LENGTH = 4

Token = tuple[str, bool]
"""A canonical character (or "~" + a Latin syllable) and whether it stands as a surname."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The two parts of one name as tokens; either may be empty."""

    surname: tuple[Token, ...]
    given: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class NameReader:
    """Cuts names as they stand in records."""

    characters: Characters
    latin: LatinReader
    compounds: frozenset[str]

    @classmethod
    def load(cls, characters: Characters, latin: LatinReader) -> NameReader:
        """Read `compound_surnames.csv`."""
        return cls(
            characters, latin, frozenset(r["surname"] for r in packaged.rows("compound_surnames"))
        )

    def canonical(self, name: str) -> str:
        """The name in standard simplified characters without spaces."""
        return self.characters.canonical("".join(name.split()))

    def spelling(self, name: str) -> Spelling:
        """The parts of a name; a name without any readable character has two empty parts."""
        plain = self.canonical(name)
        parts = [self._han(part) for part in _PARTS.split(plain)]
        parts = [part for part in parts if part]
        if not parts:
            return self._spelt(name)
        if len(parts) > 1 or len(parts[0]) > _HAN_NAME_LENGTH:
            return self._transcribed(parts)
        text = parts[0]
        cut = 2 if len(text) > 2 and text[:2] in self.compounds else 1
        if len(text) == 2 and text in self.compounds:
            cut = 2
        return Spelling(_tokens(text[:cut], surname=True), _tokens(text[cut:], surname=False))

    def place(self, name: str) -> Spelling:
        """A place name: one part, no surname."""
        text = self._han(self.canonical(name))[:LONGEST_PART]
        if not text:
            return self._spelt(name)
        return Spelling((), _tokens(text, surname=False))

    def _transcribed(self, parts: list[str]) -> Spelling:
        """阿卜杜拉·买买提: own name, then father's; a long single part is a given name."""
        if len(parts) == 1 and parts[0][:2] in self.compounds:
            text = parts[0]
            return Spelling(_tokens(text[:2], surname=True), _tokens(text[2:], surname=False))
        if len(parts) == 1:
            return Spelling((), _tokens(parts[0], surname=False))
        return Spelling(
            _tokens(parts[0], surname=False), _tokens("".join(parts[1:]), surname=False)
        )

    def _spelt(self, name: str) -> Spelling:
        ways = self.latin.read(name)
        if not ways:
            return Spelling((), ())
        tokens = tuple(("~" + s.letters, False) for s in ways[0].syllables[: LONGEST_PART + 1])
        return Spelling(tokens[:1], tokens[1:]) if len(tokens) > 1 else Spelling((), tokens)

    @staticmethod
    def _han(text: str) -> str:
        return "".join(char for char in text if is_han(char))


def _tokens(text: str, *, surname: bool) -> tuple[Token, ...]:
    return tuple((char, surname) for char in text[:LONGEST_PART])
