"""The audit trail: every deed, reading and refusal leaves a row in its own transaction.

Rows are chained afterwards, in order, by `seal_chain`: each hash covers the row and the hash
before it, so that a changed, removed or reordered row is found and named by `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracing.access import Actor, require
from tracing.audit_chain import START, fault, hash_of
from tracing.audit_checkpoints import AuditCheckpoint, CheckpointFile, signed
from tracing.errors import CursorInvalid
from tracing.store import Store, Tx, stations
from tracing.store import audit as rows

_BATCH = 1000
CHECKPOINT_EVERY = timedelta(hours=1)
Detail = Mapping[str, "str | int | float | bool | list[str] | None"]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some rows of the trail, newest first, and where to go on."""

    items: tuple[rows.Entry, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ChainState:
    """What `verify` found; `first_bad` is the id of the first row that does not fit.

    Without one, `reason` may still be `tail_missing`: a checkpoint was signed for a row beyond
    the last of the `sealed` ones; `checkpoint` is its number.
    """

    sealed: int
    unsealed: int
    first_bad: int | None
    reason: str | None
    checkpoint: int | None = None

    @property
    def whole(self) -> bool:
        """Whether every sealed row is there and as it was."""
        return self.reason is None


def record(
    tx: Tx,
    actor: Actor | None,
    action: str,
    object_kind: str,
    object_id: str | None,
    *,
    at: datetime,
    case_id: str | None = None,
    purpose: str | None = None,
    outcome: str = "done",
    detail: Detail | None = None,
) -> None:
    """Add a row to the trail, in the transaction of the deed.

    `detail` holds codes, counts and ids; never a name, a number or a text that somebody wrote.
    """
    rows.append(
        tx,
        [
            entry(
                actor, action, object_kind, object_id,
                at=at, case_id=case_id, purpose=purpose, outcome=outcome, detail=detail,
            )
        ],
    )  # fmt: skip


def entry(
    actor: Actor | None,
    action: str,
    object_kind: str,
    object_id: str | None,
    *,
    at: datetime,
    case_id: str | None = None,
    purpose: str | None = None,
    outcome: str = "done",
    detail: Detail | None = None,
) -> dict[str, Any]:
    """The row that `record` adds, for adding many at once."""
    text = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        "at": at,
        "account_id": actor.account_id if actor else None,
        "station_id": actor.station_id if actor else None,
        "via": actor.via if actor else "system",
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "case_id": case_id,
        "purpose": purpose,
        "outcome": outcome,
        "detail": text[:4000],
        "key_prefix": actor.key if actor else None,
    }


class Audit:
    """Reading the trail, sealing it, proving it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._checkpoints = CheckpointFile(store.data_dir)

    def page(
        self,
        actor: Actor,
        *,
        object_kind: str | None = None,
        object_id: str | None = None,
        account_id: str | None = None,
        action: str | None = None,
        key_prefix: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        """Rows written at the actor's stations, newest first; the reading itself is recorded."""
        require(actor, "audit.read")
        given = {
            "object_kind": object_kind,
            "object_id": object_id,
            "account_id": account_id,
            "action": action,
            "key_prefix": key_prefix,
        }
        where = {name: value for name, value in given.items() if value is not None}
        limit = max(1, min(limit, 200))
        with self._store.write() as tx:
            reach = [station.id for station in stations.below(tx, actor.station_path)]
            found = rows.page(tx, _before(cursor), limit + 1, reach, **where)
            record(tx, actor, "audit.read", "audit", None, at=self._store.now())
        more = str(found[limit - 1].id) if len(found) > limit else None
        return AuditPage(tuple(found[:limit]), more)

    def of_key(self, actor: Actor, key_prefix: str) -> tuple[tuple[str, str, int], ...]:
        """How often a key did what, as action, outcome and count, the most frequent first."""
        require(actor, "audit.read")
        with self._store.read() as tx:
            reach = [station.id for station in stations.below(tx, actor.station_path)]
            return tuple(rows.count_of_key(tx, key_prefix, reach))

    def seal_chain(self) -> int:
        """Chain everything committed so far; gives how many rows were added."""
        added = 0
        while True:
            with self._store.write() as tx:
                tx.alone()
                count = _seal_batch(tx)
            added += count
            if count < _BATCH:
                return added

    def refused(self, actor: Actor, door: str, code: str, object_id: str | None) -> None:
        """Record that this account was refused something; `door` is method and path template."""
        with self._store.write() as tx:
            kind = "person" if "{person_id}" in door else "door"
            record(tx, actor, "door.refused", kind, object_id, at=self._store.now(),
                   outcome="refused", detail={"door": door, "code": code})  # fmt: skip

    def checkpoint(self) -> AuditCheckpoint | None:
        """Seal what there is and sign its end, also into the file; None for an empty trail."""
        self.seal_chain()
        with self._store.read() as tx:
            last = rows.last_sealed(tx)
        if last is None or last.chain is None or last.hash is None:
            return None
        point = signed(self._store.vault, last.chain, last.hash, self._store.now())
        self._checkpoints.append(point)
        return point

    def keep_checkpoints(self) -> None:
        """Sign a checkpoint when the last one is old enough and something has happened since."""
        points = self._checkpoints.all()
        if points:
            due = datetime.fromisoformat(points[-1].at) + CHECKPOINT_EVERY
            with self._store.read() as tx:
                last = rows.last_sealed(tx)
            if due > self._store.now() or last is None or last.chain == points[-1].chain:
                return
        self.checkpoint()

    def verify(self, others: Sequence[AuditCheckpoint] = ()) -> ChainState:
        """Recompute the chain from its beginning; names the first row that does not fit.

        The checkpoints of the installation's own file are held against it, and `others`, copies
        that were kept elsewhere.
        """
        key = self._store.vault.verifying_key
        points: dict[int, AuditCheckpoint] = {}
        for point in (*self._checkpoints.all(), *others):
            if not point.by(key):
                return ChainState(0, 0, None, "checkpoint_forged", point.chain)
            points[point.chain] = point
        previous, number = START, 0
        with self._store.read() as tx:
            while batch := rows.sealed_after(tx, number, _BATCH):
                for row in batch:
                    reason = fault(row, number + 1, previous)
                    if reason is not None:
                        return ChainState(number, 0, row.id, reason)
                    previous, number = row.hash or b"", number + 1
                    point_here = points.get(number)
                    if point_here is not None and point_here.hash != previous.hex():
                        return ChainState(number, 0, row.id, "checkpoint_differs", number)
            waiting = len(rows.unsealed(tx, _BATCH))
        beyond = max(points, default=0)
        if beyond > number:
            return ChainState(number, waiting, None, "tail_missing", beyond)
        return ChainState(number, waiting, None, None)


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise CursorInvalid
    return int(cursor)


def _seal_batch(tx: Tx) -> int:
    last = rows.last_sealed(tx)
    number, previous = (last.chain or 0, last.hash or b"") if last else (0, START)
    batch = rows.unsealed(tx, _BATCH)
    for row in batch:
        number += 1
        digest = hash_of(row, number, previous)
        rows.set_hash(tx, row.id, number, previous, digest)
        previous = digest
    return len(batch)
