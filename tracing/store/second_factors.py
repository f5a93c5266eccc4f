"""Statements about second factors. Secrets come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import SecondFactor


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A second factor; asked at sign-in once `confirmed_at` is set."""

    account_id: str
    sealed: bytes
    confirmed_at: datetime | None
    last_step: int


def find(tx: Tx, account_id: str, *, hold: bool = False) -> FactorRow | None:
    """The account's second factor; with `hold` nobody else uses it meanwhile."""
    own = SecondFactor.account_id == account_id
    columns = (
        SecondFactor.account_id,
        SecondFactor.sealed,
        SecondFactor.confirmed_at,
        SecondFactor.last_step,
    )
    statement = select(*columns).where(own)
    row = tx.run(statement.with_for_update() if hold else statement).first()
    return None if row is None else FactorRow(*row)


def put(tx: Tx, account_id: str, sealed: bytes, at: datetime) -> None:
    """A new, unconfirmed second factor in place of the account's own."""
    forget(tx, account_id)
    tx.run(
        insert(SecondFactor).values(
            account_id=account_id, sealed=sealed, last_step=0, created_at=at
        )
    )


def change(tx: Tx, account_id: str, values: Mapping[str, Any]) -> None:
    """Change a held second factor."""
    tx.run(update(SecondFactor).where(SecondFactor.account_id == account_id).values(**values))


def forget(tx: Tx, account_id: str) -> bool:
    """Delete it; False when there was none."""
    return tx.changed(delete(SecondFactor).where(SecondFactor.account_id == account_id)) > 0
