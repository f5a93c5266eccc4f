"""Many questions, each answered by itself: with candidates, with nobody, or with what is wrong.

Answers come in the order of the rows, a block at a time, while questions are still being read. A
bad row is an answer too and hurts no other. Each block is compared with one state of the gallery,
brought up to date before it, so that somebody erased while a long batch runs is in no later
answer.

`run` goes through a `Keeping`: it keeps a block whole or not at all, and only what is kept is given
out. Killed at any point and run again with the same questions, a batch leaves out what is kept and
answers the rest: no answer twice, none missing.

Whether somebody may ask a batch at all (scope, approvals, quotas) is decided before; here everybody
is compared whom a search of that side may find.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from matchers import explain
from matchers.evidence.model import Model
from tracing import protections
from tracing.batch_answers import Answer, Listed, Question, Term
from tracing.batch_workers import BatchWorkers
from tracing.comparing import Found, Probe, compare_many
from tracing.errors import TracingError
from tracing.exchange import galleries
from tracing.gallery import Gallery, View
from tracing.gallery_view import Mask
from tracing.records import PersonRecord
from tracing.registers import switched_off
from tracing.search_probes import probe_of, ready_made
from tracing.store import Store
from tracing.telling import LOOKED

Among = Callable[[View], Mask]
"""Whom a batch may find at all, bool [N]: size, rarity and nobody are counted among them."""
BLOCK = 64
"""Questions read ahead and answered together."""
LIMIT = 10
THREADS = 2
"""Blocks worked on at once; most of the work is in arrays and lets another thread run."""


class Keeping(Protocol):
    """Where answers are kept, by row."""

    def kept(self) -> int:
        """All rows up to this number are answered and kept; 0 for none."""

    def keep(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        """Keep these whole or not at all, durably; gives them as kept (see `Answer.less`)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that can be compared: its probe and what is to be said beside the answer."""

    question: Question
    probe: Probe
    prints_unread: int
    faces_off: bool


class Batches:
    """Answers batches over one gallery."""

    def __init__(
        self,
        store: Store,
        gallery: Gallery,
        model: Model,
        longest: int,
        workers: BatchWorkers | None = None,
        threads: int = THREADS,
    ) -> None:
        """`longest`: no list of candidates is longer. workers: processes for long batches."""
        self._store = store
        self._gallery = gallery
        self._model = model
        self._longest = longest
        self._workers = workers
        self._threads = threads

    @property
    def model_hash(self) -> str:
        """Which model of evidence the answers follow from."""
        return self._model.hash

    def run(
        self,
        questions: Iterable[Question],
        keeping: Keeping,
        purpose: str,
        limit: int = LIMIT,
        among: Among | None = None,
    ) -> Iterator[Answer]:
        """Answer what is not kept yet, keep it, and give it out, in order.

        Only people of `among` are compared, where it is given; borrowed galleries that were not
        lent for `purpose` are not.
        """
        done = keeping.kept()
        left = (question for question in questions if question.row > done)
        for block in self._answered(left, purpose, limit, among):
            yield from keeping.keep(block)

    def answers(
        self,
        questions: Iterable[Question],
        purpose: str,
        limit: int = LIMIT,
        among: Among | None = None,
    ) -> Iterator[Answer]:
        """Answer all, in order; nothing is kept."""
        for block in self._answered(questions, purpose, limit, among):
            yield from block

    def _answered(
        self, questions: Iterable[Question], purpose: str, limit: int, among: Among | None
    ) -> Iterator[list[Answer]]:
        """Answers block by block; as many blocks as there are threads are worked on at once."""
        ahead: deque[Future[list[Answer]]] = deque()
        most = max(self._threads, self._workers.count if self._workers else 0)
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="xunqin-batch")
        try:
            for block in _blocks(questions):
                task = (block, purpose, limit, among)
                beside = None
                if self._workers is not None:
                    beside = self._workers.submit(task, len(block), self.block)
                ahead.append(beside or pool.submit(self.block, *task))
                if len(ahead) > most:
                    yield self._still_shown(ahead.popleft().result())
            while ahead:
                yield self._still_shown(ahead.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)

    def _still_shown(self, block: Sequence[Answer]) -> list[Answer]:
        """The answers without people who were erased or protected since they were compared."""
        view = self._gallery.follow()
        listed = {one.person_id for answer in block for one in answer.listed}
        gone = [p for p in listed if p not in view.at or view.hidden[view.at[p]]]
        return [answer.less(gone) for answer in block]

    def block(
        self, block: Sequence[Question], purpose: str, limit: int, among: Among | None
    ) -> list[Answer]:
        """The answers of a block, compared with one state of the gallery, in its order."""
        limit = max(1, min(limit, self._longest))
        view = self._gallery.follow()
        if among is not None:
            view = replace(view, alive=view.alive & among(view))
        with self._store.read() as tx:
            now = self._store.now()
            faces_off = switched_off(tx, "faces", now)
            view = view.without_lent(galleries.closed(tx, purpose, now))
        today = now.date()
        answers: dict[int, Answer] = {}
        asked: list[Asked] = []
        for question in block:
            try:
                asked.append(self._asked(view, question, today, faces_off=faces_off))
            except TracingError as error:
                answers[question.row] = Answer.refused(question.row, error)
        for answer in self._compared(view, asked, limit):
            answers[answer.row] = answer
        return [answers[question.row] for question in block]

    def _asked(self, view: View, question: Question, today: date, *, faces_off: bool) -> Asked:
        if isinstance(question.record, TracingError):
            raise question.record
        record = PersonRecord.model_validate(dict(question.record))
        prints = ready_made(record)
        usable = view.faces.comparable(prints)
        probe = probe_of(view.faces, record.side, record.document(), prints, today)
        if faces_off:
            probe = replace(probe, template=None)
        return Asked(question, probe, len(prints) - len(usable), faces_off and bool(prints))

    def _compared(self, view: View, asked: Sequence[Asked], limit: int) -> list[Answer]:
        try:
            return list(self._together(view, asked, limit))
        except Exception:  # noqa: BLE001 - whichever row it is, the others are answered
            structlog.get_logger("xunqin").warning("batch_block", questions=len(asked))
        return [self._alone(view, one, limit) for one in asked]

    def _alone(self, view: View, one: Asked, limit: int) -> Answer:
        """One question by itself, after its block has failed: a fault hurts its own row alone."""
        try:
            (answer,) = self._together(view, [one], limit)
        except Exception as error:  # noqa: BLE001 - it is told as this row's answer
            known = error if isinstance(error, TracingError) else TracingError()
            structlog.get_logger("xunqin").warning("batch_row", error=type(error).__name__)
            return Answer.refused(one.question.row, known)
        return answer

    def _together(self, view: View, asked: Sequence[Asked], limit: int) -> Iterator[Answer]:
        masks: dict[str, NDArray[np.bool_]] = {}
        pairs = [(one.probe, _allowed(view, one, masks)) for one in asked]
        found = compare_many(view, self._gallery.comparators, self._model, pairs, limit)
        for one, one_found in zip(asked, found, strict=True):
            yield self._answer(one, one_found)

    def _answer(self, one: Asked, found: Found) -> Answer:
        fused, question = found.fused, one.question
        listed = self._listed(found)
        likeliest = listed[0].probability if listed else 0.0
        return Answer(
            row=question.row,
            outcome="candidates" if likeliest >= fused.nobody else "nobody",
            people=fused.people,
            nobody=fused.nobody,
            listed=listed,
            protected=protections.would_show(found.view, fused, one.probe.side, question.person_id),
            missing=tuple(k for k in self._model.tables if k not in fused.levels and k != LOOKED),
            prints_unread=one.prints_unread,
            faces_needed=None if found.faces is None else found.faces.needed,
            faces_uncalibrated=found.faces is not None and not found.faces.calibrated,
            faces_off=one.faces_off,
            model_hash=self._model.hash,
            cpu_ms=found.cpu_ms,
        )

    def _listed(self, found: Found) -> tuple[Listed, ...]:
        fused, rows = found.fused, found.order.tolist()
        shares = fused.probability_of(found.order).tolist()
        bits = fused.bits_of(found.order).tolist()
        margins = explain.margins(shares, fused.nobody)
        return tuple(
            Listed(
                rank=rank,
                person_id=found.view.ids[row],
                probability=share,
                bits=bits[rank - 1],
                grade=explain.grade(self._model.grading, share, margin),
                terms=tuple(
                    Term(r.evidence, r.level, r.words, r.bits, r.one_in, r.contradiction)
                    for r in explain.reasons(self._model, fused, row, {}, {})
                ),
            )
            for rank, (row, share, margin) in enumerate(zip(rows, shares, margins, strict=True), 1)
        )


def _allowed(view: View, one: Asked, masks: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Whom a question may be looked for among; the same mask for all that leave nobody out."""
    side = one.probe.side
    if side not in masks:
        masks[side] = view.allowed(side)
    own = (one.question.person_id,) if one.question.person_id else ()
    out = (*one.question.without, *own)
    return view.allowed(side, out) if any(person in view.at for person in out) else masks[side]


def _blocks(questions: Iterable[Question]) -> Iterator[list[Question]]:
    rest = iter(questions)
    while block := list(islice(rest, BLOCK)):
        yield block
