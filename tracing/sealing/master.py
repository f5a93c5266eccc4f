"""The master key file: `<id> <64 hex digits>` a line, the last line is the key in use.

Older lines stay until everything wrapped under them has been wrapped anew.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from tracing.errors import KeyMissing
from tracing.sealing.cipher import KEY_BYTES

_LONGEST_FILE = 65_536


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """Master keys by id, and the id in use. Never printed: the representation hides the keys."""

    current: int
    keys: dict[int, bytes]

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current}, known={len(self.keys)})"

    def key(self, key_id: int) -> bytes:
        """The key with that id; raises `KeyMissing` when the file does not hold it."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise KeyMissing(reason="unknown_id", key_id=key_id) from None


def open_master(path: Path, *, may_create: bool) -> MasterKeys:
    """Read the key file, or create it with mode 0600 at the very first start.

    Raises:
        KeyMissing: absent although data exists, readable by others, or damaged;
            `reason` is `absent`, `mode`, `unreadable` or `damaged`.
    """
    if not path.exists():
        if not may_create:
            raise KeyMissing(reason="absent")
        _create(path)
    return _parse(_read(path))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & 0o077:
                raise KeyMissing(reason="mode", mode=oct(stat.S_IMODE(mode)))
            return file.read(_LONGEST_FILE).decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise KeyMissing(reason="unreadable") from None


def _parse(text: str) -> MasterKeys:
    keys: dict[int, bytes] = {}
    current = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            number, digits = line.split()
            current, key = int(number), bytes.fromhex(digits)
        except ValueError:
            raise KeyMissing(reason="damaged") from None
        if len(key) != KEY_BYTES or not 0 < current < 2**32 or current in keys:
            raise KeyMissing(reason="damaged")
        keys[current] = key
    if not keys:
        raise KeyMissing(reason="damaged")
    return MasterKeys(current=current, keys=keys)


def _create(path: Path) -> None:
    """Write aside, then link into place: a second process never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"1 {secrets.token_hex(KEY_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return  # another process was first; its key is the key
    finally:
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
