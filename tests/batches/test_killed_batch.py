"""Killed with -9 half-way, a batch goes on where it was: no answer twice, none missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tracing.batch_files import AnswerFile
from tracing.service import Service
from tracing.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ROWS = 13


def run(folder: Path, step: int) -> tuple[int, list[int]]:
    """How the process ended, and the rows it gave out."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.batches.dying", str(folder), str(ROWS), str(step)],
        capture_output=True, cwd=ROOT, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, [int(line) for line in done.stdout.splitlines()]


def test_killed_again_and_again_every_row_is_answered_once(tmp_path: Path) -> None:
    service = Service(Settings(_env_file=None, data_dir=tmp_path))  # type: ignore[call-arg]
    vault = service.store.vault
    given: list[int] = []
    # behind the sync of the second block; before that of the third
    for step in (8, 1):
        code, rows = run(tmp_path, step)
        assert code == -signal.SIGKILL
        assert given[-1:] < rows[:1] or not rows
        given += rows
        kept = [answer.row for answer in AnswerFile(tmp_path / "batches" / "b", vault, "b").read()]
        assert kept == list(range(1, len(kept) + 1))
        assert set(given) <= set(kept)
    assert 0 < len(kept) < ROWS
    code, rows = run(tmp_path, 0)
    assert code == 0
    assert rows == list(range(len(kept) + 1, ROWS + 1))
    ended = [answer.row for answer in AnswerFile(tmp_path / "batches" / "b", vault, "b").read()]
    assert ended == list(range(1, ROWS + 1))
    service.close()
