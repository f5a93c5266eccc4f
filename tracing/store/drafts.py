"""Statements about drafts of forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Draft


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A sealed draft."""

    id: str
    account_id: str
    kind: str
    sealed: bytes
    photo_ids: str
    changed_at: datetime
    expires_at: datetime


_COLUMNS = (
    Draft.id,
    Draft.account_id,
    Draft.kind,
    Draft.sealed,
    Draft.photo_ids,
    Draft.changed_at,
    Draft.expires_at,
)


def put(tx: Tx, row: DraftRow, *, new: bool) -> bool:
    """Insert, or replace the account's own; False when there is nothing to replace."""
    values = {
        "sealed": row.sealed,
        "photo_ids": row.photo_ids,
        "changed_at": row.changed_at,
        "expires_at": row.expires_at,
    }
    if new:
        tx.run(insert(Draft).values(id=row.id, account_id=row.account_id, kind=row.kind, **values))
        return True
    own = (Draft.id == row.id) & (Draft.account_id == row.account_id) & (Draft.kind == row.kind)
    return bool(tx.changed(update(Draft).where(own).values(**values)))


def find(tx: Tx, account_id: str, draft_id: str, now: datetime) -> DraftRow | None:
    """The account's draft with that id, if it has not expired."""
    statement = select(*_COLUMNS).where(
        Draft.id == draft_id, Draft.account_id == account_id, Draft.expires_at > now
    )
    row = tx.run(statement).first()
    return None if row is None else DraftRow(*row)


def of_account(tx: Tx, account_id: str, kind: str | None, now: datetime) -> list[DraftRow]:
    """The account's living drafts, latest first."""
    statement = select(*_COLUMNS).where(Draft.account_id == account_id, Draft.expires_at > now)
    if kind is not None:
        statement = statement.where(Draft.kind == kind)
    order = (Draft.changed_at.desc(), Draft.id.desc())
    return [DraftRow(*row) for row in tx.run(statement.order_by(*order))]


def forget(tx: Tx, account_id: str, draft_id: str) -> None:
    """Delete the account's draft."""
    tx.run(delete(Draft).where(Draft.id == draft_id, Draft.account_id == account_id))


def forget_expired(tx: Tx, now: datetime) -> None:
    """Delete what has expired."""
    tx.run(delete(Draft).where(Draft.expires_at <= now))
