"""Answers of one batch in a file: sealed, appended a block at a time, whole or not at all.

Each block is its length and the sealed JSON of its answers, bound to the batch and to its first
and last row. A block is on disk before its answers are given out. What a crash left of a block is
cut off when the file is opened again.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracing.batch_answers import Answer
from tracing.errors import Conflict
from tracing.sealing import SealBroken, Vault

_HEAD = struct.Struct(">QQI")
"""First row, last row, bytes of the sealed block."""


class AnswerFile:
    """A `Keeping` on disk; not for two processes at once."""

    def __init__(self, path: Path, vault: Vault, batch_id: str) -> None:
        """Open or begin the answers of a batch; cuts off a block that was not written to its end.

        Raises:
            Conflict: the file holds another batch, or was changed by another hand.
        """
        self._path = path
        self._vault = vault
        self._batch_id = batch_id
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._last, whole = 0, 0
        for _, last, _, end in self._blocks():
            self._last, whole = last, end
        if path.exists() and path.stat().st_size > whole:
            os.truncate(path, whole)

    def kept(self) -> int:
        """All rows up to this number are answered and kept; 0 for none."""
        return self._last

    def keep(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        """Append these, on disk before this returns."""
        if not answers:
            return answers
        first, last = answers[0].row, answers[-1].row
        if first <= self._last:
            raise Conflict
        plain = json.dumps([one.document() for one in answers], ensure_ascii=False).encode()
        sealed = self._vault.seal_desk(plain, "batch", self._batch_id, first, last)
        begun = self._path.exists()
        with self._path.open("ab") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(_HEAD.pack(first, last, len(sealed)) + sealed)
            file.flush()
            os.fsync(file.fileno())
        if not begun:
            _sync_folder(self._path.parent)
        self._last = last
        return answers

    def read(self) -> Iterator[Answer]:
        """All answers kept so far, in order."""
        for _, _, plain, _ in self._blocks():
            yield from (Answer.from_document(one) for one in json.loads(plain))

    def _blocks(self) -> Iterator[tuple[int, int, bytes, int]]:
        """First and last row, opened bytes and end of each whole block."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                first, last, size = _HEAD.unpack(head)
                sealed = file.read(size)
                if len(sealed) < size:
                    return
                yield first, last, self._opened(sealed, first, last), file.tell()

    def _opened(self, sealed: bytes, first: int, last: int) -> bytes:
        try:
            return self._vault.open_desk(sealed, "batch", self._batch_id, first, last)
        except SealBroken:
            raise Conflict from None


def _sync_folder(folder: Path) -> None:
    """So that a new file's name is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
