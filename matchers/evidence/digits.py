"""Digits remembered, in whole or in part: what two numbers have in common.

Only positions that both sides know are compared (`?` and `*` are not remembered). The information
of those positions, in bits, is the condition of the comparison; within it the numbers agree, differ
in one digit or in two neighbours swapped (misheard, mistyped), or differ. National shares follow
from the information alone: a number is rare by construction, whatever the gallery holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import Level

UNKNOWN = 0
INFORMATION = (5.0, 9.0, 14.0, 20.0, 27.0)
"""Edges of the conditions, in bits of information compared."""

Digits = NDArray[np.uint8]


def number_levels(what: str) -> tuple[Level, ...]:
    """Levels of a comparison of numbers, worst first, for every condition."""
    conditions = range(len(INFORMATION) + 1)
    grid = [
        (rank * 100 + c, f"{kind}_{c}", words, c, kind == "apart" and c > 1)
        for c in conditions
        for rank, (kind, words) in enumerate(
            (("apart", f"{what}不符"), ("slip", f"{what}(差一位)"), ("same", what))
        )
    ]
    return tuple(Level(key, w, f"known_{c}", x) for _, key, w, c, x in sorted(grid))


@dataclass(frozen=True, slots=True)
class NumberTable:
    """Distinct numbers of one length: uint8 [V, length], 0 where not remembered."""

    digits: Digits

    @classmethod
    def of(cls, numbers: Sequence[str], length: int) -> NumberTable:
        table = np.zeros((len(numbers), length), np.uint8)
        for row, number in zip(table, numbers, strict=True):
            row[:] = coded(number.ljust(length, "?")[:length])
        return cls(table)


def coded(number: str) -> Digits:
    """Characters as codes, 0 for `?` and `*`."""
    codes = np.frombuffer(number.upper().encode("ascii", "replace"), np.uint8).copy()
    codes[(codes == ord("?")) | (codes == ord("*"))] = UNKNOWN
    return codes


def compared(
    asked: Digits, table: NumberTable, worth: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """How numbers agree, int8 [V] (0 nothing compared, 1 apart, 2 slip, 3 same), and condition.

    asked: uint8 [length]. worth: bits of information of each position, float64 [length].
    """
    known = np.flatnonzero(asked)
    wrong = np.zeros(len(table.digits), np.int8)
    information = np.zeros(len(table.digits))
    for place in known.tolist():
        theirs = table.digits[:, place]
        both = theirs != UNKNOWN
        information += both * worth[place]
        wrong += both & (theirs != asked[place])
    verdict = np.array([3, 2, 1], np.int8).take(np.minimum(wrong, 2))
    two = np.flatnonzero(wrong == 2)
    if len(two):
        verdict[two] = np.where(_swapped(asked, known, table.digits[two]), 2, 1)
    verdict[information <= 0] = 0
    return verdict, np.searchsorted(INFORMATION, information).astype(np.int8)


def _swapped(asked: Digits, known: NDArray[np.intp], rows: Digits) -> NDArray[np.bool_]:
    """Whether two differing neighbours are each other's: bool [rows]."""
    found = np.zeros(len(rows), np.bool_)
    for left in known[:-1]:
        if asked[left + 1] != UNKNOWN and asked[left] != asked[left + 1]:
            found |= (rows[:, left] == asked[left + 1]) & (rows[:, left + 1] == asked[left])
    return found


def slid(fragment: str, length: int) -> list[Digits]:
    """Where a fragment without its place may stand in a number: at the start or at the end."""
    if len(fragment) >= length:
        return [coded(fragment[:length])]
    return [coded(fragment.ljust(length, "?")), coded(fragment.rjust(length, "?"))]
