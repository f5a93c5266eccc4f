"""After a restore: whoever the ledger says was erased is erased again before anybody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tracing.store import audit, erasures, galleries
from tracing.store.database import Database
from tracing.store.erasure_ledger import ErasureLedger

_TIMES = ("requested_at", "decided_at")


def as_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """A done erasure as its line in the ledger."""
    kept = {key: value for key, value in row.items() if key not in ("receipt", "refusal")}
    return {**kept, **{key: row[key].isoformat() for key in _TIMES}}


def replay(database: Database, ledger: ErasureLedger, now: datetime) -> int:
    """Erase whom the ledger names and the database still holds; gives how many.

    A ledger that lost lines is filled up from the database.
    """
    lines = ledger.entries()
    entries = [entry for entry in lines if "person_id" in entry]
    _end_galleries(database, [entry for entry in lines if "gallery_id" in entry])
    with database.read() as tx:
        back = set(erasures.unerased(tx, [entry["person_id"] for entry in entries]))
        known = {row["id"]: row for row in erasures.done(tx)}
    written = {entry["id"] for entry in entries}
    for erasure_id, row in known.items():
        if erasure_id not in written:
            ledger.append(as_entry(row))
    if not back:
        return 0
    with database.write() as tx:
        for entry in entries:
            if entry["person_id"] in back:
                erasures.destroy(tx, entry["person_id"], now)
                _write_again(tx, entry)
                audit.append(tx, [_told(entry, now)])
    database.scrub()
    return len(back)


def _end_galleries(database: Database, entries: Sequence[Mapping[str, Any]]) -> None:
    """A borrowed gallery that was given back early stays given back; housekeeping erases it."""
    ended = {entry["gallery_id"]: datetime.fromisoformat(entry["decided_at"]) for entry in entries}
    if not ended:
        return
    with database.read() as tx:
        back = [g for g in galleries.all_of(tx) if g.id in ended and g.ends_at > ended[g.id]]
    if back:
        with database.write() as tx:
            for gallery in back:
                galleries.change(tx, gallery.id, {"ends_at": ended[gallery.id], "erased_at": None})


def _write_again(tx: Any, entry: Mapping[str, Any]) -> None:
    values = {key: value for key, value in entry.items() if key != "previous"}
    values |= {key: datetime.fromisoformat(entry[key]) for key in _TIMES}
    if erasures.find(tx, entry["id"]) is None:
        erasures.insert_request(tx, values)
    else:
        erasures.answer(tx, entry["id"], values)


def _told(entry: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "station_id": entry["station_id"],
        "via": "system",
        "action": "person.erase.replayed",
        "object_kind": "person",
        "object_id": entry["person_id"],
        "outcome": "done",
        "detail": f'{{"erasure":"{entry["id"]}"}}',
    }
