"""Seeded chance for the synthetic world: fast single draws, the same on every machine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, Self, TypeVar

import numpy as np

Item = TypeVar("Item")
BUFFER = 4096


class Dice:
    """Uniform numbers from PCG64, drawn in blocks; equal seeds give equal sequences."""

    __slots__ = ("_at", "_generator", "_units")

    def __init__(self, *seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._units: list[float] = []
        self._at = 0

    def unit(self) -> float:
        """A number in [0, 1)."""
        if self._at == len(self._units):
            self._units = self._generator.random(BUFFER).tolist()
            self._at = 0
        self._at += 1
        return self._units[self._at - 1]

    def chance(self, probability: float) -> bool:
        """True in this share of calls."""
        return self.unit() < probability

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` − 1."""
        return int(self.unit() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, all alike."""
        return items[self.below(len(items))]

    def bell(self) -> float:
        """Roughly normal, mean 0, standard deviation 1 (sum of three uniform numbers)."""
        return 2.0 * (self.unit() + self.unit() + self.unit() - 1.5)


@dataclass(frozen=True, slots=True)
class Wheel(Generic[Item]):
    """Items drawn by weight."""

    items: tuple[Item, ...]
    _edges: tuple[float, ...]

    @classmethod
    def of(cls, items: Sequence[Item], weights: Sequence[float]) -> Self:
        """Weights need not sum to one. Raises ValueError where the lengths differ."""
        if len(items) != len(weights):
            raise ValueError("as many weights as items")
        return cls(tuple(items), tuple(accumulate(weights)))

    def draw(self, dice: Dice) -> Item:
        """One item."""
        at = bisect_right(self._edges, dice.unit() * self._edges[-1])
        return self.items[min(at, len(self.items) - 1)]
