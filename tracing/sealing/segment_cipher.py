"""The cipher of index segments: one random key for each index, wrapped under the master key.

The wrapped key lies beside the segments. Where it is lost, or was wrapped under a master key that
is gone, the segments are noise, and the index is rebuilt from the records under a new key.
"""

from __future__ import annotations

import os
from pathlib import Path

from indexes.segments import SegmentDamaged
from tracing.errors import KeyMissing
from tracing.sealing.cipher import AesGcm, Cipher, SealBroken
from tracing.sealing.vault import Vault

_FILE = "KEY"


class SegmentCipher:
    """Seals blocks under the index key; a broken seal is a damaged segment."""

    def __init__(self, key: bytes, cipher: Cipher | None = None) -> None:
        self._key = key
        self._cipher: Cipher = cipher or AesGcm()

    def __repr__(self) -> str:
        return "SegmentCipher()"

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Sealed bytes with a fresh nonce."""
        return self._cipher.seal(self._key, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SegmentDamaged`."""
        try:
            return self._cipher.open(self._key, sealed, bound)
        except SealBroken:
            raise SegmentDamaged("a block does not open under the index key") from None


def segment_cipher(vault: Vault, folder: Path) -> SegmentCipher:
    """The cipher of the index in `folder`; its key is made there the first time, or anew.

    A key that no longer opens is set aside together with what it sealed being unreadable: the
    segments then do not open, and a rebuild makes new ones.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / _FILE
    bound = ("index", folder.name)
    try:
        return SegmentCipher(vault.unwrap(place.read_bytes(), *bound))
    except FileNotFoundError:
        pass
    except (KeyMissing, SealBroken):
        place.replace(folder / f"{_FILE}.lost")
    key = vault.new_key()
    aside = folder / f"{_FILE}.{os.getpid()}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(vault.wrap(key, *bound))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, place)
    except FileExistsError:
        key = vault.unwrap(place.read_bytes(), *bound)  # another process was first
    finally:
        aside.unlink()
    return SegmentCipher(key)
