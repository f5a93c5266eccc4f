"""What was worked out for a syllable not long ago: names share few syllables."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from matchers.sounds.features import Floats

MOST_BYTES = 96 * 2**20
"""So much memory at most for each table of names."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Recent:
    """Arrays by syllable, those asked for last; safe to share between threads.

    Only single syllables are kept, without what stood beside them or who asked.
    """

    kept: OrderedDict[Key, Floats] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key) -> Floats | None:
        """What was kept, if it still is."""
        with self.lock:
            found = self.kept.get(key)
            if found is not None:
                self.kept.move_to_end(key)
            return found

    def keep(self, key: Key, values: Floats) -> None:
        """Keep these, and let go of what has not been asked for longest."""
        values.flags.writeable = False
        with self.lock:
            self.kept[key] = values
            while len(self.kept) > 1 and len(self.kept) * values.nbytes > MOST_BYTES:
                self.kept.popitem(last=False)
