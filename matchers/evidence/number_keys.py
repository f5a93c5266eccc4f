"""Nearest document numbers and phones, by pieces of their digits.

A number that differs in one digit, or of which a part is remembered, agrees in some piece of it;
a piece that very many share leads nowhere and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.digits import UNKNOWN, Digits, NumberTable, slid
from matchers.evidence.listening import Codes, once
from matchers.evidence.numbers import LENGTH as CITIZEN
from matchers.evidence.numbers import PreparedNumbers, asked_numbers
from matchers.evidence.phones import as_asked

COMMON = 8_000
"""A piece of digits that more values share leads nowhere."""
CITIZEN_PIECES = ((0, 6), (6, 12), (8, 14), (12, 16), (14, 17), (15, 18))
OTHER_PIECES = tuple((start, start + 4) for start in range(0, 20, 2))
PHONE_PIECES = ((0, 6), (3, 7), (5, 9), (7, 11), (8, 11), (9, 12))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Numbers by pieces of their digits.

    spans: where pieces begin and end. keys: int64 [n] of each span, ascending; numbers: int32 [n],
    which number each key is of. Numbers that do not know all of a piece are not among them.
    """

    spans: tuple[tuple[int, int], ...]
    keys: tuple[NDArray[np.int64], ...]
    numbers: tuple[NDArray[np.int32], ...]

    @classmethod
    def of(cls, table: NumberTable, spans: Iterable[tuple[int, int]]) -> Pieces:
        fitting = tuple(span for span in spans if span[1] <= table.digits.shape[1])
        keys, numbers = [], []
        for start, end in fitting:
            part = table.digits[:, start:end]
            known = np.flatnonzero((part != UNKNOWN).all(axis=1))
            key = _key(part[known])
            order = np.argsort(key, kind="stable")
            keys.append(key[order])
            numbers.append(known[order].astype(np.int32))
        return cls(fitting, tuple(keys), tuple(numbers))

    def near(self, asked: Digits) -> list[NDArray[np.int32]]:
        """Numbers that share a whole piece with the digits uint8 [length]."""
        found = []
        for (start, end), keys, numbers in zip(self.spans, self.keys, self.numbers, strict=True):
            part = asked[start:end]
            if len(part) == end - start and (part != UNKNOWN).all():
                key = _key(part[None])[0]
                low, high = np.searchsorted(keys, key), np.searchsorted(keys, key, "right")
                if high - low <= COMMON:
                    found.append(numbers[low:high])
        return found


def _key(digits: Digits) -> NDArray[np.int64]:
    key = np.zeros(len(digits), np.int64)
    for column in digits.T:
        key = (key << 8) | column
    return key


@dataclass(frozen=True, slots=True)
class NumberKeys:
    """Document numbers. place: int32 [V], each value's place in the table of its kind."""

    prepared: PreparedNumbers
    place: NDArray[np.int32]
    values: tuple[NDArray[np.int64], NDArray[np.int64]]
    pieces: tuple[Pieces, Pieces]

    @classmethod
    def of(cls, prepared: PreparedNumbers) -> NumberKeys:
        own = prepared.is_citizen
        pieces = (
            Pieces.of(prepared.citizen, CITIZEN_PIECES),
            Pieces.of(prepared.other, OTHER_PIECES),
        )
        return cls(prepared, _places(own), (np.flatnonzero(own), np.flatnonzero(~own)), pieces)

    def nearest(self, probe: PersonClaims) -> Codes | None:
        asked = asked_numbers(probe)
        if not asked:
            return None
        found = []
        for number in asked:
            kind = 0 if number.kind == "citizen" else 1
            length = CITIZEN if kind == 0 else self.prepared.other.digits.shape[1]
            for digits in slid(number.text, length):
                found += [self.values[kind][near] for near in self.pieces[kind].near(digits)]
        return once(found)

    def some(self, chosen: Codes) -> PreparedNumbers:
        own, place = self.prepared.is_citizen[chosen], self.place[chosen]
        return PreparedNumbers(
            citizen=NumberTable(self.prepared.citizen.digits.take(place[own], axis=0)),
            other=NumberTable(self.prepared.other.digits.take(place[~own], axis=0)),
            is_citizen=own,
        )

    def other(self, prepared: PreparedNumbers) -> NumberKeys:
        return replace(self, prepared=prepared, place=_places(prepared.is_citizen))


@dataclass(frozen=True, slots=True)
class PhoneKeys:
    """Phones."""

    prepared: NumberTable
    pieces: Pieces

    @classmethod
    def of(cls, prepared: NumberTable) -> PhoneKeys:
        return cls(prepared, Pieces.of(prepared, PHONE_PIECES))

    def nearest(self, probe: PersonClaims) -> Codes | None:
        asked = as_asked(probe)
        if not asked:
            return None
        return once([near for digits in asked for near in self.pieces.near(digits)])

    def some(self, chosen: Codes) -> NumberTable:
        return NumberTable(self.prepared.digits[chosen])

    def other(self, prepared: NumberTable) -> PhoneKeys:
        return replace(self, prepared=prepared)


def _places(own: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Each number's place in the table of its kind."""
    return np.where(own, np.cumsum(own), np.cumsum(~own)).astype(np.int32) - np.int32(1)
