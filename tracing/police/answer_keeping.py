"""How the answers to a block of questions are kept: each as a search of the officer's own.

A block is many rows of the same tables, so each table is written once for the block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tracing import audit, protections, search_keeping
from tracing.access import Actor
from tracing.answers import Candidate, ProbeView, Reason, SearchResult
from tracing.batch_answers import Answer, Listed
from tracing.cases import Purpose
from tracing.records import PersonRecord
from tracing.sealing import Vault
from tracing.store import Tx, people
from tracing.store import police_requests as rows
from tracing.store.ids import new_id

_REASONS_IN_LINE = 4


@dataclass(frozen=True, slots=True)
class Block:
    """What the answers of one transaction share.

    number: that of the request. known, faces: of everybody listed.
    """

    officer: Actor
    request: rows.RequestRow
    number: str = field(repr=False)
    prior: float
    known: Mapping[str, people.PersonRow]
    faces: Mapping[str, tuple[str, int | None]]
    at: datetime


def keep_block(
    tx: Tx,
    vault: Vault,
    block: Block,
    answered: Sequence[tuple[rows.QuestionRow, Mapping[str, Any], Answer]],
) -> None:
    """Write searches, their notes, the trail and the questions, each in one statement."""
    kept: list[search_keeping.Kept] = []
    notes: dict[str, Sequence[str]] = {}
    trail: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for question, doc, answer in answered:
        search_id = fault = None
        if answer.outcome == "error":
            state, fault = "error", _fault_of(answer)
        else:
            result = _result(block, doc, answer)
            state = "candidates" if result.candidates else "nobody"
            search_id = result.search_id
            asked_faces = 0 if answer.faces_off else len(doc["record"].get("prints", ()))
            kept.append(_sealed(vault, block, result, asked_faces))
            notes[search_id] = answer.protected
            trail.append(_trail(block, result, asked_faces))
        said.append({
            "question": question.id, "state": state, "search_id": search_id, "fault": fault,
            "at": block.at,
        })  # fmt: skip
    search_keeping.keep_all(tx, kept)
    protections.keep_notes(tx, vault, notes)
    audit.record_all(tx, trail)
    rows.answer(tx, said)


def _result(block: Block, doc: Mapping[str, Any], answer: Answer) -> SearchResult:
    record = {key: value for key, value in doc["record"].items() if key != "prints"}
    return SearchResult(
        search_id=new_id(), at=block.at, case_id=None, case_number=None,
        purpose=block.request.purpose, gallery_size=answer.people, prior=block.prior,
        nobody=answer.nobody, cpu_ms=answer.cpu_ms, model_hash=answer.model_hash,
        probe=ProbeView(None, PersonRecord.model_validate(record), None),
        candidates=tuple(_candidate(one, block.known, block.faces) for one in answer.listed),
        excluded=(), missing=answer.missing, questions=(), faces_needed=answer.faces_needed,
        faces_uncalibrated=answer.faces_uncalibrated, faces_off=answer.faces_off,
    )  # fmt: skip


def _sealed(vault: Vault, block: Block, result: SearchResult, faces: int) -> search_keeping.Kept:
    why = Purpose(block.request.purpose, block.request.legal_basis, block.number)
    return search_keeping.sealed(vault, block.officer, result, why, block.known, faces=faces, seq=0)


def _fault_of(answer: Answer) -> str:
    facts = answer.facts or {}
    return f"{facts.get('path') or ''}|{facts.get('reason') or answer.code or ''}"[:300]


def _trail(block: Block, result: SearchResult, faces: int) -> dict[str, Any]:
    """The row of the trail that tells of one answer."""
    detail: audit.Detail = {
        "legal_basis": block.request.legal_basis, "faces": faces,
        "gallery": result.gallery_size, "police_request": block.request.id,
        "shown": [c.person_id for c in result.candidates],
    }  # fmt: skip
    return audit.entry(
        block.officer, "search.ask", "search", result.search_id, at=result.at,
        purpose=block.request.purpose, detail=detail,
    )  # fmt: skip


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
