"""The master keys: `<id> <64 hex digits>` a line, the last line is the key in use.

Older lines stay until everything wrapped under them has been wrapped anew. They come from a file
with mode 0600, from the environment, or from what a command prints.
"""

from __future__ import annotations

import os
import secrets
import shlex
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracing.errors import KeyMissing
from tracing.sealing.cipher import KEY_BYTES

_LONGEST = 65_536
_COMMAND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """Master keys by id, and the id in use. Never printed: the representation hides the keys."""

    current: int
    keys: dict[int, bytes]

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current}, known={len(self.keys)})"

    def key(self, key_id: int) -> bytes:
        """The key with that id; raises `KeyMissing` when it is not known."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise KeyMissing(reason="unknown_id", key_id=key_id) from None


KeySource = Callable[[], MasterKeys]
"""Reads the keys as they are now; raises `KeyMissing`."""


def open_master(path: Path, *, may_create: bool) -> MasterKeys:
    """Read the key file, or create it with mode 0600 at the very first start.

    Raises:
        KeyMissing: absent although data exists, readable by others, or damaged;
            `reason` is `absent`, `mode`, `unreadable` or `damaged`.
    """
    if not path.exists():
        if not may_create:
            raise KeyMissing(reason="absent")
        _put(path, f"1 {secrets.token_hex(KEY_BYTES)}\n", replace=False)
    return parse_keys(_read(path))


def keys_from_command(command: str) -> MasterKeys:
    """What the command prints, split like a shell would and run without one.

    Raises:
        KeyMissing: it fails, takes longer than 30 seconds, or prints no keys.
    """
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own command, no shell
            shlex.split(command), capture_output=True, timeout=_COMMAND_SECONDS, check=True
        )
        return parse_keys(done.stdout[:_LONGEST].decode("ascii"))
    except (OSError, ValueError, subprocess.SubprocessError):
        raise KeyMissing(reason="command") from None


def parse_keys(text: str) -> MasterKeys:
    """Lines, or parts between commas, of `<id> <64 hex digits>`; raises `KeyMissing`."""
    keys: dict[int, bytes] = {}
    current = 0
    for line in filter(None, map(str.strip, text.replace(",", "\n").splitlines())):
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


def add_key(path: Path) -> MasterKeys:
    """Put a new key at the end of the file: from now on it is the one in use."""
    known = parse_keys(_read(path))
    number = max(known.keys) + 1
    lines = [f"{key_id} {key.hex()}" for key_id, key in known.keys.items()]
    _put(path, "\n".join([*lines, f"{number} {secrets.token_hex(KEY_BYTES)}", ""]), replace=True)
    return parse_keys(_read(path))


def drop_old_keys(path: Path) -> int:
    """Leave only the key in use; gives how many went. The caller knows that none is needed."""
    known = parse_keys(_read(path))
    _put(path, f"{known.current} {known.key(known.current).hex()}\n", replace=True)
    return len(known.keys) - 1


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & 0o077:
                raise KeyMissing(reason="mode", mode=oct(stat.S_IMODE(mode)))
            return file.read(_LONGEST).decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise KeyMissing(reason="unreadable") from None


def _put(path: Path, text: str, *, replace: bool) -> None:
    """Write aside, then move or link into place: a second process never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            aside.replace(path)
        else:
            try:
                os.link(aside, path)
            except FileExistsError:
                return  # another process was first; its key is the key
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
