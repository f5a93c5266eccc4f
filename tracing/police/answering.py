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

from tracing.accounts import system_actor
from tracing.batch_answers import Answer
from tracing.batch_answers import Question as Asked
from tracing.batches import Batches
from tracing.errors import NotFound
from tracing.gallery_view import SIDES, Mask, View
from tracing.police.answer_keeping import Block, keep_block
from tracing.police.questions import opened
from tracing.police.requests import PoliceRequests
from tracing.store import Store, accounts, people, photos, stations
from tracing.store import police_requests as rows


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
            within = stations.within(stations.below(tx, "/"), tuple(scope["divisions"]))
            request = rows.find(tx, waiting[0].request_id)
        asked = (Asked(q.ordinal, docs[q.ordinal]["record"]) for q in waiting)
        codes = frozenset(station.code for station in within)
        among = partial(_among, codes=codes, sides=tuple(scope["sides"]))
        purpose = "" if request is None else request.purpose
        answers = self._batches().answers(asked, purpose, own.most, among=among)
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
            number, _ = self._requests.number_of(request)
            shared = Block(system_actor(account), request, number, self._prior(), known, faces, now)
            keep_block(tx, self._store.vault, shared, [
                (question, docs[question.ordinal], self._narrowed(answer.less(gone)))
                for question, answer in zip(block, answers, strict=True)
                if question.id in open_still
            ])  # fmt: skip
        return True

    def _narrowed(self, answer: Answer) -> Answer:
        """Only whom an answer may list: enough of a share, and few."""
        own = self._own
        few = [one for one in answer.listed if one.probability >= own.share][: own.most]
        return answer.less({one.person_id for one in answer.listed} - {o.person_id for o in few})


def _gone(row: people.PersonRow) -> bool:
    return row.hidden or row.wrapped is None


def _among(view: View, *, codes: frozenset[str], sides: tuple[str, ...]) -> Mask:
    """Whom a request's scope lets be found: bool [N]."""
    known = view.stations.values
    within = np.fromiter((code in codes for code in known), np.bool_, len(known))
    # a record of no station reads the appended place
    here: Mask = np.append(within, np.False_)[view.stations.first]
    return here & np.isin(view.side, [SIDES.index(side) for side in sides])
