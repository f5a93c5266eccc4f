"""One start, for a process of its own: `main([FOLDER, SINCE])`.

Prints one JSON line with the seconds since `SINCE` (of the system's monotonic clock), then waits
for a line on standard input, so that another process can be measured beside it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from indexes.segments import SegmentFolder
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.evidence.part_wise import growing
from matchers.fusion import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine, Voices
from tracing.comparing import Probe, compare
from tracing.face_gallery import FaceGallery
from tracing.gallery import Gallery, Records
from tracing.gallery_segments import FOLDER, GallerySegments, fingerprint
from tracing.person_files import GalleryRow
from tracing.sealing.segment_cipher import SegmentCipher
from tracing.settings import Settings

NUMBERS = "numbers.db"
QUESTION: dict[str, Any] = {
    "side": "found",
    "sex": "male",
    "names": [{"text": "王建军", "kind": "heard"}],
    "birth": {"earliest": "1958", "latest": "1962", "basis": "apparent"},
    "places": [{"kind": "heard_home", "heard": "chang zhou"}],
    "relatives": [{"relation": "spouse", "names": [{"text": "李秀英", "kind": "heard"}]}],
    "event_at": "2026-03-01",
}


@dataclass(frozen=True, slots=True)
class House:
    """What an installation has before it opens its gallery."""

    comparators: tuple[Comparator, ...]
    faces: FaceGallery
    segments: GallerySegments


def house(folder: Path) -> House:
    """The product's own, with a key that the folder's name gives."""
    engine = SoundEngine.of(Voices.standard())
    known = tuple(growing(c) for c in comparators(engine, Divisions.load()))
    faces = FaceGallery.empty("made", 128, None)
    key = HKDF(hashes.SHA256(), 32, None, b"benchmark").derive(folder.name.encode())
    memory = Settings(_env_file=None).index_memory_dir  # type: ignore[call-arg]
    shelf = SegmentFolder(
        folder / FOLDER, fingerprint(folder, faces), 1, SegmentCipher([key]), memory
    )
    return House(known, faces, GallerySegments(shelf, engine, faces))


def main(arguments: list[str]) -> int:
    """Start, answer, tell, wait."""
    folder, since = Path(arguments[0]), float(arguments[1])
    laps = {"python_s": time.monotonic() - since}
    kept = house(folder)
    laps["sounds_s"] = time.monotonic() - since
    gallery = Gallery(kept.comparators, kept.faces, _nothing_new, _records(folder, kept))
    view = gallery.follow()
    laps["open_s"] = time.monotonic() - since
    if not len(view):
        raise RuntimeError("the generation could not be opened")
    probe = Probe("found", PersonClaims.from_document(QUESTION))
    model = Model.load(None)
    found = compare(view, gallery.comparators, model, probe, view.allowed("found"), 20)
    laps["answer_s"] = time.monotonic() - since
    again = compare(view, gallery.comparators, model, probe, view.allowed("found"), 20)
    told = {
        "people": len(view),
        **{name: round(value, 3) for name, value in laps.items()},
        "cpu_s": round(time.process_time(), 3),
        "listed": len(found.order),
        "next_answer_cpu_ms": round(again.cpu_ms, 1),
        **_memory(),
    }
    print(json.dumps(told), flush=True)
    sys.stdin.readline()
    kept.segments.close()
    return 0


def _nothing_new(after: int) -> Iterator[GalleryRow]:
    del after
    return iter(())


def _records(folder: Path, kept: House) -> Records:
    def standing(upto: int) -> tuple[int, int]:
        with sqlite3.connect(folder / NUMBERS) as database:
            question = "SELECT count(*), sum(seq) FROM person WHERE seq <= ?"
            count, total = database.execute(question, (upto,)).fetchone()
            return int(count), int(total)

    def reread(ids: object) -> tuple[GalleryRow, ...]:
        del ids
        return ()

    return Records(kept.segments, reread, standing, lambda: datetime.now(UTC))


def _memory() -> dict[str, int]:
    """Bytes of this process's own and of pages it shares (Linux)."""
    found = {}
    for line in Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) * 1024
    own = found["Private_Dirty"] + found["Private_Clean"]
    return {"private_bytes": own, "mapped_bytes": found["Rss"] - own, "rss_bytes": found["Rss"]}
