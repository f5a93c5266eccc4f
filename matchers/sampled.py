"""Fusion over some records of a large gallery that stand for all of it.

Compared are candidates, who stand for themselves, and a uniform sample, whose members stand for
everybody who is no candidate. Levels are counted, and the posterior's sum is taken, over both;
where few stand at a level, whoever holds a value of that level is counted one by one. All else is
as in `fusion`. What a level weighs is the same for all, so that reasons add up to bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import Model, Shares
from matchers.fusion import BLOCK, Fused, shares_of_query

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Strangers:
    """A uniform sample of a gallery: levels int8 [s] by evidence, and how many at each level."""

    levels: Mapping[str, LevelCodes]
    seen: Mapping[str, NDArray[np.int64]]
    size: int

    @classmethod
    def of(cls, model: Model, levels: Mapping[str, LevelCodes], size: int) -> Strangers:
        """Of levels int8 [size] by evidence."""
        seen = {key: counts(codes, len(model.tables[key].m)) for key, codes in levels.items()}
        return cls(levels, seen, size)

    def weights(self, model: Model, people: int) -> dict[str, Shares]:
        """Bits of each level for this query, as far as the sample alone can tell."""
        share = np.float64(people / max(1, self.size))
        return {key: _weighed(model, key, n * share, people)[0] for key, n in self.seen.items()}

    def counted(
        self,
        model: Model,
        key: str,
        one_by_one: LevelCodes,
        known: NDArray[np.intp],
        people: int,
    ) -> Shares:
        """How many of the people stand at each level of one evidence: float64 [L].

        one_by_one: levels of those who are counted. known: the members of the sample among them;
        the other members stand for everybody else.
        """
        size = len(model.tables[key].m)
        seen = self.seen[key] - counts(self.levels[key][known], size)
        share = max(0, people - len(one_by_one)) / max(1, self.size - len(known))
        return np.asarray(counts(one_by_one, size) + seen * share)

    def bits(self, weights: Mapping[str, Shares]) -> Shares:
        """Bits float64 [s] of its members."""
        return _bits(self.levels, weights, self.size)


@dataclass(frozen=True, slots=True)
class Further:
    """Records beside the candidates whose level of one evidence is known.

    levels: int8 [m]. known: which members of the sample they and the candidates are.
    """

    levels: LevelCodes
    known: NDArray[np.intp]


def fuse_sampled(
    model: Model,
    levels: Mapping[str, LevelCodes],
    counted: Flags,
    strangers: Strangers,
    known: NDArray[np.intp],
    people: int,
    further: Mapping[str, Further],
) -> Fused:
    """Bits and probabilities of n candidates in a gallery of `people`; see `fusion.fuse`.

    levels: int8 [n] by evidence. counted: bool [n], who of them may be shown. known: the members
    of the sample who are candidates too. further: by evidence, who else is counted one by one. The
    probabilities of the n, of nobody and of all others sum to 1.
    """
    size = int(np.count_nonzero(counted))
    others = max(0, people - size)
    share = others / max(1, strangers.size - len(known))
    weights: dict[str, Shares] = {}
    shares: dict[str, Shares] = {}
    for key, codes in levels.items():
        one_by_one, here = codes[counted], known
        if key in further:
            one_by_one = np.concatenate([one_by_one, further[key].levels])
            here = further[key].known
        total = strangers.counted(model, key, one_by_one, here, people)
        weights[key], shares[key] = _weighed(model, key, total, people)
    bits = _bits(levels, weights, len(counted))
    top = max(float(bits[counted].max(initial=0.0)), 0.0)
    chance = model.in_gallery / max(people, 1)
    odds = np.where(counted, np.exp2(np.minimum(bits - top, 0.0)) * chance, 0.0)
    rest = np.exp2(strangers.bits(weights) - top)
    rest[known] = 0.0
    none = (1 - model.in_gallery) * float(np.exp2(-top))
    total_odds = float(odds.sum()) + share * chance * float(rest.sum()) + none
    comparable = np.zeros(len(counted), np.bool_)
    for codes in levels.values():
        comparable |= codes.view(np.bool_)
    return Fused(
        bits=bits,
        probability=odds / total_odds,
        listed=comparable & counted,
        nobody=none / total_odds,
        prior_bits=float(np.log2(chance)),
        people=people,
        levels=levels,
        weights=weights,
        u=shares,
    )


def _weighed(model: Model, key: str, seen: Shares, people: int) -> tuple[Shares, Shares]:
    """Bits and u of the levels of one evidence, from how many of the people stand at each."""
    table = model.tables[key]
    u = shares_of_query(table, seen, people, model.settled, model.own, model.foreseen, model.reach)
    weights = model.temperature * np.log2(table.m / u)
    weights[0] = 0.0
    return weights, u


def _bits(levels: Mapping[str, LevelCodes], weights: Mapping[str, Shares], size: int) -> Shares:
    bits = np.zeros(size)
    for key, codes in levels.items():
        if codes.view(np.bool_).any():
            bits += weights[key].take(codes, mode="clip")
    return bits


def counts(codes: LevelCodes, levels: int) -> NDArray[np.int64]:
    """How many stand at each level: int64 [L]."""
    seen = np.zeros(levels, np.int64)
    for start in range(0, len(codes), BLOCK):
        seen += np.bincount(codes[start : start + BLOCK], minlength=levels)
    return seen
