"""The gallery in sealed generations on the disk, so that a start need not read every record.

Published, proven, shared and set aside by the same machinery as the face index. A generation
belongs to one release of the comparators, one set of sound packs and one ear: the fingerprint of
all of them is its model, and a generation of another one is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import structlog

from indexes.contract import Entries
from indexes.segments import (
    Contents,
    Segment,
    SegmentAbsent,
    SegmentDamaged,
    SegmentError,
    SegmentFolder,
    SegmentForeign,
)
from matchers.outline import OutlineBroken
from matchers.sounds import SoundEngine
from tracing.face_gallery import FaceGallery
from tracing.gallery import View
from tracing.index_engines import KEY, EngineState, told_plainly
from tracing.sealing import Vault
from tracing.sealing.segment_cipher import INDEXES, IndexKeys, SegmentCipher
from tracing.settings import Settings
from tracing.view_arrays import TEMPLATES, arrays_of, templates_of, view_of

FOLDER = "gallery"
FORMAT = 3
"""One more whenever the arrays of a view change their meaning."""


@dataclass(slots=True)
class GallerySegments:
    """The generations of one installation's gallery; `damaged` is why the last could not be used.

    Not safe to share between threads: the gallery holds its own lock.
    """

    shelf: SegmentFolder
    engine: SoundEngine
    faces: FaceGallery
    keys: IndexKeys | None = None
    damaged: str | None = None
    _held: Segment | None = None

    @classmethod
    def of(
        cls, settings: Settings, vault: Vault, engine: SoundEngine, faces: FaceGallery
    ) -> GallerySegments:
        """Those of an installation; `faces` is its gallery of faces without a face."""
        root = settings.data_dir / INDEXES / FOLDER
        model = fingerprint(settings.data_dir, faces)
        keys = IndexKeys(vault, root)
        shelf = SegmentFolder(root, model, 1, keys.cipher(), settings.index_memory_dir)
        return cls(shelf, engine, faces, keys)

    @property
    def generation(self) -> int:
        """The generation in use, 0 for none."""
        return self._held.manifest.generation if self._held is not None else 0

    @property
    def memory_bytes(self) -> int:
        """What the generation in use takes of memory, shared with the face index or not."""
        files = {} if self._held is None else self._held.manifest.files
        return sum(facts.plain_bytes for facts in files.values())

    def open(self) -> View | None:
        """The state in force; None where there is none, or none that can be used."""
        self.damaged = None
        try:
            segment = self.shelf.open()
        except SegmentAbsent:
            return None
        except SegmentForeign as error:
            # of another release: its makers may still be answering from it
            structlog.get_logger("xunqin").info("gallery of another release", reason=str(error))
            return None
        except SegmentDamaged as error:
            self.set_aside(str(error))
            return None
        return self._viewed(segment)

    def publish(self, view: View) -> View:
        """Write a view of living rows alone, prove it, put it in force; gives it as opened.

        Raises:
            IndexBusy, IndexDamaged, IndexUnusable: nothing was changed.
        """
        newest = 1 if self.keys is None else self.keys.newest
        if isinstance(self.shelf.cipher, SegmentCipher):
            self.shelf.cipher.refresh()
        contents = Contents(
            self.shelf.model,
            1,
            view.seq,
            _nobody(),
            extras=arrays_of(view, self.engine),
            streams={TEMPLATES: templates_of(view.faces)},
            note={"people": len(view), "faces": len(view.faces), KEY: newest},
        )
        with told_plainly():
            opened = self._viewed(self.shelf.publish(contents))
        if opened is None:
            raise OutlineBroken("what was written cannot be read")
        self.damaged = None
        return opened

    def renew_key(self) -> None:
        """Seal the next generation under a new key; older ones go with what they sealed."""
        if self.keys is not None:
            self.keys.add()

    def newer(self) -> bool:
        """Whether another process has put a generation in force since; sweeps what is old."""
        try:
            with told_plainly():
                self.shelf.sweep()
            found = self.shelf.manifest()
        except SegmentError:
            return False
        if self.keys is not None and not self.shelf.state().kept:
            self.keys.drop_before(int(found.note.get(KEY, 1)))
        return found.model == self.shelf.model and found.generation > self.generation

    def set_aside(self, reason: str) -> None:
        """Nobody is to open what is in force any more."""
        self.damaged = reason
        with told_plainly():
            aside = self.shelf.quarantine()
        structlog.get_logger("xunqin").error("gallery set aside", reason=reason, name=aside)

    def verify(self) -> None:
        """Every checksum; raises `IndexDamaged`."""
        with told_plainly():
            try:
                self.shelf.verify()
            except (SegmentAbsent, SegmentForeign):
                return

    def state(self) -> EngineState:
        """What lies on the disk."""
        with told_plainly():
            found = self.shelf.state()
        manifest = found.manifest
        usable = manifest is not None and manifest.model == self.shelf.model
        facts: dict[str, Any] = {
            "generation": manifest.generation if manifest else None,
            "made_at": manifest.made_at if manifest else None,
            "usable": usable if manifest else None,
            "disk_bytes": found.disk_bytes,
            "memory_bytes": sum(f.plain_bytes for f in manifest.files.values()) if manifest else 0,
            "kept": list(found.kept),
            "damaged": list(found.damaged),
        }
        rows = int(manifest.note.get("people", 0)) if manifest else 0
        applied = manifest.max_seq if manifest else -1
        return EngineState("gallery", self.shelf.model, rows, applied, facts)

    def close(self) -> None:
        """Let go of the generation."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _viewed(self, segment: Segment) -> View | None:
        try:
            view = view_of(segment.extras, self.engine, self.faces)
        except OutlineBroken as error:
            segment.close()
            self.set_aside(str(error))
            return None
        if self._held is not None:
            self._held.close()  # a search that is still in it keeps its arrays
        self._held = segment
        return view


def fingerprint(data_dir: Path, faces: FaceGallery) -> str:
    """What a gallery's arrays depend on: the comparators' release, sound packs, ear, face model."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(f"{FORMAT} {faces.model} {faces.dim}".encode())
    for package in ("matchers.evidence", "matchers.sounds", "matchers.places", "matchers"):
        _take_in(digest, files(package), deep=package != "matchers")
    sounds = data_dir / "sounds"
    for path in sorted(sounds.rglob("*")) if sounds.is_dir() else ():
        if path.is_file():
            digest.update(f"{path.relative_to(sounds)}".encode() + path.read_bytes())
    return f"gallery-{digest.hexdigest()}"


def _take_in(digest: hashlib.blake2b, folder: Traversable, *, deep: bool) -> None:
    for part in sorted(folder.iterdir(), key=lambda each: each.name):
        if part.is_dir():
            if deep and part.name != "__pycache__":
                _take_in(digest, part, deep=True)
        elif not part.name.endswith(".pyc"):
            digest.update(part.name.encode() + part.read_bytes())


def _nobody() -> Iterator[Entries]:
    """A gallery's generation has no vectors for FAISS: its templates are arrays like the rest."""
    return iter(())
