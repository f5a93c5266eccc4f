"""Requests that may be sent again: the same key and content get the first answer."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from tracing.access import Actor
from tracing.errors import Conflict, IdempotencyMismatch, RecordInvalid
from tracing.store import Store, Tx, idempotency

_KEY_LONGEST = 200


def answered_before(
    tx: Tx, store: Store, actor: Actor, key: str, *content: str | bytes
) -> dict[str, Any] | None:
    """The answer that this key got before; None when it is new, and then taken for this deed.

    Raises:
        IdempotencyMismatch: the key was used for other content.
        RecordInvalid: an empty key or one longer than 200 characters.
    """
    if not 0 < len(key) <= _KEY_LONGEST:
        raise RecordInvalid(path="idempotency_key", reason="length")
    body = store.vault.digest("token", "body", *content)
    before = idempotency.claim(tx, actor.account_id, key, body, store.now())
    if before is None:
        return None
    digest, sealed = before
    if not hmac.compare_digest(digest, body):
        raise IdempotencyMismatch
    if sealed is None:
        raise Conflict
    answer: dict[str, Any] = json.loads(
        store.vault.open_desk(sealed, "answer", actor.account_id, key)
    )
    return answer


def keep_answer(tx: Tx, store: Store, actor: Actor, key: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer beside its key, in the transaction of the deed."""
    text = json.dumps(dict(answer)).encode()
    sealed = store.vault.seal_desk(text, "answer", actor.account_id, key)
    idempotency.answer(tx, actor.account_id, key, sealed)
