"""The ledger of erasures: a file outside the database that a restored database replays.

One JSON object a line, each with the hash of the line before it. A line is on disk before the
erasure commits: a crash in between leaves a line whose deed the next start does. A last line
without its end was never acknowledged and does not count.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracing.errors import LedgerBroken

_START = "0" * 64


class ErasureLedger:
    """The append-only file; safe to use from several processes at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> list[dict[str, Any]]:
        """Every erasure ever done here, oldest first; raises `LedgerBroken`."""
        if not self._path.exists():
            return []
        with self._locked() as descriptor:
            return _checked(_lines(_whole(descriptor)))

    def append(self, entry: Mapping[str, Any]) -> str:
        """Write one erasure durably; gives the hash of its line, the receipt.

        Raises:
            LedgerBroken: the file was changed; nothing was written.
        """
        return self.extend([entry])[0]

    def extend(self, entries: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write several erasures durably in one go, all or none; gives their receipts."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked() as descriptor:
            whole = _whole(descriptor)
            lines = _lines(whole)
            _checked(lines)
            previous = _digest(lines[-1]) if lines else _START
            written, receipts = b"", []
            for entry in entries:
                line = json.dumps({**entry, "previous": previous}, sort_keys=True).encode()
                previous = _digest(line)
                written += line + b"\n"
                receipts.append(previous)
            os.ftruncate(descriptor, sum(len(kept) + 1 for kept in lines))
            os.lseek(descriptor, 0, os.SEEK_END)
            _write_all(descriptor, written)
            os.fsync(descriptor)
        return receipts

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _whole(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read()


def _lines(whole: bytes) -> list[bytes]:
    return whole.split(b"\n")[:-1]


def _checked(lines: list[bytes]) -> list[dict[str, Any]]:
    previous, found = _START, []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            said = entry["previous"]
        except (ValueError, KeyError, TypeError):
            raise LedgerBroken(line=number) from None
        if said != previous:
            raise LedgerBroken(line=number)
        previous = _digest(line)
        found.append(entry)
    return found


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
