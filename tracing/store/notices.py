"""Statements about tracing notices and the stream that feeds read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Notice, Person, PersonKey, Station


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with what decides whether it may still be shown; `seq` is the later of both."""

    id: str
    person_id: str
    station_name: str
    sealed: bytes
    issued_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    seq: int
    changed_at: datetime
    side: str
    gallery_id: str | None
    protected: bool
    stored_only_at: datetime | None
    tracing_result: str
    version: int
    document: bytes
    wrapped: bytes | None


_SEQ = case((Person.seq > Notice.seq, Person.seq), else_=Notice.seq)
_COLUMNS = (
    Notice.id,
    Notice.person_id,
    Station.name,
    Notice.sealed,
    Notice.issued_at,
    Notice.expires_at,
    Notice.ended_at,
    _SEQ.label("seq"),
    Person.changed_at,
    Person.side,
    Person.gallery_id,
    Person.protected,
    Person.stored_only_at,
    Person.tracing_result,
    Person.version,
    Person.document,
    PersonKey.wrapped,
)


def _notices() -> Any:
    return (
        select(*_COLUMNS)
        .join(Person, Person.id == Notice.person_id)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .join(Station, Station.id == Notice.station_id)
    )


def insert_notice(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new notice."""
    tx.run(insert(Notice).values(**values))


def running_of(tx: Tx, person_id: str, now: datetime) -> NoticeRow | None:
    """The person's notice that is not over."""
    statement = _notices().where(
        Notice.person_id == person_id, Notice.ended_at.is_(None), Notice.expires_at > now
    )
    row = tx.run(statement.order_by(Notice.id.desc())).first()
    return None if row is None else NoticeRow(*row)


def end(tx: Tx, notice_id: str, account_id: str | None, at: datetime) -> None:
    """A notice is over; feeds hear of it."""
    values = {"ended_at": at, "ended_by": account_id, "seq": tx.next_seq()}
    tx.run(update(Notice).where(Notice.id == notice_id).values(**values))


def past_their_day(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Notices whose day has passed and that nobody ended."""
    statement = select(Notice.id).where(Notice.expires_at <= now, Notice.ended_at.is_(None))
    return list(tx.run(statement.order_by(Notice.id).limit(limit)).scalars())


def changes(tx: Tx, after_seq: int, limit: int) -> list[NoticeRow]:
    """Notices that changed above `after_seq`, or whose person did, lowest first."""
    unsettled = tx.first_unsettled()  # before the rows: what commits in between is above it
    statement = _notices().where(after_seq < _SEQ)
    if unsettled is not None:
        statement = statement.where(unsettled > _SEQ)
    return [NoticeRow(*row) for row in tx.run(statement.order_by(_SEQ, Notice.id).limit(limit))]


def forget(tx: Tx, person_id: str, at: datetime) -> None:
    """Blank what a person's notices said; that there were some stays, for their tombstones."""
    tx.run(update(Notice).where(Notice.person_id == person_id).values(sealed=b""))
    open_ones = select(Notice.id).where(Notice.person_id == person_id, Notice.ended_at.is_(None))
    for notice_id in tx.run(open_ones).scalars().all():
        end(tx, notice_id, None, at)
