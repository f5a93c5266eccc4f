"""A station to load: made-up people, many staff, and its server as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tracing.demo import Population
from tracing.demo.world import ADMIN, acting
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

ROOT_STATION = "320400"
PASSWORD = "load-of-a-mixed-day-7"  # noqa: S105  of throw-away accounts in a folder of our own
SCOPES = frozenset(("people.read", "people.write", "photos.read", "photos.write", "search"))
READY_SECONDS = 600.0
BROWSERS = 8


@dataclass(frozen=True, slots=True)
class Staff:
    """One member of staff: a program's key, and the session of their browser."""

    key: str
    session: str


def prepared(folder: Path, people: int, staff: int, seed: int) -> tuple[Staff, ...]:
    """Fill the folder with `people` records and `staff` accounts; gives their secrets."""
    service = Service(_settings(folder))
    try:
        return _filled(service, people, staff, seed)
    finally:
        service.close()


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, root_station_code=ROOT_STATION)


def _filled(service: Service, people: int, staff: int, seed: int) -> tuple[Staff, ...]:
    accounts = service.accounts
    link = accounts.first_start_link()
    if link is not None:
        accounts.set_password(link, PASSWORD)
    admin = acting(service, ADMIN)
    found: list[Staff] = []
    sessions: list[str] = []
    for number in range(staff):
        login = f"staff-{number}"
        first = accounts.create(admin, login, login, "city_station", ROOT_STATION)
        _, secret = accounts.create_key(admin, login, SCOPES, 1)
        if number < BROWSERS:
            accounts.set_password(first, PASSWORD)
            sessions.append(accounts.sign_in(login, PASSWORD).token)
        found.append(Staff(secret, sessions[number % BROWSERS]))
    records = (PersonRecord.model_validate(d) for d in Population.of(people, seed).records())
    service.people.register_many(
        acting(service, "staff-0"), records, checkpoint=f"load-{seed}", on_existing="skip"
    )
    return tuple(found)


@dataclass(slots=True)
class Server:
    """The server's process: where it listens, how to kill it, what it holds in memory."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> tuple[int, int]:
        """Bytes of RAM of the server and all it has started: now, and the most the server had."""
        now = sum(_status(pid, "VmRSS") for pid in (self.process.pid, *_children(self.process.pid)))
        return now, _status(self.process.pid, "VmHWM")

    def cpu_seconds(self) -> float:
        """CPU time of the server process so far, and of all that it has started."""
        pids = (self.process.pid, *_children(self.process.pid))
        return sum(_ticks(pid) for pid in pids) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """kill -9, without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def again(self) -> float:
        """Start on the same port and folder; seconds until it is ready."""
        started = time.monotonic()
        self.process = _started(self.folder, self.port)
        _await(self)
        return time.monotonic() - started

    def stop(self) -> None:
        """End in the ordinary way."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """`xunqin serve` over the folder, ready; ended afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    standing = Server(folder, port, _started(folder, port))
    try:
        _await(standing)
        yield standing
    finally:
        standing.stop()


def _started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "api.cli", "--data", str(folder), "serve"]
    environment = {**os.environ, "XUNQIN_LOG_LEVEL": "ERROR"}
    log = (folder / "server.log").open("ab")
    with log:
        return subprocess.Popen(
            [*command, "--port", str(port), "--json"],
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
        )


def _await(standing: Server) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if standing.process.poll() is not None:
            raise RuntimeError("the server ended before it was ready; see server.log")
        if ready(standing.port):
            return
        time.sleep(0.1)
    raise TimeoutError("the server was not ready in time")


def ready(port: int) -> bool:
    """Whether searches are answered."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _status(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


def _ticks(pid: int) -> int:
    """Of a process, and of those it has started that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def _children(pid: int) -> tuple[int, ...]:
    """Whichever thread has started them."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in listed.read_text().split()]
    return tuple(found)
