"""Erasing a person: one asks, another approves, the key is destroyed, a certificate remains.

What the certificate says are ids, codes and counts; nothing in it tells who the person was.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing import audit
from tracing.access import Actor, require, require_reach
from tracing.errors import Conflict, NotFound, NotPermitted, RecordInvalid
from tracing.photos.album import Photos
from tracing.photos.files import clip_files
from tracing.record_changes import within_reach
from tracing.store import Store, Tx, accounts, people, retention
from tracing.store import erasures as rows
from tracing.store.erasure_replay import as_entry
from tracing.store.ids import is_id, new_id
from tracing.verification_moves import Moves

_LISTED = 200


@dataclass(frozen=True, slots=True)
class ErasureRules:
    """`erasure.toml`, read."""

    asked_by: tuple[str, ...]
    reasons: tuple[str, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErasureFile:
    """A request and its answer, as shown and printed; `state` is requested, refused or done."""

    id: str
    person_id: str
    side: str
    station_name: str
    state: str
    asked_by: str
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str | None
    counts: Mapping[str, int]
    receipt: str | None
    own: bool


@lru_cache(maxsize=1)
def erasure_rules() -> ErasureRules:
    """The packaged lists; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("erasure.toml").read_text("utf-8")
    )
    return ErasureRules(**{name: tuple(part["values"]) for name, part in table.items()})


class Erasures:
    """Requests to erase and their answers; each call is one transaction."""

    def __init__(
        self, store: Store, photos: Photos, after: Callable[[], None] | None = None
    ) -> None:
        """`after` runs when somebody was erased: the galleries of this process forget them."""
        self._store = store
        self._photos = photos
        self._after = after
        self._clips = clip_files(store.data_dir)

    def request(self, actor: Actor, person_id: str, asked_by: str, reason: str) -> str:
        """Ask that a person within reach be erased; gives the number of the request.

        Raises:
            Conflict: there is an unanswered request already.
            NotPermitted: a hold is in force.
        """
        require(actor, "erasure.request")
        own = erasure_rules()
        _check("asked_by", asked_by, own.asked_by)
        _check("reason", reason, own.reasons)
        now, erasure_id = self._store.now(), new_id()
        with self._store.write() as tx:
            row = _held(tx, actor, person_id)
            _require_no_hold(tx, row.id)
            if rows.open_for(tx, row.id) is not None:
                raise Conflict(path="person_id")
            values = {
                "id": erasure_id, "person_id": row.id, "station_id": row.station_id,
                "side": row.side, "state": "requested", "asked_by": asked_by, "reason": reason,
                "requested_by": actor.account_id, "requested_at": now, "counts": "{}",
            }  # fmt: skip
            rows.insert_request(tx, values)
            audit.record(tx, actor, "person.erase.request", "person", row.id, at=now,
                         detail={"erasure": erasure_id, "reason": reason})  # fmt: skip
        return erasure_id

    def approve(self, actor: Actor, erasure_id: str) -> ErasureFile:
        """Destroy the person's key for good; the one who asked cannot approve.

        The ledger's line is on disk before the commit. Files and the database's log are cleared
        after it; what is left of them then is noise, and housekeeping takes it away.

        Raises:
            NotPermitted: own request, or a hold is in force.
            Conflict: answered already.
        """
        require(actor, "people.erase")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._answerable(tx, actor, erasure_id)
            _held(tx, actor, row.person_id)
            _require_no_hold(tx, row.person_id)
            Moves(self._store).let_go(tx, actor, row.person_id)
            gone = rows.destroy(tx, row.person_id, now)
            counts = json.dumps(dict(gone.counts), sort_keys=True)
            answer = {"state": "done", "decided_by": actor.account_id, "decided_at": now,
                      "counts": counts}  # fmt: skip
            rows.answer(tx, row.id, answer)
            audit.record(tx, actor, "person.erase", "person", row.person_id, at=now,
                         detail={"erasure": row.id, **gone.counts})  # fmt: skip
            receipt = self._store.ledger.append(as_entry(_plain(row, answer)))
            rows.answer(tx, row.id, {"receipt": receipt})
        self._photos.drop_files(gone.photo_ids)
        for clip_id in gone.clip_ids:
            self._clips.remove(clip_id)
        self._store.scrub()
        if self._after is not None:
            self._after()
        return self.get(actor, erasure_id)

    def refuse(self, actor: Actor, erasure_id: str, refusal: str) -> None:
        """Answer no, with the reason that the asker is told; also one's own request."""
        require(actor, "people.erase")
        _check("refusal", refusal, erasure_rules().refusals)
        now = self._store.now()
        with self._store.write() as tx:
            row = self._answerable(tx, actor, erasure_id, own=True)
            values = {"state": "refused", "decided_by": actor.account_id, "decided_at": now,
                      "refusal": refusal}  # fmt: skip
            rows.answer(tx, row.id, values)
            audit.record(tx, actor, "person.erase.refuse", "person", row.person_id, at=now,
                         detail={"erasure": row.id, "refusal": refusal})  # fmt: skip

    def get(self, actor: Actor, erasure_id: str) -> ErasureFile:
        """A request within reach: what is left of an erased person, and the certificate."""
        require(actor, "erasure.request")
        with self._store.read() as tx:
            return self._file(tx, actor, _found(tx, actor, erasure_id))

    def listed(self, actor: Actor) -> tuple[ErasureFile, ...]:
        """Requests within reach, unanswered ones first."""
        require(actor, "erasure.request")
        with self._store.read() as tx:
            found = rows.below(tx, actor.station_path, _LISTED)
            return tuple(self._file(tx, actor, row) for row in found)

    def _answerable(
        self, tx: Tx, actor: Actor, erasure_id: str, *, own: bool = False
    ) -> rows.ErasureRow:
        row = _found(tx, actor, erasure_id, hold=True)
        if row.state != "requested":
            raise Conflict(path="erasure_id")
        if row.requested_by == actor.account_id and not own:
            raise NotPermitted(reason="own_request")
        return row

    def _file(self, tx: Tx, actor: Actor, row: rows.ErasureRow) -> ErasureFile:
        return ErasureFile(
            id=row.id,
            person_id=row.person_id,
            side=row.side,
            station_name=row.station_name,
            state=row.state,
            asked_by=row.asked_by,
            reason=row.reason,
            requested_by=_named(tx, row.requested_by),
            requested_at=row.requested_at,
            decided_by=_named(tx, row.decided_by) if row.decided_by else None,
            decided_at=row.decided_at,
            refusal=row.refusal,
            counts=json.loads(row.counts),
            receipt=row.receipt,
            own=row.requested_by == actor.account_id,
        )


def _require_no_hold(tx: Tx, person_id: str) -> None:
    if retention.in_force(tx, person_id, "hold") is not None:
        raise NotPermitted(reason="legal_hold")


def _held(tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
    row = people.hold(tx, person_id) if is_id(person_id) else None
    return within_reach(actor, row, stored=True)


def _check(path: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RecordInvalid(path=path, reason="unknown_value")


def _found(tx: Tx, actor: Actor, erasure_id: str, *, hold: bool = False) -> rows.ErasureRow:
    row = rows.find(tx, erasure_id, hold=hold) if is_id(erasure_id) else None
    require_reach(actor, row.station_path if row else None)
    if row is None:
        raise NotFound
    return row


def _named(tx: Tx, account_id: str) -> str:
    account = accounts.find(tx, account_id)
    return account.display_name if account else account_id


def _plain(row: rows.ErasureRow, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the table, with the answer."""
    names = ("id", "person_id", "station_id", "side", "asked_by", "reason", "requested_by",
             "requested_at")  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, **answer}
