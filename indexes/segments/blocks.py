"""Files of authenticated blocks: written once, in order, and read back whole or not at all.

A file is a row of blocks of `BLOCK` plain bytes (the last one may be shorter), each sealed with
its place bound to it: generation, file, number, and whether it is the last. A block that was
changed, moved, taken from another file or generation, or cut off does not open. Each sealed block
stands behind its length in four bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexes.segments.errors import SegmentDamaged

BLOCK = 1 << 20
_LENGTH = 4
_LONGEST = BLOCK + 4096


class Cipher(Protocol):
    """Authenticated encryption under the index key, given by whoever owns the key."""

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Sealed bytes, at most 4,096 longer than `plain`."""
        ...

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SegmentDamaged` when bytes, key or `bound` differ."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """A sealed file: plain bytes, blocks, and the blake2b-256 of what lies on the disk."""

    plain_bytes: int
    blocks: int
    blake2b: str


def _bound(place: str, number: int, last: bool) -> bytes:
    return f"{place}\x1f{number}\x1f{int(last)}".encode()


def write_sealed(path: Path, place: str, chunks: Iterable[bytes], cipher: Cipher) -> Written:
    """Seal chunks of any length into a new file and bring it to the disk.

    `place` names generation and file. Raises OSError (a full disk) and leaves a partial file.
    """
    digest = hashlib.blake2b(digest_size=32)
    total = blocks = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for plain, last in _evened(chunks):
            sealed = cipher.seal(plain, _bound(place, blocks, last))
            framed = len(sealed).to_bytes(_LENGTH, "big") + sealed
            file.write(framed)
            digest.update(framed)
            total += len(plain)
            blocks += 1
        file.flush()
        os.fsync(file.fileno())
    return Written(total, blocks, digest.hexdigest())


def read_sealed(path: Path, place: str, cipher: Cipher) -> Iterator[bytes]:
    """The plain blocks in order; raises `SegmentDamaged` for whatever is not as written."""
    try:
        with path.open("rb") as file:
            number, framed = 0, file.read(_LENGTH)
            if not framed:
                raise SegmentDamaged(f"{path.name} is empty")
            while framed:
                sealed = _sealed(file.read, framed, path.name)
                framed = file.read(_LENGTH)
                yield cipher.open(sealed, _bound(place, number, last=not framed))
                number += 1
    except OSError as error:
        raise SegmentDamaged(f"{path.name} cannot be read: {error.strerror}") from error


def checksum(path: Path) -> str:
    """blake2b-256 of a file as it lies on the disk; raises `SegmentDamaged`."""
    digest = hashlib.blake2b(digest_size=32)
    try:
        with path.open("rb") as file:
            while part := file.read(BLOCK):
                digest.update(part)
    except OSError as error:
        raise SegmentDamaged(f"{path.name} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


class _Read(Protocol):
    def __call__(self, size: int, /) -> bytes: ...


def _sealed(read: _Read, framed: bytes, name: str) -> bytes:
    size = int.from_bytes(framed, "big")
    if len(framed) < _LENGTH or size > _LONGEST:
        raise SegmentDamaged(f"{name} has a broken block")
    sealed = read(size)
    if len(sealed) < size:
        raise SegmentDamaged(f"{name} is cut off")
    return sealed


def _evened(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in blocks of BLOCK, and whether it is the last; at least one block."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > BLOCK:
            yield bytes(waiting[:BLOCK]), False
            del waiting[:BLOCK]
    yield bytes(waiting), True
