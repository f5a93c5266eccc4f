"""Learning m: from confirmed cases as counts, and from searches without answers by EM.

Expert judgement is a Dirichlet prior: it counts like `strength` cases in each condition of each
ladder, so a few cases move little and many move all. Weights stay monotone: within a condition a
closer level never weighs less than a farther one (pool adjacent violators, weighted by m).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import LevelTable, Model, Shares
from matchers.fusion import fuse

Counts = dict[str, Shares]

STRENGTH = 60.0
"""How many cases the expert's judgement counts for in each condition."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search to learn from: levels int8 [N] by evidence, and who it was.

    truth: row of the confirmed person, None where it was nobody of the gallery. Rows that staff
    rejected are simply part of the N.
    """

    levels: Mapping[str, LevelCodes]
    truth: int | None = None


def counted(model: Model, searches: Iterable[Search]) -> Counts:
    """How often the true pairs of answered searches stand at each level: float64 [L] each."""
    counts = _zeros(model)
    for search in searches:
        if search.truth is not None:
            for key, codes in search.levels.items():
                counts[key][codes[search.truth]] += 1.0
    return counts


def expected(model: Model, searches: Iterable[Search]) -> tuple[Counts, float]:
    """Expected counts of unanswered searches under the model, and the mean share of somebody."""
    counts, somebody, number = _zeros(model), 0.0, 0
    for search in searches:
        fused = fuse(model, search.levels)
        number += 1
        somebody += 1.0 - fused.nobody
        for key, codes in search.levels.items():
            size = len(counts[key])
            counts[key] += np.bincount(codes, weights=fused.probability, minlength=size)
    return counts, somebody / max(number, 1)


def learned(prior: Model, counts: Counts, strength: float = STRENGTH) -> Model:
    """The prior's tables moved by counts; conditions without a case stay as they were."""
    tables = dict(prior.tables)
    for key, seen in counts.items():
        table = prior.tables[key]
        if not table.given and seen[1:].any():
            m = table.with_m(strength * table.m + seen)
            tables[key] = monotone(_kept(table, m, seen))
    return prior.changed(tables=tables)


def by_expectation(
    prior: Model,
    searches: Sequence[Search],
    rounds: int = 20,
    strength: float = STRENGTH,
    tolerance: float = 1e-4,
) -> Model:
    """EM over searches without answers: m and the chance of being in the gallery.

    Stops when no m moves by more than `tolerance`. u is of each query and is not learned.
    """
    model = prior
    for _ in range(rounds):
        counts, somebody = expected(model, searches)
        chance = min(max(somebody, 0.02), 0.98)
        new = learned(prior, counts, strength).changed(in_gallery=chance)
        moved = max(float(np.abs(new.tables[k].m - t.m).max()) for k, t in model.tables.items())
        model = new
        if moved < tolerance:
            break
    return model


def monotone(table: LevelTable) -> LevelTable:
    """The table with weights that rise along the ladder within each condition, at national u."""
    m = table.m.copy()
    for number in range(1, int(table.condition.max()) + 1):
        rows = np.flatnonzero(table.condition == number)
        m[rows] = table.u[rows] * rising(m[rows] / table.u[rows], table.u[rows])
    return table.with_m(m)


def rising(values: Shares, weights: Shares) -> Shares:
    """Nearest non-decreasing sequence (weighted least squares, pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append([value, weight, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            upper, lower = blocks.pop(), blocks.pop()
            total = lower[1] + upper[1]
            mean = (lower[0] * lower[1] + upper[0] * upper[1]) / total
            blocks.append([mean, total, lower[2] + upper[2]])
    return np.concatenate([np.full(int(n), v) for v, _, n in blocks]) if blocks else values


def _kept(table: LevelTable, new: LevelTable, seen: Shares) -> LevelTable:
    """Conditions that were never seen keep their m exactly."""
    number = np.bincount(table.condition, weights=seen, minlength=int(table.condition.max()) + 1)
    unseen: NDArray[np.bool_] = number[table.condition] == 0
    return replace(new, m=np.where(unseen, table.m, new.m))


def _zeros(model: Model) -> Counts:
    return {key: np.zeros(len(table.m)) for key, table in model.tables.items()}
