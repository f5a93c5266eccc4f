"""Answering what waits: a block at a time, each in one transaction with the searches it keeps.

A process that is killed leaves whole blocks only, and the next one goes on behind them. Each
answer is a kept search of the officer's own, so that whoever is asked about finds it among those
who looked, and the erased and the protected are gone from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from tracing import audit, protections, search_keeping
from tracing.access import Actor
from tracing.accounts import system_actor
from tracing.answers import Candidate, ProbeView, Reason, SearchResult
from tracing.batch_answers import Answer, Listed
from tracing.batch_answers import Question as Asked
from tracing.batches import Batches
from tracing.cases import Purpose
from tracing.errors import NotFound
from tracing.gallery_view import SIDES, Mask, View
from tracing.police.questions import opened
from tracing.police.requests import PoliceRequests
from tracing.records import PersonRecord
from tracing.store import Store, Tx, accounts, people, photos, stations
from tracing.store import police_requests as rows
from tracing.store.ids import new_id

_REASONS_IN_LINE = 4


class Blocks:
    """Answers the questions that wait; `batches` is opened at the first one."""

    def __init__(
        self,
        store: Store,
        requests: PoliceRequests,
        batches: Callable[[], Batches],
        prior: Callable[[], float],
    ) -> None:
        """`prior`: see `PoliceRuns`."""
        self._store = store
        self._requests = requests
        self._batches = batches
        self._prior = prior
        self._own = requests.rules.answer

    def step(self) -> int:
        """Answer some of what waits, a block in a transaction; gives how many questions."""
        own = self._own
        with self._store.read() as tx:
            waiting = rows.waiting(tx, own.together * own.ahead)
            if not waiting:
                return 0
            docs = {q.ordinal: opened(self._store, q) for q in waiting}
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
        own = self._own
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


def _gone(row: people.PersonRow) -> bool:
    return row.hidden or row.wrapped is None


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
