"""One person who is there now: an officer asks at once, with the number of the incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from tracing import audit
from tracing.access import Actor
from tracing.clocks import CHINA
from tracing.errors import PoliceOff, PoliceRequestNeeded, QuotaSpent, TracingError
from tracing.police.rules import police_rules
from tracing.registers import switched_off
from tracing.reviews import Emergency
from tracing.store import Store, Tx, reviews


def day_of(now: datetime) -> tuple[datetime, int]:
    """When this day began in China, and how many seconds it still has."""
    local = now.astimezone(CHINA)
    start = datetime.combine(local.date(), time(), CHINA)
    return start, int((start + timedelta(days=1) - local).total_seconds()) + 1


class UrgentGate:
    """What stands before a search of an officer; each refusal leaves its row in the trail."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def require(self, actor: Actor, side: str, emergency: Emergency | None) -> None:
        """Let the search through.

        Raises:
            PoliceRequestNeeded: no incident number, or somebody who is not there now.
            QuotaSpent: too many such searches today.
            PoliceOff: the impact assessment has run out.
        """
        with self._store.write() as tx:
            error = self._fault(tx, actor, side, emergency)
            if error is not None:
                refused(tx, actor, self._store.now, error, None)
        if error is not None:
            raise error

    def _fault(
        self, tx: Tx, actor: Actor, side: str, emergency: Emergency | None
    ) -> TracingError | None:
        own, now = police_rules().urgent, self._store.now()
        if switched_off(tx, "connector", now):
            return PoliceOff()
        if emergency is None or side not in own.sides:
            return PoliceRequestNeeded()
        start, left = day_of(now)
        if reviews.count_of(tx, actor.account_id, start) >= own.per_day:
            return QuotaSpent(limit=own.per_day, seconds=left)
        return None


def refused(
    tx: Tx,
    actor: Actor,
    now: Callable[[], datetime],
    error: TracingError,
    request_id: str | None,
    purpose: str | None = None,
) -> None:
    """Write down that an officer or an approver was refused, and why."""
    audit.record(tx, actor, "police.refuse", "police_request", request_id, at=now(),
                 purpose=purpose, outcome="refused", detail={"code": error.code})  # fmt: skip
