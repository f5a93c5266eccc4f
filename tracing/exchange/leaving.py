"""Records whose time is over go by themselves: lent ones, and clones that their site withdrew.

No two people are asked: the agreement, or the site that the record belongs to, has set the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracing import audit
from tracing.access import Actor
from tracing.acting import system_actor
from tracing.errors import NotFound
from tracing.photos.album import Photos
from tracing.store import Store, Tx, accounts, erasures, imports, origins, people, retention
from tracing.store.erasure_replay import as_entry
from tracing.store.erasures import Destroyed
from tracing.store.ids import new_id
from tracing.verification_moves import Moves

REASON = "term_over"
_BATCH = 200


def destroy_person(tx: Tx, store: Store, actor: Actor, person_id: str, action: str) -> Destroyed:
    """Destroy a held person's key and all that lay under it; the trail says by which `action`."""
    Moves(store).let_go(tx, actor, person_id)
    gone = erasures.destroy(tx, person_id, store.now())
    audit.record(tx, None, action, "person", person_id, at=store.now(),
                 detail={"reason": REASON, **gone.counts})  # fmt: skip
    return gone


def may_go(tx: Tx, person_id: str) -> bool:
    """Whether no legal hold keeps the record."""
    return retention.in_force(tx, person_id, "hold") is None


def write_down(store: Store, actor: Actor, rows: Sequence[people.PersonRow]) -> None:
    """These erasures in the ledger outside the database, before they are committed."""
    if rows:
        store.ledger.extend([_entry(store, actor, row) for row in rows])


def _entry(store: Store, actor: Actor, row: people.PersonRow) -> dict[str, Any]:
    now = store.now()
    return as_entry(
        {
            "id": new_id(), "person_id": row.id, "station_id": row.station_id, "side": row.side,
            "state": "done", "asked_by": "authority", "reason": REASON,
            "requested_by": actor.account_id, "requested_at": now,
            "decided_by": actor.account_id, "decided_at": now, "counts": "{}",
        }
    )  # fmt: skip


def account_acting(tx: Tx, account_id: str) -> Actor:
    """The account in whose name a deed of the past goes on."""
    account = accounts.find(tx, account_id)
    if account is None:
        raise NotFound
    return system_actor(account)


def expire_clones(store: Store, photos: Photos) -> int:
    """Destroy records of other sites whose day has passed and that no hold keeps; how many."""
    went = 0
    while True:
        now, gone = store.now(), []
        with store.write() as tx:
            batch = [one for one in origins.expired(tx, now, _BATCH) if may_go(tx, one)]
            for person_id in batch:
                origin, row = origins.find(tx, person_id), people.hold(tx, person_id)
                run = imports.find(tx, origin.import_id) if origin else None
                if row is None or run is None:
                    continue
                actor, digests = account_acting(tx, run.account_id), origins.external_of(tx, row.id)
                gone.append(destroy_person(tx, store, actor, row.id, "person.erase.expired"))
                origins.may_return(tx, digests)  # its site may publish it again
                write_down(store, actor, [row])
        for destroyed in gone:
            photos.drop_files(destroyed.photo_ids)
        went += len(gone)
        if not gone:
            if went:
                store.scrub()
            return went
