"""Statements about accounts of families, and what a family itself handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Account, FamilyAccess, PersonVersion, Photo


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """An account of a family; `login` is its own, `step` what the station says."""

    account_id: str
    login: str
    person_id: str
    step: str
    stepped_at: datetime
    created_at: datetime
    ended_at: datetime | None
    has_password: bool


_COLUMNS = (
    FamilyAccess.account_id,
    Account.login,
    FamilyAccess.person_id,
    FamilyAccess.step,
    FamilyAccess.stepped_at,
    FamilyAccess.created_at,
    FamilyAccess.ended_at,
    Account.password_hash.is_not(None),
)


def add(tx: Tx, values: Mapping[str, Any]) -> None:
    """Let an account see one record."""
    tx.run(insert(FamilyAccess).values(**values))


def of_account(tx: Tx, account_id: str) -> FamilyRow | None:
    """What an account may see now."""
    statement = select(*_COLUMNS).join(Account, Account.id == FamilyAccess.account_id)
    row = tx.run(
        statement.where(FamilyAccess.account_id == account_id, FamilyAccess.ended_at.is_(None))
    ).first()
    return None if row is None else FamilyRow(*row)


def of_person(tx: Tx, person_id: str) -> list[FamilyRow]:
    """Accounts that may see a record now, oldest first."""
    statement = select(*_COLUMNS).join(Account, Account.id == FamilyAccess.account_id)
    statement = statement.where(
        FamilyAccess.person_id == person_id, FamilyAccess.ended_at.is_(None)
    )
    return [FamilyRow(*row) for row in tx.run(statement.order_by(FamilyAccess.created_at))]


def say(tx: Tx, person_id: str, step: str, at: datetime) -> None:
    """Set what the families of a record are told."""
    tx.run(
        update(FamilyAccess)
        .where(FamilyAccess.person_id == person_id, FamilyAccess.ended_at.is_(None))
        .values(step=step, stepped_at=at)
    )


def end(tx: Tx, account_id: str, at: datetime) -> None:
    """The account sees nothing any more."""
    tx.run(
        update(FamilyAccess)
        .where(FamilyAccess.account_id == account_id, FamilyAccess.ended_at.is_(None))
        .values(ended_at=at)
    )


def forget(tx: Tx, person_id: str) -> None:
    """Nobody was ever let see the record of an erased person."""
    tx.run(delete(FamilyAccess).where(FamilyAccess.person_id == person_id))


def first_version(tx: Tx, person_id: str) -> tuple[bytes, datetime] | None:
    """The sealed document as it was handed in, and when it was replaced; None while in force."""
    statement = select(PersonVersion.document, PersonVersion.replaced_at).where(
        PersonVersion.person_id == person_id, PersonVersion.version == 1
    )
    row = tx.run(statement).first()
    return None if row is None else (row.document, row.replaced_at)


def photos_before(tx: Tx, person_id: str, before: datetime | None) -> list[str]:
    """Photos attached to a person, in their order; with `before` only those attached by then."""
    statement = select(Photo.id).where(Photo.person_id == person_id)
    if before is not None:
        statement = statement.where(Photo.attached_at < before)
    return list(tx.run(statement.order_by(Photo.position, Photo.id)).scalars())
