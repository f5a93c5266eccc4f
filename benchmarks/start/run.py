"""The run: make and publish a gallery, then start processes on it and ask each one question."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocol import emit, parser
from benchmarks.start.faces import everybody
from benchmarks.start.made import gallery
from benchmarks.start.opening import NUMBERS, house

_START = "import sys; from benchmarks.start.opening import main; sys.exit(main(sys.argv[1:]))"


def main(arguments: list[str]) -> int:
    """Run and print; 0."""
    options = parser("start", "from nothing running to the first answer")
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, help="keep or use the made gallery there")
    options.add_argument("--faces", action="store_true", help="with everybody's face")
    options.add_argument("--publish", action="store_true", help="make a new generation too")
    asked = options.parse_args(arguments)
    if asked.folder is not None:
        if asked.publish:
            options.error("--publish changes the made gallery: leave --folder out")
        emit("start", asked.seed, _run(asked.folder, asked))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        emit("start", asked.seed, _run(Path(folder), asked))
    return 0


def _run(folder: Path, asked: Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"people": asked.people, "made": {}}
    if not (folder / NUMBERS).exists():
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            work = pool.submit(_made, folder, asked.people, asked.seed, asked.faces)
            found["made"] = work.result()
    alone = _started(folder, asked.faces)
    found["first"] = _told(alone)
    beside = _started(folder, asked.faces)
    found["second"] = _told(beside)
    if asked.faces:
        found["second_registered"] = _asked(beside, "register")
    beside.communicate(b"\n")
    if asked.faces:
        found["first_registered"] = _asked(alone, "register")
    if asked.publish:
        found["first_published"] = _asked(alone, "publish")
    alone.communicate(b"\n")
    return found


def _made(folder: Path, people: int, seed: int, faces: bool) -> dict[str, Any]:
    """Publish the gallery in a process's own memory; what that took."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = house(folder, faces)
    began = time.process_time()
    known = everybody(kept.faces, people, seed) if faces else kept.faces
    view = gallery(people, seed, kept.comparators, known)
    drawn = time.process_time()
    distinct = {key: len(column.values) for key, column in view.columns.items()}
    view = kept.segments.publish(view)
    published = time.process_time()
    if kept.index is not None:
        kept.index.begin(view)
        kept.index.rebuild()
    state = kept.segments.state()
    disk = sum(p.stat().st_size for p in folder.rglob("gen-*/*") if p.is_file())
    kept.segments.close()
    if kept.index is not None:
        kept.index.close()
    with sqlite3.connect(folder / NUMBERS) as database:
        database.execute("CREATE TABLE person (seq INTEGER NOT NULL UNIQUE, rest BLOB)")
        rows = ((n,) for n in np.arange(1, people + 1).tolist())
        database.executemany("INSERT INTO person (seq) VALUES (?)", rows)
    return {
        "make_cpu_s": drawn - began,
        "publish_cpu_s": published - drawn,
        "face_index_cpu_s": time.process_time() - published,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "disk_bytes": disk,
        "memory_bytes": state.facts["memory_bytes"],
        "distinct": distinct,
    }


def _started(folder: Path, faces: bool) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-c",
        _START,
        str(folder),
        repr(time.monotonic()),
        "faces" if faces else "none",
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _asked(process: subprocess.Popen[bytes], what: str) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101  opened as a pipe above
    process.stdin.write(f"{what}\n".encode())
    process.stdin.flush()
    return _told(process)


def _told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  opened as a pipe above
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the starting process ended with {process.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
