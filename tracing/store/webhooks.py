"""Statements about webhook endpoints and the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Station, WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An address that is told, with the station whose matters it hears of."""

    id: str
    label: str
    kinds: str
    sealed: bytes
    created_at: datetime
    ended_at: datetime | None
    station_id: str
    station_name: str
    station_path: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message for one address."""

    id: str
    endpoint_id: str
    kind: str
    subject_id: str
    href: str
    occurred_at: datetime
    state: str
    attempts: int
    next_at: datetime
    fault: str | None


_ENDPOINT = (
    WebhookEndpoint.id,
    WebhookEndpoint.label,
    WebhookEndpoint.kinds,
    WebhookEndpoint.sealed,
    WebhookEndpoint.created_at,
    WebhookEndpoint.ended_at,
    WebhookEndpoint.station_id,
    Station.name,
    Station.path,
)
_DELIVERY = (
    WebhookDelivery.id,
    WebhookDelivery.endpoint_id,
    WebhookDelivery.kind,
    WebhookDelivery.subject_id,
    WebhookDelivery.href,
    WebhookDelivery.occurred_at,
    WebhookDelivery.state,
    WebhookDelivery.attempts,
    WebhookDelivery.next_at,
    WebhookDelivery.fault,
)


def insert_endpoint(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new endpoint."""
    tx.run(insert(WebhookEndpoint).values(**values))


def find_endpoint(tx: Tx, endpoint_id: str) -> EndpointRow | None:
    """The endpoint with that id, ended or not."""
    row = tx.run(_endpoints().where(WebhookEndpoint.id == endpoint_id)).first()
    return None if row is None else EndpointRow(*row)


def endpoints_below(tx: Tx, path: str) -> list[EndpointRow]:
    """Living endpoints of the subtree at `path`, oldest first."""
    statement = _endpoints().where(
        WebhookEndpoint.ended_at.is_(None), Station.path.startswith(path, autoescape=True)
    )
    return [EndpointRow(*row) for row in tx.run(statement.order_by(WebhookEndpoint.id))]


def listening(tx: Tx, station_id: str | None) -> list[tuple[str, str]]:
    """Id and kinds of living endpoints of that station and of those above it; all for None."""
    statement = select(WebhookEndpoint.id, WebhookEndpoint.kinds).where(
        WebhookEndpoint.ended_at.is_(None)
    )
    if station_id is not None:
        own = select(Station.path).where(Station.id == station_id).scalar_subquery()
        begins = func.substr(own, 1, func.length(Station.path)) == Station.path
        statement = statement.join(Station, Station.id == WebhookEndpoint.station_id).where(begins)
    return [(row[0], row[1]) for row in tx.run(statement)]


def end_endpoint(tx: Tx, endpoint_id: str, at: datetime) -> None:
    """Nothing more goes there; what was waiting is discarded."""
    tx.run(update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).values(ended_at=at))
    tx.run(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.state.in_(("waiting", "dead")),
        )
        .values(state="discarded")
    )


def add(tx: Tx, messages: Sequence[Mapping[str, Any]]) -> None:
    """Put messages into the outbox, in the transaction of what they tell."""
    tx.insert(insert(WebhookDelivery), messages)


def anything_due(tx: Tx, at: datetime) -> bool:
    """Whether a message waits to be sent now."""
    waiting = select(WebhookDelivery.id).where(
        WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= at
    )
    return tx.run(waiting.limit(1)).first() is not None


def claim(tx: Tx, at: datetime, until: datetime, limit: int) -> list[DeliveryRow]:
    """Take messages that are due; to others they are not due before `until`."""
    due = (
        select(*_DELIVERY)
        .where(WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= at)
        .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [DeliveryRow(*row) for row in tx.run(due)]
    ids = [row.id for row in taken]
    if ids:
        tx.run(update(WebhookDelivery).where(WebhookDelivery.id.in_(ids)).values(next_at=until))
    return taken


def put(tx: Tx, delivery_id: str, values: Mapping[str, Any]) -> None:
    """How an attempt ended; a message that was discarded meanwhile stays so."""
    tx.run(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == "waiting")
        .values(**values)
    )


def dead(tx: Tx, path: str, limit: int) -> list[tuple[DeliveryRow, str]]:
    """Messages given up, with the label of their endpoint, oldest first."""
    statement = (
        select(*_DELIVERY, WebhookEndpoint.label)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Station, Station.id == WebhookEndpoint.station_id)
        .where(WebhookDelivery.state == "dead", Station.path.startswith(path, autoescape=True))
        .order_by(WebhookDelivery.id)
    )
    return [(DeliveryRow(*row[:-1]), row[-1]) for row in tx.run(statement.limit(limit))]


def revive(tx: Tx, delivery_id: str, path: str, at: datetime) -> bool:
    """Let a dead message of the subtree be tried again from the beginning; whether it was one."""
    values = {"state": "waiting", "attempts": 0, "next_at": at}
    return bool(tx.changed(_dead_of(delivery_id, path).values(**values)))


def discard(tx: Tx, delivery_id: str, path: str) -> bool:
    """Give a dead message of the subtree up for good; whether it was one."""
    return bool(tx.changed(_dead_of(delivery_id, path).values(state="discarded")))


def counts(tx: Tx, path: str) -> dict[tuple[str, str], int]:
    """How many messages each endpoint of the subtree has in each state."""
    statement = (
        select(WebhookDelivery.endpoint_id, WebhookDelivery.state, func.count())
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Station, Station.id == WebhookEndpoint.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .group_by(WebhookDelivery.endpoint_id, WebhookDelivery.state)
    )
    return {(row[0], row[1]): int(row[2]) for row in tx.run(statement)}


def oldest_waiting(tx: Tx) -> datetime | None:
    """When the oldest message still to be told happened."""
    found: datetime | None = tx.connection.scalar(
        select(func.min(WebhookDelivery.occurred_at)).where(WebhookDelivery.state == "waiting")
    )
    return found


def totals(tx: Tx) -> dict[str, int]:
    """How many messages there are in each state."""
    statement = select(WebhookDelivery.state, func.count()).group_by(WebhookDelivery.state)
    return {row[0]: int(row[1]) for row in tx.run(statement)}


def forget(tx: Tx, done_before: datetime, dead_before: datetime) -> None:
    """Delete what was told or given up long ago."""
    for states, before in ((("sent", "discarded"), done_before), (("dead",), dead_before)):
        tx.run(
            delete(WebhookDelivery).where(
                WebhookDelivery.state.in_(states), WebhookDelivery.occurred_at < before
            )
        )


def _endpoints() -> Any:
    return select(*_ENDPOINT).join(Station, Station.id == WebhookEndpoint.station_id)


def _dead_of(delivery_id: str, path: str) -> Any:
    within = (
        select(WebhookEndpoint.id)
        .join(Station, Station.id == WebhookEndpoint.station_id)
        .where(Station.path.startswith(path, autoescape=True), WebhookEndpoint.ended_at.is_(None))
    )
    return update(WebhookDelivery).where(
        WebhookDelivery.id == delivery_id,
        WebhookDelivery.state == "dead",
        WebhookDelivery.endpoint_id.in_(within),
    )
