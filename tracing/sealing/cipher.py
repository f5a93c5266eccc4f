"""Authenticated encryption behind one small interface.

A sealed value is one byte naming the cipher, a random nonce, and the cipher text with its tag.
"""

from __future__ import annotations

import os
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tracing.errors import TracingError

KEY_BYTES = 32


class SealBroken(TracingError):
    """A stored value was changed or is in the wrong place. Restore it from a backup."""

    code = "seal_broken"
    status = 500


class Cipher(Protocol):
    """Seals bytes under a 32-byte key; `bound` is authenticated, not stored."""

    mark: ClassVar[int]

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Sealed bytes; a fresh random nonce every time."""
        ...

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SealBroken` when key, bytes or `bound` differ."""
        ...


class AesGcm:
    """AES-256-GCM (NIST SP 800-38D) with 96-bit random nonces."""

    mark: ClassVar[int] = 1
    _nonce_bytes: ClassVar[int] = 12

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Mark, nonce and cipher text with tag: 29 bytes longer than `plain`."""
        nonce = os.urandom(self._nonce_bytes)
        return b"\x01" + nonce + AESGCM(key).encrypt(nonce, plain, bound)

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SealBroken`."""
        if len(sealed) < 29 or sealed[0] != self.mark:
            raise SealBroken
        try:
            return AESGCM(key).decrypt(sealed[1:13], sealed[13:], bound)
        except InvalidTag:
            raise SealBroken from None
