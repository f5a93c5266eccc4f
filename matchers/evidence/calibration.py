"""Calibration: fit the model to answered searches, and refuse to get worse.

A candidate model is fitted on one part of the answered searches and judged on the people of the
other. It replaces the present one only if neither Cllr (Brümmer and du Preez 2006, natural
posteriors) nor the Brier score of the first candidate gets worse there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.evidence.learning import STRENGTH, Search, counted, learned
from matchers.evidence.model import Model
from matchers.fusion import Fused, fuse

TEMPERATURES = tuple(round(0.5 + 0.05 * step, 2) for step in range(13))
HARDEST = 5
FEWEST = 30
"""Answered searches on each side below which nothing is fitted."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How good posteriors are: Cllr in bits, Brier score of the first, mean -log2 P(answer)."""

    cllr: float
    brier: float
    surprise: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What calibration came to. model: the one to use from now on, new only if `promoted`."""

    model: Model
    promoted: bool
    before: Quality
    after: Quality
    reason: str


def fit(
    present: Model,
    searches: Sequence[Search],
    held_out: Sequence[Search],
    strength: float = STRENGTH,
) -> Verdict:
    """Fit m, temperature and prior on `searches`; promote if no worse on `held_out`.

    The two must not share people; the caller splits by person.
    """
    before = quality(present, held_out)
    if min(len(searches), len(held_out)) < FEWEST:
        return Verdict(present, False, before, before, "too_few")
    candidate = fitted(present, searches, strength)
    after = quality(candidate, held_out)
    if after.cllr > before.cllr or after.brier > before.brier:
        return Verdict(present, False, before, after, "worse")
    return Verdict(candidate, True, before, after, "no_worse")


def fitted(present: Model, searches: Sequence[Search], strength: float = STRENGTH) -> Model:
    """m by counts, the prior by the share of somebody, the temperature by least surprise."""
    model = learned(present, counted(present, searches), strength)
    found = sum(search.truth is not None for search in searches)
    # one more of either kind, so that a run of cases never makes an answer impossible
    model = model.changed(in_gallery=(found + 1) / (len(searches) + 2))
    return cooled(model, searches)


def cooled(model: Model, searches: Sequence[Search]) -> Model:
    """The model at the temperature under which the answers surprise least."""
    tried = [model.changed(temperature=t) for t in TEMPERATURES]
    surprises = [quality(one, searches).surprise for one in tried]
    return tried[int(np.argmin(surprises))]


def quality(model: Model, searches: Sequence[Search]) -> Quality:
    """Quality of posteriors on answered searches; all zero where there are none."""
    if not searches:
        return Quality(0.0, 0.0, 0.0)
    pairs: list[tuple[float, bool]] = []
    squares, surprises = [], []
    for search in searches:
        fused = fuse(model, search.levels)
        top = fused.top(HARDEST)
        first = float(fused.probability[top[0]]) if len(top) else 0.0
        right = len(top) > 0 and int(top[0]) == search.truth
        squares.append((first - right) ** 2)
        surprises.append(-np.log2(max(_answer(fused, search), 1e-12)))
        pairs += [(float(fused.probability[row]), int(row) == search.truth) for row in top]
        if search.truth is not None and search.truth not in top:
            pairs.append((float(fused.probability[search.truth]), True))
    return Quality(cllr(pairs), float(np.mean(squares)), float(np.mean(surprises)))


def cllr(pairs: Sequence[tuple[float, bool]]) -> float:
    """Cost of log-likelihood ratios in bits, from posteriors of true and false pairs; 1 says
    nothing. Posteriors become ratios by the share of true pairs among those given."""
    probability = np.clip([p for p, _ in pairs], 1e-9, 1 - 1e-9)
    same = np.array([s for _, s in pairs], np.bool_)
    if same.all() or not same.any():
        return 0.0
    prior = np.log2(same.sum() / (~same).sum())
    ratio = np.log2(probability / (1 - probability)) - prior
    missed = np.log2(1 + np.exp2(-ratio[same])).mean()
    taken = np.log2(1 + np.exp2(ratio[~same])).mean()
    return float(missed + taken) / 2


def _answer(fused: Fused, search: Search) -> float:
    return fused.nobody if search.truth is None else float(fused.probability[search.truth])
