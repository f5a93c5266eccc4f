"""Everything said of home put together along the tree: the posterior over counties and villages.

For a home in village v of town t and county c, spoken at point D,

    P(said | v, D) = product over fragments of the mean over its versions of
                     noise + sum over levels of share(level) * odds(name of that level, D)

summed over D by how somebody from c speaks (or by the dialect stated), over villages alike within
a county, and weighed by what dialect, surname, province, calls and prompts say of c, t and v. Odds
are beside a name at random, so that a fragment that fits nothing leaves all places as they were.
Only villages whose own name fits are looked at one by one; the others follow their town.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import UPPER, Atlas
from matchers.places.echoes import Echo
from matchers.places.fragments import Said
from matchers.places.locating import ReasonKind

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
WORTH_A_LOOK = 0.5
"""A village whose odds add less than this to its fragment's noise follows its town."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one fragment over all places. towns float32 [T, D], counties [C, D]."""

    said: Said
    echo: Echo
    counties: Floats
    towns: Floats


@dataclass(frozen=True, slots=True)
class Told:
    """One thing said beside the fragments, as odds of counties float64 [C]."""

    kind: ReasonKind
    said: str
    odds: Doubles


@dataclass(frozen=True, slots=True)
class Factors:
    """What is known beside the fragments.

    base float64 [C] sums to 1: a county before anything was said. towns float64 [T] and `villages`
    (by number) are odds from calls and prompts. by_dialect float64 [C, D], or [1, D] where it is
    stated: P(point | county). Villages that begin with `surname` get the odds `in_name`.
    """

    base: Doubles
    told: tuple[Told, ...]
    towns: Doubles | None
    villages: Mapping[int, float]
    by_dialect: Doubles
    surname: str
    in_name: float

    def counties(self) -> Doubles:
        """P(county) and everything told of it, float64 [C]."""
        odds = self.base.copy()
        for told in self.told:
            odds *= told.odds
        return odds

    def spoken(self, county: Numbers) -> Doubles:
        """P(point) of homes in these counties, float64 [n, D] or [1, D]."""
        return self.by_dialect[county] if len(self.by_dialect) > 1 else self.by_dialect


@dataclass(frozen=True, slots=True)
class Hits:
    """Villages looked at one by one, int64 [H] each, ascending by number.

    Numbers behind those of the tree are additions; `town` is -1 where an addition has none.
    """

    village: Numbers
    county: Numbers
    town: Numbers

    def at(self, chosen: NDArray[np.intp]) -> Hits:
        """Some of them."""
        return Hits(self.village[chosen], self.county[chosen], self.town[chosen])


@dataclass(frozen=True, slots=True)
class Joint:
    """The posterior before it is put into words, all shares of one.

    counties float64 [C]; towns float64 [T], the `left` villages of a town that follow it together;
    hit_share float64 [H]; elsewhere: no place held here. `total` is what they were divided by.
    """

    groups: tuple[tuple[Version, ...], ...]
    factors: Factors
    counties: Doubles
    towns: Doubles
    hits: Hits
    hit_share: Doubles
    left: Doubles
    elsewhere: float
    total: float


def over_places(said: Said, echo: Echo, atlas: Atlas, old: Doubles) -> Version:
    """A version over counties and towns; `old` float64 [U] weighs the names of `atlas.upper`."""
    counties = np.full((len(atlas.counties), echo.odds.shape[1]), said.shares.noise, np.float32)
    weighed = echo.upper[: len(atlas.upper)] * old[:, None].astype(np.float32)
    for level, (mine, owners, starts) in zip(UPPER, atlas.owners, strict=True):
        best = np.maximum.reduceat(weighed[mine], starts, axis=0)
        counties[owners] += np.float32(said.shares.of(level)) * best
    towns = counties[atlas.county_of]
    rows = echo.row_of[atlas.tree.town_stems]
    heard = rows < len(echo.odds) - 1
    towns[heard] += np.float32(said.shares.town) * echo.odds[rows[heard]]
    return Version(said, echo, counties, towns)


def joined(
    groups: Sequence[Sequence[Version]], factors: Factors, atlas: Atlas, elsewhere: float
) -> Joint:
    """The posterior; an empty list of groups gives what is known beside fragments."""
    held = tuple(tuple(group) for group in groups)
    sizes = atlas.town_sizes
    by_county = factors.counties() / atlas.villages
    town_odds = by_county[atlas.county_of]
    if factors.towns is not None:
        town_odds = town_odds * factors.towns
    product = town_product(held, slice(0, len(sizes)), factors.by_dialect.shape[1])
    follow = (product * factors.spoken(atlas.county_of)).sum(axis=1) * town_odds
    hits = _hits(held, factors, atlas)
    share = _hit_odds(held, factors, atlas, hits) * by_county[hits.county]
    if factors.towns is not None:
        share = share * np.where(hits.town >= 0, factors.towns[hits.town], 1.0)
    inside = hits.village < len(atlas.tree.village_stems)
    left = sizes - np.bincount(hits.town[inside], minlength=len(sizes))
    towns = follow * left
    counties = np.bincount(atlas.county_of, weights=towns, minlength=len(atlas.counties))
    counties += np.bincount(hits.county, weights=share, minlength=len(atlas.counties))
    total = float(counties.sum() + elsewhere)
    return Joint(
        held,
        factors,
        counties / total,
        towns / total,
        hits,
        share / total,
        left,
        elsewhere / total,
        total,
    )


def town_product(groups: Sequence[Sequence[Version]], part: slice, points: int) -> Doubles:
    """Product over fragments of what each says of some towns, float64 [t, D]."""
    product = np.ones((part.stop - part.start, points))
    for group in groups:
        product *= _mean([version.towns[part] for version in group])
    return product


def hit_product(
    groups: Sequence[Sequence[Version]], atlas: Atlas, hits: Hits, points: int
) -> Doubles:
    """The same for villages with their own names, float64 [H, D]."""
    product = np.ones((len(hits.village), points))
    for group in groups:
        product *= _mean([village_odds(version, atlas, hits) for version in group])
    return product


def village_odds(version: Version, atlas: Atlas, hits: Hits) -> Floats:
    """What one version says of villages, float32 [H, D]."""
    told = version.towns[hits.town]
    for place in np.flatnonzero(hits.town < 0).tolist():
        # an addition whose town is not known may lie in any of its county
        first, end = atlas.town_first[hits.county[place] : hits.county[place] + 2]
        told[place] = version.towns[first:end].mean(axis=0)
    inside = hits.village < len(atlas.tree.village_stems)
    rows = version.echo.row_of[atlas.tree.village_stems[hits.village[inside]]]
    told[inside] += np.float32(version.said.shares.village) * version.echo.odds[rows]
    added = hits.village[~inside] - len(atlas.tree.village_stems)
    if len(added):
        levels = [atlas.extras[int(n)].place.addition.level for n in added]
        share = np.array([version.said.shares.of(level) for level in levels], np.float32)
        told[~inside] += share[:, None] * version.echo.upper[len(atlas.upper) + added]
    return told


def own_odds(factors: Factors, atlas: Atlas, hits: Hits) -> Doubles:
    """Odds of villages by themselves, float64 [H]: the surname in the name, calls and prompts."""
    odds = np.ones(len(hits.village))
    tree = atlas.tree
    if factors.surname and factors.surname in tree.characters:
        inside = np.flatnonzero(hits.village < len(tree.village_stems))
        first = atlas.first_characters[tree.village_stems[hits.village[inside]]]
        odds[inside[first == tree.characters.index(factors.surname)]] = factors.in_name
    for village, factor in factors.villages.items():
        odds[hits.village == village] *= factor
    return odds


def _hit_odds(
    groups: Sequence[Sequence[Version]], factors: Factors, atlas: Atlas, hits: Hits
) -> Doubles:
    """Odds of villages looked at one by one, float64 [H], without those of their county."""
    product = hit_product(groups, atlas, hits, factors.by_dialect.shape[1])
    odds = (product * factors.spoken(hits.county)).sum(axis=1)
    return np.asarray(odds * own_odds(factors, atlas, hits), np.float64)


def _hits(groups: Sequence[Sequence[Version]], factors: Factors, atlas: Atlas) -> Hits:
    """Villages that must be looked at one by one."""
    tree = atlas.tree
    worth = np.zeros(tree.stem_count, bool)
    for version in (version for group in groups for version in group):
        shares = version.said.shares
        if shares.village > 0:
            worth |= version.echo.stems(WORTH_A_LOOK * shares.noise / shares.village)
    looked = worth[tree.village_stems]
    looked[[village for village in factors.villages if village < len(looked)]] = True
    inside = np.flatnonzero(looked)
    towns = np.searchsorted(tree.town_villages, inside, side="right") - 1
    added = len(tree.village_stems) + np.arange(len(atlas.extras))
    return Hits(
        np.append(inside, added).astype(np.int64),
        np.append(atlas.county_of[towns], [e.county for e in atlas.extras]).astype(np.int64),
        np.append(towns, [e.town for e in atlas.extras]).astype(np.int64),
    )


def _mean(parts: Sequence[Floats]) -> Doubles:
    if len(parts) == 1:
        return np.asarray(parts[0], np.float64)
    return np.asarray(np.mean(np.stack(parts), axis=0), np.float64)
