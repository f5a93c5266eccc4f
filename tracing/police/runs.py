"""The questions of an approved request: put in, read again, taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tracing import audit, search_keeping
from tracing.access import Actor, require
from tracing.batches import Batches
from tracing.errors import (
    NotFound,
    OutsideScope,
    QuotaSpent,
    RecordInvalid,
    TooManyQuestions,
    TracingError,
)
from tracing.police.answering import Blocks
from tracing.police.answers import PAGE_MOST, AnswerPage, PoliceAnswer, Question, Watermark
from tracing.police.questions import content_of, opened, put_in
from tracing.police.requests import MAKE, PoliceRequests, require_within
from tracing.police.urgent import day_of, refused
from tracing.retries import answered_before, keep_answer
from tracing.store import Store, Tx, searches
from tracing.store import police_requests as rows
from tracing.store.ids import is_id

TOGETHER = 64
"""So many answers are read at once; each names a few people."""


class PoliceRuns:
    """Asking, answering and reading; `batches` is opened at the first question."""

    def __init__(
        self,
        store: Store,
        requests: PoliceRequests,
        batches: Callable[[], Batches],
        prior: Callable[[], float],
        asked: Callable[[], None] = lambda: None,
    ) -> None:
        """`prior` gives the chance, before any evidence, that somebody is on record at all;
        `asked` is called when questions have been put in."""
        self._store = store
        self._requests = requests
        self._blocks = Blocks(store, requests, batches, prior)
        self._asked = asked

    def ask(
        self,
        actor: Actor,
        request_id: str,
        questions: Sequence[Question],
        *,
        divisions: tuple[str, ...] = (),
        sides: tuple[str, ...] = (),
        idempotency_key: str | None = None,
    ) -> int:
        """Put the questions in; gives the number of the run. `divisions`, `sides`: less than
        what was approved, if not all of it.

        Raises:
            PoliceError: not approved by two, over, switched off, outside scope, too many.
            QuotaSpent: too many questions today. RecordInvalid: no question at all.
        """
        require(actor, MAKE)
        if not questions:
            raise RecordInvalid(path="questions", reason="value_missing")
        content = content_of(questions)
        with self._store.write() as tx:
            row = self._own(tx, actor, request_id)
            if idempotency_key is not None:
                known = answered_before(
                    tx, self._store, actor, idempotency_key, "police_run", row.id, content
                )
                if known is not None:
                    return int(known["run"])
            error = self._fault(tx, actor, row, len(questions), divisions, sides)
            run = len(rows.runs(tx, row.id)) + 1
            if error is not None:
                refused(tx, actor, self._store.now, error, row.id, row.purpose)
            else:
                scope = (
                    divisions or tuple(row.divisions.split()),
                    sides or tuple(row.sides.split()),
                )
                put_in(tx, self._store, actor, row, run, questions, scope)
                if idempotency_key is not None:
                    keep_answer(tx, self._store, actor, idempotency_key, {"run": run})
        if error is not None:
            raise error
        self._asked()
        return run

    def again(self, actor: Actor, request_id: str) -> int:
        """Ask the last run's questions once more, where the request allows several runs."""
        with self._store.read() as tx:
            row = self._own(tx, actor, request_id)
            last = len(rows.runs(tx, row.id))
            before = rows.questions(tx, row.id, last, 0, row.questions_most)
            docs = [opened(self._store, q) for q in before]
        questions = [
            Question(
                doc["ref"], doc["record"] or RecordInvalid(path=doc["path"], reason=doc["reason"])
            )
            for doc in docs
        ]
        return self.ask(actor, request_id, questions)

    def step(self) -> int:
        """Answer some of what waits; gives how many questions."""
        return self._blocks.step()

    def answers(
        self, actor: Actor, request_id: str, run: int, after: int = 0, limit: int = PAGE_MOST
    ) -> AnswerPage:
        """Answers behind `after`, in order, up to the first question that still waits.

        Raises:
            PoliceError: the request is over or switched off.
        """
        return self._page(actor, request_id, run, after, min(limit, PAGE_MOST), None)

    def behind(self, actor: Actor, request_id: str, run: int, after: int) -> bool:
        """Whether the question behind `after` has been answered; for whoever waits for it."""
        require(actor, MAKE)
        with self._store.read() as tx:
            row = rows.find(tx, request_id) if is_id(request_id) else None
            if row is None or row.requested_by != actor.account_id:
                raise NotFound
            return any(_answered(rows.questions(tx, row.id, run, after, 1)))

    def export(self, actor: Actor, request_id: str, run: int, form: str) -> AnswerPage:
        """All answers of a run, to be taken out as a file; recorded as that.

        Raises:
            OutsideScope: the request was not approved for taking a file out.
        """
        return self._page(actor, request_id, run, 0, None, form)

    def _page(
        self,
        actor: Actor,
        request_id: str,
        run: int,
        after: int,
        limit: int | None,
        form: str | None,
    ) -> AnswerPage:
        require(actor, MAKE)
        with self._store.write() as tx:
            row = self._own(tx, actor, request_id)
            error = self._requests.fault_of(tx, row)
            if error is None and form is not None and not row.export:
                error = OutsideScope(what="export")
            known = {r.run: r for r in rows.runs(tx, row.id)}
            if error is not None:
                refused(tx, actor, self._store.now, error, row.id, row.purpose)
            elif run not in known:
                raise NotFound
            else:
                found = rows.questions(tx, row.id, run, after, limit or row.questions_most)
                items = tuple(self._answers(tx, actor, list(_answered(found))))
                action = "police.export" if form else "police.answers"
                detail: audit.Detail = {"run": run, "answers": len(items), "form": form}
                audit.record(tx, actor, action, "police_request", row.id, at=self._store.now(),
                             purpose=row.purpose, detail=detail)  # fmt: skip
        if error is not None:
            raise error
        waiting = known[run].states.get("waiting", 0)
        cursor = items[-1].number if items else after
        return AnswerPage(items, cursor, waiting, self._watermark(actor, row))

    def _watermark(self, actor: Actor, row: rows.RequestRow) -> Watermark:
        number, _ = self._requests.number_of(row)
        return Watermark(
            actor.display_name, actor.login, actor.station_name, self._store.now(), number, row.id
        )

    def _own(self, tx: Tx, actor: Actor, request_id: str) -> rows.RequestRow:
        row = rows.hold(tx, request_id) if is_id(request_id) else None
        if row is None or row.requested_by != actor.account_id:
            raise NotFound
        return row

    def _fault(
        self,
        tx: Tx,
        actor: Actor,
        row: rows.RequestRow,
        count: int,
        divisions: tuple[str, ...],
        sides: tuple[str, ...],
    ) -> TracingError | None:
        own = self._requests.rules
        error = self._requests.fault_of(tx, row) or require_within(row, divisions, sides)
        if error is not None:
            return error
        if row.station_id != actor.station_id:
            return OutsideScope(what="unit")
        if count > row.questions_most:
            return TooManyQuestions(limit=row.questions_most, asked=count)
        runs = own.kinds[row.kind].runs
        if len(rows.runs(tx, row.id)) >= runs:
            return TooManyQuestions(limit=runs, what="runs")
        start, left = day_of(self._store.now())
        spent = rows.asked_since(tx, start, account_id=actor.account_id) + count
        unit = rows.asked_since(tx, start, station_id=row.station_id) + count
        if spent > own.account_day or unit > own.unit_day:
            return QuotaSpent(limit=own.account_day, seconds=left)
        return None

    def _answers(
        self, tx: Tx, actor: Actor, answered: Sequence[rows.QuestionRow]
    ) -> Iterator[PoliceAnswer]:
        for start in range(0, len(answered), TOGETHER):
            some = answered[start : start + TOGETHER]
            kept = Kept.of(tx, [row.search_id for row in some if row.search_id])
            for row in some:
                yield self._answer(actor, row, kept)

    def _answer(self, actor: Actor, row: rows.QuestionRow, kept: Kept) -> PoliceAnswer:
        ref = str(opened(self._store, row)["ref"])
        at = row.answered_at or row.asked_at
        search = kept.rows.get(row.search_id) if row.search_id else None
        if search is None:
            path, _, reason = (row.fault or "").partition("|")
            return PoliceAnswer(row.ordinal, ref, "error", at, None, None, 0, (), path, reason)
        vault = self._store.vault
        key = search_keeping.search_key(vault, search)
        shown = search_keeping.opened_candidates(
            vault, key, search, kept.shown[search.id], kept.held, actor, ()
        )
        answer: Literal["candidates", "nobody"] = "candidates" if shown else "nobody"
        return PoliceAnswer(
            row.ordinal, ref, answer, at, search.id, search.nobody, search.gallery_size, shown
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """Searches that were kept, whom they showed, and the people of these, by id."""

    rows: dict[str, searches.SearchRow]
    shown: dict[str, list[searches.CandidateRow]]
    held: search_keeping.Held

    @classmethod
    def of(cls, tx: Tx, search_ids: Sequence[str]) -> Kept:
        """Read together."""
        shown = searches.candidates_of(tx, search_ids)
        listed = {entry.person_id for entries in shown.values() for entry in entries}
        return cls(
            searches.find_many(tx, search_ids), shown, search_keeping.Held.of(tx, list(listed))
        )


def _answered(found: Iterable[rows.QuestionRow]) -> Iterable[rows.QuestionRow]:
    for row in found:
        if row.state == "waiting":
            return
        yield row
