"""A background thread that answers what waits, woken by every new question."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from tracing.errors import TracingError

_IDLE_SECONDS = 5.0
"""Another process may have taken questions in, or may have died over them."""
_LAST_SECONDS = 10.0


class Answering:
    """Runs `step` while it finds something to do; `stop` ends it after the block it is in."""

    def __init__(self, step: Callable[[], int]) -> None:
        self._step = step
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xunqin-police", daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def stop(self) -> None:
        """Ask the thread to end, and wait a little for the block it is in."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            done = 0
            try:
                done = self._step()
            except TracingError as error:
                structlog.get_logger("xunqin").warning("police", code=error.code)
            if not done:
                self._woken.wait(_IDLE_SECONDS)
