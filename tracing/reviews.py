"""Urgent searches: one person physically present is searched at once, another person reviews.

The search is kept with the incident number; within the hours of `cases.toml` somebody other than
the searcher says whether it was proper. What waits too long is overdue on the desk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tracing import audit, search_keeping
from tracing.access import Actor, require
from tracing.access import rules as access_rules
from tracing.cases import case_rules
from tracing.errors import AlreadyDecided, NotFound, NotPermitted, OwnRequest, RecordInvalid
from tracing.records import PersonRecord
from tracing.sealing import Vault
from tracing.store import Store, Tx, accounts, searches
from tracing.store import reviews as rows
from tracing.store.ids import is_id

INCIDENT_LONGEST = 80
TEXT_LONGEST = 500
LISTED_MOST = 100


@dataclass(frozen=True, slots=True)
class Emergency:
    """Why there was no time to ask first: the incident's number, and what happened."""

    incident: str = field(repr=False)
    circumstance: str = field(repr=False, default="")

    def check(self) -> None:
        """Raise `RecordInvalid` for a missing number or a text that is too long."""
        if not self.incident.strip():
            raise RecordInvalid(path="incident", reason="value_missing")
        if len(self.incident) > INCIDENT_LONGEST:
            raise RecordInvalid(path="incident", reason="too_long")
        if len(self.circumstance) > TEXT_LONGEST:
            raise RecordInvalid(path="circumstance", reason="too_long")


@dataclass(frozen=True, slots=True)
class Review:
    """An urgent search and its review; `shown`: the ids of the people it showed."""

    search_id: str
    at: datetime
    due_at: datetime
    overdue: bool
    own: bool
    by: str
    police: bool
    station_name: str
    incident: str = field(repr=False)
    circumstance: str = field(repr=False)
    record: PersonRecord = field(repr=False)
    faces: int
    shown: tuple[str, ...]
    reviewed_by: str | None
    reviewed_at: datetime | None
    outcome: str | None
    note: str = field(repr=False)


def keep(tx: Tx, vault: Vault, search: searches.SearchRow, emergency: Emergency) -> None:
    """Let a search that was just written wait for its review."""
    key = search_keeping.search_key(vault, search)
    text = {"incident": emergency.incident.strip(), "circumstance": emergency.circumstance.strip()}
    sealed = vault.seal(key, json.dumps(text, ensure_ascii=False).encode(), "review", search.id)
    due = search.at + timedelta(hours=case_rules().review_hours)
    rows.insert_review(tx, {"search_id": search.id, "due_at": due, "sealed": sealed})


def number_of(tx: Tx, vault: Vault, search: searches.SearchRow) -> str:
    """The incident number of an urgent search, or the reason that was stated for another one."""
    key, row = search_keeping.search_key(vault, search), rows.find(tx, search.id)
    if row is None:
        return search_keeping.reason(vault, key, search)
    return str(json.loads(vault.open(key, row.sealed, "review", search.id))["incident"])


@dataclass(frozen=True, slots=True)
class OwnReview:
    """How one's own urgent search stands: until when it is looked at, and what was said."""

    due_at: datetime
    outcome: str | None


class Reviews:
    """The reviews of one installation; each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(self, actor: Actor) -> tuple[Review, ...]:
        """Urgent searches of the actor's stations without a review, longest due first."""
        return self._listed(actor, pending=True)

    def reviewed(self, actor: Actor) -> tuple[Review, ...]:
        """The latest reviewed ones."""
        return self._listed(actor, pending=False)

    def of_own(self, actor: Actor, search_ids: Sequence[str]) -> dict[str, OwnReview]:
        """How one's own urgent searches stand, by their ids; others are left out."""
        require(actor, "search")
        found = {}
        with self._store.read() as tx:
            for search_id in search_ids:
                row, search = rows.find(tx, search_id), searches.find(tx, search_id)
                if row and search and search.account_id == actor.account_id:
                    found[search_id] = OwnReview(row.due_at, row.outcome)
        return found

    def review(self, actor: Actor, search_id: str, outcome: str, note: str) -> None:
        """Say whether an urgent search was proper; an improper one needs a note.

        Raises:
            OwnRequest: the actor searched.
            AlreadyDecided: somebody has reviewed it.
            NotFound: it is no urgent search within reach.
        """
        require(actor, "review")
        if actor.via == "key":
            raise NotPermitted
        if outcome not in case_rules().review_outcomes:
            raise RecordInvalid(path="outcome", reason="choose")
        if outcome == "improper" and not note.strip():
            raise RecordInvalid(path="note", reason="value_missing")
        if len(note) > TEXT_LONGEST:
            raise RecordInvalid(path="note", reason="too_long")
        vault, now, own = self._store.vault, self._store.now(), False
        with self._store.write() as tx:
            row = rows.hold(tx, search_id) if is_id(search_id) else None
            search = searches.find(tx, search_id) if row else None
            if row is None or search is None or not actor.reaches(row.station_path):
                raise NotFound
            if row.reviewed_at is not None:
                raise AlreadyDecided
            own = search.account_id == actor.account_id
            if not own:
                key = search_keeping.search_key(vault, search)
                values = {
                    "reviewed_by": actor.account_id,
                    "reviewed_at": now,
                    "outcome": outcome,
                    "note": vault.seal(key, note.strip().encode(), "review_note", search.id),
                }
                rows.decide(tx, search.id, values)
            audit.record(tx, actor, "search.review", "search", search.id, at=now,
                         purpose=search.purpose, outcome="refused" if own else "done",
                         detail={"outcome": outcome, "late": now > row.due_at})  # fmt: skip
        if own:
            raise OwnRequest

    def _listed(self, actor: Actor, *, pending: bool) -> tuple[Review, ...]:
        require(actor, "review")
        with self._store.write() as tx:
            found = rows.below(tx, actor.station_path, pending=pending, limit=LISTED_MOST)
            shown = tuple(self._opened(tx, actor, row) for row in found)
            audit.record(tx, actor, "review.list", "search", None, at=self._store.now(),
                         detail={"shown": [review.search_id for review in shown]})  # fmt: skip
        return shown

    def _opened(self, tx: Tx, actor: Actor, row: rows.ReviewRow) -> Review:
        search = searches.find(tx, row.search_id)
        if search is None:
            raise NotFound
        vault = self._store.vault
        key = search_keeping.search_key(vault, search)
        said = json.loads(vault.open(key, row.sealed, "review", row.search_id))
        head = search_keeping.head(vault, key, search)
        note = vault.open(key, row.note, "review_note", row.search_id) if row.note else b""
        return Review(
            search_id=row.search_id,
            at=search.at,
            due_at=row.due_at,
            overdue=row.reviewed_at is None and self._store.now() > row.due_at,
            own=search.account_id == actor.account_id,
            by=_name(tx, search.account_id),
            police=_outside(tx, search.account_id),
            station_name=row.station_name,
            incident=said["incident"],
            circumstance=said["circumstance"],
            record=head["probe"][0],
            faces=search.faces,
            shown=tuple(c.person_id for c in searches.candidates(tx, row.search_id)),
            reviewed_by=_name(tx, row.reviewed_by) if row.reviewed_by else None,
            reviewed_at=row.reviewed_at,
            outcome=row.outcome,
            note=note.decode(),
        )


def _outside(tx: Tx, account_id: str) -> bool:
    account = accounts.find(tx, account_id)
    return account is not None and account.role in access_rules().outside_roles


def _name(tx: Tx, account_id: str) -> str:
    account = accounts.find(tx, account_id)
    return account.display_name if account else ""
