"""Plain copies of a generation in memory-backed files that all processes of one user map.

The first process to open a generation writes its plain arrays into a folder on a memory file
system; the others map the same pages. Each holds a shared lock as long as it uses them, so that
whoever finds a folder nobody holds may remove it. Plain bytes never reach a disk: where there is
no memory file system, or no room on it, or the folder is not ours alone, the arrays go into the
process's own memory, and `shared` says so.

Two indexes may hold the same numbers: the gallery its face templates, the face index its raw
vectors. A file whose facts name its plain bytes lies here under that name, and where another folder
has one of this name, both hold the same pages by a hard link, which stays when either folder goes.
What is linked is what the manifest promises: manifests are sealed, a file gets its name only once
every block was authenticated as one of that making, whose digest the manifest has, and nothing is
written to it after.
The sealed file is not read then; whether it is whole, `check_files` tells, and the next opening
that finds nothing to link.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.segments.errors import SegmentDamaged
from indexes.segments.manifest import FileFacts

Arrays = Mapping[str, NDArray[Any]]
Reader = Callable[[str], Iterator[bytes]]
"""Gives the plain blocks of a named file."""

_LOCK = "LOCK"
_FILLING = "FILLING"
_READY = "READY"
_PART = ".part"
_ROOM_LEFT = 64 << 20
_TOGETHER = 2
"""So many files are opened at once; each waits for the disk and the system half of its time."""
_MEMORY_SYSTEMS = ("tmpfs", "ramfs")


@dataclass(slots=True)
class Plain:
    """The arrays of one generation, read-only; `close` lets go of them."""

    arrays: Arrays
    folder: Path | None
    lock: int | None

    @property
    def shared(self) -> bool:
        """Whether other processes map the same pages."""
        return self.lock is not None

    def close(self) -> None:
        """Let go; the last process to do so removes the folder. Arrays in use stay mapped."""
        lock, folder = self.lock, self.folder
        self.arrays, self.lock, self.folder = {}, None, None
        if lock is None or folder is None:
            return
        try:
            _remove_if_unused(folder, lock)
        finally:
            os.close(lock)


def open_plain(
    files: Mapping[str, FileFacts], read: Reader, memory: Path | None, name: str, kin: str
) -> Plain:
    """The arrays in memory, shared through `memory`/`name` where that is possible.

    kin: how the names of all folders begin with which pages may be shared.

    Raises SegmentDamaged when a file does not hold what its facts say.
    """
    if memory is not None and in_memory(memory):
        shared = _open_shared(files, read, memory / name, kin)
        if shared is not None:
            return shared
    arrays = {file: _own(facts, read(file), file) for file, facts in files.items()}
    return Plain(arrays, None, None)


def sweep(memory: Path, prefix: str) -> int:
    """Remove the folders of that prefix which no process holds; returns how many."""
    removed = 0
    for folder in memory.glob(f"{prefix}*"):
        lock = _lock_of(folder)
        if lock is None:
            continue
        try:
            removed += _remove_if_unused(folder, lock)
        finally:
            os.close(lock)
    return removed


def in_memory(folder: Path) -> bool:
    """Whether a folder lies on a memory file system (Linux: tmpfs or ramfs)."""
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8").splitlines()
        place = folder.resolve(strict=True)
    except OSError:
        return False
    best, kind = -1, ""
    for line in lines:
        _, mount, system, *_ = line.split(" ")
        if place.is_relative_to(mount) and len(mount) >= best:
            best, kind = len(mount), system
    return kind in _MEMORY_SYSTEMS


def _open_shared(
    files: Mapping[str, FileFacts], read: Reader, folder: Path, kin: str
) -> Plain | None:
    lock = _held(folder)
    if lock is None:
        return None
    kept = False
    try:
        with (folder / _FILLING).open("ab") as filling:
            fcntl.flock(filling, fcntl.LOCK_EX)
            if not (folder / _READY).exists():
                _fill(files, read, folder, kin)
        arrays = {
            file: _mapped(folder / _name(file, facts), facts) for file, facts in files.items()
        }
        kept = True
    except OSError:  # no room: the process's own memory has to do
        _empty(folder)
        return None
    finally:
        if not kept:
            os.close(lock)
    return Plain(arrays, folder, lock)


def _held(folder: Path) -> int | None:
    """A shared lock on a folder of ours; None where somebody else's stands in the way."""
    while True:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if not _ours_alone(folder.lstat(), stat.S_IFDIR):
                return None
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            continue  # removed between the two calls
        except OSError:
            return None
        fcntl.flock(lock, fcntl.LOCK_SH)
        if _still_there(folder, lock):
            return lock
        os.close(lock)


def _lock_of(folder: Path) -> int | None:
    try:
        return os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None


def _still_there(folder: Path, lock: int) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), (folder / _LOCK).lstat())
    except OSError:
        return False


def _remove_if_unused(folder: Path, lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    if not _still_there(folder, lock):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _fill(files: Mapping[str, FileFacts], read: Reader, folder: Path, kin: str) -> None:
    """Link or write what is missing; a file that stands under its name is whole."""
    missing = {_name(file, facts): file for file, facts in files.items()}
    for name, file in list(missing.items()):
        if (folder / name).exists() or _linked(files[file], folder / name, kin):
            del missing[name]
    room = os.statvfs(folder)
    # the largest first, so that none is left alone at the end
    copied = sorted(missing.values(), key=lambda file: -files[file].plain_bytes)
    if sum(files[f].plain_bytes for f in copied) + _ROOM_LEFT > room.f_bavail * room.f_frsize:
        raise OSError("no room in memory")
    with ThreadPoolExecutor(_TOGETHER, "xunqin-fill") as pool:
        for _ in pool.map(lambda file: _copy(file, files[file], read, folder), copied):
            pass
    (folder / _READY).touch(mode=0o600)


def _name(file: str, facts: FileFacts) -> str:
    """Under which name a file lies in memory: that of its plain bytes, where that is known."""
    return facts.plain or file


def _linked(facts: FileFacts, wanted: Path, kin: str) -> bool:
    """Whether another folder of ours has these bytes, and `wanted` now shares their pages."""
    if not facts.plain or not facts.plain_bytes:
        return False
    aside = wanted.with_name(f"{wanted.name}{_PART}")
    for found in wanted.parent.parent.glob(f"{kin}*/{facts.plain}"):
        try:
            if not _ours_alone(found.parent.lstat(), stat.S_IFDIR):
                continue
            aside.unlink(missing_ok=True)
            os.link(found, aside, follow_symlinks=False)
            told = aside.lstat()  # of what was linked, whatever stands under that name by now
            if _ours_alone(told, stat.S_IFREG) and told.st_size == facts.plain_bytes:
                aside.rename(wanted)
                return True
            aside.unlink()
        except OSError:  # swept away meanwhile, or links are not to be had: it is copied
            continue
    return False


def _ours_alone(facts: os.stat_result, kind: int) -> bool:
    """A folder or file, no link to one, that nobody else may read or write."""
    ours = stat.S_IFMT(facts.st_mode) == kind and facts.st_uid == os.getuid()
    return ours and not facts.st_mode & 0o077


def _copy(file: str, facts: FileFacts, read: Reader, folder: Path) -> None:
    name = _name(file, facts)
    aside = folder / f"{name}{_PART}"
    aside.unlink(missing_ok=True)  # whoever was killed may have left a link to pages in use
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        size = sum(out.write(block) for block in read(file))
    if size != facts.plain_bytes:
        raise SegmentDamaged(f"{file} holds {size} bytes, expected {facts.plain_bytes}")
    aside.rename(folder / name)


def _empty(folder: Path) -> None:
    if not (folder / _READY).exists():
        for file in folder.iterdir():
            if file.name not in (_LOCK, _FILLING):
                file.unlink(missing_ok=True)


def _mapped(path: Path, facts: FileFacts) -> NDArray[Any]:
    if not facts.plain_bytes:
        return np.empty(facts.shape, facts.dtype)
    with path.open("rb") as file:
        # every page at once: a search touches a thousand at random, each a fault the first time
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        pages = mmap.mmap(file.fileno(), facts.plain_bytes, flags, mmap.PROT_READ)
    return np.frombuffer(pages, facts.dtype).reshape(facts.shape)


def _own(facts: FileFacts, blocks: Iterator[bytes], file: str) -> NDArray[Any]:
    plain = np.empty(facts.plain_bytes, np.uint8)
    at = 0
    for block in blocks:
        if at + len(block) > len(plain):
            raise SegmentDamaged(f"{file} is longer than its manifest says")
        plain[at : at + len(block)] = np.frombuffer(block, np.uint8)
        at += len(block)
    if at != len(plain):
        raise SegmentDamaged(f"{file} holds {at} bytes, expected {len(plain)}")
    plain.flags.writeable = False
    return plain.view(facts.dtype).reshape(facts.shape)
