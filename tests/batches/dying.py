"""Answers a batch and kills itself with -9 on the way; started by test_killed_batch.py.

`python -m tests.batches.dying FOLDER ROWS STEP`: at the STEP-th write or sync of a block (0:
never). Prints the rows that were given out, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracing import batch_files, batches
from tracing.batch_answers import Question
from tracing.batch_files import AnswerFile
from tracing.service import Service
from tracing.settings import Settings


class Countdown:
    """Kills this process at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def before(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        """The deed, with a step before it and one behind it."""

        def counted(*args: Any) -> Any:
            self.step()
            done = deed(*args)
            self.step()
            return done

        return counted

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, rows: int, step: int) -> None:
    """Run the batch of `rows` questions, four to a block."""
    batches.BLOCK = 4
    countdown = Countdown(step)
    batch_files.os.fsync = countdown.before(os.fsync)  # type: ignore[attr-defined]
    service = Service(Settings(_env_file=None, data_dir=folder))  # type: ignore[call-arg]
    name = {"text": "王建国", "kind": "heard"}
    asked = [Question(row, {"side": "found", "names": [name]}) for row in range(1, rows + 1)]
    kept = AnswerFile(folder / "batches" / "b", service.store.vault, "b")
    for answer in service.batches.run(asked, kept):
        sys.stdout.write(f"{answer.row}\n")
        sys.stdout.flush()
        countdown.step()
    service.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
