"""Signed checkpoints: how far the chain had come, in a file outside the database.

A chain alone cannot tell that its end was cut off, nor that it was computed anew from some row
on. A checkpoint can: number, hash and time of a row, signed with the station's Ed25519 key.
Copies that leave the machine (`xunqin audit checkpoint`) also hold against whoever runs it.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tracing.errors import CheckpointInvalid
from tracing.sealing import Vault


@dataclass(frozen=True, slots=True)
class AuditCheckpoint:
    """Row `chain` of the trail had this hash (hex) at that time."""

    chain: int
    hash: str
    at: str
    key: str
    signature: str

    @property
    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps({**self._signed(), "signature": self.signature}, sort_keys=True)

    def _signed(self) -> dict[str, Any]:
        return {"chain": self.chain, "hash": self.hash, "at": self.at, "key": self.key}

    def by(self, key: bytes) -> bool:
        """Whether that public key signed it."""
        text = json.dumps(self._signed(), sort_keys=True).encode()
        try:
            signature = _bytes(self.signature)
            Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        # base64 has spare bits at its end: one writing of a signature counts, no other
        return self.key == _text(key) and self.signature == _text(signature)


def signed(vault: Vault, chain: int, digest: bytes, at: datetime) -> AuditCheckpoint:
    """A checkpoint of that row, signed by this installation."""
    bare = AuditCheckpoint(chain, digest.hex(), at.isoformat(), _text(vault.verifying_key), "")
    text = json.dumps(bare._signed(), sort_keys=True).encode()
    signature = _text(vault.sign(text))
    return AuditCheckpoint(bare.chain, bare.hash, bare.at, bare.key, signature)


def read_checkpoints(lines: Iterable[str]) -> list[AuditCheckpoint]:
    """Checkpoints from lines of JSON; raises `CheckpointInvalid` with the number of the line."""
    found = []
    for number, line in enumerate(lines, 1):
        try:
            given = json.loads(line)
            point = AuditCheckpoint(
                int(given["chain"]),
                str(given["hash"]),
                str(given["at"]),
                str(given["key"]),
                str(given["signature"]),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise CheckpointInvalid(line=number) from None
        found.append(point)
    return found


class CheckpointFile:
    """The checkpoints of an installation, oldest first; only ever appended to."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "audit" / "checkpoints.ndjson"

    def all(self) -> list[AuditCheckpoint]:
        """Every checkpoint; a last line without its end was never written."""
        if not self._path.exists():
            return []
        return read_checkpoints(self._path.read_text("ascii", "replace").split("\n")[:-1])

    def append(self, point: AuditCheckpoint) -> None:
        """Write one durably."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, point.line.encode("ascii") + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
