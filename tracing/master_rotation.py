"""Changing the master key while the service runs.

A new key is put at the end of the key file; every process takes it up within a minute. Each
housekeeping round then wraps a share of the keys anew; what is left is seen in the data, so that
a crash loses nothing and any process may go on. When none is left the old key may go. Only keys
are wrapped anew: documents, prints and files stay as they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from tracing import audit
from tracing.errors import KeyMissing, RotationUnfinished
from tracing.sealing import MasterKeys, add_key, drop_old_keys
from tracing.sealing.segment_cipher import INDEXES, IndexKeys, all_index_keys
from tracing.settings import Settings
from tracing.store import Store, wrapped_keys

BATCH = 500
SETTLED_SECONDS = 180.0
"""Processes read the key file every minute; a key older than this is in use everywhere."""


@dataclass(frozen=True, slots=True)
class MasterState:
    """Which master key is in use, and how many keys still lie under another."""

    current: int
    left: int


class MasterRotation:
    """Rotation of one installation's master key."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._path = settings.master_key_path
        self._indexes = settings.data_dir / INDEXES
        self._own_file = settings.master_key is None and settings.master_key_command is None

    def state(self) -> MasterState:
        """How far a rotation has come."""
        self._store.vault.refresh()
        current = self._store.vault.master_in_use
        beside = sum(len(keys.left()) for keys in self._index_keys())
        with self._store.read() as tx:
            return MasterState(current, wrapped_keys.left(tx, current) + beside)

    def begin(self) -> MasterState:
        """Make a new master key and use it from now on.

        Raises:
            KeyMissing: keys come from elsewhere; add the new one there instead.
            RotationUnfinished: an earlier rotation has not ended.
        """
        if not self._own_file:
            raise KeyMissing(reason="elsewhere")
        before = self.state()
        if before.left:
            raise RotationUnfinished(left=before.left)
        known: MasterKeys = add_key(self._path)
        with self._store.write() as tx:
            audit.record(tx, None, "master.rotate", "master_key", str(known.current),
                         at=self._store.now())  # fmt: skip
        return self.state()

    def step(self) -> int:
        """Wrap one batch anew in one transaction; gives how many keys, 0 when none are left."""
        vault = self._store.vault
        vault.refresh()
        if not vault.rotating:
            return 0
        beside = sum(keys.rewrap() for keys in self._index_keys())
        with self._store.write() as tx:
            return beside + wrapped_keys.rewrap(tx, vault.master_in_use, BATCH, vault.rewrap)

    def _index_keys(self) -> list[IndexKeys]:
        return all_index_keys(self._store.vault, self._indexes)

    def finish(self) -> int:
        """Remove the old keys from the file; gives how many.

        Raises:
            RotationUnfinished: keys are left under an old one, or the new key is so young that
                another process may not have read it yet.
        """
        if not self._own_file:
            raise KeyMissing(reason="elsewhere")
        left = self.state().left
        young = time.time() - self._path.stat().st_mtime < SETTLED_SECONDS
        if left or young:
            raise RotationUnfinished(left=left)
        dropped = drop_old_keys(self._path)
        self._store.scrub()
        with self._store.write() as tx:
            audit.record(tx, None, "master.retire", "master_key", None, at=self._store.now(),
                         detail={"dropped": dropped})  # fmt: skip
        return dropped
