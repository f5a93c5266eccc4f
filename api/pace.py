"""How often one address, account or key may knock; above that 429 with Retry-After.

Windows are counted in this process alone: two server processes allow twice as much.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tracing.errors import TooMany


class Pace:
    """Moving windows by kind of deed and by whoever does it."""

    def __init__(self, paces: Mapping[str, str]) -> None:
        """`paces` are sentences like `60/minute` by kind."""
        self._items: Mapping[str, RateLimitItem] = {
            kind: parse(text) for kind, text in paces.items()
        }
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def count(self, kind: str, who: str) -> None:
        """Count one; raises `TooMany` with the `seconds` to wait when the window is full."""
        item = self._items[kind]
        if not self._windows.hit(item, kind, who):
            raise TooMany(seconds=self._wait(item, kind, who))

    def require(self, kind: str, who: str) -> None:
        """Raise `TooMany` when the window is full, without counting."""
        item = self._items[kind]
        if not self._windows.test(item, kind, who):
            raise TooMany(seconds=self._wait(item, kind, who))

    def _wait(self, item: RateLimitItem, kind: str, who: str) -> int:
        reset = self._windows.get_window_stats(item, kind, who).reset_time
        return max(1, math.ceil(reset - time.time()))
