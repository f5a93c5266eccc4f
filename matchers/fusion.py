"""From levels to one honest number: bits, and one of N or nobody.

Fellegi and Sunter's weights (1969) in bits, log2 m/u, with two changes. u is of this query: the
share of the gallery that stands at a level for *this* probe, blended with the national share. And
the answer is a posterior over all N people of the gallery and *nobody*:

    P(j) = p 2^b_j / N / (p mean 2^b + 1 - p),    P(nobody) = (1 - p) / (p mean 2^b + 1 - p)

with p the chance that the person is in the gallery at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import RAREST, LevelTable, Model, Shares

Mask = NDArray[np.bool_]

BLOCK = 16_384
"""Records weighed together: what numpy makes of them on the way stays in the cache."""

__all__ = ["Fused", "LevelTable", "Model", "fuse", "posterior", "shares_of_query"]


@dataclass(frozen=True, slots=True)
class Fused:
    """The answer to one probe over a gallery of N records.

    bits: float64 [N], sum of the reasons, 0 where nothing is comparable. probability: float64 [N],
    0 outside the allowed; with `nobody` it sums to 1 over the allowed. listed: bool [N], allowed
    and with something comparable. weights, u: float64 [L] by evidence, bits and share of strangers
    at each level for this query. levels: int8 [N] by evidence.
    """

    bits: Shares
    probability: Shares
    listed: Mask
    nobody: float
    prior_bits: float
    people: int
    levels: Mapping[str, LevelCodes]
    weights: Mapping[str, Shares]
    u: Mapping[str, Shares]

    @property
    def per(self) -> dict[str, Shares]:
        """Bits of each evidence over all records: float64 [N]; they add up to `bits`."""
        return {key: self.weights[key][codes] for key, codes in self.levels.items()}

    def part(self, key: str, row: int) -> float:
        """Bits of one evidence for one record."""
        return float(self.weights[key][self.levels[key][row]])

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
    size = len(next(iter(levels.values()))) if levels else 0
    if allowed is not None and len(allowed) != size:
        raise ValueError(f"{len(allowed)} flags for {size} records")
    people = size if allowed is None else int(np.count_nonzero(allowed))
    bits = np.zeros(size)
    comparable = np.zeros(size, np.bool_)
    weights: dict[str, Shares] = {}
    shares: dict[str, Shares] = {}
    rows = None if allowed is None or people == size else np.flatnonzero(allowed)
    for key, codes in levels.items():
        table = (tables or {}).get(key) or model.tables[key]
        inside = codes if rows is None else codes.take(rows)
        said = inside.view(np.bool_).any()
        seen = counts(inside if said else inside[:0], len(table.m))
        shares[key] = shares_of_query(
            table, seen, people, model.settled, model.own, model.foreseen, model.reach
        )
        weights[key] = model.temperature * np.log2(table.m / shares[key])
        weights[key][0] = 0.0
        if said:
            _add(bits, weights[key], codes)
            comparable |= codes.view(np.bool_)
    chance = model.in_gallery if in_gallery is None else in_gallery
    probability, nobody = posterior(bits, allowed, chance)
    return Fused(
        bits=bits,
        probability=probability,
        listed=comparable if allowed is None else comparable & allowed,
        nobody=nobody,
        prior_bits=float(np.log2(chance / max(people, 1))),
        people=people,
        levels=levels,
        weights=weights,
        u=shares,
    )


def counts(codes: LevelCodes, levels: int) -> NDArray[np.int64]:
    """How many stand at each level: int64 [L]."""
    seen = np.zeros(levels, np.int64)
    for start in range(0, len(codes), BLOCK):
        seen += np.bincount(codes[start : start + BLOCK], minlength=levels)
    return seen


def _add(bits: Shares, weights: Shares, codes: LevelCodes) -> None:
    """Add to the bits [N] what the level of each record weighs."""
    for start in range(0, len(codes), BLOCK):
        span = slice(start, start + BLOCK)
        bits[span] += weights.take(codes[span], mode="clip")


def shares_of_query(
    table: LevelTable,
    seen: NDArray[np.integer] | Shares,
    people: int,
    settled: float,
    own: float = 0.0,
    foreseen: float = 0.0,
    reach: float = 1.0,
) -> Shares:
    """u of this query: float64 [L], from the counts `seen` int [L] of levels in the gallery.

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


def posterior(bits: Shares, allowed: Mask | None, in_gallery: float) -> tuple[Shares, float]:
    """One of N, or nobody: probabilities float64 [N] and that of nobody; together they sum to 1."""
    if not 0 < in_gallery < 1:
        raise ValueError("the chance of being in the gallery lies between 0 and 1")
    inside = bits if allowed is None else bits[allowed]
    if not len(inside):
        return np.zeros(len(bits)), 1.0
    # scaled by the largest power so that thousands of bits do not overflow
    top = max(float(inside.max()), 0.0)
    odds = bits - top
    np.exp2(odds, out=odds)
    odds *= in_gallery / len(inside)
    if allowed is not None:
        odds[~allowed] = 0.0
    none = (1 - in_gallery) * float(np.exp2(-top))
    total = float(odds.sum()) + none
    odds /= total
    return odds, none / total
