"""The two ways of asking a server, as programs do it, and what each cost the server."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.crosscheck.station import Document
from benchmarks.service.house import Server

TIMEOUT = 600.0
LISTED = 10
WAIT = 60
POLITE = frozenset((429, 503))
TRIES = 60
QUIET_SECONDS = 3.0
QUIET_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Watch:
    """When it began: by the clock, and CPU seconds of the server's process."""

    server: Server
    cpu: float
    wall: float

    @classmethod
    def of(cls, server: Server) -> Watch:
        """From now on."""
        return cls(server, server.cpu_seconds(), time.perf_counter())

    def rates(self, count: int) -> dict[str, float]:
        """So many questions in that time."""
        wall = time.perf_counter() - self.wall
        cpu = self.server.cpu_seconds() - self.cpu
        return {"per_cpu_second": count / max(cpu, 0.01), "per_second": count / wall}


def settle(server: Server) -> None:
    """Wait until the server does nothing more of its own: what it warms up is nobody's question."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        before = server.cpu_seconds()
        time.sleep(QUIET_SECONDS)
        if server.cpu_seconds() - before < QUIET_SECONDS * QUIET_SHARE:
            return


def one_by_one(
    server: Server, keys: Sequence[str], questions: Sequence[Document]
) -> dict[str, Any]:
    """Each question a call of its own, one after the other, the keys by turns."""
    watch, refused = Watch.of(server), 0
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    for number, record in enumerate(questions):
        body = {"record": record, "purpose": "tracing", "legal_basis": "statutory_duty",
                "reason": "benchmark", "limit": LISTED}  # fmt: skip
        refused += _asked(line, keys[number % len(keys)], json.dumps(body).encode())
    line.close()
    return {"questions": len(questions), "refused": refused, **watch.rates(len(questions))}


def _asked(line: http.client.HTTPConnection, key: str, body: bytes) -> int:
    """Ask until it is answered; gives how often the server asked to come back later."""
    for times in range(TRIES):
        line.request("POST", "/v1/searches", body, _headers(key, "application/json"))
        answer = line.getresponse()
        said = answer.read()
        if answer.status == 201:
            return times
        if answer.status not in POLITE:
            raise RuntimeError(f"a search was not answered: {answer.status} {said[:300]!r}")
        time.sleep(float(answer.getheader("Retry-After") or 1))
    raise RuntimeError(f"a search was not answered in {TRIES} tries: {said[:300]!r}")


def together(
    server: Server, key: str, request: str, questions: Sequence[Document]
) -> dict[str, Any]:
    """All questions in one run of an approved request, and its answers to the last."""
    watch = Watch.of(server)
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    path = put_in(line, key, request, questions)
    in_seconds = time.perf_counter() - watch.wall
    answers = list(read_answers(line, key, path))
    line.close()
    seen = Counter(answer["ref"] for answer in answers)
    return {
        **watch.rates(len(questions)),
        "taken_in_seconds": in_seconds,
        "outcomes": dict(Counter(answer["answer"] for answer in answers)),
        "doubled": sum(count - 1 for count in seen.values()),
        "missing": len(questions) - len(seen),
    }


def put_in(
    line: http.client.HTTPConnection, key: str, request: str, questions: Sequence[Document]
) -> str:
    """Put the questions of a run in; gives the path of its answers."""
    rows = [{"ref": str(row), "record": record} for row, record in enumerate(questions, 1)]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    headers = _headers(key, "application/x-ndjson")
    line.request("POST", f"/v1/police/requests/{request}/runs", body, headers)
    taken = line.getresponse()
    said = taken.read()
    if taken.status != 201:
        raise RuntimeError(f"the questions were not taken in: {taken.status}")
    return str(json.loads(said)["answers"])


def read_answers(
    line: http.client.HTTPConnection, key: str, path: str, cursor: int = 0
) -> Iterator[dict[str, Any]]:
    """Line by line behind the cursor; behind the last one again until nothing waits."""
    waiting = 1
    while waiting:
        line.request("GET", f"{path}?after={cursor}&wait={WAIT}", headers=_headers(key))
        stream = line.getresponse()
        if stream.status != 200:
            raise RuntimeError(f"no answers: {stream.status}")
        for text in stream:
            said = json.loads(text)
            if "waiting" in said:
                cursor, waiting = said["cursor"], said["waiting"]
            else:
                yield said


def _headers(key: str, kind: str | None = None) -> dict[str, str]:
    own = {"Authorization": f"Bearer {key}"}
    return own if kind is None else {**own, "Content-Type": kind}
