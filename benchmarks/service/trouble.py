"""Clients as no station has them: silent, dawdling, and in a great hurry."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self

from benchmarks.service.day import Client

_HEAD = b"POST /v1/photos HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
_BODY = _HEAD + b"Content-Length: 1000000\r\n\r\n"
EVERY = 2.0


def flood(client: Client, seconds: float) -> None:
    """Searches one after another, as fast as answers come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.search()
    client.close()


class Dawdlers:
    """Connections of which a third say nothing, a third send a head and a third a body, bytewise.

    One that is hung up on comes back with the next byte.
    """

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._lines: list[socket.socket | None] = [None] * number
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._dawdle, daemon=True)
        self._hung_up = 0

    def __enter__(self) -> Self:
        """Come in."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Go."""
        self._end.set()
        self._thread.join()
        for line in self._lines:
            if line is not None:
                line.close()

    def hung_up(self) -> int:
        """How often the server has hung up on one."""
        return self._hung_up

    def _dawdle(self) -> None:
        while not self._end.wait(EVERY):
            for place in range(len(self._lines)):
                self._step(place)

    def _step(self, place: int) -> None:
        line = self._lines[place]
        try:
            if line is None:
                line = socket.create_connection(("127.0.0.1", self._port), 5)
                line.setblocking(False)
                self._lines[place] = line
                line.send((b"", _HEAD, _BODY)[place % 3])
            elif _closed(line):
                self._hung_up += 1
                line.close()
                self._lines[place] = None
            elif place % 3:
                line.send((b"", b"X-A: b\r\n", b"x")[place % 3])
        except OSError:
            self._hung_up += 1
            if line is not None:
                line.close()
            self._lines[place] = None


def _closed(line: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        while data := line.recv(4096):
            del data
        return True
    return False
