"""Clocks that run: started and stopped by recorded deeds, each with rule, version and due time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracing.clocks import clock_rules, rules_started, rules_stopped
from tracing.store import Tx
from tracing.store import crosschecks as clock_rows
from tracing.store import registers as rows
from tracing.store.ids import new_id

CONFIRMED = "confirmed"
"""Stops what an admission started: who is known needs no notice and no sample."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as shown; `soon`: from when its rule warns, `late` when over and not stopped."""

    rule: str
    version: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    soon: bool
    late: bool

    @property
    def running(self) -> bool:
        """Whether no deed has stopped it."""
        return self.stopped_at is None


def start(
    tx: Tx, subject_id: str, deed: str, at: datetime, *, kind: str = "", division: str | None = None
) -> None:
    """Start the clocks that this deed starts; `kind` is that of a request."""
    for rule in rules_started(deed, at, kind=kind, division=division or ""):
        values = {"id": new_id(), "rule": rule.stamp, "subject_id": subject_id,
                  "started_at": at, "due_at": rule.due(at)}  # fmt: skip
        rows.start_clock(tx, values)


def stop(
    tx: Tx,
    subject_ids: Sequence[str],
    deed: str,
    mark: str,
    at: datetime,
    *,
    account_id: str | None,
    kind: str = "",
    every: bool = False,
) -> None:
    """Stop the clocks that this deed stops, or `every` one that runs; `mark` names the deed."""
    ids = rules_stopped(deed, kind)
    for clock in clock_rows.clocks(tx, subject_ids):
        if clock.stopped_at is None and (every or clock.rule.partition("/")[0] in ids):
            values = {"stopped_at": at, "stopped_by": account_id, "deed": mark}
            rows.stop_clock(tx, clock.id, values)


def take_back(
    tx: Tx, subject_id: str, deed: str, since: datetime, at: datetime, *, account_id: str
) -> None:
    """End the clocks that a deed, since undone, had started."""
    started = {rule.id for rule in clock_rules().values() if rule.start == deed}
    for clock in clock_rows.clocks(tx, [subject_id]):
        own = clock.rule.partition("/")[0] in started and clock.started_at == since
        if own and clock.stopped_at is None:
            values = {"stopped_at": at, "stopped_by": account_id, "deed": "undone"}
            rows.stop_clock(tx, clock.id, values)


def confirmed(tx: Tx, person_id: str, at: datetime, *, undone: bool = False) -> None:
    """Whose identity is confirmed needs no more of what an admission asks for, until undone."""
    mark = f"{CONFIRMED} {person_id}"
    if undone:
        clock_rows.restart_clocks(tx, mark)
        return
    started = {rule.id for rule in clock_rules().values() if rule.start == "admission"}
    for clock in clock_rows.clocks(tx, [person_id]):
        if clock.stopped_at is None and clock.rule.partition("/")[0] in started:
            rows.stop_clock(tx, clock.id, {"stopped_at": at, "deed": mark})


def notice_replaced(tx: Tx, notice_id: str, by: str) -> None:
    """What one notice of ours had stopped stands stopped by the notice that took its place."""
    clock_rows.rename_deed(tx, notice_mark(notice_id), notice_mark(by))


def notice_withdrawn(tx: Tx, person_id: str, notice_id: str, *, known: bool) -> None:
    """What a notice of ours had stopped runs on; where the person is `known` it stays stopped,
    until that is undone."""
    mark = notice_mark(notice_id)
    if known:
        clock_rows.rename_deed(tx, mark, f"{CONFIRMED} {person_id}")
    else:
        clock_rows.restart_clocks(tx, mark)


def notice_mark(notice_id: str) -> str:
    """Names a notice on our own feed as the deed that stops a clock."""
    return f"notice {notice_id}"


def of(tx: Tx, subject_ids: Sequence[str], now: datetime) -> dict[str, tuple[Clock, ...]]:
    """Clocks by subject, the one that is due first before the others."""
    found: dict[str, tuple[Clock, ...]] = {}
    for row in clock_rows.clocks(tx, subject_ids):
        found[row.subject_id] = (*found.get(row.subject_id, ()), _clock(row, now))
    return found


def next_due(clocks: Iterable[Clock]) -> Clock | None:
    """The running clock that is due first."""
    return min((c for c in clocks if c.running), key=lambda c: c.due_at, default=None)


def _clock(row: clock_rows.ClockRow, now: datetime) -> Clock:
    rule_id, _, version = row.rule.partition("/")
    rule, running = clock_rules().get(rule_id), row.stopped_at is None
    warns = rule.warns(row.started_at) if rule else row.due_at
    return Clock(
        rule=rule_id,
        version=int(version or 0),
        started_at=row.started_at,
        due_at=row.due_at,
        stopped_at=row.stopped_at,
        soon=running and warns <= now <= row.due_at,
        late=running and now > row.due_at,
    )
