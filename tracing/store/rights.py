"""Statements about requests of people about their own records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import PersonKey, RightsRequest, Station


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as stored; `person_wrapped` is None once the person is erased."""

    id: str
    person_id: str
    kind: str
    asked_by: str
    state: str
    rule: str
    note: bytes | None
    received_at: datetime
    due_at: datetime
    answered_at: datetime | None
    refusal: str | None
    erasure_id: str | None
    station_name: str
    station_path: str
    person_wrapped: bytes | None


def insert_request(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new request."""
    tx.run(insert(RightsRequest).values(**values))


def find(tx: Tx, request_id: str, *, hold: bool = False) -> RequestRow | None:
    """The request with that id; with `hold` nobody else answers it meanwhile."""
    if hold:
        tx.run(select(RightsRequest.id).where(RightsRequest.id == request_id).with_for_update())
    row = tx.run(_requests().where(RightsRequest.id == request_id)).first()
    return None if row is None else RequestRow(*row)


def below(tx: Tx, path: str, limit: int) -> list[RequestRow]:
    """Requests of the subtree: those not answered by their due time, then the newest answered."""
    statement = (
        _requests()
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(RightsRequest.answered_at.is_not(None), RightsRequest.due_at)
    )
    return [RequestRow(*row) for row in tx.run(statement.limit(limit))]


def answer(tx: Tx, request_id: str, values: Mapping[str, Any]) -> None:
    """Write the answer to a held request."""
    tx.run(update(RightsRequest).where(RightsRequest.id == request_id).values(**values))


def forget(tx: Tx, person_id: str) -> None:
    """The person is erased: what was said goes; that they asked stays."""
    tx.run(update(RightsRequest).where(RightsRequest.person_id == person_id).values(note=None))


def _requests() -> Any:
    return (
        select(
            RightsRequest.id,
            RightsRequest.person_id,
            RightsRequest.kind,
            RightsRequest.asked_by,
            RightsRequest.state,
            RightsRequest.rule,
            RightsRequest.note,
            RightsRequest.received_at,
            RightsRequest.due_at,
            RightsRequest.answered_at,
            RightsRequest.refusal,
            RightsRequest.erasure_id,
            Station.name,
            Station.path,
            PersonKey.wrapped,
        )
        .join(Station, Station.id == RightsRequest.station_id)
        .join(PersonKey, PersonKey.person_id == RightsRequest.person_id)
    )
