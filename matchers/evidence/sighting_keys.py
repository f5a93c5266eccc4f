"""Nearest sightings, by place and day."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.listening import Codes, once
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

NEAR_STEP = 1
"""Sightings so many steps of distance apart, at most, are near (60 km)."""
WITHIN_DAYS = 400
"""And so many days apart, where both have their day."""


@dataclass(frozen=True, slots=True)
class SightingKeys:
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
    def of(cls, comparator: Movement, prepared: PreparedSightings) -> SightingKeys:
        role, at = _roles(prepared)
        orders, keys = [], []
        for part in prepared.roles:
            key = _place_and_day(part.point, part.day)
            order = np.argsort(key, kind="stable")
            orders.append(order)
            keys.append(key[order])
        return cls(comparator, prepared, role, at, tuple(orders), tuple(keys))

    def nearest(self, probe: PersonClaims) -> Codes | None:
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

    def some(self, chosen: Codes) -> PreparedSightings:
        roles = []
        of_role, places = self.role.take(chosen), self.at.take(chosen)
        for number, part in enumerate(self.prepared.roles):
            rows = np.flatnonzero(of_role == number)
            at = places.take(rows)
            roles.append(
                RoleSightings(rows, part.point.take(at), part.day.take(at), part.who.take(at))
            )
        whole = self.prepared
        return PreparedSightings(len(chosen), tuple(roles), whole.lat, whole.lon)

    def other(self, prepared: PreparedSightings) -> SightingKeys:
        role, at = _roles(prepared)
        return replace(self, prepared=prepared, role=role, at=at)


def _roles(prepared: PreparedSightings) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Role of each sighting, and its place among those of the role."""
    role, at = np.zeros(prepared.size, np.int8), np.zeros(prepared.size, np.int32)
    for number, part in enumerate(prepared.roles):
        role[part.rows] = number
        at[part.rows] = np.arange(len(part.rows))
    return role, at


def _place_and_day(point: NDArray[np.integer], day: NDArray[np.integer] | int) -> NDArray[np.int64]:
    return np.asarray((point.astype(np.int64) << 32) + day, np.int64)
