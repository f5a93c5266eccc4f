"""Fair ranks: homophones tie in thousands, and a tie is no success by luck of the sort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matchers.sounds.features import Floats


@dataclass(frozen=True, slots=True)
class Rank:
    """How many score better than the truth, and how many equally (the truth among them)."""

    better: int
    equal: int

    def recall(self, k: int) -> float:
        """The chance that the truth is among the first k when equals are shuffled."""
        return min(1.0, max(0.0, (k - self.better) / self.equal))

    def reciprocal(self) -> float:
        """The expected reciprocal rank over the shuffles of equals."""
        places = np.arange(self.better + 1, self.better + self.equal + 1)
        return float((1.0 / places).mean())


def rank(nats: Floats, truth: int, counts: Floats | None = None) -> Rank:
    """The rank of entry `truth` among `nats` float32 [n] (lower is better).

    `counts` [n] says how many people stand behind each entry; values within 1e-4 nats are equal.
    """
    limit = nats[truth]
    better, within = nats < limit - 1e-4, np.abs(nats - limit) <= 1e-4
    if counts is None:
        return Rank(int(better.sum()), int(within.sum()))
    return Rank(int(counts[better].sum()), int(counts[within].sum()))
