"""The questions of an approved request: put in, answered one by one, read again, taken out.

Questions wait in the database and are answered a block at a time, each block in one transaction
with the searches it keeps; a process that is killed leaves whole blocks only, and the next one
goes on behind them. Each answer is a kept search of the officer's own, so that whoever is asked
about finds it among those who looked, and the erased and the protected are gone from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Literal

import numpy as np

from tracing import audit, protections, search_keeping
from tracing.access import Actor, require
from tracing.accounts import system_actor
from tracing.answers import Candidate, ProbeView, Reason, SearchResult
from tracing.batch_answers import Answer, Listed
from tracing.batch_answers import Question as Asked
from tracing.batches import Batches
from tracing.cases import Purpose
from tracing.errors import (
    NotFound,
    OutsideScope,
    QuotaSpent,
    RecordInvalid,
    TooManyQuestions,
    TracingError,
)
from tracing.gallery_view import SIDES, Mask, View
from tracing.police.requests import MAKE, PoliceRequests, require_within
from tracing.police.urgent import day_of, refused
from tracing.records import PersonRecord
from tracing.retries import answered_before, keep_answer
from tracing.store import Store, Tx, accounts, people, photos, searches, stations
from tracing.store import police_requests as rows
from tracing.store.ids import is_id, new_id

REF_LONGEST = 64
PAGE_MOST = 200
_REASONS_IN_LINE = 4


@dataclass(frozen=True, slots=True)
class Question:
    """One row as it was read: the asker's own number and a record, or why it cannot be read."""

    ref: str = field(repr=False)
    record: Mapping[str, Any] | RecordInvalid = field(repr=False)


@dataclass(frozen=True, slots=True)
class PoliceAnswer:
    """The answer to one question.

    answer: candidates, nobody or error; of an error `path` and `reason` say where and why.
    nobody: chance that none of the people asked is the person; None for an error.
    """

    number: int
    ref: str = field(repr=False)
    answer: Literal["candidates", "nobody", "error"]
    at: datetime
    search_id: str | None
    nobody: float | None
    people: int
    candidates: tuple[Candidate, ...]
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Whose answers these are: stands on every line and every sheet that leaves."""

    who: str
    login: str
    unit: str
    at: datetime
    number: str = field(repr=False)
    request_id: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """Answers in order; `cursor` goes on behind them; `waiting`: questions not answered yet."""

    items: tuple[PoliceAnswer, ...]
    cursor: int
    waiting: int
    watermark: Watermark


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
        self._batches = batches
        self._prior = prior
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
        content = json.dumps([[q.ref, _plain(q.record)] for q in questions], sort_keys=True)
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
                self._insert(tx, actor, row, run, questions, scope)
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
            opened = [self._opened(q) for q in before]
        questions = [
            Question(
                doc["ref"], doc["record"] or RecordInvalid(path=doc["path"], reason=doc["reason"])
            )
            for doc in opened
        ]
        return self.ask(actor, request_id, questions)

    def step(self) -> int:
        """Answer some of what waits, a block in a transaction; gives how many questions."""
        own = self._requests.rules.answer
        with self._store.read() as tx:
            waiting = rows.waiting(tx, own.together * own.ahead)
            if not waiting:
                return 0
            docs = {q.ordinal: self._opened(q) for q in waiting}
            scope = docs[waiting[0].ordinal]
            codes = _codes(tx, tuple(scope["divisions"]))
        asked = (Asked(q.ordinal, docs[q.ordinal]["record"]) for q in waiting)
        among = partial(_among, codes=codes, sides=tuple(scope["sides"]))
        answers = self._batches().answers(asked, own.most, among=among)
        left = iter(waiting)
        while block := list(islice(left, own.together)):
            if not self._keep(block, docs, list(islice(answers, len(block)))):
                break
        return len(waiting)

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
                items = tuple(self._answer(tx, actor, q) for q in _answered(found))
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

    def _insert(
        self,
        tx: Tx,
        actor: Actor,
        row: rows.RequestRow,
        run: int,
        questions: Sequence[Question],
        scope: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> None:
        now, made = self._store.now(), []
        for number, question in enumerate(questions, 1):
            wrong = question.record if isinstance(question.record, RecordInvalid) else None
            doc = {
                "ref": question.ref[:REF_LONGEST],
                "record": None if wrong else question.record,
                "path": str(wrong.facts.get("path") or "") if wrong else "",
                "reason": str(wrong.facts.get("reason") or "") if wrong else "",
                "divisions": scope[0],
                "sides": scope[1],
            }
            text = json.dumps(doc, ensure_ascii=False).encode()
            made.append({
                "request_id": row.id, "account_id": actor.account_id,
                "station_id": row.station_id, "run": run, "ordinal": number, "asked_at": now,
                "sealed": self._store.vault.seal_desk(text, "police_question", row.id, run, number),
                "state": "error" if wrong else "waiting",
                "fault": _fault_text(wrong) if wrong else None,
                "answered_at": now if wrong else None,
            })  # fmt: skip
        rows.insert_questions(tx, made)
        audit.record(tx, actor, "police.run", "police_request", row.id, at=now,
                     purpose=row.purpose, detail={
                         "run": run, "questions": len(made), "divisions": list(scope[0]),
                         "sides": list(scope[1]),
                     })  # fmt: skip

    def _opened(self, row: rows.QuestionRow) -> dict[str, Any]:
        if row.sealed is None:
            raise NotFound
        bound = ("police_question", row.request_id, row.run, row.ordinal)
        doc: dict[str, Any] = json.loads(self._store.vault.open_desk(row.sealed, *bound))
        return doc

    def _keep(
        self,
        block: Sequence[rows.QuestionRow],
        docs: Mapping[int, dict[str, Any]],
        answers: Sequence[Answer],
    ) -> bool:
        """Keep a block whole or not at all; False where the request is over meanwhile."""
        with self._store.write() as tx:
            request = rows.hold(tx, block[0].request_id)
            account = accounts.find(tx, block[0].account_id)
            if request is None or account is None:
                raise NotFound
            now, error = self._store.now(), self._requests.fault_of(tx, request)
            if error is not None:
                rows.drop_waiting(tx, request.id, now, f"|{error.code}")
                return False
            open_still = rows.still_waiting(tx, [q.id for q in block])
            listed = [one.person_id for a in answers for one in a.listed]
            known = people.find_many(tx, list(dict.fromkeys(listed)))
            gone = {key for key in listed if key not in known or _gone(known[key])}
            faces = photos.chosen_of_people(tx, list(known))
            officer = system_actor(account)
            for question, answer in zip(block, answers, strict=True):
                if question.id not in open_still:
                    continue
                kept = self._narrowed(answer.less(gone))
                values = self._kept(
                    tx, officer, request, docs[question.ordinal], kept, known, faces
                )
                rows.answer(tx, question.id, {**values, "answered_at": now})
        return True

    def _narrowed(self, answer: Answer) -> Answer:
        """Only whom an answer may list: enough of a share, and few."""
        own = self._requests.rules.answer
        few = [one for one in answer.listed if one.probability >= own.share][: own.most]
        return answer.less({one.person_id for one in answer.listed} - {o.person_id for o in few})

    def _kept(
        self,
        tx: Tx,
        officer: Actor,
        request: rows.RequestRow,
        doc: Mapping[str, Any],
        answer: Answer,
        known: Mapping[str, people.PersonRow],
        faces: Mapping[str, tuple[str, int | None]],
    ) -> dict[str, Any]:
        """Keep one answer as a search; gives what its question says of it."""
        if answer.outcome == "error":
            reason = (answer.facts or {}).get("reason") or answer.code or ""
            return {
                "state": "error",
                "fault": f"{(answer.facts or {}).get('path') or ''}|{reason}"[:300],
            }
        record = PersonRecord.model_validate(
            {k: v for k, v in doc["record"].items() if k != "prints"}
        )
        asked_faces = 0 if answer.faces_off else len(doc["record"].get("prints", ()))
        listed = tuple(_candidate(one, known, faces) for one in answer.listed)
        number, _ = self._requests.number_of(request)
        why = Purpose(request.purpose, request.legal_basis, number)
        result = SearchResult(
            search_id=new_id(), at=self._store.now(), case_id=None, case_number=None,
            purpose=request.purpose, gallery_size=answer.people, prior=self._prior(),
            nobody=answer.nobody, cpu_ms=answer.cpu_ms, model_hash=answer.model_hash,
            probe=ProbeView(None, record, None), candidates=listed, excluded=(),
            missing=answer.missing, questions=(), faces_needed=answer.faces_needed,
            faces_uncalibrated=answer.faces_uncalibrated, faces_off=answer.faces_off,
        )  # fmt: skip
        vault = self._store.vault
        search_keeping.keep(tx, vault, officer, result, why, faces=asked_faces, seq=0)
        protections.keep_note(tx, vault, result.search_id, answer.protected)
        audit.record(tx, officer, "search.ask", "search", result.search_id, at=result.at,
                     purpose=request.purpose, detail={
                         "legal_basis": request.legal_basis, "faces": asked_faces,
                         "gallery": answer.people, "police_request": request.id,
                         "shown": [c.person_id for c in listed],
                     })  # fmt: skip
        state = "candidates" if listed else "nobody"
        return {"state": state, "search_id": result.search_id}

    def _answer(self, tx: Tx, actor: Actor, row: rows.QuestionRow) -> PoliceAnswer:
        ref = str(self._opened(row)["ref"])
        at = row.answered_at or row.asked_at
        search = searches.find(tx, row.search_id) if row.search_id else None
        if search is None:
            path, _, reason = (row.fault or "").partition("|")
            return PoliceAnswer(row.ordinal, ref, "error", at, None, None, 0, (), path, reason)
        key = search_keeping.search_key(self._store.vault, search)
        shown = search_keeping.candidates(tx, self._store.vault, key, search, actor, ())
        answer: Literal["candidates", "nobody"] = "candidates" if shown else "nobody"
        return PoliceAnswer(
            row.ordinal, ref, answer, at, search.id, search.nobody, search.gallery_size, shown
        )


def _plain(record: Mapping[str, Any] | RecordInvalid) -> Any:
    return dict(record.facts) if isinstance(record, RecordInvalid) else dict(record)


def _fault_text(error: RecordInvalid) -> str:
    """Where and why, by keys; never what stood there."""
    return f"{error.facts.get('path') or ''}|{error.facts.get('reason') or ''}"[:300]


def _gone(row: people.PersonRow) -> bool:
    return row.hidden or row.wrapped is None


def _answered(found: Iterable[rows.QuestionRow]) -> Iterable[rows.QuestionRow]:
    for row in found:
        if row.state == "waiting":
            return
        yield row


def _codes(tx: Tx, divisions: tuple[str, ...]) -> frozenset[str]:
    """Codes of the stations in these divisions; one without a division goes by its own code."""
    known = stations.below(tx, "/")
    return frozenset(s.code for s in known if (s.division or s.code).startswith(divisions))


def _among(view: View, *, codes: frozenset[str], sides: tuple[str, ...]) -> Mask:
    """Whom a request's scope lets be found: bool [N]."""
    known = view.stations.values
    within = np.fromiter((code in codes for code in known), np.bool_, len(known))
    # a record of no station reads the appended place
    here: Mask = np.append(within, np.False_)[view.stations.first]
    return here & np.isin(view.side, [SIDES.index(side) for side in sides])


def _candidate(
    one: Listed,
    known: Mapping[str, people.PersonRow],
    faces: Mapping[str, tuple[str, int | None]],
) -> Candidate:
    person, photo = known[one.person_id], faces.get(one.person_id)
    reasons = tuple(
        Reason(t.evidence, t.level, t.words, t.bits, "", "", t.one_in, t.contradiction)
        for t in one.terms
    )
    telling = sorted(reasons, key=lambda r: -abs(r.bits))[:_REASONS_IN_LINE]
    return Candidate(
        rank=one.rank, person_id=one.person_id, external_id=None, side=person.side,
        station_code=person.station_code, station_name=person.station_name, readable=False,
        record=PersonRecord.model_validate({"side": person.side}),
        photo=(photo[0], photo[1]) if photo and photo[1] is not None else None,
        probability=one.probability, bits=one.bits, grade=one.grade, relative=False,
        reasons=reasons, alignment=None, dialect=None,
        key_line=" ".join(f"{'+' if r.bits > 0 else '−'}{r.words}" for r in telling),
        missing=(),
    )  # fmt: skip
