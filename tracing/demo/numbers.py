"""Citizen and phone numbers that look right and belong to nobody.

GB 11643-1999: six digits of division, eight of birth, three of sequence (odd for men), one check
character by ISO 7064 MOD 11-2. Sequences 996 to 999 were kept for people who were a hundred or
older when numbers were given out from 1984 on (rule of the Ministry of Public Security, widely
quoted; not in the standard). A number with such a sequence and a birth after 1930 was therefore
never issued, and every synthetic number is one. No Chinese mobile number begins with 12: synthetic
phones do.
"""

from __future__ import annotations

from datetime import date

from tracing.demo.dice import Dice

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
SEQUENCES = {"male": (997, 999), "female": (996, 998)}
FIRST_SYNTHETIC_YEAR = 1931
PHONE_PREFIX = "12"


def check_character(seventeen: str) -> str:
    """Check character of the first 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, WEIGHTS, strict=True))
    return CHECKS[total % 11]


def citizen_number(dice: Dice, division: str, birth: date, sex: str) -> str:
    """A number of 18 characters that no office ever gave out. Raises ValueError before 1931."""
    if birth.year < FIRST_SYNTHETIC_YEAR:
        raise ValueError("a synthetic number would not be told apart from a real one")
    body = f"{division}{birth:%Y%m%d}{dice.pick(SEQUENCES[sex])}"
    return body + check_character(body)


def is_synthetic(number: str) -> bool:
    """Whether a citizen number is of the kind made here."""
    return (
        len(number) == 18
        and number[:17].isdigit()
        and int(number[6:10]) >= FIRST_SYNTHETIC_YEAR
        and 996 <= int(number[14:17]) <= 999
    )


def phone_number(dice: Dice) -> str:
    """Eleven digits beginning with 12."""
    return f"{PHONE_PREFIX}{dice.below(1_000_000_000):09d}"


def in_part(dice: Dice, number: str, known: float) -> str:
    """The number with `?` for what is forgotten: mostly its middle, seldom its ends."""
    keep_front = max(2, round(len(number) * known * dice.unit() * 0.7))
    keep_back = min(len(number) - keep_front, dice.between(2, 5))
    hidden = len(number) - keep_front - keep_back
    return number[:keep_front] + "?" * hidden + number[len(number) - keep_back :]
