"""Work that follows from the data: chain the audit rows, forget what nobody needs, renew indexes.

Each round does what is there to do and commits in batches; a crash repeats at most one batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from tracing.audit import Audit
from tracing.errors import TracingError
from tracing.locating import Locatings
from tracing.master_rotation import MasterRotation
from tracing.photos.album import Photos
from tracing.retention import Retention
from tracing.store import Store, idempotency
from tracing.voice import VoiceClips

ROUND_SECONDS = 60.0
ANSWERS_KEPT = timedelta(days=7)
"""How long the answer to an idempotency key is kept."""


class Housekeeping:
    """One background thread of the server; `stop` ends it after the step it is in."""

    def __init__(
        self,
        store: Store,
        audit: Audit,
        photos: Photos,
        voices: VoiceClips,
        locatings: Locatings,
        retention: Retention,
        master: MasterRotation,
        owed: Sequence[Callable[[], object]],
        tidy_index: Callable[[], object],
    ) -> None:
        """`owed` are further steps of a round: alerts, clues, clocks."""
        self._store = store
        self._audit = audit
        self._photos = photos
        self._voices = voices
        self._locatings = locatings
        self._retention = retention
        self._master = master
        self._owed = tuple(owed)
        self._tidy_index = tidy_index
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin, with a first round at once."""
        threading.Thread(target=self._run, name="xunqin-housekeeping", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopped.set()

    def round(self) -> None:
        """Everything there is to do now."""
        self._audit.seal_chain()
        self._audit.keep_checkpoints()
        self._photos.tidy()
        self._voices.tidy()
        self._locatings.tidy()
        self._retention.tidy()
        for step in self._owed:
            step()
        while self._master.step() and not self._stopped.is_set():
            pass
        self._store.scrub(again=True)
        with self._store.write() as tx:
            idempotency.forget_before(tx, self._store.now() - ANSWERS_KEPT)
        self._tidy_index()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.round()
            except TracingError as error:
                structlog.get_logger("xunqin").warning("housekeeping", code=error.code)
            self._stopped.wait(ROUND_SECONDS)
