"""Statements about what officers ask the stations that hold a candidate. Texts go sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import aliased

from tracing.store.database import Tx
from tracing.store.tables import Account, Person, PersonKey, PoliceInquiry, Station


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """An inquiry as stored, with the station that holds the person now."""

    id: str
    kind: str
    state: str
    person_id: str
    search_id: str
    account_id: str
    officer: str
    unit: str
    station_path: str
    station_name: str
    asked_at: datetime
    parts: str
    sealed: bytes
    received_at: datetime | None
    receiver: str | None
    answered_at: datetime | None
    answerer: str | None
    answer: str | None
    note: bytes | None
    expires_at: datetime | None
    protected: bool
    stored_only_at: datetime | None
    person_wrapped: bytes | None

    @property
    def gone(self) -> bool:
        """Whether the person is erased."""
        return self.person_wrapped is None

    @property
    def hidden(self) -> bool:
        """Whether nothing of the person may be told any more."""
        return self.gone or self.protected or self.stored_only_at is not None


def _inquiries() -> Select[*tuple[Any, ...]]:
    officer, receiver, answerer = aliased(Account), aliased(Account), aliased(Account)
    unit = aliased(Station)
    return (
        select(
            PoliceInquiry.id,
            PoliceInquiry.kind,
            PoliceInquiry.state,
            PoliceInquiry.person_id,
            PoliceInquiry.search_id,
            PoliceInquiry.account_id,
            officer.display_name,
            unit.name,
            Station.path,
            Station.name,
            PoliceInquiry.asked_at,
            PoliceInquiry.parts,
            PoliceInquiry.sealed,
            PoliceInquiry.received_at,
            receiver.display_name,
            PoliceInquiry.answered_at,
            answerer.display_name,
            PoliceInquiry.answer,
            PoliceInquiry.note,
            PoliceInquiry.expires_at,
            Person.protected,
            Person.stored_only_at,
            PersonKey.wrapped,
        )
        .join(officer, officer.id == PoliceInquiry.account_id)
        .join(unit, unit.id == officer.station_id)
        .join(Person, Person.id == PoliceInquiry.person_id)
        .join(Station, Station.id == Person.station_id)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .outerjoin(receiver, receiver.id == PoliceInquiry.received_by)
        .outerjoin(answerer, answerer.id == PoliceInquiry.answered_by)
    )


def insert_inquiry(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new inquiry."""
    tx.run(insert(PoliceInquiry).values(**values))


def find(tx: Tx, inquiry_id: str) -> InquiryRow | None:
    """The inquiry with that id."""
    row = tx.run(_inquiries().where(PoliceInquiry.id == inquiry_id)).first()
    return None if row is None else InquiryRow(*row)


def hold(tx: Tx, inquiry_id: str) -> InquiryRow | None:
    """The same; nobody else changes it until the end of the transaction."""
    held = select(PoliceInquiry.id).where(PoliceInquiry.id == inquiry_id)
    tx.run(held.with_for_update())
    return find(tx, inquiry_id)


def change(tx: Tx, inquiry_id: str, values: Mapping[str, Any]) -> None:
    """Change a held inquiry."""
    tx.run(update(PoliceInquiry).where(PoliceInquiry.id == inquiry_id).values(**values))


def open_one(tx: Tx, account_id: str, person_id: str, kind: str) -> bool:
    """Whether this officer's inquiry of that kind about that person waits for its answer."""
    statement = select(PoliceInquiry.id).where(
        PoliceInquiry.account_id == account_id,
        PoliceInquiry.person_id == person_id,
        PoliceInquiry.kind == kind,
        PoliceInquiry.state != "answered",
    )
    return tx.run(statement.limit(1)).first() is not None


def of_account(tx: Tx, account_id: str, limit: int) -> list[InquiryRow]:
    """An officer's latest inquiries, newest first."""
    statement = _inquiries().where(PoliceInquiry.account_id == account_id)
    rows = tx.run(statement.order_by(PoliceInquiry.id.desc()).limit(limit))
    return [InquiryRow(*row) for row in rows]


def below(tx: Tx, path: str, limit: int, *, open_only: bool) -> list[InquiryRow]:
    """Those about people of the subtree at `path`: unanswered ones first, newest first."""
    statement = _inquiries().where(Station.path.startswith(path, autoescape=True))
    if open_only:
        statement = statement.where(PoliceInquiry.state != "answered")
    ordered = statement.order_by(PoliceInquiry.state == "answered", PoliceInquiry.id.desc())
    return [InquiryRow(*row) for row in tx.run(ordered.limit(limit))]
