"""Publishes a second generation and dies at a named point; started by test_segment_faults.py.

`python -m tests.indexes.publishing FOLDER POINT` kills itself with -9 at that point of the
publication; `FOLDER full` may write no file longer than 10,000 bytes, as if the disk were full;
`FOLDER opening MEMORY` dies while it copies the generation into shared memory.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path

from indexes.segments import Contents, SegmentFolder
from tests.indexes.world import COLUMNS, DIM, MODEL, SMALL, Seal, people


class Deadly(Seal):
    """Kills this process when the third block is opened."""

    opened = 0

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        self.opened += 1
        if self.opened == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().open(sealed, bound)


def main(folder: Path, point: str, memory: Path | None) -> None:
    shelf = SegmentFolder(folder, MODEL, DIM, Seal(), recipe=SMALL, grace=0.0)
    if point == "opening":
        replace(shelf, cipher=Deadly(), memory=memory).open()
    if point == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    entries = people(400, seed=2)
    shelf.publish(Contents(MODEL, DIM, 9_999, iter([entries]), COLUMNS), at=at, now=1e12)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else None)
