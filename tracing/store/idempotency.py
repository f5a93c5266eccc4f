"""Answers to requests that may be sent again: one per account and key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from tracing.store.database import Tx
from tracing.store.tables import Idempotency


def claim(
    tx: Tx, account_id: str, key: str, body_digest: bytes, at: datetime
) -> tuple[bytes, bytes | None] | None:
    """Take the key for this transaction; None when it is ours.

    Otherwise the digest and the sealed answer of whoever had it first. On PostgreSQL this waits
    for a transaction that is using the same key right now.
    """
    values = {"account_id": account_id, "key": key, "body_digest": body_digest, "created_at": at}
    if tx.insert_new(Idempotency, values):
        return None
    body, response = tx.run(
        select(Idempotency.body_digest, Idempotency.response).where(
            Idempotency.account_id == account_id, Idempotency.key == key
        )
    ).one()
    return bytes(body), response


def answer(tx: Tx, account_id: str, key: str, response: bytes) -> None:
    """Keep the sealed answer beside its key."""
    tx.run(
        update(Idempotency)
        .where(Idempotency.account_id == account_id, Idempotency.key == key)
        .values(response=response)
    )


def forget_before(tx: Tx, at: datetime) -> None:
    """Drop answers older than `at`."""
    tx.run(delete(Idempotency).where(Idempotency.created_at < at))
