"""The hash chain of the audit trail: what a row's hash covers, and what is wrong with a row."""

from __future__ import annotations

import hashlib
import json

from tracing.store.audit import Entry

START = b"\x00" * 32


def fault(row: Entry, number: int, previous: bytes) -> str | None:
    """Why a row does not fit as the chain's `number`th after the hash `previous`; None if it does.

    `row_missing`, `chain_broken` or `row_changed`.
    """
    if row.chain != number:
        return "row_missing"
    if row.previous != previous:
        return "chain_broken"
    return None if row.hash == hash_of(row, number, previous) else "row_changed"


def hash_of(row: Entry, number: int, previous: bytes) -> bytes:
    """SHA-256 of the hash before and of everything the row says; 32 bytes."""
    fields = [
        number,
        row.id,
        row.at.isoformat(),
        row.account_id,
        row.station_id,
        row.via,
        row.action,
        row.object_kind,
        row.object_id,
        row.case_id,
        row.purpose,
        row.outcome,
        row.detail,
    ]
    if row.key_prefix is not None:  # rows from before keys were named keep their hash
        fields.append(row.key_prefix)
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()
