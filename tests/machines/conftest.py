"""A station of machines, the office of the store, and a receiver that listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.api.house import PASSWORD, House, close_house, open_house
from tests.store.conftest import (
    clock,
    new_office,
    office,
    postgres,
    postgres_template,
    small_office,
    sqlite_template,
)

__all__ = [
    "clock",
    "new_office",
    "office",
    "postgres",
    "postgres_template",
    "small_office",
    "sqlite_template",
]


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """A station of its own: with a security administrator, the administrator appoints less."""
    station = open_house()
    accounts, admin = station.service.accounts, station.actor("admin")
    for login, role in (("shen", "auditor"), ("anquan", "security_administrator")):
        accounts.set_password(accounts.create(admin, login, login, role, "320400"), PASSWORD)
    yield station
    close_house(station)


@dataclass
class Receiver:
    """A real HTTP server on loopback: what it was sent, and what it answers."""

    server: ThreadingHTTPServer
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    page: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?key=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Answers 204 unless told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            held.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = held.answers.pop(0) if held.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            status = held.answers.pop(0)[0] if held.answers else 200
            self.send_response(status)
            self.send_header("Content-Length", str(len(held.page)))
            self.end_headers()
            self.wfile.write(held.page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)
