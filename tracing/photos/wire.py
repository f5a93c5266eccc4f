"""Messages between the server and a photo worker: a JSON head, then plain bytes.

No pickles: a worker that a hostile picture took over can send bytes, never code.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

_HEAD_MAX = 1_000_000
_BODY_MAX = 256_000_000
_CHUNK = 1 << 20
_LENGTH = struct.Struct(">I")


class ChannelClosed(Exception):
    """The other side has gone or does not keep to the message form."""


def pack(head: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One message: length of the head, head, parts; the head's `sizes` are filled in here."""
    text = json.dumps({**head, "sizes": [len(part) for part in parts]}).encode()
    return b"".join((_LENGTH.pack(len(text)), text, *parts))


class Channel:
    """Two pipe ends with a deadline on everything."""

    def __init__(self, reading: int, writing: int) -> None:
        """Take two file descriptors; closing them stays with whoever opened them."""
        self._reading, self._writing = reading, writing
        os.set_blocking(writing, False)
        os.set_blocking(reading, False)

    def send(self, message: bytes, deadline: float | None = None) -> None:
        """Write a packed message; TimeoutError past `deadline` (time.monotonic), ChannelClosed."""
        view = memoryview(message)
        while view:
            self._wait(self._writing, select.POLLOUT, deadline)
            try:
                view = view[os.write(self._writing, view[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChannelClosed from error

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], list[bytes]]:
        """The next message as head and parts; TimeoutError, ChannelClosed."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > _HEAD_MAX:
            raise ChannelClosed("head too long")
        try:
            head = json.loads(self._exactly(length, deadline))
            sizes = [int(size) for size in head["sizes"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ChannelClosed("head unreadable") from error
        if min(sizes, default=0) < 0 or sum(sizes) > _BODY_MAX:
            raise ChannelClosed("parts too long")
        return head, [self._exactly(size, deadline) for size in sizes]

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        got = bytearray()
        while len(got) < size:
            self._wait(self._reading, select.POLLIN, deadline)
            try:
                chunk = os.read(self._reading, min(_CHUNK, size - len(got)))
            except BlockingIOError:
                continue
            if not chunk:
                raise ChannelClosed("end of stream")
            got += chunk
        return bytes(got)

    @staticmethod
    def _wait(descriptor: int, event: int, deadline: float | None) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not poll.poll(None if left is None else left * 1000):
            raise TimeoutError
