"""What security costs of a search: CPU of its parts within whole requests, in this process.

Counted are the gate of the key, scopes and reach, the pace, the sealing and opening of anything,
digests of exact numbers, and the rows of the audit trail (their hashes follow in the background
and one row's share of a batch is added). Nested parts are counted once. Scope checks called by a
name of their own are set look-ups and not counted.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import structlog
from fastapi.testclient import TestClient

from api import visit
from api.app import create_app
from api.pace import Pace
from benchmarks.service.day import World
from benchmarks.service.house import Staff
from tracing import access, audit
from tracing.api_keys import ApiKeys
from tracing.sealing import Vault
from tracing.service import Service
from tracing.settings import Settings

WARM = 5
COUNTED: Sequence[tuple[Any, str]] = (
    *((Vault, name) for name in
      ("open", "seal", "wrap", "unwrap", "open_desk", "seal_desk", "digest", "sign")),
    (ApiKeys, "by_key"), (Pace, "count"), (Pace, "require"), (audit, "record"),
    (access, "require"), (access, "require_reach"), (visit, "_same_origin"),
)  # fmt: skip


class _Purse:
    """CPU milliseconds spent in counted parts, by any thread."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._inside = threading.local()
        self._lock = threading.Lock()

    def around(self, part: Callable[..., Any]) -> Callable[..., Any]:
        """The part, counted unless it runs within another one."""

        def counted(*given: Any, **named: Any) -> Any:
            if getattr(self._inside, "yes", False):
                return part(*given, **named)
            self._inside.yes, began = True, time.thread_time()
            try:
                return part(*given, **named)
            finally:
                self._inside.yes = False
                with self._lock:
                    self.spent += (time.thread_time() - began) * 1000

        return counted


def measured(folder: Path, member: Staff, world: World, searches: int, seed: int) -> dict[str, Any]:
    """Medians of CPU ms of a search request and of its security, and the share."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    settings = Settings(data_dir=folder)
    service, purse, dice = Service(settings), _Purse(), random.Random(seed)
    patches = [patch.object(o, name, purse.around(getattr(o, name))) for o, name in COUNTED]
    try:
        service.searches.follow()
        client = TestClient(create_app(service, settings), base_url="http://127.0.0.1")
        client.headers["Authorization"] = f"Bearer {member.key}"
        client.app.state.house.pace = Pace(dict.fromkeys(access.rules().paces, "100000/second"))  # type: ignore[attr-defined]
        rows = []
        for each in patches:
            each.start()
        for number in range(searches + WARM):
            row = _asked(client, dice.choice(world.records), purse)
            if number >= WARM:
                rows.append(row)
        began = time.thread_time()
        sealed = service.audit.seal_chain()
        chain = (time.thread_time() - began) * 1000 / max(1, sealed)
    finally:
        for each in patches:
            each.stop()
        service.close()
    whole, part = median(r[0] for r in rows), median(r[1] for r in rows) + chain
    return {
        "searches": len(rows),
        "request_cpu_ms": round(whole, 2),
        "security_cpu_ms": round(part, 2),
        "security_share": round(part / whole, 4),
    }


def _asked(client: TestClient, record: dict[str, Any], purse: _Purse) -> tuple[float, float]:
    question = {"record": {**record, "side": "found"}, "purpose": "tracing",
                "legal_basis": "statutory_duty", "reason": "load"}  # fmt: skip
    purse.spent, began = 0.0, time.process_time()
    answer = client.post("/v1/searches", json=question)
    whole = (time.process_time() - began) * 1000
    if answer.status_code != 201:
        raise RuntimeError(f"a search was answered with {answer.status_code}")
    return whole, purse.spent
