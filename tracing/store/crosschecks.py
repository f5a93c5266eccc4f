"""Statements about requests to police and other stations, their deeds and answers; trusted keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from tracing.store.database import Tx
from tracing.store.sequence import grow
from tracing.store.tables import (
    Crosscheck,
    CrosscheckAnswer,
    CrosscheckDeed,
    DutyClock,
    Person,
    PersonKey,
    Station,
    TrustedKey,
)

_HIDDEN = ("draft", "withdrawn")


@dataclass(frozen=True, slots=True)
class CrosscheckRow:
    """A request as stored, with both stations; `wrapped` is the key of the person on record."""

    id: str
    number: str
    kind: str
    state: str
    person_id: str | None
    case_id: str | None
    from_id: str | None
    from_name: str | None
    from_path: str | None
    to_id: str | None
    to_name: str | None
    to_path: str | None
    purpose: str
    legal_basis: str
    heading: bytes
    made_by: str
    made_at: datetime
    sent_at: datetime | None
    reminded_at: datetime | None
    escalated_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    wrapped: bytes | None
    protected: bool | None
    stored_only: bool | None


@dataclass(frozen=True, slots=True)
class DeedRow:
    """A deed as stored."""

    id: str
    deed: str
    side: str
    before: str
    after: str
    account_id: str
    station_id: str
    at: datetime
    sealed: bytes
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer as stored."""

    id: str
    deed_id: str
    source: str
    result: str
    sealed: bytes
    account_id: str
    at: datetime
    struck_at: datetime | None
    verification_id: str | None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock of a request or a person, running or stopped."""

    id: str
    rule: str
    subject_id: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    deed: str | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A public key of another installation."""

    id: str
    name: str
    public: bytes
    added_at: datetime
    ended_at: datetime | None


_FROM = aliased(Station)
_TO = aliased(Station)


def next_number(tx: Tx, station_code: str, year: int) -> str:
    """The next number of a request of a station in a year, like `320400-XC-2026-00017`."""
    last = grow(tx.connection, f"crosscheck:{station_code}:{year}", 1)
    return f"{station_code}-XC-{year}-{last:05d}"


def insert_crosscheck(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new request; raises `Conflict` where its origin is known."""
    tx.run(insert(Crosscheck).values(**values))


def find(tx: Tx, crosscheck_id: str, *, hold: bool = False) -> CrosscheckRow | None:
    """The request with that id, of whatever station; held, nobody else changes it meanwhile."""
    if hold:
        tx.run(select(Crosscheck.id).where(Crosscheck.id == crosscheck_id).with_for_update())
    row = tx.run(_crosschecks().where(Crosscheck.id == crosscheck_id)).first()
    return None if row is None else CrosscheckRow(*row)


def by_origin(tx: Tx, digest: bytes) -> str | None:
    """The id of the request that came in a file with that digest."""
    found: str | None = tx.connection.scalar(
        select(Crosscheck.id).where(Crosscheck.origin == digest)
    )
    return found


def package_of(tx: Tx, crosscheck_id: str) -> bytes:
    """What was put together for it, sealed."""
    found: bytes | None = tx.connection.scalar(
        select(Crosscheck.package).where(Crosscheck.id == crosscheck_id)
    )
    return found or b""


def sent_from(tx: Tx, path: str, limit: int) -> list[CrosscheckRow]:
    """Requests of the stations at `path` and below: open ones first, then the latest."""
    return _page(tx, _FROM.path.startswith(path, autoescape=True), limit)


def sent_to(tx: Tx, path: str, limit: int) -> list[CrosscheckRow]:
    """Requests addressed to the stations at `path` and below, drafts left out."""
    theirs = and_(
        _TO.path.startswith(path, autoescape=True),
        Crosscheck.state.not_in(_HIDDEN),
        or_(
            Person.id.is_(None),
            and_(Person.protected.is_(False), Person.stored_only_at.is_(None)),
        ),
    )
    return _page(tx, theirs, limit)


def of_person(tx: Tx, person_id: str) -> list[CrosscheckRow]:
    """Requests about a person, latest first."""
    statement = _crosschecks().where(Crosscheck.person_id == person_id)
    return [CrosscheckRow(*row) for row in tx.run(statement.order_by(Crosscheck.id.desc()))]


def _page(tx: Tx, where: Any, limit: int) -> list[CrosscheckRow]:
    statement = _crosschecks().where(where)
    statement = statement.order_by(Crosscheck.closed_at.is_not(None), Crosscheck.id.desc())
    return [CrosscheckRow(*row) for row in tx.run(statement.limit(limit))]


def change(tx: Tx, crosscheck_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a held request."""
    tx.run(update(Crosscheck).where(Crosscheck.id == crosscheck_id).values(**values))


def insert_deed(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more deed."""
    tx.run(insert(CrosscheckDeed).values(**values))


def deeds(tx: Tx, crosscheck_id: str) -> list[DeedRow]:
    """All deeds in order."""
    statement = select(
        CrosscheckDeed.id,
        CrosscheckDeed.deed,
        CrosscheckDeed.side,
        CrosscheckDeed.before,
        CrosscheckDeed.after,
        CrosscheckDeed.account_id,
        CrosscheckDeed.station_id,
        CrosscheckDeed.at,
        CrosscheckDeed.sealed,
        CrosscheckDeed.undone_at,
    ).where(CrosscheckDeed.crosscheck_id == crosscheck_id)
    return [
        DeedRow(*row) for row in tx.run(statement.order_by(CrosscheckDeed.at, CrosscheckDeed.id))
    ]


def undo_deed(tx: Tx, deed_id: str, account_id: str, at: datetime) -> None:
    """Undo a deed; the answer that it recorded is struck."""
    values = {"undone_at": at, "undone_by": account_id}
    tx.run(update(CrosscheckDeed).where(CrosscheckDeed.id == deed_id).values(**values))
    struck = update(CrosscheckAnswer).where(CrosscheckAnswer.deed_id == deed_id)
    tx.run(struck.values(struck_at=at, digest=None))


def insert_answer(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more answer."""
    tx.run(insert(CrosscheckAnswer).values(**values))


def answers(tx: Tx, crosscheck_id: str) -> list[AnswerRow]:
    """All answers in order, struck ones included."""
    statement = select(
        CrosscheckAnswer.id,
        CrosscheckAnswer.deed_id,
        CrosscheckAnswer.source,
        CrosscheckAnswer.result,
        CrosscheckAnswer.sealed,
        CrosscheckAnswer.account_id,
        CrosscheckAnswer.at,
        CrosscheckAnswer.struck_at,
        CrosscheckAnswer.verification_id,
    ).where(CrosscheckAnswer.crosscheck_id == crosscheck_id)
    return [AnswerRow(*row) for row in tx.run(statement.order_by(CrosscheckAnswer.id))]


def answer_known(tx: Tx, crosscheck_id: str, digest: bytes) -> bool:
    """Whether this very answer is there."""
    statement = select(CrosscheckAnswer.id).where(
        CrosscheckAnswer.crosscheck_id == crosscheck_id, CrosscheckAnswer.digest == digest
    )
    return tx.run(statement).first() is not None


def set_verification(tx: Tx, answer_id: str, verification_id: str) -> None:
    """Remember to which verification an answer led."""
    statement = update(CrosscheckAnswer).where(CrosscheckAnswer.id == answer_id)
    tx.run(statement.values(verification_id=verification_id))


def clocks(tx: Tx, subject_ids: Sequence[str]) -> list[ClockRow]:
    """Clocks of these subjects, the one that is due first before the others."""
    statement = select(
        DutyClock.id,
        DutyClock.rule,
        DutyClock.subject_id,
        DutyClock.started_at,
        DutyClock.due_at,
        DutyClock.stopped_at,
        DutyClock.deed,
    ).where(DutyClock.subject_id.in_(subject_ids))
    return [ClockRow(*row) for row in tx.run(statement.order_by(DutyClock.due_at, DutyClock.id))]


def restart_clocks(tx: Tx, deed: str) -> None:
    """Let the clocks run on that a deed, since undone, had stopped."""
    statement = update(DutyClock).where(DutyClock.deed == deed)
    tx.run(statement.values(stopped_at=None, stopped_by=None, deed=None))


def rename_deed(tx: Tx, deed: str, name: str) -> None:
    """Clocks that one deed had stopped stand stopped by another from now on."""
    tx.run(update(DutyClock).where(DutyClock.deed == deed).values(deed=name))


def forget(tx: Tx, person_id: str) -> None:
    """Blank what an erased person's requests said; that they were made stays."""
    own = select(Crosscheck.id).where(Crosscheck.person_id == person_id)
    for part in (CrosscheckDeed, CrosscheckAnswer):
        tx.run(update(part).where(part.crosscheck_id.in_(own)).values(sealed=b""))
    clock_of = or_(DutyClock.subject_id == person_id, DutyClock.subject_id.in_(own))
    tx.run(delete(DutyClock).where(clock_of))
    gone = update(Crosscheck).where(Crosscheck.person_id == person_id)
    tx.run(gone.values(heading=b"", package=b""))


def forget_received(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Blank requests from elsewhere that were closed before then; gives their ids."""
    statement = select(Crosscheck.id).where(
        Crosscheck.from_station_id.is_(None),
        Crosscheck.closed_at < before,
        func.length(Crosscheck.package) > 0,
    )
    found = list(tx.run(statement.limit(limit)).scalars())
    for part in (CrosscheckDeed, CrosscheckAnswer):
        tx.run(update(part).where(part.crosscheck_id.in_(found)).values(sealed=b""))
    gone = update(Crosscheck).where(Crosscheck.id.in_(found))
    tx.run(gone.values(heading=b"", package=b""))
    return found


def insert_key(tx: Tx, values: Mapping[str, Any]) -> None:
    """A key that is trusted from now on."""
    tx.run(insert(TrustedKey).values(**values))


def keys(tx: Tx) -> list[KeyRow]:
    """All keys, those in force first."""
    statement = select(
        TrustedKey.id,
        TrustedKey.name,
        TrustedKey.public,
        TrustedKey.added_at,
        TrustedKey.ended_at,
    ).order_by(TrustedKey.ended_at.is_not(None), TrustedKey.name)
    return [KeyRow(*row) for row in tx.run(statement)]


def end_key(tx: Tx, key_id: str, account_id: str, at: datetime) -> bool:
    """Trust a key no longer; False when none is in force under that id."""
    statement = update(TrustedKey).where(TrustedKey.id == key_id, TrustedKey.ended_at.is_(None))
    return tx.changed(statement.values(ended_at=at, ended_by=account_id)) > 0


def _crosschecks() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Crosscheck.id,
            Crosscheck.number,
            Crosscheck.kind,
            Crosscheck.state,
            Crosscheck.person_id,
            Crosscheck.case_id,
            _FROM.id,
            _FROM.name,
            _FROM.path,
            _TO.id,
            _TO.name,
            _TO.path,
            Crosscheck.purpose,
            Crosscheck.legal_basis,
            Crosscheck.heading,
            Crosscheck.made_by,
            Crosscheck.made_at,
            Crosscheck.sent_at,
            Crosscheck.reminded_at,
            Crosscheck.escalated_at,
            Crosscheck.answered_at,
            Crosscheck.closed_at,
            PersonKey.wrapped,
            Person.protected,
            Person.stored_only_at.is_not(None),
        )
        .outerjoin(_FROM, _FROM.id == Crosscheck.from_station_id)
        .outerjoin(_TO, _TO.id == Crosscheck.to_station_id)
        .outerjoin(Person, Person.id == Crosscheck.person_id)
        .outerjoin(PersonKey, PersonKey.person_id == Crosscheck.person_id)
    )
