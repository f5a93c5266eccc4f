"""Document numbers: the citizen number (GB 11643) in full, in part or misheard; cards and others.

A citizen number is 6 digits of the division of first registration, 8 of the birthday, 3 in sequence
(odd for men) and a check character (ISO 7064 MOD 11-2). Numbers of 15 digits, issued until 1999,
are read with the century put in and the check computed; one digit that is not remembered follows
from the others and the check. Digits of division and birthday weigh half,
since home and birth are compared on their own. A fragment whose place is not known is tried at both
ends. Even the full number is strong evidence and no proof: papers are lent, lost and mistyped.
Numbers a station assigned are no evidence here; they are exact keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matchers.claims import NumberClaim, PersonClaims
from matchers.evidence.digits import NumberTable, compared, number_levels, slid
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions

LENGTH = 18
DIVISION, BIRTHDAY = (0.9, 0.9, 0.8, 0.8, 0.9, 0.9), (0.1, 0.1, 1.2, 1.6, 0.5, 1.5, 0.9, 1.6)
WORTH = np.array([*DIVISION, *BIRTHDAY, 3.0, 3.3, 3.3, 3.4])
"""Bits of information of each position; half of their own for division and birthday."""
OTHER_WORTH = 3.0
FACTORS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
LEVELS = ladder(*number_levels("证件号"))
AT = positions(LEVELS)
KINDS = ("apart", "slip", "same")
_GRID = np.array([[0] * 6, *([AT[f"{k}_{c}"] for c in range(6)] for k in KINDS)], np.int8)
_CLEAN = re.compile(r"[\s\-—–]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number by kind (citizen or other) with its characters; citizen numbers have 18."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class PreparedNumbers:
    """Distinct numbers: rows of citizen numbers (bool [V]) and of others, each with their table."""

    citizen: NumberTable
    other: NumberTable
    is_citizen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Compare document numbers."""

    key: str = "numbers"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Number, ...]:
        read = [n for claim in person.numbers if (n := _read(claim)) is not None]
        placed = [p for n in read for p in (_placed(n) if n.kind == "citizen" else [n])]
        return tuple(dict.fromkeys(placed))

    def prepare(self, values: Sequence[Number]) -> PreparedNumbers:
        citizen = [n.text for n in values if n.kind == "citizen"]
        other = [n.text for n in values if n.kind != "citizen"]
        longest = max(map(len, other), default=1)
        return PreparedNumbers(
            citizen=NumberTable.of(citizen, LENGTH),
            other=NumberTable.of(other, longest),
            is_citizen=np.array([n.kind == "citizen" for n in values], np.bool_),
        )

    def levels_of(self, probe: PersonClaims, prepared: PreparedNumbers) -> LevelCodes:
        rows = prepared.is_citizen
        out = np.zeros(len(rows), np.int8)
        asked = asked_numbers(probe)
        for citizen, table in ((True, prepared.citizen), (False, prepared.other)):
            length = table.digits.shape[1]
            mine = [n.text for n in asked if (n.kind == "citizen") == citizen]
            if len(table.digits) and mine:
                found = [_fragment(text, table, length, citizen=citizen) for text in mine]
                out[rows == citizen] = best_of(found, len(table.digits))
        return out

    def describe(self, person: PersonClaims) -> str:
        return "、".join(c.text for c in person.numbers if _read(c) is not None and c.text)


def asked_numbers(probe: PersonClaims) -> list[Number]:
    """The numbers that a question states, whole or in part."""
    return [n for claim in probe.numbers if (n := _read(claim)) is not None]


def _read(claim: NumberClaim) -> Number | None:
    if claim.text is None or claim.assigned or claim.status is not None or claim.kind == "phone":
        return None
    text = _CLEAN.sub("", claim.text).upper()
    if not text.isascii() or not any(c.isdigit() for c in text):
        return None
    if claim.kind != "citizen":
        return Number("other", text)
    if len(text) == 15:
        return Number("citizen", in_eighteen(text))
    return Number("citizen", completed(text[:LENGTH].replace("*", "?")))


def citizen_digits(claim: NumberClaim) -> str:
    """The 18 characters of a citizen number, `?` where not remembered; "" for any other claim."""
    number = _read(claim)
    if number is None or number.kind != "citizen" or len(number.text) != LENGTH:
        return ""
    return number.text


def birthday(claim: NumberClaim) -> date | None:
    """The day of birth that a citizen number shows; None where digits of it are missing."""
    digits = citizen_digits(claim)[6:14]
    if len(digits) != 8 or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def sex_of(claim: NumberClaim) -> str | None:
    """The sex that the 17th place of a citizen number shows: odd for men."""
    place = citizen_digits(claim)[16:17]
    if not place.isdigit():
        return None
    return "male" if int(place) % 2 else "female"


def _placed(number: Number) -> list[Number]:
    """A citizen number in 18 places: as it is, or a fragment at the start and at the end."""
    text = number.text
    return [Number("citizen", t) for t in (text.ljust(LENGTH, "?"), text.rjust(LENGTH, "?"))]


def in_eighteen(text: str) -> str:
    """The 18-character form of a 15-digit number; its check stays open where digits are."""
    longer = f"{text[:6]}19{text[6:]}"
    return longer + (check_character(longer) if longer.isdigit() else "?")


def completed(text: str) -> str:
    """A number of 18 of which one digit is not known, with that digit; anything else as it is."""
    if len(text) != LENGTH or text.count("?") != 1:
        return text
    tried = (text.replace("?", digit) for digit in "0123456789X")
    fitting = [t for t in tried if t[:-1].isdigit() and t[-1] == check_character(t[:-1])]
    return fitting[0] if len(fitting) == 1 else text


def check_character(first17: str) -> str:
    """The check character of 17 digits (ISO 7064 MOD 11-2)."""
    return CHECKS[sum(int(d) * f for d, f in zip(first17, FACTORS, strict=True)) % 11]


def _fragment(text: str, table: NumberTable, length: int, *, citizen: bool) -> LevelCodes:
    worth = WORTH if citizen else np.full(length, OTHER_WORTH)
    found = []
    for asked in slid(text, length):
        verdict, condition = compared(asked, table, worth)
        found.append(_GRID[verdict, condition])
    return best_of(found, len(table.digits))
