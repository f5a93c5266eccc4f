"""One start, for a process of its own: `main([FOLDER, SINCE, FACES])`.

Prints one JSON line with the seconds since `SINCE` (of the system's monotonic clock), then waits
for lines on standard input, so that another process can be measured beside it: `register` and
`publish` are done and answered with a line each, any other ends it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from benchmarks.start.faces import nobody, registered
from indexes.segments import SegmentFolder
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.evidence.part_wise import growing
from matchers.fusion import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine, Voices
from tracing.comparing import Comparison, Probe, compare
from tracing.face_gallery import FaceGallery
from tracing.face_index import FaceIndex
from tracing.gallery import Gallery, Records
from tracing.gallery_segments import FOLDER, GallerySegments, fingerprint
from tracing.index_engines import SegmentEngine
from tracing.person_files import GalleryRow
from tracing.sealing import Vault
from tracing.sealing.master import MasterKeys
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
    index: FaceIndex | None = None
    come: list[GalleryRow] = field(default_factory=list)

    def changes(self, after: int) -> Iterator[GalleryRow]:
        """Whoever came after the generation was made."""
        return (row for row in list(self.come) if row.seq > after)


def house(folder: Path, with_faces: bool) -> House:
    """The product's own, with a key that the folder's name gives."""
    engine = SoundEngine.of(Voices.standard())
    known = tuple(growing(c) for c in comparators(engine, Divisions.load()))
    faces = nobody(with_faces)
    key = HKDF(hashes.SHA256(), 32, None, b"benchmark").derive(folder.name.encode())
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    shelf = SegmentFolder(
        folder / FOLDER,
        fingerprint(folder, faces),
        1,
        SegmentCipher([key]),
        settings.index_memory_dir,
    )
    kept = House(known, faces, GallerySegments(shelf, engine, faces))
    if not with_faces:
        return kept
    vault = Vault(MasterKeys(current=1, keys={1: key}))
    vectors = SegmentEngine(settings, vault, faces.model, faces.dim)
    index = FaceIndex(vectors, faces.model, faces.dim, kept.changes, lambda: datetime.now(UTC))
    return replace(kept, index=index)


def main(arguments: list[str]) -> int:
    """Start, answer, tell; then do as is asked."""
    folder, since, with_faces = Path(arguments[0]), float(arguments[1]), arguments[2] == "faces"
    laps = {"python_s": time.monotonic() - since}
    kept = house(folder, with_faces)
    laps["sounds_s"] = time.monotonic() - since
    gallery = _gallery(folder, kept)
    view = gallery.follow()
    laps["open_s"] = time.monotonic() - since
    if not len(view):
        raise RuntimeError("the generation could not be opened")
    found = _answered(kept, gallery)
    laps["answer_s"] = time.monotonic() - since
    again = _answered(kept, gallery)
    told = {
        "people": len(view),
        "faces": len(view.faces),
        **{name: round(value, 3) for name, value in laps.items()},
        "cpu_s": round(time.process_time(), 3),
        "listed": len(found.order),
        "next_answer_cpu_ms": round(again.cpu_ms, 1),
        **_memory(),
    }
    del view, found, again
    print(json.dumps(told), flush=True)
    while (asked := sys.stdin.readline().strip()) in ("register", "publish"):
        print(json.dumps(_done(asked, kept, gallery)), flush=True)
    kept.segments.close()
    if kept.index is not None:
        kept.index.close()
    return 0


def _gallery(folder: Path, kept: House) -> Gallery:
    records = _records(folder, kept)
    if kept.index is None:
        return Gallery(kept.comparators, kept.faces, kept.changes, records)
    changes = kept.index.following(kept.changes)
    return Gallery(kept.comparators, kept.faces, changes, records, kept.index.begin)


def _answered(kept: House, gallery: Gallery) -> Comparison:
    """One question, by face too where there are faces."""
    view, index = gallery.view, kept.index
    probe, nearest = Probe("found", PersonClaims.from_document(QUESTION)), None
    if index is not None:
        probe = replace(probe, template=view.faces.vectors[len(view.faces) // 2])
        nearest = index.nearest if index.narrows(len(view.faces)) else None
    model = Model.load(None)
    return compare(view, gallery.comparators, model, probe, view.allowed("found"), 20, nearest)


def _done(asked: str, kept: House, gallery: Gallery) -> dict[str, Any]:
    """Two registrations with a face, or a new generation of both; what that took."""
    began = time.process_time()
    with _watched() as most:
        if asked == "register":
            last = gallery.view.seq
            for number, person in enumerate(("late", gallery.view.ids[7])):
                kept.come.append(registered(kept.faces, person, last + 1 + number))
            gallery.follow()
            _answered(kept, gallery)
        else:
            gallery.publish()
            if kept.index is not None:
                kept.index.tidy()
    spent = time.process_time() - began
    return {"cpu_s": round(spent, 3), **most, **_memory()}


@contextmanager
def _watched() -> Iterator[dict[str, int]]:
    """The most that the process held of its own, looked at ten times a second."""
    most = {"most_own_bytes": 0, "most_shared_bytes": 0}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            now = _memory()
            most["most_own_bytes"] = max(most["most_own_bytes"], now["own_bytes"])
            most["most_shared_bytes"] = max(most["most_shared_bytes"], now["shared_bytes"])

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield most
    finally:
        over.set()
        looker.join()


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
    """Bytes of this process's own, and of the pages in memory that it shares, each once (Linux)."""
    own = 0
    for line in Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, _, rest = line.partition(":")
        if name == "Anonymous":
            own = int(rest.split()[0]) * 1024
    shared: dict[str, int] = {}
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        span, _, _, device, inode, *path = line.split(maxsplit=5)
        if path and "/xunqin-" in path[0]:
            start, stop = (int(end, 16) for end in span.split("-"))
            shared[f"{device} {inode}"] = stop - start
    return {"own_bytes": own, "shared_bytes": sum(shared.values())}
