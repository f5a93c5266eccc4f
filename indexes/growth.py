"""Arrays that are lengthened at their end without being copied each time.

Whoever holds an earlier length keeps seeing just that. Room behind the end belongs to the first
who takes it; another lengthening of the same earlier state makes a copy for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1024
SHARE = 8
"""One part in so many is kept free behind what there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """The first `count` of an array `held`; `used` says up to where anybody has written."""

    held: NDArray[Any]
    count: int
    used: list[int]

    @classmethod
    def of(cls, now: NDArray[Any]) -> Growth:
        """What there is now, without room behind it."""
        return cls(now, len(now), [len(now)])

    @property
    def now(self) -> NDArray[Any]:
        """The array as it is: [count]."""
        return self.held[: self.count]

    def joined(self, more: NDArray[Any]) -> Growth:
        """This array and more behind it."""
        if not len(more):
            return self
        end = self.count + len(more)
        held, used = self.held, self.used
        if used[0] != self.count or end > len(held):
            room = end + max(LEAST, end // SHARE)
            held = np.empty((room, *self.held.shape[1:]), self.held.dtype)
            held[: self.count] = self.now
            used = [self.count]
        held[self.count : end] = more
        used[0] = end
        return Growth(held, end, used)
