"""The seam that every source of readings fills: one syllable, and the town where it is said so.

A *point* is the Chinese name of the town whose speech is meant (常州, 广州, 普通话).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Reading:
    """One way a character is read aloud at one point.

    `ipa` is the syllable without its tone, affricates in two letters (`tsʰ`, `tɕ`), nasal vowels
    with U+0303, `ɿ ʅ` for apical vowels, a syllabic nasal with U+0329. `tone` holds Chao's digits
    ("55", "214"), "" when the source does not say. `weight` is in (0, 1]; those of one character
    at one point sum to 1. `layer` is 文 (literary), 白 (colloquial), 姓 (as a surname), 推 (guessed
    from a homophone) or "".
    """

    ipa: str
    tone: str
    weight: float
    layer: str = ""


@runtime_checkable
class Readings(Protocol):
    """A source of readings for some points: laws, a sound pack, a dictionary."""

    def points(self) -> tuple[str, ...]:
        """The points this source can speak for, in a stable order."""
        ...

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Readings of one character (simplified or traditional), as a surname or elsewhere.

        Likeliest first; empty when the character is unknown here. KeyError for a point outside
        `points()`.
        """
        ...


@runtime_checkable
class Derived(Readings, Protocol):
    """Readings that follow from rules and not from a record of the town's speech."""

    @property
    def rules(self) -> str:
        """What they follow from, in a few words."""
        ...
