"""Statements about requests of the police, their approvals and questions. Texts go sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Account, PoliceApproval, PoliceQuestion, PoliceRequest, Station


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as stored, with its unit and who made it."""

    id: str
    station_id: str
    station_path: str
    station_name: str
    requested_by: str
    requester: str
    requested_at: datetime
    kind: str
    purpose: str
    legal_basis: str
    divisions: str
    sides: str
    questions_most: int
    export: bool
    expires_at: datetime
    state: str
    sealed: bytes | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One person's answer to a request."""

    account_id: str
    name: str
    decision: str
    at: datetime
    note: bytes | None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as stored; `sealed` is None once its request's texts were destroyed."""

    id: int
    request_id: str
    account_id: str
    run: int
    ordinal: int
    asked_at: datetime
    sealed: bytes | None
    state: str
    fault: str | None
    search_id: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a request: when it was asked, and how many questions stand in each state."""

    run: int
    asked_at: datetime
    states: Mapping[str, int]


_QUESTION = (
    PoliceQuestion.id,
    PoliceQuestion.request_id,
    PoliceQuestion.account_id,
    PoliceQuestion.run,
    PoliceQuestion.ordinal,
    PoliceQuestion.asked_at,
    PoliceQuestion.sealed,
    PoliceQuestion.state,
    PoliceQuestion.fault,
    PoliceQuestion.search_id,
    PoliceQuestion.answered_at,
)


def _requests() -> Select[*tuple[Any, ...]]:
    return (
        select(
            PoliceRequest.id,
            PoliceRequest.station_id,
            Station.path,
            Station.name,
            PoliceRequest.requested_by,
            Account.display_name,
            PoliceRequest.requested_at,
            PoliceRequest.kind,
            PoliceRequest.purpose,
            PoliceRequest.legal_basis,
            PoliceRequest.divisions,
            PoliceRequest.sides,
            PoliceRequest.questions_most,
            PoliceRequest.export,
            PoliceRequest.expires_at,
            PoliceRequest.state,
            PoliceRequest.sealed,
            PoliceRequest.ended_at,
        )
        .join(Station, Station.id == PoliceRequest.station_id)
        .join(Account, Account.id == PoliceRequest.requested_by)
    )


def insert_request(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new request."""
    tx.run(insert(PoliceRequest).values(**values))


def find(tx: Tx, request_id: str) -> RequestRow | None:
    """The request with that id."""
    row = tx.run(_requests().where(PoliceRequest.id == request_id)).first()
    return None if row is None else RequestRow(*row)


def hold(tx: Tx, request_id: str) -> RequestRow | None:
    """The same; nobody else changes it until the end of the transaction."""
    held = select(PoliceRequest.id).where(PoliceRequest.id == request_id)
    tx.run(held.with_for_update())
    return find(tx, request_id)


def of_account(tx: Tx, account_id: str, limit: int) -> list[RequestRow]:
    """The latest requests of an account, newest first."""
    statement = _requests().where(PoliceRequest.requested_by == account_id)
    rows = tx.run(statement.order_by(PoliceRequest.id.desc()).limit(limit))
    return [RequestRow(*row) for row in rows]


def below(tx: Tx, path: str, limit: int) -> list[RequestRow]:
    """The latest requests of units in the subtree at `path`, newest first."""
    statement = _requests().where(Station.path.startswith(path, autoescape=True))
    rows = tx.run(statement.order_by(PoliceRequest.id.desc()).limit(limit))
    return [RequestRow(*row) for row in rows]


def change(tx: Tx, request_id: str, values: Mapping[str, Any]) -> None:
    """Change a held request."""
    tx.run(update(PoliceRequest).where(PoliceRequest.id == request_id).values(**values))


def insert_approval(tx: Tx, values: Mapping[str, Any]) -> None:
    """Somebody's answer to a held request."""
    tx.run(insert(PoliceApproval).values(**values))


def approvals(tx: Tx, request_id: str) -> list[ApprovalRow]:
    """All answers to a request, oldest first."""
    statement = (
        select(
            PoliceApproval.account_id,
            Account.display_name,
            PoliceApproval.decision,
            PoliceApproval.at,
            PoliceApproval.note,
        )
        .join(Account, Account.id == PoliceApproval.account_id)
        .where(PoliceApproval.request_id == request_id)
        .order_by(PoliceApproval.at)
    )
    return [ApprovalRow(*row) for row in tx.run(statement)]


def insert_questions(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """The questions of one run."""
    tx.insert(insert(PoliceQuestion), rows)


def runs(tx: Tx, request_id: str) -> list[RunRow]:
    """All runs of a request, first to last."""
    statement = (
        select(
            PoliceQuestion.run,
            func.min(PoliceQuestion.asked_at),
            PoliceQuestion.state,
            func.count(),
        )
        .where(PoliceQuestion.request_id == request_id)
        .group_by(PoliceQuestion.run, PoliceQuestion.state)
        .order_by(PoliceQuestion.run)
    )
    found: dict[int, RunRow] = {}
    for run, at, state, count in tx.run(statement):
        known = found.get(run)
        states = {**(known.states if known else {}), state: int(count)}
        found[run] = RunRow(run, min(at, known.asked_at) if known else at, states)
    return list(found.values())


def asked_since(
    tx: Tx, since: datetime, *, account_id: str | None = None, station_id: str | None = None
) -> int:
    """How many questions were asked since then by an account, or by a unit."""
    statement = (
        select(func.count()).select_from(PoliceQuestion).where(PoliceQuestion.asked_at >= since)
    )
    if account_id is not None:
        statement = statement.where(PoliceQuestion.account_id == account_id)
    if station_id is not None:
        statement = statement.where(PoliceQuestion.station_id == station_id)
    return int(tx.connection.scalar(statement) or 0)


def waiting(tx: Tx, limit: int) -> list[QuestionRow]:
    """Questions of one run that wait for their answer, oldest run first."""
    first = (
        select(PoliceQuestion.request_id, PoliceQuestion.run)
        .where(PoliceQuestion.state == "waiting")
        .order_by(PoliceQuestion.id)
        .limit(1)
    )
    place = tx.run(first).first()
    if place is None:
        return []
    statement = select(*_QUESTION).where(
        PoliceQuestion.request_id == place[0],
        PoliceQuestion.run == place[1],
        PoliceQuestion.state == "waiting",
    )
    found = tx.run(statement.order_by(PoliceQuestion.ordinal).limit(limit))
    return [QuestionRow(*row) for row in found]


def still_waiting(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Which of these questions nobody has answered meanwhile; they are held."""
    statement = (
        select(PoliceQuestion.id)
        .where(PoliceQuestion.id.in_(ids), PoliceQuestion.state == "waiting")
        .with_for_update()
    )
    return set(tx.run(statement).scalars())


def answer(tx: Tx, question_id: int, values: Mapping[str, Any]) -> None:
    """Write down the answer to a held question."""
    tx.run(update(PoliceQuestion).where(PoliceQuestion.id == question_id).values(**values))


def questions(tx: Tx, request_id: str, run: int, after: int, limit: int) -> list[QuestionRow]:
    """Questions of a run behind the one numbered `after`, in their order."""
    statement = select(*_QUESTION).where(
        PoliceQuestion.request_id == request_id,
        PoliceQuestion.run == run,
        PoliceQuestion.ordinal > after,
    )
    found = tx.run(statement.order_by(PoliceQuestion.ordinal).limit(limit))
    return [QuestionRow(*row) for row in found]


def drop_waiting(tx: Tx, request_id: str, at: datetime, fault: str) -> int:
    """Answer what still waits of a request with an error; gives how many."""
    statement = update(PoliceQuestion).where(
        PoliceQuestion.request_id == request_id, PoliceQuestion.state == "waiting"
    )
    return tx.changed(statement.values(state="error", fault=fault, answered_at=at))


def destroy_texts(tx: Tx, ended_before: datetime) -> int:
    """Destroy the texts of requests whose last day is over that long; gives how many."""
    old = select(PoliceRequest.id).where(
        PoliceRequest.expires_at < ended_before, PoliceRequest.sealed.is_not(None)
    )
    ids = list(tx.run(old.limit(50)).scalars())
    if ids:
        tx.run(update(PoliceQuestion).where(PoliceQuestion.request_id.in_(ids)).values(sealed=None))
        tx.run(update(PoliceApproval).where(PoliceApproval.request_id.in_(ids)).values(note=None))
        tx.run(update(PoliceRequest).where(PoliceRequest.id.in_(ids)).values(sealed=None))
    return len(ids)
