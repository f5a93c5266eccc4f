"""A mixed day at a station: what is asked of the server, by whom, and what came back."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.protocol import percentile
from benchmarks.service.house import Staff

MIX = {"read": 40, "page": 22, "search": 22, "register": 13, "batch": 2, "photo": 1}
"""Shares of deeds in a hundred: our estimate of a busy station; no source counts them."""
BATCH = 10
POLITE = frozenset((429, 503))
TIMEOUT = 60.0
TRIES = 10
PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: what it was, status (0: no answer, and `cause` says why), seconds, whether it
    said when to return."""

    kind: str
    status: int
    seconds: float
    retry_after: bool = False
    cause: str = ""


@dataclass(slots=True)
class Diary:
    """What all clients saw; `kept` are the people whose registration the server acknowledged."""

    answers: list[Answer] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, answer: Answer, person: str | None = None) -> None:
        """Note an answer."""
        with self.lock:
            self.answers.append(answer)
            if person is not None:
                self.kept.append(person)

    def summary(self, seconds: float) -> dict[str, Any]:
        """Percentiles of answers that served, counts of all others."""
        served = [a.seconds * 1000 for a in self.answers if 200 <= a.status < 400]
        refused = [a for a in self.answers if a.status in POLITE]
        polite = sum(a.retry_after for a in refused)
        statuses = Counter(a.status for a in self.answers)
        return {
            "p50_ms": round(percentile(served, 0.5), 1),
            "p95_ms": round(percentile(served, 0.95), 1),
            "p99_ms": round(percentile(served, 0.99), 1),
            "errors": len(self.answers) - len(served) - polite,
            "refused": polite,
            "requests_per_second": round(len(served) / seconds, 1),
            "statuses": {str(key): count for key, count in sorted(statuses.items())},
            "unanswered": dict(Counter(a.cause for a in self.answers if not a.status)),
        }

    def by_kind(self) -> dict[str, dict[str, float]]:
        """Median and 95th percentile of each kind of deed, in ms."""
        found = {}
        for kind in MIX:
            mine = [a.seconds * 1000 for a in self.answers if a.kind == kind and a.status < 400]
            found[kind] = {
                "count": len(mine),
                "p50_ms": round(percentile(mine, 0.5), 1),
                "p95_ms": round(percentile(mine, 0.95), 1),
            }
        return found


@dataclass(frozen=True, slots=True)
class World:
    """What staff may have before them: records to write down and ask for, and a photo."""

    records: Sequence[dict[str, Any]]
    photo: bytes


class Client:
    """One member of staff at one machine; a connection is kept until it breaks."""

    def __init__(self, port: int, staff: Staff, diary: Diary, world: World, seed: int) -> None:
        self._port, self._staff, self._diary, self._world = port, staff, diary, world
        self._dice = random.Random(seed)
        self._people: list[str] = []
        self._line: http.client.HTTPConnection | None = None

    def deed(self) -> None:
        """Do one thing of the mix."""
        kind = self._dice.choices(list(MIX), list(MIX.values()))[0]
        deeds: dict[str, Callable[[], object]] = {
            "read": self._read,
            "page": self._page,
            "search": self.search,
            "register": self.register,
            "batch": self._batch,
            "photo": self._send_photo,
        }
        deeds[kind]()

    def _record(self) -> dict[str, Any]:
        return self._dice.choice(self._world.records)

    def _read(self) -> None:
        if self._people and self._dice.random() < 0.7:
            self.ask("read", "GET", f"/v1/people/{self._dice.choice(self._people)}")
            return
        _, body = self.ask("read", "GET", "/v1/people?limit=20")
        if body and not self._people:
            self._people = [item["id"] for item in body["items"]]

    def _page(self) -> None:
        path = "/"
        if self._people and self._dice.random() < 0.5:
            path = f"/people/{self._dice.choice(self._people)}"
        self.ask("page", "GET", path, session=True)

    def search(self) -> int:
        """Ask who somebody is; the status."""
        question = {"record": {**self._record(), "side": "found"}, "purpose": "tracing",
                    "legal_basis": "statutory_duty", "reason": "load"}  # fmt: skip
        return self.ask("search", "POST", "/v1/searches", question)[0]

    def register(self, kind: str = "register") -> int:
        """Register somebody; the status. An acknowledged one is written down."""
        key = f"{self._dice.getrandbits(64):x}"
        status, body = self.ask(kind, "POST", "/v1/people", self._record(), idempotency=key)
        if status in (200, 201) and body:
            with self._diary.lock:
                self._diary.kept.append(body["person_id"])
            self._people.append(body["person_id"])
        return status

    def _batch(self) -> None:
        for _ in range(BATCH):
            self.register("batch")

    def _send_photo(self) -> None:
        self.ask("photo", "POST", "/v1/photos", self._world.photo)

    def has(self, person: str) -> bool | None:
        """Whether the server still holds somebody; None where it gave no answer to that."""
        for _ in range(TRIES):
            # a connection that lay idle may have been closed meanwhile: that is no answer either
            status, _body = self.ask("check", "GET", f"/v1/people/{person}")
            if status in (200, 404):
                return status == 200
            time.sleep(0.2)
        return None

    def ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: object = None,
        *,
        session: bool = False,
        idempotency: str | None = None,
    ) -> tuple[int, Any]:
        """One request; its status and JSON body. 0 where no answer came."""
        headers = {"Authorization": f"Bearer {self._staff.key}"}
        if session:
            headers = {"Cookie": f"xunqin_session={self._staff.session}"}
        if idempotency:
            headers["Idempotency-Key"] = idempotency
        content: bytes | None
        if isinstance(body, bytes):
            content, headers["Content-Type"] = body, "image/jpeg"
        else:
            content = None if body is None else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        started = time.monotonic()
        try:
            answer, given = self._sent(method, path, content, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            cause = type(error).__name__
            self._diary.write(Answer(kind, 0, time.monotonic() - started, cause=cause))
            time.sleep(PAUSE)
            return 0, None
        took = time.monotonic() - started
        told = bool(answer.getheader("Retry-After"))
        self._diary.write(Answer(kind, answer.status, took, told))
        plain = answer.status < 400 and not session
        return answer.status, json.loads(given) if plain and given else None

    def _sent(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send and read; once more where a connection that lay idle had been closed meanwhile."""
        kept = self._line is not None
        while True:
            line = self._line or http.client.HTTPConnection("127.0.0.1", self._port, TIMEOUT)
            self._line = line
            try:
                line.request(method, path, content, headers)
                answer = line.getresponse()
                return answer, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
                if not kept:
                    raise
                kept = False

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None


def closed_loop(clients: Sequence[Client], seconds: float) -> float:
    """Every client does one deed after another; seconds until the last had its answer."""
    started = time.monotonic()

    def work(client: Client) -> None:
        while time.monotonic() - started < seconds:
            client.deed()
        client.close()

    _together([(work, client) for client in clients])
    return time.monotonic() - started


def open_loop(clients: Sequence[Client], seconds: float, rate: float) -> tuple[float, int]:
    """Deeds begin at `rate` a second whether or not answers come; seconds taken, deeds not begun.

    A deed is not begun where every client still waits for an answer.
    """
    started = time.monotonic()
    ticket, lock = [0], threading.Lock()

    def work(client: Client) -> None:
        while True:
            with lock:
                number = ticket[0]
                ticket[0] += 1
            due = started + number / rate
            if due - started >= seconds:
                break
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if time.monotonic() - started >= seconds:
                break
            client.deed()
        client.close()

    _together([(work, client) for client in clients])
    begun = min(ticket[0], int(rate * seconds))
    return time.monotonic() - started, max(0, int(rate * seconds) - begun)


def _together(work: Sequence[tuple[Callable[[Client], None], Client]]) -> None:
    threads = [threading.Thread(target=do, args=(client,), daemon=True) for do, client in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
