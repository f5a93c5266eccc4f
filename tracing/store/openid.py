"""Statements about sign-in through an OpenID provider: bound subjects, and returns taken up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from tracing.store.database import Tx
from tracing.store.tables import OpenidState, OpenidSubject


def account_of(tx: Tx, digest: bytes) -> str | None:
    """The account that a subject is bound to."""
    found: str | None = tx.connection.scalar(
        select(OpenidSubject.account_id).where(OpenidSubject.digest == digest)
    )
    return found


def bound(tx: Tx, account_id: str) -> bool:
    """Whether some subject is bound to the account."""
    statement = select(OpenidSubject.digest).where(OpenidSubject.account_id == account_id)
    return tx.run(statement).first() is not None


def bind(tx: Tx, digest: bytes, account_id: str, by: str, at: datetime) -> None:
    """Bind a subject to an account, in place of its earlier one; the subject must be free."""
    unbind(tx, account_id)
    tx.run(
        insert(OpenidSubject).values(
            digest=digest, account_id=account_id, created_by=by, created_at=at
        )
    )


def unbind(tx: Tx, account_id: str) -> bool:
    """Take the account's subject away; False when it had none."""
    return tx.changed(delete(OpenidSubject).where(OpenidSubject.account_id == account_id)) > 0


def take_up(tx: Tx, digest: bytes, expires_at: datetime, now: datetime) -> bool:
    """Note that a return from the provider is taken up; False when it was before."""
    tx.run(delete(OpenidState).where(OpenidState.expires_at < now))
    return tx.insert_new(OpenidState, {"digest": digest, "expires_at": expires_at})
