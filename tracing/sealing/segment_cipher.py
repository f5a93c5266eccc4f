"""The cipher of index segments: random keys for each index, wrapped under the master key.

The wrapped keys lie beside the segments, `KEY` and later ones with a number. The newest seals;
older ones open what they sealed until nothing of it is left. Where they are lost, or were wrapped
under a master key that is gone, the segments are noise, and the index is rebuilt from the records
under a new key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from indexes.segments import SegmentDamaged
from tracing.errors import KeyMissing
from tracing.sealing.cipher import AesGcm, Cipher, SealBroken
from tracing.sealing.vault import Vault

INDEXES = "indexes"
"""The folder of all indexes in the data folder."""
_FIRST = "KEY"
_LATER = "KEY-"


class SegmentCipher:
    """Seals blocks under the newest index key; a seal that no key opens is a damaged segment."""

    def __init__(
        self,
        keys: Sequence[bytes],
        again: Callable[[], Sequence[bytes]] | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        """`keys`, newest first; `again` reads them anew, when another process has made one."""
        self._keys = tuple(keys)
        self._again = again
        self._cipher: Cipher = cipher or AesGcm()

    def __repr__(self) -> str:
        return "SegmentCipher()"

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Sealed bytes with a fresh nonce."""
        return self._cipher.seal(self._keys[0], plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """The plain bytes; raises `SegmentDamaged`."""
        plain = self._opened(self._keys, sealed, bound)
        if plain is None:
            known = self._keys
            self.refresh()
            fresh = [key for key in self._keys if key not in known]
            plain = self._opened(fresh, sealed, bound)
        if plain is None:
            raise SegmentDamaged("a block does not open under the index key")
        return plain

    def refresh(self) -> None:
        """Read the keys again: the newest seals from now on."""
        if self._again is not None:
            self._keys = tuple(self._again())

    def _opened(self, keys: Sequence[bytes], sealed: bytes, bound: bytes) -> bytes | None:
        for key in keys:
            try:
                return self._cipher.open(key, sealed, bound)
            except SealBroken:
                continue
        return None


class IndexKeys:
    """The keys of the index in one folder, wrapped; safe to use from several processes."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        self._vault = vault
        self._folder = folder
        self._bound = ("index", folder.name)

    def cipher(self) -> SegmentCipher:
        """The cipher of the index; its key is made here the first time.

        Keys that no longer open are set aside, and what they sealed with them: the segments then
        do not open, and a rebuild makes new ones.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            keys = self._keys()
        except (KeyMissing, SealBroken):
            for place in self._places():
                place.replace(place.with_name(f"{place.name}.lost"))
            keys = ()
        if not keys:
            self._write(self._vault.new_key(), self._folder / _FIRST)
            keys = self._keys()
        return SegmentCipher(keys, self._keys)

    @property
    def newest(self) -> int:
        """The number of the newest key, from 1; 0 where there is none."""
        return max((_number(place) for place in self._places()), default=0)

    def add(self) -> int:
        """Make a further key, the newest from now on; gives its number."""
        number = self.newest + 1
        self._write(self._vault.new_key(), self._folder / f"{_LATER}{number:06d}")
        return number

    def drop_before(self, number: int) -> int:
        """Destroy the keys older than this; gives how many."""
        old = [place for place in self._places() if _number(place) < number]
        for place in old:
            place.unlink(missing_ok=True)
        return len(old)

    def left(self) -> list[Path]:
        """The keys that lie under another master key than the one in use."""
        current = self._vault.master_in_use.to_bytes(4, "big")
        return [place for place in self._places() if place.read_bytes()[:4] != current]

    def rewrap(self) -> int:
        """Wrap those under the master key in use; gives how many."""
        left = self.left()
        for place in left:
            self._aside(self._vault.rewrap(place.read_bytes(), *self._bound)).replace(place)
        return len(left)

    def _keys(self) -> tuple[bytes, ...]:
        places = sorted(self._places(), key=_number, reverse=True)
        return tuple(self._vault.unwrap(place.read_bytes(), *self._bound) for place in places)

    def _places(self) -> list[Path]:
        return [p for p in self._folder.glob(f"{_FIRST}*") if _number(p)]

    def _write(self, key: bytes, place: Path) -> None:
        """Put a wrapped key in its place, unless another process was first."""
        aside = self._aside(self._vault.wrap(key, *self._bound))
        try:
            os.link(aside, place)
        except FileExistsError:
            pass
        finally:
            aside.unlink()

    def _aside(self, wrapped: bytes) -> Path:
        aside = self._folder / f".wrapped-{os.getpid()}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(wrapped)
            file.flush()
            os.fsync(file.fileno())
        return aside


def all_index_keys(vault: Vault, indexes: Path) -> list[IndexKeys]:
    """The keys of every index below this folder."""
    return [IndexKeys(vault, place) for place in sorted(indexes.glob("*")) if place.is_dir()]


def _number(place: Path) -> int:
    """1 for the first key, then 2, 3 and so on; 0 for another file."""
    tail = place.name.removeprefix(_LATER)
    return 1 if place.name == _FIRST else int(tail) if tail.isdigit() else 0
