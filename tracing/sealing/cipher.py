"""Authenticated encryption behind one small interface.

A sealed value is one byte naming the cipher, a random nonce, and the cipher text with its tag.
What one cipher sealed stays readable after the other was chosen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from tracing.errors import TracingError

KEY_BYTES = 32
_NONCE = 12
_TAG = 16
_SHORTEST = 1 + _NONCE + _TAG


class SealBroken(TracingError):
    """A stored value was changed or is in the wrong place. Restore it from a backup."""

    code = "seal_broken"
    status = 500


class CipherMissing(TracingError):
    """This machine's OpenSSL does not offer the chosen cipher. Choose another in XUNQIN_CIPHER."""

    code = "cipher_missing"
    status = 503


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

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Mark, nonce and cipher text with tag: 29 bytes longer than `plain`."""
        nonce = os.urandom(_NONCE)
        return b"\x01" + nonce + AESGCM(key).encrypt(nonce, plain, bound)

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SealBroken`."""
        if len(sealed) < _SHORTEST or sealed[0] != self.mark:
            raise SealBroken
        try:
            return AESGCM(key).decrypt(sealed[1:13], sealed[13:], bound)
        except InvalidTag:
            raise SealBroken from None


class Sm4Gcm:
    """SM4-GCM (GB/T 32907-2016; RFC 8998) with 96-bit random nonces.

    SM4 takes 128 bits: its key is expanded from ours (HKDF, RFC 5869), so that no key serves
    two ciphers.
    """

    mark: ClassVar[int] = 2

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Mark, nonce and cipher text with tag: 29 bytes longer than `plain`."""
        nonce = os.urandom(_NONCE)
        work = BlockCipher(_sm4(key), modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(bound)
        text = work.update(plain) + work.finalize()
        return b"\x02" + nonce + text + work.tag

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SealBroken`."""
        if len(sealed) < _SHORTEST or sealed[0] != self.mark:
            raise SealBroken
        mode = modes.GCM(sealed[1:13], sealed[-_TAG:])
        work = BlockCipher(_sm4(key), mode).decryptor()
        work.authenticate_additional_data(bound)
        try:
            return work.update(sealed[13:-_TAG]) + work.finalize()
        except InvalidTag:
            raise SealBroken from None


def _sm4(key: bytes) -> algorithms.SM4:
    expanded = HKDFExpand(hashes.SHA256(), 16, b"xunqin sm4-gcm").derive(key)
    return algorithms.SM4(expanded)


class Ciphers:
    """Seals with the chosen cipher and opens what any known one sealed."""

    mark: ClassVar[int] = 0

    def __init__(self, name: str = "aes-256-gcm") -> None:
        """`name` is `aes-256-gcm` or `sm4-gcm`; raises `CipherMissing`."""
        known: dict[str, Cipher] = {"aes-256-gcm": AesGcm(), "sm4-gcm": Sm4Gcm()}
        if name not in known:
            raise CipherMissing
        self._chosen = known[name]
        self._by_mark: Mapping[int, Cipher] = {cipher.mark: cipher for cipher in known.values()}
        try:
            self._chosen.seal(bytes(KEY_BYTES), b"", b"")
        except UnsupportedAlgorithm:
            raise CipherMissing from None

    def seal(self, key: bytes, plain: bytes, bound: bytes) -> bytes:
        """Sealed by the chosen cipher."""
        return self._chosen.seal(key, plain, bound)

    def open(self, key: bytes, sealed: bytes, bound: bytes) -> bytes:
        """Opened by whichever cipher sealed it; raises `SealBroken`."""
        cipher = self._by_mark.get(sealed[0]) if sealed else None
        if cipher is None:
            raise SealBroken
        return cipher.open(key, sealed, bound)
