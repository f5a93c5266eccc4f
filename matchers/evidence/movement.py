"""Movement: how far somebody was found from where they were last seen, and how long after.

Found near and soon is the commonest story of lost elders and children; years and provinces away is
that of others. Distance is between coordinates where both sides have them, else between the
middles of their divisions. Time is from the day last seen to the day found. Where a record does
not say where the person was last seen, home stands in, as a condition of its own; so does an
earlier place of finding for past visitors. Found long before being last seen speaks against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims, PlaceClaim
from matchers.evidence.birth import YEAR
from matchers.evidence.levels import Level, LevelCodes, ladder, positions
from matchers.evidence.places import HOMES
from matchers.places import Divisions

EARTH_KM = 6371.0
LOST, FOUND, HOME = range(3)
ROLES = {"last_seen": LOST, "found": FOUND}
KILOMETRES = (15.0, 60.0, 250.0, 900.0)
STEPS = ("same", "near", "province", "region", "far")
DAYS = (4.0, 31.0, 366.0)
TIMES = ("days", "month", "year", "years")
OTHERS = ("undated", "home", "again")
UNDATED, FROM_HOME, AGAIN = range(len(TIMES), len(TIMES) + len(OTHERS))
WHO = ("young", "adult", "elder")
WORDS = ("就在附近", "相距不远", "相距数百里", "相距远", "相距很远")
STEP_WORTH = (7.0, 4.0, 1.0, -0.5, -2.0)
TIME_WORTH = (4.0, 2.0, 0.5, 0.0, 0.2, -0.2, -0.1)
TOLERATED_DAYS = 3
"""How many days before the loss a finding may be dated, since dates of reports slip."""


def _levels() -> tuple[Level, ...]:
    grid = sorted(
        (STEP_WORTH[s] + TIME_WORTH[t], s, t, w)
        for s in range(len(STEPS))
        for t in range(len(TIME_WORTH))
        for w in range(len(WHO))
    )
    return ladder(
        *(Level(f"{w}_before", "发现早于走失", f"{w}_dated", contradiction=True) for w in WHO),
        *(Level(_key(t, w, s), WORDS[s], _condition(t, w)) for _, s, t, w in grid),
    )


def _key(time: int, who: int, step: int) -> str:
    return f"{WHO[who]}_{(*TIMES, *OTHERS)[time]}_{STEPS[step]}"


def _condition(time: int, who: int) -> str:
    return f"{WHO[who]}_{'dated' if time < UNDATED else OTHERS[time - UNDATED]}"


LEVELS = _levels()
AT = positions(LEVELS)
_GRID = np.array(
    [
        [[AT[_key(t, w, s)] for s in range(len(STEPS))] for t in range(len(TIME_WORTH))]
        for w in range(len(WHO))
    ],
    np.int8,
)
_BEFORE = np.array([AT[f"{w}_before"] for w in WHO], np.int8)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when: role, degrees, day as ordinal (0 unknown), index into WHO."""

    role: int
    lat: float
    lon: float
    day: int
    who: int


@dataclass(frozen=True, slots=True)
class RoleSightings:
    """The n sightings of one role: their places among all, and what there is to compare."""

    rows: NDArray[np.intp]
    point: NDArray[np.intp]
    day: NDArray[np.int64]
    who: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PreparedSightings:
    """V distinct sightings by role; lat, lon are of the P distinct points, in radians."""

    size: int
    roles: tuple[RoleSightings, ...]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Movement:
    """Compare where and when somebody was lost and found."""

    divisions: Divisions
    key: str = "movement"
    levels: tuple[Level, ...] = LEVELS
    points: dict[str, tuple[float, float] | None] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Where divisions lie, already looked up."""

    def values(self, person: PersonClaims) -> tuple[Sighting, ...]:
        return tuple(dict.fromkeys(self.sightings(person)))

    def prepare(self, values: Sequence[Sighting]) -> PreparedSightings:
        points: dict[tuple[float, float], int] = {}
        point = np.array([points.setdefault((v.lat, v.lon), len(points)) for v in values], np.intp)
        role = np.array([v.role for v in values], np.int8)
        day = np.array([v.day for v in values], np.int64)
        who = np.array([v.who for v in values], np.int8)
        of_role = [np.flatnonzero(role == kind) for kind in (LOST, FOUND, HOME)]
        return PreparedSightings(
            size=len(values),
            roles=tuple(RoleSightings(r, point[r], day[r], who[r]) for r in of_role),
            lat=np.radians([lat for lat, _ in points]),
            lon=np.radians([lon for _, lon in points]),
        )

    def levels_of(self, probe: PersonClaims, prepared: PreparedSightings) -> LevelCodes:
        best = np.zeros(prepared.size, np.int8)
        for mine in self.sightings(probe):
            steps = np.searchsorted(KILOMETRES, kilometres(mine, prepared)).astype(np.int8)
            for role, kind in _counterparts(mine.role):
                theirs = prepared.roles[role]
                if len(theirs.rows):
                    found = _compared(mine, theirs, steps.take(theirs.point), kind)
                    best[theirs.rows] = np.maximum(best.take(theirs.rows), found)
        return best

    def describe(self, person: PersonClaims) -> str:
        for claim in _chosen(person):
            where = claim.text or (self.divisions.full_name(claim.code) if claim.code else "")
            when = _when(claim, person)
            if where or when:
                return " ".join(x for x in (where, str(when) if when else "") if x)
        return ""

    def sightings(self, person: PersonClaims) -> list[Sighting]:
        """Where and when the person was seen, as far as that can be compared."""
        found = []
        for claim in _chosen(person):
            point = self._point(claim)
            if point is None:
                continue
            role = ROLES.get(claim.kind, HOME)
            when = None if role == HOME else _when(claim, person)
            day = when.toordinal() if when else 0
            found.append(Sighting(role, *point, day, _who(person)))
        return found

    def _point(self, claim: PlaceClaim) -> tuple[float, float] | None:
        if claim.lat is not None and claim.lon is not None:
            return claim.lat, claim.lon
        code = claim.code
        if code is None and claim.text:
            named = self.divisions.find(claim.text)
            code = named[0].code if len(named) == 1 else None
        if code is None or len(code) not in (4, 6, 9, 12) or code[2:6] in ("0000", "00"):
            return None
        if code not in self.points:
            place = self.divisions.position(code)
            self.points[code] = place and (round(place.lat, 2), round(place.lon, 2))
        return self.points[code]


def _chosen(person: PersonClaims) -> list[PlaceClaim]:
    """Found and last seen; homes only where neither is recorded."""
    told = [c for c in person.places if c.status is None]
    seen = [c for c in told if c.kind in ("found", "last_seen")]
    return seen or [c for c in told if c.kind in HOMES and c.code and len(c.code) >= 4]


def _when(claim: PlaceClaim, person: PersonClaims) -> date | None:
    return claim.at or person.event_at


def _counterparts(role: int) -> tuple[tuple[int, int | None], ...]:
    """Roles to compare with, each with its kind; None where the days between decide."""
    if role == FOUND:
        return ((LOST, None), (HOME, FROM_HOME), (FOUND, AGAIN))
    return ((FOUND, None if role == LOST else FROM_HOME),)


def _who(person: PersonClaims) -> int:
    birth = person.birth
    if birth is None or person.event_at is None or not (birth.earliest and birth.latest):
        return WHO.index("adult")
    middle = (birth.earliest.toordinal() + birth.latest.toordinal()) / 2
    age = (person.event_at.toordinal() - middle) / YEAR
    return WHO.index("young" if age < 14 else "elder" if age >= 60 else "adult")


def compared_roles(role: int) -> tuple[int, ...]:
    """The roles that a sighting of this role is compared with."""
    return tuple(other for other, _ in _counterparts(role))


def _compared(
    mine: Sighting, theirs: RoleSightings, step: NDArray[np.int8], kind: int | None
) -> LevelCodes:
    """Level of each sighting of one role, `step` int8 [n] away: int8 [n]."""
    adult = np.int8(WHO.index("adult"))
    who = np.where(theirs.who == mine.who, np.int8(mine.who), adult)
    if kind is not None:
        return np.ascontiguousarray(_GRID[:, kind]).take(who * np.int8(len(STEPS)) + step)
    days = (theirs.day - mine.day) * (-1 if mine.role == FOUND else 1)
    undated = (theirs.day == 0) | (mine.day == 0)
    time = np.where(undated, UNDATED, np.searchsorted(DAYS, days)).astype(np.int8)
    found_first = ~undated & (days < -TOLERATED_DAYS)
    cell = (who * np.int8(len(TIME_WORTH)) + time) * np.int8(len(STEPS)) + step
    codes: LevelCodes = np.where(found_first, _BEFORE.take(who), _GRID.take(cell))
    return codes


def kilometres(mine: Sighting, prepared: PreparedSightings) -> NDArray[np.float64]:
    """Great-circle distance to every distinct point (haversine): float64 [P]."""
    lat, lon = np.radians(mine.lat), np.radians(mine.lon)
    a = np.sin((prepared.lat - lat) / 2) ** 2
    b = np.cos(lat) * np.cos(prepared.lat) * np.sin((prepared.lon - lon) / 2) ** 2
    arc: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(a + b, 1.0)))
    return arc
