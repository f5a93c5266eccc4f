"""Sealed files of photos and recordings: on disk before their row, found when a row is missing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tracing.errors import NotFound
from tracing.store.ids import is_id

Kind = Literal["original", "picture", "clip"]
_KINDS: tuple[Kind, ...] = ("original", "picture")


class PhotoFiles:
    """A folder of an installation; names are ids, contents are sealed."""

    def __init__(
        self, data_dir: Path, folder: str = "photos", kinds: tuple[Kind, ...] = _KINDS
    ) -> None:
        self._folder = data_dir / folder
        self._kinds = kinds

    def write(self, photo_id: str, kind: Kind, sealed: bytes) -> None:
        """Write whole and durably: the file and its name are on disk when this returns."""
        path = self._path(photo_id, kind)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(f"{path.suffix}.part")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        for folder in (path.parent, self._folder):
            _sync_folder(folder)

    def read(self, photo_id: str, kind: Kind) -> bytes:
        """The sealed bytes; raises `NotFound` when the file is gone."""
        try:
            return self._path(photo_id, kind).read_bytes()
        except FileNotFoundError:
            raise NotFound from None

    def remove(self, photo_id: str) -> None:
        """Remove its files; what is gone already is no error."""
        for kind in self._kinds:
            self._path(photo_id, kind).unlink(missing_ok=True)

    def left_alone(self, minutes: float) -> Iterator[str]:
        """Ids of photos whose files are older than that, and clears away half-written files."""
        before = time.time() - minutes * 60
        seen: set[str] = set()
        for path in sorted(self._folder.glob("*/*")):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= before:
                    continue
                if path.suffix == ".part":
                    path.unlink()
                elif is_id(path.stem) and path.stem not in seen:
                    seen.add(path.stem)
                    yield path.stem

    def _path(self, photo_id: str, kind: Kind) -> Path:
        if not is_id(photo_id):
            raise NotFound
        return self._folder / photo_id[-2:] / f"{photo_id}.{kind}"


def clip_files(data_dir: Path) -> PhotoFiles:
    """The folder of sealed recordings."""
    return PhotoFiles(data_dir, "voices", ("clip",))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
