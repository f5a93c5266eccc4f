"""A mixed day against a real server, and what it does when there is too much of everything.

`python -m benchmarks service --people N --seconds S`: `xunqin serve` over N made-up people.
First a day of readings, pages, searches, registrations, batches and photos by `--clients` members
of staff for S seconds; then with so many that it serves all it can, then twice that rate, a flood
from one key, slow and silent clients beside working ones, and kill -9 under load with a new start.
Every registration that was acknowledged is asked for again at the end.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.protocol import emit, parser
from benchmarks.service.day import Client, Diary, World, closed_loop, open_loop
from benchmarks.service.house import Server, Staff, prepared, server
from benchmarks.service.shares import measured
from benchmarks.service.trouble import Dawdlers, flood
from tracing.demo import Population
from tracing.demo.world import portrait

STAFF = 64
OVERLOAD_CLIENTS = 192
CAPACITY_CLIENTS = 24
AT_CAPACITY = ("p50_ms", "p95_ms", "errors", "refused", "requests_per_second", "cpu_share")
OVERLOAD_STEPS = 4
SERVED_SHARE = 0.75
FLOODERS = 8
FLOOD_SECONDS = 65.0
"""Longer than the minute in which searches of one key are counted."""
DAWDLERS = 300
ARRIVALS = 3000
SEARCHES = 60
RECOVERED_MS = 2000.0


def main(arguments: list[str]) -> int:
    """Prepare, serve, load, count, print."""
    options = parser("service", __doc__ or "")
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--data", type=Path, help="a folder to keep, instead of a temporary one")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="xunqin-load-") as made:
        folder = given.data or Path(made)
        staff = prepared(folder, given.people, STAFF, given.seed)
        with server(folder) as standing:
            result = _Load(standing, staff, given.seed).run(given.seconds, given.clients)
        cost = measured(folder, staff[0], _world(given.seed), SEARCHES, given.seed)
    emit("service", given.seed, {"people": given.people, **result, "security": cost})
    return 0


def _world(seed: int) -> World:
    """People whom the gallery does not hold, without what would make two of them one."""
    own = ("id", "source", "household")
    documents = Population.of(ARRIVALS, seed + 1).records()
    records = [{k: v for k, v in d.items() if k not in own} for d in documents]
    return World(records, portrait("asked"))


class _Load:
    """One run over one server; `kept` gathers every acknowledged registration."""

    def __init__(self, standing: Server, staff: Sequence[Staff], seed: int) -> None:
        self._server, self._staff, self._seed = standing, staff, seed
        self._world = _world(seed)
        self._kept: list[str] = []
        self._drawn = 0

    def run(self, seconds: float, clients: int) -> dict[str, Any]:
        """All phases, one after another."""
        day = self._day(seconds, clients)
        full = self._day(seconds / 4, CAPACITY_CLIENTS)
        more = {
            "at_capacity": {key: full[key] for key in AT_CAPACITY},
            "overload": self._overload(seconds / 2, full["requests_per_second"] * 2),
            "flood": self._flood(FLOOD_SECONDS),
            "slow_clients": self._slow(seconds / 2, clients),
            "killed": self._restart(seconds / 2, clients, self._server.kill),
            "stopped": self._restart(seconds / 2, clients, self._server.stop),
        }
        return {**day, "seconds": seconds, "clients": clients, **more, "kept": self._check()}

    def _clients(self, number: int, diary: Diary) -> list[Client]:
        port, found = self._server.port, []
        for _ in range(number):
            member = self._staff[self._drawn % len(self._staff)]
            found.append(Client(port, member, diary, self._world, self._seed + self._drawn))
            self._drawn += 1
        return found

    def _day(self, seconds: float, clients: int) -> dict[str, Any]:
        diary = Diary()
        before = self._server.cpu_seconds()
        took = closed_loop(self._clients(clients, diary), seconds)
        now, most = self._server.memory()
        self._kept += diary.kept
        return {
            **diary.summary(took),
            "by_kind": diary.by_kind(),
            "cpu_share": round((self._server.cpu_seconds() - before) / took, 2),
            "memory_bytes": now,
            "memory_most_bytes": most,
        }

    def _overload(self, seconds: float, rate: float) -> dict[str, Any]:
        """Twice what was served, and twice that again until it is more than can be served."""
        steps = []
        for _ in range(OVERLOAD_STEPS):
            diary = Diary()
            took, unbegun = open_loop(self._clients(OVERLOAD_CLIENTS, diary), seconds, rate)
            self._kept += diary.kept
            found = {"rate": round(rate, 1), **diary.summary(took), "not_begun": unbegun}
            memory = self._server.memory()[0]
            steps.append({**found, "recovered_s": self._recovery(), "memory_bytes": memory})
            if found["refused"] or found["requests_per_second"] < rate * SERVED_SHARE:
                break
            rate *= 2
        return {**steps[-1], "before": steps[:-1]}

    def _recovery(self) -> float | None:
        """Seconds until five searches in a row were answered in good time; None: not in 60 s."""
        client = self._clients(1, Diary())[0]
        started, good = time.monotonic(), 0
        while time.monotonic() - started < 60:
            began = time.monotonic()
            status = client.search()
            quick = (time.monotonic() - began) * 1000 < RECOVERED_MS
            good = good + 1 if status == 201 and quick else 0
            if good == 5:
                client.close()
                return round(time.monotonic() - started, 2)
        return None

    def _flood(self, seconds: float) -> dict[str, Any]:
        """One key asks from several machines as fast as it can while another works."""
        diary, other = Diary(), Diary()
        port, first, second = self._server.port, self._staff[0], self._staff[1]
        worker = [Client(port, second, other, self._world, self._seed)]
        flooders = [
            Client(port, first, diary, self._world, self._seed + 1 + number)
            for number in range(FLOODERS)
        ]
        threads = [
            threading.Thread(target=flood, args=(one, seconds), daemon=True) for one in flooders
        ]
        for thread in threads:
            thread.start()
        took = closed_loop(worker, seconds)
        for thread in threads:
            thread.join()
        self._kept += other.kept
        return {"flooder": diary.summary(took)["statuses"], "beside": other.summary(took)}

    def _slow(self, seconds: float, clients: int) -> dict[str, Any]:
        diary = Diary()
        with Dawdlers(self._server.port, DAWDLERS) as slow:
            took = closed_loop(self._clients(clients, diary), seconds)
            let_go = slow.hung_up()
        self._kept += diary.kept
        return {"dawdlers": DAWDLERS, "hung_up_on": let_go, **diary.summary(took)}

    def _restart(self, seconds: float, clients: int, end: Callable[[], None]) -> dict[str, Any]:
        """End the server in the middle of work, start again, and work on."""
        diary = Diary()
        load = threading.Thread(
            target=closed_loop, args=(self._clients(clients, diary), seconds), daemon=True
        )
        load.start()
        time.sleep(seconds / 3)
        began = time.monotonic()
        end()
        ended = time.monotonic() - began
        ready = self._server.again()
        load.join()
        self._kept += diary.kept
        summary = diary.summary(seconds)
        return {
            "ended_s": round(ended, 2),
            "ready_s": round(ready, 2),
            "acknowledged": len(diary.kept),
            **{key: summary[key] for key in ("statuses", "unanswered")},
        }

    def _check(self) -> dict[str, int]:
        """Whether everybody whose registration was acknowledged is there."""
        checkers = self._clients(len(self._staff), Diary())
        there = [
            checkers[place % len(checkers)].has(person) for place, person in enumerate(self._kept)
        ]
        return {
            "acknowledged": len(there),
            "lost": there.count(False),
            "not_answered": there.count(None),
        }
