"""Which dialect is spoken in which county, and how a known dialect tells where home lies.

Facts and their certainty: `county_speech.tsv` and `matchers/sounds/tables/regions.csv`. A stated
dialect is a mixture of homes: the place itself, its cluster, its group, its province, anywhere
(`locating.toml`), so that it is strong evidence and never a filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.places.divisions import Divisions
from matchers.places.packaged import rows
from matchers.sounds.points import resolve
from matchers.sounds.regions import Regions

Doubles = NDArray[np.float64]
_GROUPS = ("官话", "晋语", "吴语", "徽语", "赣语", "湘语", "闽语", "粤语", "客家")


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a county speaks: like `place` of the table of regions; confidence A, B or C."""

    place: str
    group: str
    cluster: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech of C counties. place_of int32 [C] into `places`; group and cluster as numbers."""

    regions: Regions
    spoken: tuple[Spoken, ...]
    places: tuple[str, ...]
    place_of: NDArray[np.int32]
    names: tuple[frozenset[str], ...]
    provinces: NDArray[np.str_]

    @classmethod
    def of(cls, counties: Sequence[str], divisions: Divisions, regions: Regions) -> Speech:
        """Speech of counties given by six digits."""
        exceptions = list(rows("county_speech.tsv"))
        names = [_names(code, divisions) for code in counties]
        spoken = [
            _spoken(code, own, exceptions, divisions, regions)
            for code, own in zip(counties, names, strict=True)
        ]
        places = tuple(dict.fromkeys(one.place for one in spoken))
        number = {place: i for i, place in enumerate(places)}
        return cls(
            regions,
            tuple(spoken),
            places,
            np.array([number[one.place] for one in spoken], np.int32),
            tuple(frozenset(own) for own in names),
            np.array([code[:2] for code in counties]),
        )

    def points_prior(self, points: Sequence[str]) -> Doubles:
        """P(point | county) float64 [places, D]: how somebody from there speaks, by kinship."""
        found = np.empty((len(self.places), len(points)))
        for row, place in zip(found, self.places, strict=True):
            prior = self.regions.prior(place or None, points)
            row[:] = [prior[point] for point in points]
        return found

    def stated_prior(self, votes: Mapping[str, float], points: Sequence[str]) -> Doubles | None:
        """P(point) float64 [D] from stated dialects with weights; None where none is known."""
        total = np.zeros(len(points))
        for name, weight in votes.items():
            if self.regions.place(name) is not None or name in points:
                prior: Mapping[str, float] = self.regions.prior(name, points)
            elif (read := resolve(name)).note != "unknown":
                kin = [(self.regions.prior(p, points), w) for p, w in read.points.items()]
                prior = {point: sum(k[point] * w for k, w in kin) for point in points}
            else:
                continue
            total += weight * np.array([prior[point] for point in points])
        return total / total.sum() if total.sum() > 0 else None

    def homes(
        self, votes: Mapping[str, float], base: Doubles, shares: Mapping[str, float]
    ) -> Doubles | None:
        """P(county | dialect) / P(county) float64 [C]; None where no dialect is understood.

        `base` float64 [C] is P(county), `shares` those of `locating.toml`, [dialect].
        """
        found, weights = np.zeros(len(base)), 0.0
        for name, weight in votes.items():
            kinds = self._kinds(name)
            if kinds is not None:
                found += weight * _mixed(kinds, base, shares)
                weights += weight
        return found / weights if weights else None

    def _kinds(self, name: str) -> dict[str, NDArray[np.bool_]] | None:
        """Counties of the place itself, its cluster, its group and its province: bool [C]."""
        place = self.regions.place(name)
        group = next(
            (g for g in _GROUPS if g[:1] in name and (g in name or g[0] + "语" in name)), ""
        )
        if place is None:
            read = resolve(name)
            if read.note == "unknown" and not group:
                return None
            place = next(iter(read.points)) if read.note != "unknown" else ""
            kin = self.regions.places.get(place, (group, ""))
            same = np.array([one.group == (group or kin[0]) for one in self.spoken])
            return {"group": same}
        kin = self.regions.places[place]
        itself = np.array([place in own for own in self.names])
        kinds = {
            "place": itself,
            "cluster": np.array([(o.group, o.cluster) == kin for o in self.spoken]),
            "group": np.array([o.group == kin[0] for o in self.spoken]),
        }
        if itself.any():
            kinds["province"] = np.isin(self.provinces, np.unique(self.provinces[itself]))
        return kinds


def _mixed(
    kinds: Mapping[str, NDArray[np.bool_]], base: Doubles, shares: Mapping[str, float]
) -> Doubles:
    total = shares["anywhere"]
    found = np.full(len(base), shares["anywhere"])
    for kind, inside in kinds.items():
        size = base[inside].sum()
        if size > 0:
            found += shares[kind] * inside / size
            total += shares[kind]
    return found / total


def _names(code: str, divisions: Divisions) -> list[str]:
    """Stems of the county, its prefecture and its province, the nearest first."""
    known = [part for part in (code, *divisions.parents(code)) if part in divisions]
    return [divisions.suffixes.stem(divisions.name(part)) for part in known]


def _spoken(
    code: str,
    names: Sequence[str],
    exceptions: Sequence[Mapping[str, str]],
    divisions: Divisions,
    regions: Regions,
) -> Spoken:
    own = divisions.suffixes.stem(divisions.name(code)) if code in divisions else ""
    best: tuple[int, str, str] = (0, "", "C")
    for row in exceptions:
        if code.startswith(row["prefix"]) and row["county"] in ("", own):
            best = max(best, (1 + bool(row["county"]), row["place"], row["confidence"]))
    if not best[0] and own in regions.places:
        best = (1, own, "B")
    if not best[0]:
        for rank, name in enumerate(names):
            if name in regions.places:
                province = rank == len(names) - 1 and len(names) > 1
                best = (1, name, "C" if province else "B")
                break
    group, cluster = regions.places.get(best[1], ("", ""))
    return Spoken(best[1], group, cluster, best[2])
