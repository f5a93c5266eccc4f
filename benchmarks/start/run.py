"""The run: make and publish a gallery, then start processes on it and ask each one question."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocol import emit, parser
from benchmarks.start.made import gallery
from benchmarks.start.opening import NUMBERS, house

_START = "import sys; from benchmarks.start.opening import main; sys.exit(main(sys.argv[1:]))"


def main(arguments: list[str]) -> int:
    """Run and print; 0."""
    options = parser("start", "from nothing running to the first answer")
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, help="keep or use the made gallery there")
    asked = options.parse_args(arguments)
    if asked.folder is not None:
        emit("start", asked.seed, _run(asked.folder, asked.people, asked.seed))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        emit("start", asked.seed, _run(Path(folder), asked.people, asked.seed))
    return 0


def _run(folder: Path, people: int, seed: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if not (folder / NUMBERS).exists():
        made = _made(folder, people, seed)
    alone = _started(folder)
    first = _told(alone)
    beside = _started(folder)
    second = _told(beside)
    for process in (alone, beside):
        process.communicate(b"\n")
    return {"people": people, "made": made, "first": first, "second": second}


def _made(folder: Path, people: int, seed: int) -> dict[str, Any]:
    """Publish the gallery in a process's own memory; what that took."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = house(folder)
    began = time.process_time()
    view = gallery(people, seed, kept.comparators, kept.faces)
    drawn = time.process_time()
    distinct = {key: len(column.values) for key, column in view.columns.items()}
    kept.segments.publish(view)
    state = kept.segments.state()
    kept.segments.close()
    with sqlite3.connect(folder / NUMBERS) as database:
        database.execute("CREATE TABLE person (seq INTEGER NOT NULL UNIQUE, rest BLOB)")
        rows = ((n,) for n in np.arange(1, people + 1).tolist())
        database.executemany("INSERT INTO person (seq) VALUES (?)", rows)
    return {
        "make_cpu_s": drawn - began,
        "publish_cpu_s": time.process_time() - drawn,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "disk_bytes": state.facts["disk_bytes"],
        "memory_bytes": state.facts["memory_bytes"],
        "distinct": distinct,
    }


def _started(folder: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-c",
        _START,
        str(folder),
        repr(time.monotonic()),
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  opened as a pipe above
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the starting process ended with {process.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
