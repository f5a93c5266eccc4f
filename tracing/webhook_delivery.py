"""Emptying the outbox: signed messages (Standard Webhooks), tried again until they are taken.

A message is taken out for a while, sent, and marked; whoever dies in between leaves it to the
next, so that it may arrive twice, always under the same id, and never not at all.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
import structlog
from standardwebhooks import Webhook

from tracing.errors import RecordInvalid, TracingError
from tracing.settings import Settings
from tracing.store import Store
from tracing.store import webhooks as rows
from tracing.webhook_addresses import Reachable, Target, webhook_rules
from tracing.webhooks import Letterbox, letterbox

GONE = 410
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (RecordInvalid, "address_refused"),
    (ValueError, "address_refused"),
    (httpx2.InvalidURL, "address_refused"),
    (TimeoutError, "timeout"),
    (httpx2.TimeoutException, "timeout"),
    (socket.gaierror, "name_unknown"),
    (OSError, "unreachable"),
    (httpx2.HTTPError, "unreachable"),
)
"""What an attempt can end in, the narrower kinds first."""
_EXPECTED = tuple(kind for kind, _ in _FAULTS)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended: no fault means taken; `final` that no other would end better."""

    delivery_id: str
    fault: str | None
    final: bool = False


class Deliveries:
    """One background thread of the server; `stop` ends it after the batch it is in."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._on = settings.webhooks
        self._reachable = Reachable.of(settings)
        self._rules = webhook_rules()
        self._trust = ssl.create_default_context()
        """The certificates that this machine trusts: a closed network adds its own authority."""
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin; without the setting nothing ever leaves this machine."""
        if self._on:
            threading.Thread(target=self._run, name="xunqin-webhooks", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopped.set()

    def step(self) -> int:
        """Send what is due now, one batch; gives how many messages were in it."""
        if not self._on:
            return 0
        now = self._store.now()
        until = now + timedelta(seconds=self._rules.lease_seconds)
        with self._store.read() as tx:
            if not rows.anything_due(tx, now):
                return 0
        with self._store.write() as tx:
            batch = rows.claim(tx, now, until, self._rules.batch)
            ends = {row.endpoint_id: rows.find_endpoint(tx, row.endpoint_id) for row in batch}
        boxes = {key: letterbox(self._store, end) for key, end in ends.items() if end}
        if batch:
            messages = [(row, boxes[row.endpoint_id]) for row in batch]
            # a thread of its own: whoever calls may have a loop running already
            with ThreadPoolExecutor(1, "xunqin-sending") as sending:
                attempts = sending.submit(lambda: asyncio.run(self._send_all(messages))).result()
            self._mark(batch, attempts)
        return len(batch)

    async def _send_all(
        self, messages: Sequence[tuple[rows.DeliveryRow, Letterbox]]
    ) -> list[Attempt]:
        async with httpx2.AsyncClient(
            verify=self._trust,
            trust_env=False,
            follow_redirects=False,
            timeout=self._rules.seconds,
        ) as client:
            return await asyncio.gather(*(self._send(client, row, box) for row, box in messages))

    async def _send(
        self, client: httpx2.AsyncClient, row: rows.DeliveryRow, box: Letterbox
    ) -> Attempt:
        try:
            async with asyncio.timeout(self._rules.seconds):
                target = self._reachable.target(box.url)
                address = await self._address(target)
                status = await self._post(client, target, address, row, box)
        except _EXPECTED as error:
            return Attempt(row.id, _fault(error))
        if 200 <= status < 300:
            return Attempt(row.id, None)
        return Attempt(row.id, f"http_{status}", final=status == GONE)

    async def _address(self, target: Target) -> str:
        found = await asyncio.get_running_loop().getaddrinfo(
            target.host, target.port, type=socket.SOCK_STREAM
        )
        return self._reachable.choose([str(entry[4][0]) for entry in found])

    async def _post(
        self,
        client: httpx2.AsyncClient,
        target: Target,
        address: str,
        row: rows.DeliveryRow,
        box: Letterbox,
    ) -> int:
        """Post to the checked address; of the answer only its head is read."""
        body = body_of(row)
        number, now = f"msg_{row.id}", self._store.now()
        url = httpx2.URL(target.url)
        shown = f"[{target.host}]" if ":" in target.host else target.host
        headers = {
            "Host": shown if url.port is None else f"{shown}:{url.port}",
            "Content-Type": "application/json",
            "User-Agent": "xunqin",
            "Webhook-Id": number,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": Webhook(box.secret).sign(number, now, body),
        }
        async with client.stream(
            "POST",
            url.copy_with(host=address),
            content=body.encode(),
            headers=headers,
            extensions={"sni_hostname": target.host},
        ) as answer:
            return int(answer.status_code)

    def _mark(self, batch: Sequence[rows.DeliveryRow], attempts: Sequence[Attempt]) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            for row, attempt in zip(batch, attempts, strict=True):
                rows.put(tx, row.id, _after(row, attempt, self._rules.again_after, now))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                busy = self.step()
            except TracingError as error:
                structlog.get_logger("xunqin").warning("webhooks", code=error.code)
                busy = 0
            if not busy:
                self._stopped.wait(self._rules.look_every)


def _fault(error: Exception) -> str:
    return next(fault for kind, fault in _FAULTS if isinstance(error, kind))


def body_of(row: rows.DeliveryRow) -> str:
    """What is sent: the same bytes with every attempt."""
    return json.dumps(
        {
            "type": row.kind,
            "timestamp": row.occurred_at.isoformat(),
            "data": {"id": row.subject_id, "href": row.href},
        },
        separators=(",", ":"),
    )


def _after(
    row: rows.DeliveryRow, attempt: Attempt, again_after: Sequence[int], now: datetime
) -> dict[str, object]:
    tried = row.attempts + 1
    values: dict[str, object] = {"attempts": tried, "fault": attempt.fault}
    if attempt.fault is None:
        return {**values, "state": "sent"}
    if attempt.final or tried > len(again_after):
        return {**values, "state": "dead"}
    return {**values, "next_at": now + timedelta(seconds=again_after[tried - 1])}
