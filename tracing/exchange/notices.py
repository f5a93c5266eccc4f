"""Tracing notices: issued for a person, for so many days; what feeds say of them, and their end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tracing import audit, running_clocks
from tracing.access import Actor, require
from tracing.clocks import CHINA
from tracing.cursors import read_cursor, write_cursor
from tracing.errors import FeedsOff, NotFound, NoticeRefused, NotPermitted, RecordInvalid
from tracing.exchange.release import PublicView, public_view, withheld
from tracing.exchange.rules import exchange_rules
from tracing.person_files import open_document
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.registers import switched_off
from tracing.store import Store, Tx, origins, people
from tracing.store import notices as rows
from tracing.store.ids import is_id, new_id
from tracing.store.notices import NoticeRow

_LIST = "notices"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class NoticeFile:
    """A notice as its station sees it: what it tells the public, until when."""

    id: str
    person_id: str
    issued_at: datetime
    expires_at: datetime
    view: PublicView = field(repr=False)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A notice as a feed tells it; `view` is None once it is over: a tombstone."""

    id: str
    side: str
    station_name: str
    issued_at: datetime
    changed_at: datetime
    expires_at: datetime
    view: PublicView | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some entries, oldest change first, and where to go on; `more` when there are others now."""

    domain: str
    entries: tuple[FeedEntry, ...]
    cursor: str
    more: bool
    at: datetime


class Notices:
    """Issuing, ending, and reading the stream."""

    def __init__(self, store: Store, own_domain: str = "") -> None:
        self._store = store
        self._domain = own_domain

    def issue(self, actor: Actor, person_id: str, text: str = "", days: int | None = None) -> str:
        """Issue a notice for a person within reach, in place of one that runs; gives its id.

        Where an own domain is set it is published by this, and the clock of the notice stops.
        `text` is written for the public; numbers and addresses in it are not told.

        Raises:
            NoticeRefused: the person may not be shown; `reason` says why.
        """
        require(actor, "notices")
        own, now = exchange_rules().notices, self._store.now()
        length = own.days if days is None else days
        if not 1 <= length <= own.longest_days:
            raise RecordInvalid(path="days", reason="out_of_range")
        if len(text) > own.text_longest:
            raise RecordInvalid(path="text", reason="too_long")
        notice_id = new_id()
        with self._store.write() as tx:
            person = people.hold(tx, person_id) if is_id(person_id) else None
            row = within_reach(actor, person, stored=True)
            refused = self._withheld(tx, row)
            if refused is not None:
                raise NoticeRefused(reason=refused)
            running = rows.running_of(tx, row.id, now)
            if running is not None:
                rows.end(tx, running.id, actor.account_id, now)
                running_clocks.notice_replaced(tx, running.id, notice_id)
            key = person_key(self._store.vault, row.id, row.wrapped)
            said = json.dumps({"text": text}, ensure_ascii=False).encode()
            rows.insert_notice(tx, {
                "id": notice_id, "person_id": row.id, "station_id": row.station_id,
                "sealed": self._store.vault.seal(key, said, "notice", notice_id),
                "issued_by": actor.account_id, "issued_at": now,
                "expires_at": now + timedelta(days=length), "seq": tx.next_seq(),
            })  # fmt: skip
            audit.record(tx, actor, "notice.issue", "person", row.id, at=now,
                         detail={"notice": notice_id, "days": length})  # fmt: skip
            if self._domain:
                mark = running_clocks.notice_mark(notice_id)
                running_clocks.stop(tx, [row.id], "notice", mark, now, account_id=actor.account_id)
        return notice_id

    def withdraw(self, actor: Actor, person_id: str) -> None:
        """End the running notice of a person within reach; raises `NotFound` without one.

        The clock that it had stopped runs on, unless it is known meanwhile who the person is.
        """
        require(actor, "notices")
        now = self._store.now()
        with self._store.write() as tx:
            person = people.hold(tx, person_id) if is_id(person_id) else None
            row = within_reach(actor, person, stored=True)
            running = rows.running_of(tx, row.id, now)
            if running is None:
                raise NotFound
            rows.end(tx, running.id, actor.account_id, now)
            known = row.identity_status == "confirmed" or row.tracing_result != "open"
            running_clocks.notice_withdrawn(tx, row.id, running.id, known=known)
            audit.record(tx, actor, "notice.end", "person", row.id, at=now,
                         detail={"notice": running.id})  # fmt: skip

    def of_person(self, actor: Actor, person_id: str) -> NoticeFile | None:
        """The running notice of a person within reach, as the public reads it."""
        require(actor, "notices")
        with self._store.read() as tx:
            person = people.find(tx, person_id) if is_id(person_id) else None
            row = within_reach(actor, person, stored=True)
            running = rows.running_of(tx, row.id, self._store.now())
            if running is None:
                return None
            view = self._view(running)
        if view is None:
            return None
        return NoticeFile(running.id, row.id, running.issued_at, running.expires_at, view)

    def preview(self, actor: Actor, person_id: str, text: str = "") -> PublicView:
        """What a notice would tell; raises `NoticeRefused` where none may be issued."""
        require(actor, "notices")
        with self._store.read() as tx:
            person = people.find(tx, person_id) if is_id(person_id) else None
            row = within_reach(actor, person, stored=True)
            refused = self._withheld(tx, row)
            if refused is not None:
                raise NoticeRefused(reason=refused)
            document = open_document(self._store.vault, row)
        return public_view(document, text, self._today())

    def feed(self, cursor: str | None = None, limit: int | None = None) -> FeedPage:
        """What changed since `cursor`, for anybody: running notices and tombstones of others.

        Raises:
            FeedsOff: no own domain is set.
            NotPermitted: the impact assessment of connectors has run out.
        """
        if not self._domain:
            raise FeedsOff
        page = exchange_rules().page
        size = page if limit is None else max(1, min(limit, page))
        after = int(read_cursor(self._store.vault, cursor, _LIST) or 0)
        now = self._store.now()
        with self._store.read() as tx:
            if switched_off(tx, "connector", now):
                raise NotPermitted(reason="assessment_over")
            found = rows.changes(tx, after, size + 1)
            entries = tuple(self._entry(row) for row in found[:size])
        last = found[:size][-1].seq if found else after
        return FeedPage(
            self._domain,
            entries,
            write_cursor(self._store.vault, str(last), _LIST),
            len(found) > size,
            now,
        )

    def tidy(self) -> int:
        """End notices whose day has passed, so that feeds hear of it; gives how many."""
        ended = 0
        while True:
            now = self._store.now()
            with self._store.write() as tx:
                batch = rows.past_their_day(tx, now, _BATCH)
                for notice_id in batch:
                    rows.end(tx, notice_id, None, now)
            ended += len(batch)
            if len(batch) < _BATCH:
                return ended

    def _entry(self, row: NoticeRow) -> FeedEntry:
        view = self._view(row)
        over = [row.changed_at, *([row.ended_at] if row.ended_at else [])]
        return FeedEntry(
            id=row.id,
            side=row.side,
            station_name=row.station_name if view is not None else "",
            issued_at=row.issued_at,
            changed_at=max(row.issued_at, *over),
            expires_at=row.expires_at if row.ended_at is None else row.ended_at,
            view=view,
        )

    def _view(self, row: NoticeRow) -> PublicView | None:
        """What may still be told; None when the notice is over or its person may not be shown."""
        if row.ended_at is not None or row.expires_at <= self._store.now() or row.wrapped is None:
            return None
        vault, key = self._store.vault, person_key(self._store.vault, row.person_id, row.wrapped)
        text = vault.open(key, row.document, "document", row.person_id, row.version)
        document = json.loads(text)
        refused = withheld(
            side=row.side,
            hidden=row.protected or row.stored_only_at is not None,
            foreign=row.gallery_id is not None,
            result=row.tracing_result,
            document=document,
        )
        if refused is not None:
            return None
        said = json.loads(vault.open(key, row.sealed, "notice", row.id))
        return public_view(document, said["text"], self._today())

    def _withheld(self, tx: Tx, row: people.PersonRow) -> str | None:
        return withheld(
            side=row.side,
            hidden=row.hidden,
            foreign=row.gallery_id is not None or origins.is_clone(tx, row.id),
            result=row.tracing_result,
            document=open_document(self._store.vault, row),
        )

    def _today(self) -> date:
        return self._store.now().astimezone(CHINA).date()


def utc(at: datetime) -> str:
    """A moment as PFIF and Atom write it: `2026-03-01T09:00:00Z`."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
