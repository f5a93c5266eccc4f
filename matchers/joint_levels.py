"""Levels of several kinds of evidence as one number a record: counted, weighed and ranked at once.

Most evidence has few levels. The levels of a few kinds of evidence together are one *joint level*,
a number below 32,768; whoever stands at the same joint level weighs the same. So everybody is
counted once for several kinds of evidence, and where all that can be compared fits into one number,
sums over everybody are sums over joint levels, and the best records are those at the best of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import LevelCodes

Counts = NDArray[np.int64]
Bits = NDArray[np.float64]
MOST = 32_767
"""Joint levels are int16."""
BLOCK = 32_768
"""Records counted together: numpy widens what it counts, and a block stays in cache."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Some kinds of evidence over N records.

    sizes: how many levels each has. codes: int16 [N], the joint level of each record; 0 where
    nothing can be compared.
    """

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    codes: NDArray[np.int16]

    @classmethod
    def of(cls, keys: Sequence[str], sizes: Sequence[int], levels: Sequence[LevelCodes]) -> Self:
        """From the levels int8 [N] of each."""
        codes = levels[0].astype(np.int16)
        for size, more in zip(sizes[1:], levels[1:], strict=True):
            codes *= np.int16(size)
            codes += more
        return cls(tuple(keys), tuple(sizes), codes)

    @property
    def count(self) -> int:
        """How many joint levels there are."""
        return int(np.prod(self.sizes))

    def counts(self, rows: NDArray[np.int64] | None = None) -> Counts:
        """How many records, or how many of those at `rows`, stand at each joint level: int64."""
        codes = self.codes if rows is None else self.codes.take(rows)
        seen = np.zeros(self.count, np.int64)
        for start in range(0, len(codes), BLOCK):
            seen += np.bincount(codes[start : start + BLOCK], minlength=len(seen))
        return seen

    def by_key(self, seen: Counts) -> dict[str, Counts]:
        """The same by the levels of each evidence."""
        shaped = seen.reshape(self.sizes)
        axes = range(len(self.sizes))
        return {
            key: shaped.sum(axis=tuple(other for other in axes if other != axis))
            for axis, key in enumerate(self.keys)
        }

    def weighed(self, weights: Mapping[str, Bits]) -> Bits:
        """Bits of each joint level: the sum of those of its levels."""
        total = np.zeros(1)
        for key in self.keys:
            total = np.add.outer(total, weights[key]).ravel()
        return total


def joined(levels: Mapping[str, LevelCodes], sizes: Mapping[str, int]) -> tuple[Joint, ...]:
    """Evidence that says anything, in as few joint levels as a simple packing finds."""
    said = [key for key, codes in levels.items() if codes.view(np.bool_).any()]
    groups: list[list[str]] = []
    room: list[int] = []
    for key in sorted(said, key=lambda key: -sizes[key]):
        place = next((i for i, left in enumerate(room) if sizes[key] <= left), None)
        if place is None:
            groups.append([key])
            room.append(MOST // sizes[key])
        else:
            groups[place].append(key)
            room[place] //= sizes[key]
    return tuple(
        Joint.of(keys, [sizes[key] for key in keys], [levels[key] for key in keys])
        for keys in groups
    )
