"""Monotone curves from counts: pool adjacent violators (Ayer et al. 1955) on binned scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pooled(successes: Floats, trials: Floats) -> Floats:
    """The non-increasing sequence of rates closest to successes / trials, float64 [n].

    Neighbouring bins that would rise are pooled; bins without trials take their block's rate.
    """
    blocks: list[list[float]] = []  # successes, trials, bins
    for success, trial in zip(successes, trials, strict=True):
        blocks.append([float(success), float(trial), 1])
        while len(blocks) > 1 and _rate(blocks[-2]) <= _rate(blocks[-1]):
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return np.concatenate([np.full(int(bins), _rate([s, t, bins])) for s, t, bins in blocks])


def _rate(block: list[float]) -> float:
    successes, trials, _ = block
    return successes / trials if trials > 0 else 0.5


def log_ratio(genuine: Floats, impostor: Floats) -> Floats:
    """Bits log2 P(bin | same) / P(bin | different), non-increasing over the bins, float64 [n].

    `genuine` and `impostor` are (weighted) counts per bin of a distance, near first. Each is
    scaled to one; the smallest rate that either sample can show stands in for zero.
    """
    same, other = genuine / genuine.sum(), impostor / impostor.sum()
    least_same = 0.5 / genuine.sum()
    least_other = 0.5 / impostor.sum()
    rate = pooled(same, same + other)
    ratio = rate / np.maximum(1 - rate, 1e-300)
    low, high = least_same / 1.0, 1.0 / least_other
    return np.log2(np.clip(ratio, low, high))
