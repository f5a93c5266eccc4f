"""Nearest sightings, document numbers and phones: by place and day, and by pieces of digits.

A number that differs in one digit, or of which a part is remembered, agrees in some piece of it;
a piece that very many share leads nowhere and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.digits import UNKNOWN, Digits, NumberTable, slid
from matchers.evidence.listening import Codes, Ear
from matchers.evidence.movement import (
    FOUND,
    KILOMETRES,
    LOST,
    Movement,
    PreparedSightings,
    RoleSightings,
    compared_roles,
    kilometres,
)
from matchers.evidence.numbers import LENGTH as CITIZEN
from matchers.evidence.numbers import PreparedNumbers, asked_numbers
from matchers.evidence.phones import as_asked

NEAR_STEP = 1
"""Sightings so many steps of distance apart, at most, are near (60 km)."""
WITHIN_DAYS = 400
"""And so many days apart, where both have their day."""
COMMON = 8_000
"""A piece of digits that more values share leads nowhere."""
CITIZEN_PIECES = ((0, 6), (6, 12), (8, 14), (12, 16), (14, 17), (15, 18))
OTHER_PIECES = tuple((start, start + 4) for start in range(0, 20, 2))
PHONE_PIECES = ((0, 6), (3, 7), (5, 9), (7, 11), (8, 11), (9, 12))


def once(codes: Sequence[NDArray[np.integer]]) -> Codes:
    """Every value that occurs, ascending: int64 [n]."""
    if not codes:
        return np.empty(0, np.int64)
    found = np.sort(np.concatenate(codes).astype(np.int64))
    return np.compress(np.append(True, found[1:] != found[:-1])[: len(found)], found)


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
class NarrowNumbers:
    """Document numbers. place: int32 [V], each value's place in the table of its kind."""

    prepared: PreparedNumbers
    place: NDArray[np.int32]
    values: tuple[NDArray[np.int64], NDArray[np.int64]]
    pieces: tuple[Pieces, Pieces]

    @classmethod
    def of(cls, prepared: PreparedNumbers) -> NarrowNumbers:
        own = prepared.is_citizen
        pieces = (
            Pieces.of(prepared.citizen, CITIZEN_PIECES),
            Pieces.of(prepared.other, OTHER_PIECES),
        )
        return cls(prepared, _places(own), (np.flatnonzero(own), np.flatnonzero(~own)), pieces)

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
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

    def some(self, chosen: Codes, ear: Ear) -> PreparedNumbers:
        own, place = self.prepared.is_citizen[chosen], self.place[chosen]
        return PreparedNumbers(
            citizen=NumberTable(self.prepared.citizen.digits[place[own]]),
            other=NumberTable(self.prepared.other.digits[place[~own]]),
            is_citizen=own,
        )

    def following(self, prepared: PreparedNumbers) -> NarrowNumbers:
        return replace(self, prepared=prepared, place=_places(prepared.is_citizen))


@dataclass(frozen=True, slots=True)
class NarrowPhones:
    """Phones."""

    prepared: NumberTable
    pieces: Pieces

    @classmethod
    def of(cls, prepared: NumberTable) -> NarrowPhones:
        return cls(prepared, Pieces.of(prepared, PHONE_PIECES))

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
        asked = as_asked(probe)
        if not asked:
            return None
        return once([near for digits in asked for near in self.pieces.near(digits)])

    def some(self, chosen: Codes, ear: Ear) -> NumberTable:
        return NumberTable(self.prepared.digits[chosen])

    def following(self, prepared: NumberTable) -> NarrowPhones:
        return replace(self, prepared=prepared)


@dataclass(frozen=True, slots=True)
class NarrowSightings:
    """Sightings by role, place and day.

    role, at: int32 [V], of each value, and its place among those of its role. order: by role, its
    sightings by place and then by day; key: int64 of them, ascending.
    """

    comparator: Movement
    prepared: PreparedSightings
    role: NDArray[np.int8]
    at: NDArray[np.int32]
    order: tuple[NDArray[np.intp], ...]
    key: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, comparator: Movement, prepared: PreparedSightings) -> NarrowSightings:
        role, at = _roles(prepared)
        orders, keys = [], []
        for part in prepared.roles:
            key = _place_and_day(part.point, part.day)
            order = np.argsort(key, kind="stable")
            orders.append(order)
            keys.append(key[order])
        return cls(comparator, prepared, role, at, tuple(orders), tuple(keys))

    def nearest(self, probe: PersonClaims, ear: Ear) -> Codes | None:
        mine = self.comparator.sightings(probe)
        if not mine:
            return None
        found = []
        for one in mine:
            apart = np.searchsorted(KILOMETRES, kilometres(one, self.prepared))
            points = np.flatnonzero(apart <= NEAR_STEP)
            for role in compared_roles(one.role):
                dated = one.day and {one.role, role} == {LOST, FOUND}
                found += self._around(role, points, one.day if dated else 0)
        return once(found)

    def _around(self, role: int, points: NDArray[np.intp], day: int) -> list[NDArray[np.intp]]:
        """Values of a role at these places, near the day where there is one, or undated."""
        key, order, part = self.key[role], self.order[role], self.prepared.roles[role]
        spans = [(0, np.iinfo(np.int32).max)]
        if day:
            spans = [(0, 0), (day - WITHIN_DAYS, day + WITHIN_DAYS)]
        found = []
        for first, last in spans:
            low = np.searchsorted(key, _place_and_day(points, first))
            high = np.searchsorted(key, _place_and_day(points, last), "right")
            found += [
                part.rows[order[a:b]]
                for a, b in zip(low.tolist(), high.tolist(), strict=True)
                if a < b
            ]
        return found

    def some(self, chosen: Codes, ear: Ear) -> PreparedSightings:
        roles = []
        for number, part in enumerate(self.prepared.roles):
            rows = np.flatnonzero(self.role[chosen] == number)
            at = self.at[chosen[rows]]
            roles.append(RoleSightings(rows, part.point[at], part.day[at], part.who[at]))
        whole = self.prepared
        return PreparedSightings(len(chosen), tuple(roles), whole.lat, whole.lon)

    def following(self, prepared: PreparedSightings) -> NarrowSightings:
        role, at = _roles(prepared)
        return replace(self, prepared=prepared, role=role, at=at)


def _places(own: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Each number's place in the table of its kind."""
    return np.where(own, np.cumsum(own), np.cumsum(~own)).astype(np.int32) - np.int32(1)


def _roles(prepared: PreparedSightings) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Role of each sighting, and its place among those of the role."""
    role, at = np.zeros(prepared.size, np.int8), np.zeros(prepared.size, np.int32)
    for number, part in enumerate(prepared.roles):
        role[part.rows] = number
        at[part.rows] = np.arange(len(part.rows))
    return role, at


def _place_and_day(point: NDArray[np.integer], day: NDArray[np.integer] | int) -> NDArray[np.int64]:
    return np.asarray((point.astype(np.int64) << 32) + day, np.int64)
