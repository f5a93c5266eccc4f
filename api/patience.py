"""Connections that dawdle are let go, so that a few slow or silent clients never keep out the rest.

A request's head has to come within seconds and in a bounded size, its body no slower than a bad
mobile line, and an answer has to be taken away. The server below waits for all three for ever.
"""

from __future__ import annotations

import asyncio
import json
from asyncio.events import TimerHandle

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
HEAD_BYTES = 64_000
BODY_EVERY = 10.0
BODY_BYTES = 20_000
"""A body brings at least so many bytes in each `BODY_EVERY` seconds: 16 kbit/s, below EDGE."""
TAKE_SECONDS = 60.0
IDLE_SECONDS = 75
"""A line without a request is kept so long: proxies keep theirs for a minute, and a line that we
close while they write costs a request that must not be sent twice."""
CONNECTIONS_MAX = 800
"""Below the 1,024 open files that many systems allow a process."""
_TOO_SLOW, _TOO_LONG = (
    (
        reason,
        json.dumps(
            {
                "type": f"urn:xunqin:problem:{code}", "title": title, "status": int(reason[:3]),
                "detail": detail, "code": code,
            },
            ensure_ascii=False,
        ).encode(),
    )
    for reason, code, title, detail in (
        (b"408 Request Timeout", "too_slow", "来得太慢 Too slow",
         "请检查网络，再发一次。Check the line and send it again."),
        (b"431 Request Header Fields Too Large", "head_too_long", "网址或请求头太长 Head too long",
         "长的内容请放在正文里发送（POST）。Send what is long in the body (POST)."),
    )
)  # fmt: skip
"""Said before anybody's language is known."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP as the server below speaks it, with an end to its patience."""

    _timer: TimerHandle | None = None
    _taking: TimerHandle | None = None
    _in_head = True
    _arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come; their request has to follow."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._rest()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes; a head without an end is refused."""
        if self._in_head and self._arrived + len(data) > HEAD_BYTES and self._head_is_long(data):
            self._refuse(_TOO_LONG)
            return
        self._arrived += len(data)
        super().data_received(data)

    def _head_is_long(self, data: bytes) -> bool:
        return b"\r\n\r\n" not in data[: max(0, HEAD_BYTES - self._arrived)]

    def on_message_begin(self) -> None:
        """A request begins; the time of its head has begun when the line was opened or now."""
        if self._timer is None:
            self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole; the body has to keep coming."""
        self._in_head = False
        if len(self.connections) > CONNECTIONS_MAX and not self._room_made():
            self.app = _too_many
        self._wait_for_body()
        super().on_headers_complete()

    def _room_made(self) -> bool:
        """Hang up lines on which nobody is asking anything; whether that was enough."""
        for line in list(self.connections):
            if len(self.connections) <= CONNECTIONS_MAX:
                break
            if isinstance(line, PatientProtocol) and line.timeout_keep_alive_task is not None:
                line.timeout_keep_alive_handler()
                self.connections.discard(line)
        return len(self.connections) <= CONNECTIONS_MAX

    def on_message_complete(self) -> None:
        """All of it is here: from now on they wait for us; what they send next is a head."""
        self._rest()
        self._in_head, self._arrived = True, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """They do not take the answer as fast as it is given."""
        super().pause_writing()
        self._taken()
        self._taking = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """They do again."""
        self._taken()
        super().resume_writing()

    def _wait_for_head(self) -> None:
        self._rest()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _wait_for_body(self) -> None:
        self._rest()
        self._arrived = 0
        self._timer = self.loop.call_later(BODY_EVERY, self._body_comes)

    def _body_comes(self) -> None:
        # where reading is paused, it is we who do not take what they send
        if self._arrived < BODY_BYTES and not self.flow.read_paused:
            self._refuse(_TOO_SLOW)
        else:
            self._wait_for_body()

    def _refuse(self, said: tuple[bytes, bytes]) -> None:
        """Say why, if no answer has begun, and hang up."""
        self._rest()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        answered = cycle is not None and cycle.response_started
        # of a kept line's next request: the answer before it was whole
        if not answered or (self._in_head and cycle is not None and cycle.response_complete):
            status, body = said
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: application/problem+json\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
            )
        self.transport.close()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """Said to whoever comes when all lines are taken by others who are asking something."""
    del scope, receive
    headers = [(b"retry-after", b"2"), (b"connection", b"close"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
