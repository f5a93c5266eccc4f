"""face_recognition on the same files in the same run, in a process of its own.

Importing it loads every model and may end the process with code 0, so only what comes back counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faces.images import large_photo
from matchers.faces.dlib_network import SIDE
from matchers.faces.dlib_onnx import DlibOnnx

_FILES = 60
_CPU = """
import json, sys, time
import face_recognition
def print_of(path):
    picture = face_recognition.load_image_file(path)
    return face_recognition.face_encodings(picture, model="small")
*paths, large = json.load(sys.stdin)
print_of(paths[0])
start = time.process_time()
found = sum(bool(print_of(path)) for path in paths)
spent = time.process_time() - start
start = time.process_time()
print_of(large)
print("peer", json.dumps({
    "file_ms": 1000 * spent / len(paths), "file_12mp_ms": 1000 * (time.process_time() - start),
    "without_face": len(paths) - found}))
"""
_EMBEDDING = """
import json, sys, time
import numpy as np
import face_recognition.api as api
chips = np.load(sys.stdin.read())
api.face_encoder.compute_face_descriptor(chips[0])
start = time.process_time()
for chip in chips:
    api.face_encoder.compute_face_descriptor(chip)
print("peer", json.dumps(1000 * (time.process_time() - start) / len(chips)))
"""


def _run(code: str, given: str) -> Any:
    """What the peer printed after the word peer; RuntimeError when it printed nothing."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        input=given, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    lines = [line for line in ran.stdout.splitlines() if line.startswith("peer ")]
    if not lines:
        raise RuntimeError(f"face_recognition gave nothing back: {ran.stderr[-300:]}")
    return json.loads(lines[-1].removeprefix("peer "))


def cpu(paths: list[Path]) -> dict[str, float]:
    """CPU milliseconds from file to print: a sample of the photos, and one of 12 megapixels."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.jpg"
        large.write_bytes(large_photo(paths[0]))
        given = [str(path.absolute()) for path in (*paths[:_FILES], large)]
        return {key: round(v, 2) for key, v in _run(_CPU, json.dumps(given)).items()}


def embedding(cache: Path) -> tuple[float, float]:
    """CPU milliseconds of one embedding of an aligned face, one pass: ours, face_recognition's."""
    chips = np.random.default_rng(0).integers(0, 256, (20, SIDE, SIDE, 3), np.uint8)
    encoder = DlibOnnx(cache)
    encoder.embed_chips(chips[:1], mirror=False)
    started = time.process_time()
    for chip in chips:
        encoder.embed_chips(chip[None], mirror=False)
    ours = 1000 * (time.process_time() - started) / len(chips)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "chips.npy", chips)
        theirs = float(_run(_EMBEDDING, str(Path(folder) / "chips.npy")))
    return round(ours, 2), round(theirs, 2)
