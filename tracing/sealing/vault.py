"""The vault: wraps keys under the master key, seals values under wrapped keys, keyed digests.

Every person, photo, search and draft has a random key of its own. Only its wrapped form is
stored; when that is destroyed, everything sealed under it is noise.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Literal

from tracing.errors import KeyMissing
from tracing.sealing.cipher import KEY_BYTES, AesGcm, Cipher, SealBroken
from tracing.sealing.master import MasterKeys

Purpose = Literal["exact", "token", "desk"]
"""`exact`: digests of numbers; `token`: cursors, retries, sign-in; `desk`: drafts, answers."""

PURPOSES: tuple[Purpose, ...] = ("exact", "token", "desk")
_SEPARATOR = "\x1f"


def _bound(parts: tuple[str | int, ...]) -> bytes:
    return _SEPARATOR.join(map(str, parts)).encode()


class Vault:
    """Master keys, the cipher and the service keys of one installation; safe to share."""

    def __init__(self, master: MasterKeys, cipher: Cipher | None = None) -> None:
        self._master = master
        self._cipher: Cipher = cipher or AesGcm()
        self._service: Mapping[str, bytes] = {}

    def __repr__(self) -> str:
        return "Vault()"

    def with_service_keys(self, wrapped: Mapping[str, bytes]) -> Vault:
        """A vault that also holds the service keys, given in wrapped form by purpose.

        Raises:
            KeyMissing: the master key is not the one they were wrapped under.
        """
        vault = Vault(self._master, self._cipher)
        try:
            vault._service = {
                purpose: self.unwrap(sealed, "service", purpose)
                for purpose, sealed in wrapped.items()
            }
        except SealBroken:
            raise KeyMissing(reason="other_key") from None
        return vault

    def new_key(self) -> bytes:
        """A random key of 32 bytes."""
        return os.urandom(KEY_BYTES)

    def wrap(self, key: bytes, *bound: str | int) -> bytes:
        """`key` sealed under the master key in use: 4 bytes of its id, then the sealed key."""
        number = self._master.current
        sealed = self._cipher.seal(self._master.key(number), key, _bound(bound))
        return number.to_bytes(4, "big") + sealed

    def unwrap(self, wrapped: bytes, *bound: str | int) -> bytes:
        """The key again; raises `KeyMissing` or `SealBroken`."""
        key = self._master.key(int.from_bytes(wrapped[:4], "big"))
        return self._cipher.open(key, wrapped[4:], _bound(bound))

    def seal(self, key: bytes, plain: bytes, *bound: str | int) -> bytes:
        """`plain` sealed under `key`; `bound` says what it is and whose, and must be repeated."""
        return self._cipher.seal(key, plain, _bound(bound))

    def open(self, key: bytes, sealed: bytes, *bound: str | int) -> bytes:
        """The plain bytes; raises `SealBroken` for other bytes, another key or another place."""
        return self._cipher.open(key, sealed, _bound(bound))

    def seal_desk(self, plain: bytes, *bound: str | int) -> bytes:
        """Sealed under the service key for things that belong to an account, not to a person."""
        return self.seal(self._service_key("desk"), plain, *bound)

    def open_desk(self, sealed: bytes, *bound: str | int) -> bytes:
        """What `seal_desk` sealed."""
        return self.open(self._service_key("desk"), sealed, *bound)

    def digest(self, purpose: Literal["exact", "token"], *parts: str | bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of the parts, each led by its length; 32 bytes."""
        code = hmac.new(self._service_key(purpose), digestmod=hashlib.sha256)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            code.update(len(data).to_bytes(4, "big") + data)
        return code.digest()

    def _service_key(self, purpose: Purpose) -> bytes:
        try:
            return self._service[purpose]
        except KeyError:
            raise KeyMissing(reason="service_key") from None
