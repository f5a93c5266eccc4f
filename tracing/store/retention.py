"""Statements about retention: marks, what is due, and records that are stored only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, or_, select, update

from tracing.store.database import Tx
from tracing.store.ids import new_id
from tracing.store.tables import FacePrint, Person, Photo, RetentionMark, Station


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A mark on a person's record; `ended_at` is None while it is in force."""

    id: str
    person_id: str
    kind: str
    reason: str
    account_id: str | None
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueRow:
    """A record that somebody has to look at: when it was last looked at, or made."""

    person_id: str
    side: str
    result: str
    since: datetime


_MARK = (
    RetentionMark.id,
    RetentionMark.person_id,
    RetentionMark.kind,
    RetentionMark.reason,
    RetentionMark.account_id,
    RetentionMark.at,
    RetentionMark.ended_at,
)


def put(
    tx: Tx, person_id: str, kind: str, reason: str, account_id: str | None, at: datetime
) -> None:
    """A new mark; an earlier one of the kind ends."""
    end(tx, person_id, kind, account_id, at)
    tx.run(
        insert(RetentionMark).values(
            id=new_id(), person_id=person_id, kind=kind, reason=reason, account_id=account_id, at=at
        )
    )


def end(tx: Tx, person_id: str, kind: str, account_id: str | None, at: datetime) -> bool:
    """End the mark of that kind; False when none was in force."""
    statement = (
        update(RetentionMark)
        .where(RetentionMark.person_id == person_id, RetentionMark.kind == kind)
        .where(RetentionMark.ended_at.is_(None))
        .values(ended_by=account_id, ended_at=at)
    )
    return tx.changed(statement) > 0


def in_force(tx: Tx, person_id: str, kind: str) -> MarkRow | None:
    """The mark of that kind that has not ended."""
    statement = select(*_MARK).where(
        RetentionMark.person_id == person_id,
        RetentionMark.kind == kind,
        RetentionMark.ended_at.is_(None),
    )
    row = tx.run(statement.order_by(RetentionMark.id.desc())).first()
    return None if row is None else MarkRow(*row)


def marks(tx: Tx, person_id: str) -> list[MarkRow]:
    """All marks of a person, newest first."""
    statement = select(*_MARK).where(RetentionMark.person_id == person_id)
    return [MarkRow(*row) for row in tx.run(statement.order_by(RetentionMark.id.desc()))]


def due(
    tx: Tx, path: str, sides: Sequence[str], results: Sequence[str], before: datetime, limit: int
) -> list[DueRow]:
    """People of the subtree nobody has looked at since `before`, longest waiting first."""
    looked = (
        select(func.max(RetentionMark.at))
        .where(RetentionMark.person_id == Person.id, RetentionMark.kind == "review")
        .correlate(Person)
        .scalar_subquery()
    )
    since = func.coalesce(looked, Person.created_at)
    statement = (
        select(Person.id, Person.side, Person.tracing_result, since)
        .join(Station, Station.id == Person.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .where(Person.erased_at.is_(None), Person.stored_only_at.is_(None))
        .where(Person.side.in_(sides), Person.tracing_result.in_(results), since < before)
        .order_by(since, Person.id)
    )
    return [DueRow(*row) for row in tx.run(statement.limit(limit))]


def with_mark(tx: Tx, path: str, kind: str, limit: int) -> list[MarkRow]:
    """Marks of that kind in force in the subtree, newest first."""
    statement = (
        select(*_MARK)
        .join(Person, Person.id == RetentionMark.person_id)
        .join(Station, Station.id == Person.station_id)
        .where(Station.path.startswith(path, autoescape=True), Person.erased_at.is_(None))
        .where(RetentionMark.kind == kind, RetentionMark.ended_at.is_(None))
    )
    return [
        MarkRow(*row) for row in tx.run(statement.order_by(RetentionMark.id.desc()).limit(limit))
    ]


def results_after(tx: Tx, after_seq: int, limit: int) -> list[tuple[int, str, str]]:
    """Sequence number, id and result of living records changed after `after_seq`, in order."""
    unsettled = tx.first_unsettled()  # before the rows: what commits in between is above it
    statement = select(Person.seq, Person.id, Person.tracing_result).where(
        Person.seq > after_seq, Person.erased_at.is_(None)
    )
    if unsettled is not None:
        statement = statement.where(Person.seq < unsettled)
    rows = tx.run(statement.order_by(Person.seq).limit(limit))
    return [(seq, person_id, result) for seq, person_id, result in rows]


def prints_over(tx: Tx, before: datetime, limit: int) -> list[str]:
    """People resolved before then who have prints, and no hold or reason to keep them."""
    statement = _over(before).where(_has_prints())
    return list(tx.run(statement.order_by(Person.id).limit(limit)).scalars())


def print_over(tx: Tx, person_id: str, before: datetime) -> bool:
    """Whether this person was resolved before then, and no hold or reason keeps a print."""
    return tx.run(_over(before).where(Person.id == person_id)).first() is not None


def _over(before: datetime) -> Select[str]:
    kept = (
        select(RetentionMark.id)
        .where(RetentionMark.person_id == Person.id, RetentionMark.ended_at.is_(None))
        .where(RetentionMark.kind.in_(("keep_print", "hold")))
    )
    return (
        select(Person.id)
        .join(RetentionMark, RetentionMark.person_id == Person.id)
        .where(RetentionMark.kind == "resolved", RetentionMark.ended_at.is_(None))
        .where(RetentionMark.at < before, Person.erased_at.is_(None))
        .where(~exists(kept.correlate(Person)))
    )


def forget_prints(tx: Tx, person_id: str) -> int:
    """Delete every print of the person and in the person's photos; gives how many."""
    prints = _prints(person_id).with_only_columns(FacePrint.id)
    ids = list(tx.run(prints).scalars())
    return tx.changed(delete(FacePrint).where(FacePrint.id.in_(ids))) if ids else 0


def _has_prints() -> ColumnElement[bool]:
    in_photos = select(FacePrint.id).join(Photo, Photo.id == FacePrint.photo_id)
    return or_(
        exists(select(FacePrint.id).where(FacePrint.person_id == Person.id).correlate(Person)),
        exists(in_photos.where(Photo.person_id == Person.id).correlate(Person)),
    )


def _prints(person_id: str) -> Select[*tuple[Any, ...]]:
    photos = select(Photo.id).where(Photo.person_id == person_id)
    return select(FacePrint.id).where(
        or_(FacePrint.person_id == person_id, FacePrint.photo_id.in_(photos))
    )


def store_only(tx: Tx, person_id: str, since: datetime | None, at: datetime) -> None:
    """Take a held person out of all use, or with None back into it."""
    values = {"stored_only_at": since, "seq": tx.next_seq(), "changed_at": at}
    tx.run(update(Person).where(Person.id == person_id).values(**values))
