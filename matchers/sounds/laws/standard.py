"""Which standard readings of a character are meant in a name, and how often."""

from collections.abc import Callable
from functools import cache

import opencc

from matchers.sounds import packaged
from matchers.sounds.laws.mandarin import Mandarin, standard_readings, taken_apart

FURTHER = 0.15
"""Weight left to all further readings of a dictionary together: names seldom have them."""


@cache
def _surnames() -> dict[str, dict[Mandarin, float]]:
    """Character -> its standard readings as a surname with their shares, where listed."""
    found: dict[str, dict[Mandarin, float]] = {}
    for row in packaged.rows("surnames"):
        reading = taken_apart(row["pinyin"])
        if reading is not None:
            found.setdefault(row["surname"], {})[reading] = float(row["weight"])
    return found


@cache
def _to_simplified() -> Callable[[str], str]:
    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


@cache
def simplified(char: str) -> str:
    """Give the simplified form, under which tables of surnames and exceptions list characters."""
    return _to_simplified()(char)


def shares_of(char: str, *, surname: bool) -> dict[Mandarin, float]:
    """Give the standard readings of a character with their shares of use, which sum to 1.

    As a surname those of the table of surnames, or else the first of the dictionary alone;
    elsewhere the dictionary's first, with a small share for all others together.
    """
    listed = _surnames().get(simplified(char)) if surname else None
    if listed:
        total = sum(listed.values())
        return {reading: share / total for reading, share in listed.items()}
    first, *others = standard_readings(char) or (None,)
    if first is None:
        return {}
    if surname or not others:
        return {first: 1.0}
    return {first: 1.0 - FURTHER, **dict.fromkeys(others, FURTHER / len(others))}
