"""From levels to one honest number: bits, and one of N or nobody.

Fellegi and Sunter's weights (1969) in bits, log2 m/u, with two changes. u is of this query: the
share of the gallery that stands at a level for *this* probe, blended with the national share. And
the answer is a posterior over all N people of the gallery and *nobody*:

    P(j) = p 2^b_j / N / (p mean 2^b + 1 - p),    P(nobody) = (1 - p) / (p mean 2^b + 1 - p)

with p the chance that the person is in the gallery at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import RAREST, LevelTable, Model, Shares
from matchers.joint_levels import Joint, joined

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

BLOCK = 16_384
"""Records weighed together: what numpy makes of them on the way stays in the cache."""

SAMPLED = 16
"""One record of so many is looked at to see from which weight on the best ones are."""
SAME = 1e-9
"""Bits that differ by no more are the same: they were added up in another order."""

__all__ = [
    "Fused",
    "LevelTable",
    "Model",
    "Weighing",
    "Weights",
    "fuse",
    "shares_of_query",
    "weigh",
]


@dataclass(frozen=True, slots=True)
class Weights:
    """What one probe's levels weigh in a gallery of N records.

    people: how many were compared. nobody: the chance that none of them is the person. levels: int8
    [N] by evidence. weights, u: float64 [L] by evidence, bits and share of strangers at each level
    for this query.
    """

    nobody: float
    prior_bits: float
    people: int
    levels: Mapping[str, LevelCodes]
    weights: Mapping[str, Shares]
    u: Mapping[str, Shares]

    def part(self, key: str, row: int) -> float:
        """Bits of one evidence for one record."""
        return float(self.weights[key][self.levels[key][row]])


@dataclass(frozen=True, slots=True)
class Weighing(Weights):
    """The answer to one probe, read off where it is wanted; `levels` are of evidence that says
    anything.

    joints: the evidence that says anything. tables: bits of each joint level, for each joint. sums:
    bits float64 [N], where there are several joints. scale: log2 of what a probability is of
    2^bits.
    """

    joints: tuple[Joint, ...]
    tables: tuple[Shares, ...]
    sums: Shares | None
    scale: float

    def bits_of(self, rows: Rows) -> Shares:
        """Sum of the reasons of these records: float64 [n]."""
        if self.sums is not None:
            return self.sums[rows]
        if not self.joints:
            return np.zeros(len(rows))
        return self.tables[0].take(self.joints[0].codes[rows])

    def probability_of(self, rows: Rows) -> Shares:
        """Probability of these records, which must be allowed: float64 [n]."""
        return np.exp2(self.bits_of(rows) + self.scale)

    def all_bits(self, size: int) -> Shares:
        """Bits of everybody: float64 [N], 0 where nothing is comparable."""
        return self.bits_of(np.arange(size)) if self.sums is None else self.sums

    def best(self, limit: int, allowed: Mask | None = None) -> Rows:
        """Rows of the best `limit` with something comparable, and of all that equal the last."""
        if not self.joints:
            return np.zeros(0, np.int64)
        rows = self._high(limit, allowed)
        if len(rows) > limit:
            bits = self.bits_of(rows)
            edge = np.partition(bits, len(rows) - limit)[len(rows) - limit]
            rows = rows[bits >= edge - SAME]
        return rows

    def _high(self, limit: int, allowed: Mask | None) -> Rows:
        """Listed rows among which the best `limit` and their equals are."""
        if self.sums is None:
            return self._at_best_levels(limit, allowed)
        some = self.sums[::SAMPLED]
        if len(some) > 8 * limit:
            edge = np.partition(some, len(some) - limit)[len(some) - limit]
            rows = self._listed(np.flatnonzero(self.sums >= edge - SAME), allowed)
            if len(rows) >= limit:
                return rows
        return self._listed(np.arange(len(self.sums)), allowed)

    def _at_best_levels(self, limit: int, allowed: Mask | None) -> Rows:
        """Rows at the best joint levels, as many levels as it takes."""
        (joint,), (table,) = self.joints, self.tables
        seen = joint.counts()
        seen[0] = 0
        there = np.flatnonzero(seen)
        order = there[np.argsort(-table[there], kind="stable")]
        reached = np.cumsum(seen[order])
        wanted = limit
        while True:
            last = min(int(np.searchsorted(reached, wanted)), len(order) - 1)
            if last < 0:
                return np.zeros(0, np.int64)
            chosen = np.zeros(joint.count, np.bool_)
            chosen[there[table[there] >= table[order[last]] - SAME]] = True
            rows = self._listed(np.flatnonzero(chosen.take(joint.codes)), allowed)
            if len(rows) >= limit or last == len(order) - 1:
                return rows
            wanted *= 4

    def _listed(self, rows: Rows, allowed: Mask | None) -> Rows:
        """Of these rows, the allowed with something comparable."""
        kept = np.zeros(len(rows), np.bool_)
        for joint in self.joints:
            kept |= joint.codes[rows] != 0
        if allowed is not None:
            kept &= allowed[rows]
        return rows[kept]


@dataclass(frozen=True, slots=True)
class Fused(Weights):
    """The answer to one probe, written out for everybody.

    bits: float64 [N], sum of the reasons, 0 where nothing is comparable. probability: float64 [N],
    0 outside the allowed; with `nobody` it sums to 1 over the allowed. listed: bool [N], allowed
    and with something comparable.
    """

    bits: Shares
    probability: Shares
    listed: Mask

    @property
    def per(self) -> dict[str, Shares]:
        """Bits of each evidence over all records: float64 [N]; they add up to `bits`."""
        return {key: self.weights[key][codes] for key, codes in self.levels.items()}

    def top(self, k: int, likeness: Shares | None = None) -> NDArray[np.int64]:
        """Rows of the best k listed records, best first.

        Equals stand by `likeness` (float [N], such as a cosine, NaN where none), then in gallery
        order: a clamped or quantised weight need not hide which of two faces is the closer.
        """
        rows = np.flatnonzero(self.listed)
        if len(rows) > k:
            edge = np.partition(self.bits[rows], len(rows) - k)[len(rows) - k]
            rows = rows[self.bits[rows] >= edge]
        if likeness is None:
            return rows[np.argsort(-self.bits[rows], kind="stable")][:k]
        closer = np.nan_to_num(likeness[rows], nan=-np.inf)
        return rows[np.lexsort((rows, -closer, -self.bits[rows]))][:k]


def fuse(
    model: Model,
    levels: Mapping[str, LevelCodes],
    allowed: Mask | None = None,
    *,
    tables: Mapping[str, LevelTable] | None = None,
    in_gallery: float | None = None,
) -> Fused:
    """Weigh the levels of one probe against N records and share out the probability.

    levels: int8 [N] by evidence. allowed: bool [N], the gallery this search may see; everything is
    counted in it alone. tables: replacements for this query. in_gallery: another prior, between 0
    and 1 exclusive.
    """
    found = weigh(model, levels, allowed, tables=tables, in_gallery=in_gallery)
    bits = found.all_bits(len(next(iter(levels.values()))) if levels else 0)
    probability = np.exp2(bits + found.scale)
    comparable = np.zeros(len(bits), np.bool_)
    for joint in found.joints:
        comparable |= joint.codes != 0
    if allowed is not None:
        probability[~allowed] = 0.0
        comparable &= allowed
    unsaid = {
        key: _weights(model, table, np.zeros(len(table.m), np.int64), found.people)
        for key in levels
        if key not in found.levels
        for table in [(tables or {}).get(key) or model.tables[key]]
    }
    return Fused(
        nobody=found.nobody,
        prior_bits=found.prior_bits,
        people=found.people,
        levels=levels,
        weights={**found.weights, **{key: bits for key, (bits, _) in unsaid.items()}},
        u={**found.u, **{key: share for key, (_, share) in unsaid.items()}},
        bits=bits,
        probability=probability,
        listed=comparable,
    )


def weigh(
    model: Model,
    levels: Mapping[str, LevelCodes],
    allowed: Mask | None = None,
    *,
    tables: Mapping[str, LevelTable] | None = None,
    in_gallery: float | None = None,
) -> Weighing:
    """As `fuse`, without what is only wanted of everybody."""
    size = len(next(iter(levels.values()))) if levels else 0
    if allowed is not None and len(allowed) != size:
        raise ValueError(f"{len(allowed)} flags for {size} records")
    people = size if allowed is None else int(np.count_nonzero(allowed))
    rows = None if allowed is None or people == size else np.flatnonzero(allowed)
    chosen = {key: (tables or {}).get(key) or model.tables[key] for key in levels}
    joints = joined(levels, {key: len(table.m) for key, table in chosen.items()})
    counted = [joint.counts(rows) for joint in joints]
    weights: dict[str, Shares] = {}
    shares: dict[str, Shares] = {}
    for joint, counts in zip(joints, counted, strict=True):
        for key, seen in joint.by_key(counts).items():
            weights[key], shares[key] = _weights(model, chosen[key], seen, people)
    weighed = tuple(joint.weighed(weights) for joint in joints)
    sums = _sums(joints, weighed) if len(joints) > 1 else None
    chance = model.in_gallery if in_gallery is None else in_gallery
    if sums is None:
        odds = counted[0] if joints else np.array([people])
        scale, nobody = posterior(weighed[0] if joints else np.zeros(1), odds, chance)
    else:
        inside = sums if rows is None else sums.take(rows)
        scale, nobody = posterior(inside, None, chance)
    return Weighing(
        nobody=nobody,
        prior_bits=float(np.log2(chance / max(people, 1))),
        people=people,
        levels={key: levels[key] for key in levels if key in weights},
        weights=weights,
        u=shares,
        joints=joints,
        tables=weighed,
        sums=sums,
        scale=scale,
    )


def _weights(
    model: Model, table: LevelTable, seen: NDArray[np.int64], people: int
) -> tuple[Shares, Shares]:
    """Bits and u of each level for this query, float64 [L], of the counts of levels."""
    share = shares_of_query(
        table, seen, people, model.settled, model.own, model.foreseen, model.reach
    )
    bits = model.temperature * np.log2(table.m / share)
    bits[0] = 0.0
    return bits, share


def _sums(joints: Sequence[Joint], tables: Sequence[Shares]) -> Shares:
    """Bits of everybody, float64 [N], over several joints."""
    bits = np.empty(len(joints[0].codes))
    for start in range(0, len(bits), BLOCK):
        span = slice(start, start + BLOCK)
        bits[span] = tables[0].take(joints[0].codes[span], mode="clip")
        for joint, table in zip(joints[1:], tables[1:], strict=True):
            bits[span] += table.take(joint.codes[span], mode="clip")
    return bits


def shares_of_query(
    table: LevelTable,
    seen: NDArray[np.integer] | Shares,
    people: int,
    settled: float,
    own: float = 0.0,
    foreseen: float = 0.0,
    reach: float = 1.0,
) -> Shares:
    """u of this query: float64 [L], from the counts `seen` [L] of levels in the gallery.

    The national share counts like `national_weight` people, and where it is rare like as many as it
    takes to foresee `foreseen` of them at that level, at most `reach` people: the mean of a gamma
    prior of at least that shape. Otherwise a level that nobody in the gallery reaches would be
    taken for many times rarer than the nation says.

    Beyond `settled` people the counts are scaled down, so that the blend depends on proportions
    alone: strangers who repeat the proportions of a larger gallery then change no weight, and can
    raise nobody's probability. own: how much of a scaled count is taken for the person's own and
    left out, of evidence that is rare by construction a whole one. It is a share of the gallery
    too, for the same reason.
    """
    if np.isinf(table.national_weight):
        return table.u
    scale = min(1.0, settled / people) if people else 0.0
    # level 0 is a condition of its own and stays out of all others
    of_condition = np.bincount(table.condition, seen * scale, minlength=1)[table.condition]
    others = np.maximum(seen * scale - (1.0 if table.rare else own), 0.0)
    if table.rare:
        added = others / (of_condition + table.national_weight)
        blended: Shares = np.minimum(table.u + added, 1.0)
    else:
        weight = np.maximum(table.national_weight, np.minimum(foreseen / table.u, reach))
        blended = np.maximum((others + weight * table.u) / (of_condition + weight), RAREST)
    blended[0] = 1.0
    return blended


def posterior(
    bits: Shares, counts: NDArray[np.int64] | None, in_gallery: float
) -> tuple[float, float]:
    """One of N, or nobody: what to add to bits for the log2 of a probability, and that of nobody.

    bits: float64 of the people compared or, with `counts`, of so many each.
    """
    if not 0 < in_gallery < 1:
        raise ValueError("the chance of being in the gallery lies between 0 and 1")
    if counts is not None:
        bits, counts = bits[counts > 0], counts[counts > 0]
    people = len(bits) if counts is None else int(counts.sum())
    if not people:
        return 0.0, 1.0
    # scaled by the largest power so that thousands of bits do not overflow
    top = max(float(bits.max()), 0.0)
    odds = np.exp2(bits - top)
    total = float(odds.sum() if counts is None else odds @ counts) * in_gallery / people
    none = (1 - in_gallery) * float(np.exp2(-top))
    whole = total + none
    return float(np.log2(in_gallery / people / whole)) - top, none / whole
