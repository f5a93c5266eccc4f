"""A process that answers blocks of a batch: `python -m tracing.batch_process DESCRIPTOR`.

Started by `tracing.batch_workers`. Through the socket of that number come a callable that opens
what answers, then blocks; it ends when the other end is closed.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

_NICE = 5
"""Somebody who searches at the counter comes first."""


def serve(pipe: Connection) -> None:
    """Answer what comes through the pipe, until it is closed at the other end."""
    with suppress(EOFError, BrokenPipeError):
        answering, stands_on = pipe.recv()()
        # what has been opened stays: nothing of it need be looked through for garbage
        gc.freeze()
        pipe.send(stands_on)
        while True:
            pipe.send(answering.block(*pipe.recv()))


if __name__ == "__main__":
    # the server is told to end, and closes the pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    serve(Connection(int(sys.argv[1])))
