"""The station tree: who is below whom; a station sees its own people and those below it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import NotFound, RecordInvalid
from tracing.store import Store
from tracing.store import stations as rows
from tracing.store.stations import StationRow

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_DIVISION = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?", re.ASCII)
_PATH_LONGEST = 700


NEARNESS = ("county", "city", "peer", "province")


@dataclass(frozen=True, slots=True)
class NearStation:
    """A station near a county; `how`: of the county, its city, a peer there, or the province."""

    how: str
    code: str
    name: str


def _how_near(division: str, county: str) -> str:
    if division.startswith(county):
        return "county"
    if division.ljust(6, "0")[:6] == f"{county[:4]}00":
        return "city"
    if division.startswith(county[:4]):
        return "peer"
    return "province" if division.ljust(6, "0")[:6] == f"{county[:2]}0000" else "far"


def _require_division(division: str | None) -> None:
    if division is not None and not _DIVISION.fullmatch(division):
        raise RecordInvalid(path="division", reason="not_a_division_code")


class Stations:
    """Reading and growing the tree."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        actor: Actor,
        code: str,
        name: str,
        *,
        parent_code: str | None = None,
        division: str | None = None,
    ) -> StationRow:
        """A new station below one within reach, by default the actor's own.

        Raises:
            Conflict: the code is taken.
            NotFound: the parent does not exist or is out of reach.
            RecordInvalid: a code or division of another form, an empty name, too deep a tree.
        """
        require(actor, "stations.manage")
        if not _CODE.fullmatch(code):
            raise RecordInvalid(path="code", reason="code_form")
        if not 0 < len(name.strip()) <= 200:
            raise RecordInvalid(path="name", reason="length")
        _require_division(division)
        with self._store.write() as tx:
            parent = rows.by_code(tx, parent_code or actor.station_code)
            if parent is None or not actor.reaches(parent.path):
                raise NotFound
            if len(parent.path) + len(code) >= _PATH_LONGEST:
                raise RecordInvalid(path="parent_code", reason="too_deep")
            now = self._store.now()
            added = rows.add(tx, parent, code, name.strip(), division=division, at=now)
            audit.record(tx, actor, "station.create", "station", added.id, at=now)
            return added

    def place(self, actor: Actor, code: str, division: str) -> StationRow:
        """Say in which division a station within reach lies; the first one begins without any.

        Raises:
            NotFound: there is none of that code, or it is out of reach.
            RecordInvalid: no division has this form.
        """
        require(actor, "stations.manage")
        _require_division(division)
        with self._store.write() as tx:
            station = rows.by_code(tx, code)
            if station is None or not actor.reaches(station.path):
                raise NotFound
            rows.place(tx, station.id, division)
            audit.record(
                tx, actor, "station.place", "station", station.id, at=self._store.now(),
                detail={"division": division},
            )  # fmt: skip
        return replace(station, division=division)

    def near(self, actor: Actor, county: str, most: int = 5) -> tuple[NearStation, ...]:
        """Whom to ask in a county (six digits): its own stations, its city's, peers, the province.

        Names and codes of stations alone, of the whole tree: they are public addresses.
        """
        require(actor, "people.read")
        with self._store.read() as tx:
            found = rows.in_province(tx, county[:2])
        near = [
            NearStation(how, row.code, row.name)
            for row in found
            if row.division and row.code != actor.station_code
            for how in [_how_near(row.division, county)]
            if how != "far"
        ]
        return tuple(sorted(near, key=lambda one: NEARNESS.index(one.how))[:most])

    def below(self, actor: Actor) -> tuple[StationRow, ...]:
        """The actor's station and those below it, parents first."""
        with self._store.read() as tx:
            return tuple(rows.below(tx, actor.station_path))
