"""Retention: what is kept how long, who has to look at it, and what goes by itself.

The classes are data (`retention.toml`). A person whose tracing is not resolved is never destroyed
by a clock: the yearly review is a question to a human being.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import RecordInvalid
from tracing.record_changes import within_reach
from tracing.store import Store, Tx, checkpoints, drafts, people
from tracing.store import retention as rows
from tracing.store.ids import is_id

Kind = Literal["hold", "stored_only", "keep_print", "review"]
_BATCH = 500
_LISTED = 200
_MARK_NAME = "retention"


@dataclass(frozen=True, slots=True)
class KeptClass:
    """One class of `retention.toml`."""

    days: int
    then: str
    source: str
    trust: str
    sides: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """`retention.toml`, read: classes by id, and reasons by kind of mark."""

    classes: Mapping[str, KeptClass]
    reasons: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class DueReview:
    """A record to be looked at: the class that asks, since when, and when it fell due."""

    person_id: str
    kept_class: str
    since: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """Something said about keeping a record; `ended_at` is None while it holds."""

    person_id: str
    kind: str
    reason: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Worklist:
    """What waits for a decision, and what is held or stored only."""

    reviews: tuple[DueReview, ...]
    holds: tuple[Mark, ...]
    stored_only: tuple[Mark, ...]


@lru_cache(maxsize=1)
def retention_rules() -> RetentionRules:
    """The packaged classes; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("retention.toml").read_text("utf-8")
    )
    classes: dict[str, KeptClass] = {}
    for name, given in table["classes"].items():
        lists: Any = {key: tuple(v) for key, v in given.items() if isinstance(v, list)}
        classes[name] = KeptClass(**{**given, **lists})
    reasons = {kind: tuple(values) for kind, values in table["reasons"].items()}
    reasons["keep_print"] = classes["reunited_print"].kept_by
    return RetentionRules(classes, reasons)


def print_over(tx: Tx, person_id: str | None, now: datetime) -> bool:
    """Whether a person's print may not be kept any more, and so none may be made."""
    if person_id is None:
        return False
    days = retention_rules().classes["reunited_print"].days
    return rows.print_over(tx, person_id, now - timedelta(days=days))


class Retention:
    """The worklist, the marks, and one step of housekeeping."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def worklist(self, actor: Actor) -> Worklist:
        """What waits for somebody of these stations; names no person, only numbers of records."""
        require(actor, "retention")
        now, path = self._store.now(), actor.station_path
        with self._store.read() as tx:
            reviews = [
                DueReview(row.person_id, name, row.since, row.since + timedelta(days=own.days))
                for name, own in retention_rules().classes.items()
                if own.then == "review"
                for row in rows.due(
                    tx, path, own.sides, own.results, now - timedelta(days=own.days), _LISTED
                )
            ]
            holds = tuple(map(_mark, rows.with_mark(tx, path, "hold", _LISTED)))
            stored = tuple(map(_mark, rows.with_mark(tx, path, "stored_only", _LISTED)))
        reviews.sort(key=lambda due: (due.due_at, due.person_id))
        return Worklist(tuple(reviews[:_LISTED]), holds, stored)

    def mark(self, actor: Actor, person_id: str, kind: Kind, reason: str) -> None:
        """Say something about keeping a person's record, with a reason of the list.

        `hold`: may not be erased. `stored_only`: out of searches and lists, unreadable until it
        ends. `keep_print`: the print outlives the reunion. `review`: looked at, and it stays.
        """
        require(actor, "retention")
        if reason not in retention_rules().reasons[kind]:
            raise RecordInvalid(path="reason", reason="unknown_value")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._held(tx, actor, person_id)
            rows.put(tx, row.id, kind, reason, actor.account_id, now)
            if kind == "stored_only":
                rows.store_only(tx, row.id, now, now)
            audit.record(tx, actor, f"retention.{kind}", "person", row.id, at=now,
                         detail={"reason": reason})  # fmt: skip

    def end(self, actor: Actor, person_id: str, kind: Kind) -> None:
        """Take a hold, storage only or a reason to keep a print back; twice is no error."""
        require(actor, "retention")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._held(tx, actor, person_id)
            if not rows.end(tx, row.id, kind, actor.account_id, now):
                return
            if kind == "stored_only":
                rows.store_only(tx, row.id, None, now)
            audit.record(tx, actor, f"retention.{kind}.end", "person", row.id, at=now)

    def marks(self, actor: Actor, person_id: str) -> tuple[Mark, ...]:
        """What has been said about keeping this record, newest first."""
        require(actor, "retention")
        with self._store.read() as tx:
            row = people.find(tx, person_id) if is_id(person_id) else None
            within_reach(actor, row, stored=True)
            return tuple(map(_mark, rows.marks(tx, person_id)))

    def tidy(self) -> int:
        """Note who was reunited, destroy prints whose time is over, forget old drafts.

        Gives how many people lost their prints. A crash repeats at most one batch.
        """
        self._follow()
        destroyed = self._destroy_prints()
        with self._store.write() as tx:
            drafts.forget_expired(tx, self._store.now())
        return destroyed

    def _follow(self) -> None:
        """Start or stop the clock of the print for records whose result has changed."""
        ended, now = retention_rules().classes["reunited_print"].results, self._store.now()
        while True:
            with self._store.write() as tx:
                batch = rows.results_after(tx, checkpoints.get(tx, _MARK_NAME), _BATCH)
                for _, person_id, result in batch:
                    if result not in ended:
                        rows.end(tx, person_id, "resolved", None, now)
                    elif rows.in_force(tx, person_id, "resolved") is None:
                        rows.put(tx, person_id, "resolved", result, None, now)
                if batch:
                    checkpoints.put(tx, _MARK_NAME, batch[-1][0], now)
            if len(batch) < _BATCH:
                return

    def _destroy_prints(self) -> int:
        own, now = retention_rules().classes["reunited_print"], self._store.now()
        destroyed = 0
        while True:
            with self._store.write() as tx:
                over = rows.prints_over(tx, now - timedelta(days=own.days), _BATCH)
                for person_id in over:
                    count = rows.forget_prints(tx, person_id)
                    people.touch(tx, person_id, now)
                    audit.record(tx, None, "print.expire", "person", person_id, at=now,
                                 detail={"prints": count, "days": own.days})  # fmt: skip
            destroyed += len(over)
            if len(over) < _BATCH:
                return destroyed

    def _held(self, tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
        row = people.hold(tx, person_id) if is_id(person_id) else None
        return within_reach(actor, row, stored=True)


def _mark(row: rows.MarkRow) -> Mark:
    return Mark(row.person_id, row.kind, row.reason, row.at, row.ended_at)
