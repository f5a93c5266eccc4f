"""Questions of a run as they lie in the database: sealed, each with its scope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tracing import audit
from tracing.access import Actor
from tracing.errors import NotFound, RecordInvalid
from tracing.police.answers import Question
from tracing.store import Store, Tx
from tracing.store import police_requests as rows

REF_LONGEST = 64


def content_of(questions: Sequence[Question]) -> str:
    """The same questions again have the same content."""
    return json.dumps([[q.ref, _plain(q.record)] for q in questions], sort_keys=True)


def put_in(
    tx: Tx,
    store: Store,
    actor: Actor,
    row: rows.RequestRow,
    run: int,
    questions: Sequence[Question],
    scope: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """Write the questions of a run down, each within `scope`: divisions and sides."""
    now, made = store.now(), []
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
            "sealed": store.vault.seal_desk(text, "police_question", row.id, run, number),
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


def opened(store: Store, row: rows.QuestionRow) -> dict[str, Any]:
    """A question as it was put in; raises `NotFound` once its text is destroyed."""
    if row.sealed is None:
        raise NotFound
    bound = ("police_question", row.request_id, row.run, row.ordinal)
    doc: dict[str, Any] = json.loads(store.vault.open_desk(row.sealed, *bound))
    return doc


def _plain(record: Mapping[str, Any] | RecordInvalid) -> Any:
    return dict(record.facts) if isinstance(record, RecordInvalid) else dict(record)


def _fault_text(error: RecordInvalid) -> str:
    """Where and why, by keys; never what stood there."""
    return f"{error.facts.get('path') or ''}|{error.facts.get('reason') or ''}"[:300]
