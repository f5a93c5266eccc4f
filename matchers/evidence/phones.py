"""Phones: the person's own and those of relatives, in whole or in part.

People change numbers and remember a relative's, so any phone of one side is compared with any of
the other, and numbers that differ say little. A fragment is tried at both ends of the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.claims import NumberClaim, PersonClaims
from matchers.evidence.digits import Digits, NumberTable, compared, number_levels, slid
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions

LENGTH = 12
WORTH = np.array([0.5, 1.2, 2.6, *[3.0] * 8, 3.0])
"""The first digits of mobile numbers are shared by many."""
LEVELS = ladder(*number_levels("电话"))
AT = positions(LEVELS)
_GRID = np.array(
    [[0] * 6, *([AT[f"{k}_{c}"] for c in range(6)] for k in ("apart", "slip", "same"))], np.int8
)
_NOISE = re.compile(r"[\s\-—–()（）]|^\+?86(?=1[0-9?*]{10}$)")


@dataclass(frozen=True, slots=True)
class Phones:
    """Compare phone numbers."""

    key: str = "phones"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[str, ...]:
        return tuple(p for p in phones(person) if len(p) >= 7)

    def prepare(self, values: Sequence[str]) -> NumberTable:
        return NumberTable.of(values, LENGTH)

    def levels_of(self, probe: PersonClaims, prepared: NumberTable) -> LevelCodes:
        found = []
        for asked in as_asked(probe):
            verdict, condition = compared(asked, prepared, WORTH)
            found.append(_GRID[verdict, condition])
        return best_of(found, len(prepared.digits))

    def describe(self, person: PersonClaims) -> str:
        return "、".join(phones(person))


def as_asked(probe: PersonClaims) -> list[Digits]:
    """The phones of a question where they may stand in a number: uint8 [12] each."""
    asked = []
    for phone in phones(probe):
        # mobile numbers have 11 digits, so the end of a fragment is tried there
        places = slid(phone, 11) if len(phone) <= 11 else slid(phone, LENGTH)
        asked += [_long(place) for place in places]
    return asked


def _long(asked: Digits) -> Digits:
    return np.append(asked, np.zeros(LENGTH - len(asked), np.uint8)).astype(np.uint8)


def _own(claim: NumberClaim) -> bool:
    return claim.kind == "phone" and claim.status is None and not claim.assigned


def phones(person: PersonClaims) -> list[str]:
    """All phones of a record without spaces and country code, each once."""
    texts = [c.text for c in person.numbers if _own(c)]
    texts += [r.phone for r in person.relatives]
    cleaned = (_NOISE.sub("", text) for text in texts if text)
    known = (text for text in cleaned if sum(c.isdigit() for c in text) >= 3 and text.isascii())
    return list(dict.fromkeys(known))
