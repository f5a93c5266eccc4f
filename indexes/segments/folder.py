"""The folder of one index on the disk: generations, the pointer to the one in force, one writer.

    CURRENT               name of the generation in force, replaced by one rename
    gen-00000007/         a whole generation, never changed
    .gen-00000008.part/   one being written; swept away by the next writer
    damaged-…/            set aside for whoever wants to know why
    LOCK                  held by the writer

A crash at any point leaves the old generation or the new one in force, whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from indexes.segments.blocks import Cipher, checksum, read_sealed
from indexes.segments.building import TABLES, VECTORS, Contents, Draft
from indexes.segments.checking import Measured, check_counts, check_files, measure
from indexes.segments.codes import Codes
from indexes.segments.errors import (
    SegmentAbsent,
    SegmentBusy,
    SegmentDamaged,
    SegmentError,
    SegmentForeign,
)
from indexes.segments.manifest import (
    FILE,
    Manifest,
    folder_name,
    place_of,
    read_manifest,
    write_manifest,
)
from indexes.segments.memory import open_plain, sweep
from indexes.segments.recipe import Recipe
from indexes.segments.segment import Segment, threads

POINTS = ("drafted", "filled", "measured", "sealed", "placed", "aimed", "swapped", "swept")
"""The steps of a publication in order; `at` is called with each name when the step is done."""

DAMAGED_KEPT = 5 * 86_400.0
"""Seconds that a damaged generation is kept for whoever wants to know why."""
_CURRENT = "CURRENT"
_GENERATION = re.compile(r"^(?:\.|damaged-)?gen-(\d{8})")
_POINTER = re.compile(r"^gen-(\d{8}) ([0-9a-f]{64})\n$")
_MEMORY_NAME = "xunqin"


def _nothing(point: str) -> None:
    del point


@dataclass(frozen=True, slots=True)
class State:
    """What lies in the folder: the generation in force, others kept, how many were set aside."""

    manifest: Manifest | None
    kept: tuple[int, ...]
    damaged: tuple[str, ...]
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class SegmentFolder:
    """The generations of one index under `root`.

    memory: a folder on a memory file system through which processes share the plain arrays; None
    keeps them in each process. grace: seconds an old generation is kept after it was replaced.
    """

    root: Path
    model: str
    dim: int
    cipher: Cipher
    memory: Path | None = None
    recipe: Recipe = field(default_factory=Recipe.packaged)
    grace: float = 86_400.0

    def publish(
        self, contents: Contents, *, at: Callable[[str], None] = _nothing, now: float | None = None
    ) -> Segment:
        """Make the next generation, prove it and put it in force; gives it opened.

        `at` is called at each of POINTS, so that tests can stop there.

        Raises:
            SegmentBusy: another writer is at work.
            SegmentDamaged: what was written does not prove itself; nothing was changed.
            OSError: the disk is full; nothing was changed.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writing():
            self._sweep_parts()
            number = 1 + max(self._numbers(), default=0)
            draft = Draft(
                self.root / f".{folder_name(number)}.part", number, self.cipher, self.recipe
            )
            try:
                segment = self._proven(draft, contents, at)
            except BaseException:
                draft.discard()
                raise
            try:
                self._put_in_force(number, at)
                self._sweep(time.time() if now is None else now)
                at("swept")
            except BaseException:
                segment.close()
                raise
        return segment

    def open(self) -> Segment:
        """The generation in force.

        Raises:
            SegmentAbsent, SegmentForeign, SegmentDamaged: it cannot be used; see `quarantine`.
        """
        number = self._current()
        folder = self.root / folder_name(number)
        manifest = read_manifest(folder, number, self.cipher)
        segment = self._opened(folder, manifest)
        self._sweep_memory()
        return segment

    def manifest(self) -> Manifest:
        """The manifest in force; raises as `open` does."""
        number = self._current()
        return read_manifest(self.root / folder_name(number), number, self.cipher)

    def verify(self) -> Measured:
        """Checksums, counts and sampled searches of what lies on the disk; raises as `open`."""
        number = self._current()
        folder = self.root / folder_name(number)
        manifest = read_manifest(folder, number, self.cipher)
        check_files(folder, manifest)
        segment = self._opened(folder, manifest)
        try:
            return self._measured(segment)
        finally:
            segment.close()

    def quarantine(self) -> str | None:
        """Set aside whatever is in force, so that nobody opens it again; gives its new name.

        Waits for no writer: raises SegmentBusy while one is at work.
        """
        with self._writing():
            pointer = self.root / _CURRENT
            try:
                number, _ = self._pointed()
            except SegmentAbsent:
                return None
            except SegmentDamaged:
                aside = self.root / f"damaged-pointer-{time.time_ns()}"
                pointer.rename(aside)
                return aside.name
            aside = self.root / f"damaged-{folder_name(number)}-{time.time_ns()}"
            folder = self.root / folder_name(number)
            if folder.exists():
                folder.rename(aside)
            pointer.unlink()
            _to_disk(self.root)
            return aside.name

    def sweep(self, now: float | None = None) -> None:
        """Remove what was replaced or set aside long enough ago; raises SegmentBusy."""
        with self._writing():
            self._sweep(time.time() if now is None else now)

    def state(self) -> State:
        """What lies here; raises as `open` does when the manifest in force cannot be read."""
        manifest = None if not (self.root / _CURRENT).exists() else self.manifest()
        in_force = None if manifest is None else manifest.generation
        names = sorted(p.name for p in self.root.iterdir()) if self.root.is_dir() else []
        kept = tuple(n for n in self._whole() if n != in_force)
        damaged = tuple(name for name in names if name.startswith("damaged-"))
        size = sum(p.stat().st_size for p in self.root.rglob("*") if p.is_file())
        return State(manifest, kept, damaged, size)

    def _proven(self, draft: Draft, contents: Contents, at: Callable[[str], None]) -> Segment:
        draft.folder.mkdir(mode=0o700)
        at("drafted")
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = draft.write(contents, made_at)
        at("filled")
        check_files(draft.folder, manifest)
        segment = self._opened(draft.folder, manifest)
        try:
            measured = self._measured(segment)
            at("measured")
            manifest = replace(
                manifest,
                self_recall=measured.self_recall,
                rank1=measured.rank1,
                recall10=measured.recall10,
            )
            write_manifest(draft.folder, manifest, self.cipher)
            _to_disk(draft.folder)
            at("sealed")
        except BaseException:
            segment.close()
            raise
        return replace(segment, manifest=manifest)

    def _measured(self, segment: Segment) -> Measured:
        check_counts(segment)
        measured = measure(segment, self.recipe.sampled_probes)
        if (
            measured.self_recall < self.recipe.self_recall_least
            or measured.rank1 < self.recipe.rank1_least
        ):
            raise SegmentDamaged(
                f"only {measured.self_recall:.3f} of the sampled prints find themselves, "
                f"rank-1 {measured.rank1:.3f} of the exact scan"
            )
        return measured

    def _put_in_force(self, number: int, at: Callable[[str], None]) -> None:
        folder = self.root / folder_name(number)
        (self.root / f".{folder_name(number)}.part").rename(folder)
        _to_disk(self.root)
        at("placed")
        aside = self.root / f"{_CURRENT}.next"
        with aside.open("w", encoding="ascii") as file:
            file.write(f"{folder_name(number)} {checksum(folder / FILE)}\n")
            file.flush()
            os.fsync(file.fileno())
        at("aimed")
        aside.replace(self.root / _CURRENT)
        _to_disk(self.root)
        at("swapped")

    def _current(self) -> int:
        """The generation in force, whose manifest is the one that was put in force."""
        number, checked = self._pointed()
        if checksum(self.root / folder_name(number) / FILE) != checked:
            raise SegmentDamaged("the manifest is not the one that was put in force")
        return number

    def _pointed(self) -> tuple[int, str]:
        """What the pointer says: a generation and the checksum of its manifest."""
        try:
            text = (self.root / _CURRENT).read_text("ascii")
        except FileNotFoundError:
            raise SegmentAbsent("nothing has been published") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SegmentDamaged("the pointer cannot be read") from error
        found = _POINTER.match(text)
        if found is None:
            raise SegmentDamaged("the pointer is broken")
        return int(found[1]), found[2]

    def _opened(self, folder: Path, manifest: Manifest) -> Segment:
        if (manifest.model, manifest.dim) != (self.model, self.dim):
            raise SegmentForeign(f"made for {manifest.model} of {manifest.dim} numbers")

        def blocks(name: str) -> Iterator[bytes]:
            place = place_of(manifest.generation, name, manifest.making)
            return read_sealed(folder / name, place, self.cipher)

        name, kin = self._memory_name(manifest), f"{_MEMORY_NAME}-{os.getuid()}-"
        plain = open_plain(manifest.files, blocks, self.memory, name, kin)
        arrays = plain.arrays
        try:
            return Segment(
                manifest=manifest,
                plain=plain,
                ids=arrays["ids"],
                owners=arrays["owners"],
                seqs=arrays["seqs"],
                vectors=arrays[VECTORS],
                columns={name: arrays[f"column-{name}"] for name in manifest.columns},
                extras={name: arrays[f"extra-{name}"] for name in manifest.extras},
                codes=tuple(
                    (s, Codes.load(arrays[TABLES], arrays[s.file], s.stop - s.start))
                    for s in manifest.shards
                ),
                recipe=self.recipe,
                pool=threads(len(manifest.shards)),
            )
        except (KeyError, ValueError, RuntimeError) as error:
            plain.close()
            raise SegmentDamaged("a file of the segment is missing or broken") from error

    def _memory_prefix(self) -> str:
        place = hashlib.blake2b(str(self.root.resolve()).encode(), digest_size=8).hexdigest()
        return f"{_MEMORY_NAME}-{os.getuid()}-{place}-"

    def _memory_name(self, manifest: Manifest) -> str:
        sums = "".join(facts.blake2b for _, facts in sorted(manifest.files.items()))
        return self._memory_prefix() + hashlib.blake2b(sums.encode(), digest_size=8).hexdigest()

    def _sweep_memory(self) -> None:
        if self.memory is not None:
            sweep(self.memory, self._memory_prefix())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / "LOCK").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SegmentBusy("another process is writing this index") from None
            yield

    def _numbers(self) -> list[int]:
        found = (_GENERATION.match(path.name) for path in self.root.iterdir())
        return [int(match[1]) for match in found if match]

    def _whole(self) -> list[int]:
        if not self.root.is_dir():
            return []
        names = (p.name for p in self.root.iterdir() if p.name.startswith("gen-"))
        return sorted(int(name[4:]) for name in names)

    def _sweep_parts(self) -> None:
        for part in self.root.glob(".gen-*.part"):
            shutil.rmtree(part, ignore_errors=True)

    def _sweep(self, now: float) -> None:
        """Remove what was replaced longer than the grace period ago, or never came into force.

        Both may hold prints of people who were erased since.
        """
        for aside in self.root.glob("damaged-*"):
            if now - int(aside.name.rpartition("-")[2]) / 1e9 >= DAMAGED_KEPT:
                shutil.rmtree(aside) if aside.is_dir() else aside.unlink()
        try:
            current, _ = self._pointed()
        except SegmentError:
            return  # nothing is in force, so nothing can tell what was replaced
        since = (self.root / _CURRENT).stat().st_mtime
        for number in self._whole():
            folder = self.root / folder_name(number)
            replaced = folder / "REPLACED"
            if number == current:
                continue
            if not replaced.exists():
                replaced.touch()
                os.utime(replaced, (since, since))
            if now - replaced.stat().st_mtime >= self.grace:
                shutil.rmtree(folder, ignore_errors=True)
        self._sweep_memory()


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
