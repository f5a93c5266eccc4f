"""Where a dialect belongs: places, their dialect group and cluster, and what follows for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds import packaged
from matchers.sounds.readings import MANDARIN

_ENDINGS = ("特别行政区", "自治州", "自治县", "自治区", "地区", "市", "县", "省", "区", "话")


@dataclass(frozen=True, slots=True)
class Kinship:
    """Relative weights of points for a speaker whose place is known (`weights.toml`, [prior])."""

    same: float
    cluster: float
    group: float
    other: float
    mandarin: float


@dataclass(frozen=True, slots=True)
class Regions:
    """`places` maps a Chinese place name to (group, cluster)."""

    places: dict[str, tuple[str, str]]
    kinship: Kinship

    @classmethod
    def load(cls) -> Regions:
        """Read `regions.csv` and the prior's weights."""
        places = {r["place"]: (r["group"], r["cluster"]) for r in packaged.rows("regions")}
        return cls(places, Kinship(**packaged.document("weights")["prior"]))

    def place(self, name: str) -> str | None:
        """The entry of the table for a free place name (常州市武进区 -> 常州), None if none."""
        plain = name.strip().removeprefix("rule:")
        if plain in self.places:
            return plain
        for ending in _ENDINGS:
            if plain.endswith(ending) and plain.removesuffix(ending) in self.places:
                return plain.removesuffix(ending)
        inside = [place for place in self.places if len(place) > 1 and place in plain]
        # the last named place is the smallest one: 江苏省常州市 means 常州
        return max(inside, key=lambda place: (plain.rfind(place), len(place)), default=None)

    def prior(self, name: str | None, points: Sequence[str]) -> dict[str, float]:
        """P(point | stated place), summing to 1; even over all points for an unknown place."""
        place = self.place(name) if name else None
        if place is None and name not in points:
            return {point: 1 / len(points) for point in points}
        weights = {point: self._weight(place or str(name), point) for point in points}
        total = sum(weights.values())
        return {point: weight / total for point, weight in weights.items()}

    def families(self, points: Sequence[str]) -> tuple[NDArray[np.intp], ...]:
        """Places among `points` of those that sound alike: by group and cluster, then the rest."""
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, point in enumerate(points):
            alone = (point,) if point == MANDARIN else ()
            found[alone or self.places.get(point, ())].append(place)
        return tuple(np.array(family, np.intp) for family in found.values())

    def fallback(self, name: str, points: Sequence[str]) -> str:
        """What is used for a stated place, in words for a report: the point, or its group."""
        if name in points:
            return name
        place = self.place(name)
        if place is None:
            return "all points"
        if place in points:
            return place
        group, cluster = self.places[place]
        near = [p for p in points if self.places.get(p) == (group, cluster)]
        far = [p for p in points if self.places.get(p, ("",))[0] == group]
        return f"{group}/{cluster}: {'、'.join(near or far) or MANDARIN}"

    def _weight(self, place: str, point: str) -> float:
        if point == place:
            return self.kinship.same
        if point == MANDARIN:
            return self.kinship.mandarin
        here, there = self.places.get(place), self.places.get(point)
        if here is None or there is None:
            return self.kinship.other
        if here == there:
            return self.kinship.cluster
        return self.kinship.group if here[0] == there[0] else self.kinship.other


def combined(priors: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Several opinions about one speaker's dialect: their normalised product."""
    weights: dict[str, float] = dict(priors[0])
    for prior in priors[1:]:
        weights = {point: weight * prior.get(point, 1e-6) for point, weight in weights.items()}
    total = sum(weights.values())
    return {point: weight / total for point, weight in weights.items()}
