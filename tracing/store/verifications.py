"""Statements about verifications, their facts and answers, and links; all texts come sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from tracing.store.database import Tx
from tracing.store.tables import (
    ConfirmedCase,
    HearingPair,
    Person,
    PersonLink,
    Station,
    Verification,
    VerificationAnswer,
    VerificationFact,
)

_OPEN = ("open", "waiting", "approval")


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """A verification as stored, with its stations."""

    id: str
    case_id: str
    search_id: str | None
    probe_person_id: str
    person_id: str
    station_id: str
    station_name: str
    station_path: str
    called_id: str | None
    called_name: str | None
    called_path: str | None
    state: str
    round: int
    opened_by: str
    opened_at: datetime
    changed_at: datetime
    wrapped: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as stored."""

    id: str
    account_id: str
    sealed: bytes
    created_at: datetime
    struck_by: str | None
    struck_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer as stored."""

    id: str
    verification_id: str
    round: int
    place: str
    account_id: str
    sealed: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as stored."""

    id: str
    verification_id: str
    probe_person_id: str
    person_id: str
    sealed: bytes
    made_at: datetime


_CALLED = aliased(Station)
_LINK = (
    PersonLink.id,
    PersonLink.verification_id,
    PersonLink.probe_person_id,
    PersonLink.person_id,
    PersonLink.sealed,
    PersonLink.made_at,
)
_ANSWER = (
    VerificationAnswer.id,
    VerificationAnswer.verification_id,
    VerificationAnswer.round,
    VerificationAnswer.place,
    VerificationAnswer.account_id,
    VerificationAnswer.sealed,
    VerificationAnswer.created_at,
)


def _verifications() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Verification.id,
            Verification.case_id,
            Verification.search_id,
            Verification.probe_person_id,
            Verification.person_id,
            Verification.station_id,
            Station.name,
            Station.path,
            Verification.called_station_id,
            _CALLED.name,
            _CALLED.path,
            Verification.state,
            Verification.round,
            Verification.opened_by,
            Verification.opened_at,
            Verification.changed_at,
            Verification.wrapped,
            Verification.payload,
        )
        .join(Station, Station.id == Verification.station_id)
        .outerjoin(_CALLED, _CALLED.id == Verification.called_station_id)
    )


def insert_verification(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new verification."""
    tx.run(insert(Verification).values(**values))


def find(tx: Tx, verification_id: str) -> VerificationRow | None:
    """The verification with that id, of whatever station."""
    row = tx.run(_verifications().where(Verification.id == verification_id)).first()
    return None if row is None else VerificationRow(*row)


def hold(tx: Tx, verification_id: str) -> VerificationRow | None:
    """`find`, and nobody else changes it until the end of the transaction."""
    held = select(Verification.id).where(Verification.id == verification_id)
    tx.run(held.with_for_update())
    return find(tx, verification_id)


def change(tx: Tx, verification_id: str, values: Mapping[str, Any]) -> None:
    """Set `values` on a held verification."""
    tx.run(update(Verification).where(Verification.id == verification_id).values(**values))


def page(tx: Tx, path: str, states: Sequence[str], limit: int) -> list[VerificationRow]:
    """Those of the subtree at `path` and those whose called station is in it, newest first.

    Before them those that wait for somebody's answer, so that a limit never hides these.
    """
    statement = _verifications().where(
        Verification.state.in_(states),
        or_(
            Station.path.startswith(path, autoescape=True),
            _CALLED.path.startswith(path, autoescape=True),
        ),
    )
    statement = statement.order_by(Verification.state == "open", Verification.id.desc())
    return [VerificationRow(*row) for row in tx.run(statement.limit(limit))]


def of_person(tx: Tx, person_id: str) -> list[VerificationRow]:
    """Verifications that the person takes part in from either side, oldest first."""
    statement = _verifications().where(_either(Verification, person_id))
    return [VerificationRow(*row) for row in tx.run(statement.order_by(Verification.id))]


def lent_to(tx: Tx, person_id: str, path: str) -> bool:
    """Whether a station of the subtree at `path` is on call for an open verification of them.

    Not for somebody who is protected by now.
    """
    statement = (
        select(Verification.id)
        .join(_CALLED, _CALLED.id == Verification.called_station_id)
        .where(
            _either(Verification, person_id),
            Verification.state.in_(_OPEN),
            _CALLED.path.startswith(path, autoescape=True),
            select(Person.protected).where(Person.id == person_id).scalar_subquery().is_(False),
        )
    )
    return tx.run(statement.limit(1)).first() is not None


def _either(table: type[Verification] | type[PersonLink], person_id: str) -> ColumnElement[bool]:
    return or_(table.probe_person_id == person_id, table.person_id == person_id)


def insert_fact(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more fact."""
    tx.run(insert(VerificationFact).values(**values))


def facts(tx: Tx, verification_id: str) -> list[FactRow]:
    """The facts in order of writing, struck ones included."""
    statement = select(
        VerificationFact.id,
        VerificationFact.account_id,
        VerificationFact.sealed,
        VerificationFact.created_at,
        VerificationFact.struck_by,
        VerificationFact.struck_at,
    ).where(VerificationFact.verification_id == verification_id)
    return [FactRow(*row) for row in tx.run(statement.order_by(VerificationFact.id))]


def strike(tx: Tx, verification_id: str, fact_id: str, account_id: str, at: datetime) -> bool:
    """Strike a fact; False when there is none that stands."""
    statement = (
        update(VerificationFact)
        .where(
            VerificationFact.id == fact_id,
            VerificationFact.verification_id == verification_id,
            VerificationFact.struck_at.is_(None),
        )
        .values(struck_by=account_id, struck_at=at)
    )
    return tx.changed(statement) > 0


def insert_answer(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more answer; raises `Conflict` where its place in the round is taken."""
    tx.run(insert(VerificationAnswer).values(**values))


def answers(tx: Tx, verification_ids: Sequence[str]) -> list[AnswerRow]:
    """The answers to these verifications in order."""
    statement = select(*_ANSWER).where(VerificationAnswer.verification_id.in_(verification_ids))
    return [AnswerRow(*row) for row in tx.run(statement.order_by(VerificationAnswer.id))]


def insert_link(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new link."""
    tx.run(insert(PersonLink).values(**values))


def link_of(tx: Tx, verification_id: str) -> LinkRow | None:
    """The link in force that a verification made."""
    statement = select(*_LINK).where(
        PersonLink.verification_id == verification_id, PersonLink.undone_at.is_(None)
    )
    row = tx.run(statement).first()
    return None if row is None else LinkRow(*row)


def links_of(tx: Tx, person_id: str) -> list[LinkRow]:
    """The links in force of a person from either side, oldest first."""
    statement = select(*_LINK).where(_either(PersonLink, person_id), PersonLink.undone_at.is_(None))
    return [LinkRow(*row) for row in tx.run(statement.order_by(PersonLink.id))]


def undo_link(tx: Tx, link_id: str, account_id: str, at: datetime) -> None:
    """Undo a link; the row stays."""
    values = {"undone_by": account_id, "undone_at": at}
    tx.run(update(PersonLink).where(PersonLink.id == link_id).values(**values))


def forget(tx: Tx, person_id: str, at: datetime) -> None:
    """Blank what an erased person's verifications said and end what they had brought.

    Names learnt from a link lie under the other person's key, so the other's are deleted too.
    """
    of = or_(Verification.probe_person_id == person_id, Verification.person_id == person_id)
    ids = select(Verification.id).where(of)
    for part in (VerificationFact, VerificationAnswer):
        tx.run(update(part).where(part.verification_id.in_(ids)).values(sealed=b""))
    linked = or_(PersonLink.probe_person_id == person_id, PersonLink.person_id == person_id)
    for side in (PersonLink.probe_person_id, PersonLink.person_id):
        taught = select(side).where(linked)
        tx.run(delete(HearingPair).where(HearingPair.person_id.in_(taught)))
    undone = func.coalesce(PersonLink.undone_at, at)
    tx.run(update(PersonLink).where(linked).values(sealed=b"", undone_at=undone))
    tx.run(update(Verification).where(of).values(wrapped=b"", payload=b""))
    ended = {"state": "withdrawn", "changed_at": at}
    tx.run(update(Verification).where(of, Verification.state.in_(_OPEN)).values(ended))
    case = or_(ConfirmedCase.probe_person_id == person_id, ConfirmedCase.person_id == person_id)
    tx.run(
        update(ConfirmedCase).where(case, ConfirmedCase.undone_at.is_(None)).values(undone_at=at)
    )
