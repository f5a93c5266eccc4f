"""Vectors of which most stay as they are: a base that is never copied, and what came since.

The base may be pages that all processes of a machine share. Rows that go are only passed over, rows
that come lie behind the base in memory of one's own, so that a change costs what has changed and
not what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes.growth import Growth
from indexes.vectors import Vectors

Places = NDArray[np.int64]
Chosen = int | slice | NDArray[np.integer] | NDArray[np.bool_]
PART = 16_384
"""So many rows are widened and multiplied at once: they stay in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Layered:
    """n rows [n, d]; never changed, `without`, `joined` and `taken` give new ones.

    base: float32 or float16 [b, d]. tail: float32 [c, d], behind it. before: int64 [l], ascending:
    for each row that went, how many of the n stand before it.
    """

    base: NDArray[np.floating]
    tail: Growth
    before: Places

    @classmethod
    def of(cls, base: NDArray[np.floating]) -> Self:
        """The rows [n, d] as they are, not copied."""
        none = np.empty((0, base.shape[1]), np.float32)
        return cls(base, Growth.of(none), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.base) + self.tail.count - len(self.before)

    def __getitem__(self, chosen: Chosen) -> Vectors:
        """A copy of some rows, float32 [k, d], or of one, [d]."""
        if isinstance(chosen, slice):
            return self._gathered(np.arange(*chosen.indices(len(self))))
        at = np.asarray(chosen)
        if at.dtype == np.bool_:
            return self._gathered(np.flatnonzero(at))
        if at.size and not -len(self) <= at.min() <= at.max() < len(self):
            raise IndexError(f"a row beyond the {len(self)} that there are")
        found = self._gathered(np.where(at < 0, at + len(self), at).reshape(-1))
        return found.reshape(*at.shape, found.shape[1])

    def parts(self) -> Iterator[Vectors]:
        """All rows in order, float32 [≤ PART, d] at a time; views of the base where they can be."""
        for start in range(0, len(self), PART):
            stop = min(start + PART, len(self))
            first, last = self._places(np.array([start, stop - 1])).tolist()
            if last - first == stop - 1 - start and last < len(self.base):
                yield self.base[first : last + 1].astype(np.float32, copy=False)
            else:
                yield self._gathered(np.arange(start, stop))

    def joined(self, more: Vectors) -> Self:
        """These rows and more [m, d] behind them."""
        return type(self)(self.base, self.tail.joined(more), self.before)

    def without(self, at: Places) -> Self:
        """All but these rows."""
        if not len(at):
            return self
        passed = self.before + np.arange(len(self.before))
        passed = np.union1d(passed, self._places(np.asarray(at, np.int64)))
        return type(self)(self.base, self.tail, passed - np.arange(len(passed)))

    def taken(self, at: Places) -> Self:
        """Some rows, ascending: copied where they are few, else the others are passed over."""
        if 2 * len(at) < len(self):
            return type(self).of(self[at])
        others = np.ones(len(self), np.bool_)
        others[at] = False
        return self.without(np.flatnonzero(others))

    def _places(self, at: Places) -> Places:
        """Where rows lie, counted through base and tail."""
        if not len(self.before):
            return at
        return np.asarray(at + np.searchsorted(self.before, at, "right"), np.int64)

    def _gathered(self, at: NDArray[np.integer]) -> Vectors:
        places, size = self._places(np.asarray(at, np.int64)), len(self.base)
        inside = places < size
        if inside.all():
            return self.base[places].astype(np.float32, copy=False)
        found = np.empty((len(places), self.base.shape[1]), np.float32)
        found[inside] = self.base[places[inside]]
        found[~inside] = self.tail.now[places[~inside] - size]
        return found
