"""Telling other systems that something happened: who is told, and what waits to be told.

A message says what kind of thing happened, to which id, and under which path it can be read by
whoever holds a key for it. It is written in the transaction of the deed, so that nothing is told
that did not happen and nothing that happened is forgotten.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tracing import audit
from tracing.access import Actor, require, require_reach
from tracing.errors import NotFound, RecordInvalid
from tracing.settings import Settings
from tracing.store import Store, Tx
from tracing.store import webhooks as rows
from tracing.store.ids import is_id, new_id
from tracing.webhook_addresses import Reachable, webhook_rules

LABEL_LONGEST = 100
LISTED = 200
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message points to: an id of ours, the path to read it, and whose matter it is.

    `station_id` None: nobody's yet, as a clue before a station takes it.
    """

    id: str
    href: str
    station_id: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that is told, as the security administrator sees it: without its secret."""

    id: str
    label: str
    address: str
    kinds: tuple[str, ...]
    station_name: str
    created_at: datetime
    waiting: int
    dead: int
    sent: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, and why."""

    id: str
    label: str
    kind: str
    subject_id: str
    occurred_at: datetime
    attempts: int
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the outbox stands: messages by state, and the age of the oldest waiting one."""

    waiting: int
    dead: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Address and signing secret of an endpoint, opened for sending."""

    url: str
    secret: str

    def __repr__(self) -> str:
        return "Letterbox()"


def tell(tx: Tx, kind: str, reference: Reference, at: datetime) -> None:
    """Let other systems know, in the transaction of the deed; nothing where nobody listens.

    Endpoints of the station and of those above it are told.
    """
    if kind not in webhook_rules().kinds:
        raise ValueError(f"no such kind of event: {kind}")
    ids = [e for e, kinds in rows.listening(tx, reference.station_id) if kind in kinds.split()]
    rows.add(tx, [_message(endpoint_id, kind, reference, at) for endpoint_id in ids])


class Webhooks:
    """Endpoints and what could not be delivered; kept by the security administrator."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._reachable = Reachable.of(settings)
        self.on = settings.webhooks

    def register(
        self, actor: Actor, label: str, url: str, kinds: AbstractSet[str]
    ) -> tuple[str, str]:
        """A new endpoint of the actor's station: its id, and the secret, given out this once.

        Raises:
            RecordInvalid: no label, an unknown kind, or an address that must not be reached.
        """
        require(actor, "webhooks.manage")
        if not 0 < len(label) <= LABEL_LONGEST:
            raise RecordInvalid(path="label", reason="length")
        if not kinds or not kinds <= set(webhook_rules().kinds):
            raise RecordInvalid(path="kinds", reason="choose")
        self._reachable.target(url)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        now, number = self._store.now(), new_id()
        sealed = json.dumps({"url": url, "secret": secret}).encode()
        with self._store.write() as tx:
            values = {
                "id": number,
                "station_id": actor.station_id,
                "label": label,
                "kinds": " ".join(sorted(kinds)),
                "sealed": self._store.vault.seal_desk(sealed, "webhook", number),
                "created_by": actor.account_id,
                "created_at": now,
            }
            rows.insert_endpoint(tx, values)
            audit.record(tx, actor, "webhook.create", "webhook", number, at=now,
                         detail={"kinds": sorted(kinds)})  # fmt: skip
        return number, secret

    def endpoints(self, actor: Actor) -> tuple[Endpoint, ...]:
        """Living endpoints within reach, oldest first."""
        require(actor, "webhooks.manage")
        with self._store.read() as tx:
            counted = rows.counts(tx, actor.station_path)
            found = rows.endpoints_below(tx, actor.station_path)
        return tuple(
            Endpoint(
                id=row.id,
                label=row.label,
                address=_shown(letterbox(self._store, row).url),
                kinds=tuple(row.kinds.split()),
                station_name=row.station_name,
                created_at=row.created_at,
                waiting=counted.get((row.id, "waiting"), 0),
                dead=counted.get((row.id, "dead"), 0),
                sent=counted.get((row.id, "sent"), 0),
            )
            for row in found
        )

    def end(self, actor: Actor, endpoint_id: str) -> None:
        """Nothing more goes there; what was waiting for it is discarded."""
        with self._store.write() as tx:
            row = self._held(tx, actor, endpoint_id)
            rows.end_endpoint(tx, row.id, self._store.now())
            audit.record(tx, actor, "webhook.end", "webhook", row.id, at=self._store.now())

    def test(self, actor: Actor, endpoint_id: str) -> None:
        """Put a message into the outbox that says nothing but that it is a test."""
        now = self._store.now()
        with self._store.write() as tx:
            row = self._held(tx, actor, endpoint_id)
            about = Reference(row.id, "/webhooks", row.station_id)
            rows.add(tx, [_message(row.id, webhook_rules().test_kind, about, now)])
            audit.record(tx, actor, "webhook.test", "webhook", row.id, at=now)

    def dead(self, actor: Actor) -> tuple[DeadLetter, ...]:
        """Messages given up at endpoints within reach, oldest first."""
        require(actor, "webhooks.manage")
        with self._store.read() as tx:
            found = rows.dead(tx, actor.station_path, LISTED)
        return tuple(
            DeadLetter(
                id=row.id,
                label=label,
                kind=row.kind,
                subject_id=row.subject_id,
                occurred_at=row.occurred_at,
                attempts=row.attempts,
                fault=row.fault or "",
            )
            for row, label in found
        )

    def retry(self, actor: Actor, delivery_id: str) -> None:
        """Try a dead message again, from the first attempt on."""
        require(actor, "webhooks.manage")
        now = self._store.now()
        with self._store.write() as tx:
            known = is_id(delivery_id)
            if not known or not rows.revive(tx, delivery_id, actor.station_path, now):
                raise NotFound
            audit.record(tx, actor, "webhook.retry", "webhook_delivery", delivery_id, at=now)

    def discard(self, actor: Actor, delivery_id: str) -> None:
        """Give a dead message up for good."""
        require(actor, "webhooks.manage")
        with self._store.write() as tx:
            known = is_id(delivery_id)
            if not known or not rows.discard(tx, delivery_id, actor.station_path):
                raise NotFound
            audit.record(tx, actor, "webhook.discard", "webhook_delivery", delivery_id,
                         at=self._store.now())  # fmt: skip

    def standing(self) -> Standing:
        """How the outbox of the whole installation stands."""
        with self._store.read() as tx:
            totals, oldest = rows.totals(tx), rows.oldest_waiting(tx)
        age = (self._store.now() - oldest).total_seconds() if oldest else 0.0
        return Standing(totals.get("waiting", 0), totals.get("dead", 0), max(0.0, age))

    def tidy(self) -> None:
        """Forget what was told long ago."""
        now, kept = self._store.now(), webhook_rules()
        with self._store.write() as tx:
            rows.forget(
                tx, now - timedelta(days=kept.kept_days), now - timedelta(days=kept.dead_days)
            )

    def _held(self, tx: Tx, actor: Actor, endpoint_id: str) -> rows.EndpointRow:
        require(actor, "webhooks.manage")
        row = rows.find_endpoint(tx, endpoint_id) if is_id(endpoint_id) else None
        require_reach(actor, row.station_path if row else None)
        if row is None or row.ended_at is not None:
            raise NotFound
        return row


def letterbox(store: Store, row: rows.EndpointRow) -> Letterbox:
    """Address and secret of an endpoint."""
    return Letterbox(**json.loads(store.vault.open_desk(row.sealed, "webhook", row.id)))


def _message(endpoint_id: str, kind: str, about: Reference, at: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "endpoint_id": endpoint_id,
        "kind": kind,
        "subject_id": about.id,
        "href": about.href,
        "occurred_at": at,
        "state": "waiting",
        "attempts": 0,
        "next_at": at,
    }


def _shown(url: str) -> str:
    """An address without what follows its path: keys often stand there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
