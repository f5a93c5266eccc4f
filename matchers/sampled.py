"""Fusion over some records of a large gallery that stand for all of it.

Each record compared stands for so many of the gallery: a candidate for itself, a record of a
uniform sample for its share of everybody who is no candidate, a record that may not be shown for
nobody. Levels are counted, and the posterior's sum is taken, with these weights; all else is as in
`fusion`. What a candidate's own levels weigh is the same for all, so that reasons add up to bits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import Model, Shares
from matchers.fusion import Fused, shares_of_query


def weighed(
    model: Model, levels: Mapping[str, LevelCodes], standing: Shares, people: int
) -> tuple[dict[str, Shares], dict[str, Shares]]:
    """Weights and u of each level for this query, from records that stand for a gallery.

    levels: int8 [n] by evidence. standing: float64 [n], how many of the `people` each stands for.
    """
    weights: dict[str, Shares] = {}
    shares: dict[str, Shares] = {}
    for key, codes in levels.items():
        table = model.tables[key]
        seen = np.bincount(codes, standing, minlength=len(table.m))
        shares[key] = shares_of_query(
            table, seen, people, model.settled, model.own, model.foreseen, model.reach
        )
        weights[key] = model.temperature * np.log2(table.m / shares[key])
        weights[key][0] = 0.0
    return weights, shares


def fuse_sampled(
    model: Model, levels: Mapping[str, LevelCodes], standing: NDArray[np.float64], people: int
) -> Fused:
    """Bits and probabilities of n compared records of a gallery of `people`; see `fusion.fuse`.

    With what each stands for, the probabilities and that of nobody sum to 1. A record that stands
    for nobody has no probability and is not listed.
    """
    size = len(standing)
    weights, shares = weighed(model, levels, standing, people)
    bits, comparable = np.zeros(size), np.zeros(size, np.bool_)
    for key, codes in levels.items():
        if codes.any():
            bits += weights[key].take(codes)
            comparable |= codes.view(np.bool_)
    counted = standing > 0
    inside = np.where(counted, bits, -np.inf)
    top = max(float(inside.max(initial=0.0)), 0.0)
    odds = np.exp2(inside - top) * (model.in_gallery / max(people, 1))
    none = (1 - model.in_gallery) * float(np.exp2(-top))
    total = float((odds * standing).sum()) + none
    return Fused(
        bits=bits,
        probability=odds / total,
        listed=comparable & counted,
        nobody=none / total,
        prior_bits=float(np.log2(model.in_gallery / max(people, 1))),
        people=people,
        levels=levels,
        weights=weights,
        u=shares,
    )
