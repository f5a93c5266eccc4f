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

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracing.errors import KeyMissing
from tracing.sealing.cipher import KEY_BYTES, Cipher, Ciphers, SealBroken
from tracing.sealing.master import KeySource, MasterKeys

Purpose = Literal["exact", "token", "desk", "sign"]
"""`exact`: digests of numbers; `token`: cursors, retries, sign-in; `desk`: drafts, answers;
`sign`: the seed of the Ed25519 key that signs checkpoints of the audit trail."""

PURPOSES: tuple[Purpose, ...] = ("exact", "token", "desk", "sign")
_SEPARATOR = "\x1f"


def _bound(parts: tuple[str | int, ...]) -> bytes:
    return _SEPARATOR.join(map(str, parts)).encode()


class Vault:
    """Master keys, the cipher and the service keys of one installation; safe to share."""

    def __init__(
        self, master: MasterKeys, cipher: Cipher | None = None, source: KeySource | None = None
    ) -> None:
        """`source` reads the master keys again when one turns up that is not known yet."""
        self._master = master
        self._source = source
        self._cipher: Cipher = cipher or Ciphers()
        self._service: Mapping[str, bytes] = {}

    def __repr__(self) -> str:
        return "Vault()"

    def with_service_keys(self, wrapped: Mapping[str, bytes]) -> Vault:
        """A vault that also holds the service keys, given in wrapped form by purpose.

        Raises:
            KeyMissing: the master key is not the one they were wrapped under.
        """
        vault = Vault(self._master, self._cipher, self._source)
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
        key = self._master_key(int.from_bytes(wrapped[:4], "big"))
        return self._cipher.open(key, wrapped[4:], _bound(bound))

    @property
    def master_in_use(self) -> int:
        """The id of the master key that new keys are wrapped under."""
        return self._master.current

    @property
    def rotating(self) -> bool:
        """Whether an older master key is still known, so that something may lie under it."""
        return len(self._master.keys) > 1

    def refresh(self) -> None:
        """Read the master keys again: a key added meanwhile is used from now on."""
        if self._source is not None:
            self._master = self._source()

    def rewrap(self, wrapped: bytes, *bound: str | int) -> bytes:
        """The same key, wrapped under the master key in use."""
        return self.wrap(self.unwrap(wrapped, *bound), *bound)

    def sign(self, text: bytes) -> bytes:
        """Ed25519 signature (RFC 8032) of this installation; 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self._service_key("sign")).sign(text)

    @property
    def verifying_key(self) -> bytes:
        """The public key to `sign`; 32 bytes, no secret."""
        own = Ed25519PrivateKey.from_private_bytes(self._service_key("sign"))
        return own.public_key().public_bytes_raw()

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

    def _master_key(self, key_id: int) -> bytes:
        if key_id not in self._master.keys:
            self.refresh()
        return self._master.key(key_id)

    def _service_key(self, purpose: Purpose) -> bytes:
        try:
            return self._service[purpose]
        except KeyError:
            raise KeyMissing(reason="service_key") from None
