"""Answers to the police as they leave: a line of JSON or a row of a sheet, each with its mark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from api import phrasing
from api.language import Words
from api.problems import why_invalid
from api.sheets import sheet
from tracing.answers import Candidate
from tracing.police.answers import AnswerPage, PoliceAnswer, Watermark

COLUMNS = (
    "number", "ref", "answer", "nobody", "rank", "grade", "share", "side", "station", "why", "mark",
)  # fmt: skip


def mark(words: Words, watermark: Watermark) -> str:
    """Who, where, when, for which number, by which request."""
    return words(
        "police.mark",
        who=watermark.who,
        login=watermark.login,
        unit=watermark.unit,
        at=phrasing.moment(words, watermark.at),
        number=watermark.number,
        request=watermark.request_id,
    )


def fault(words: Words, answer: PoliceAnswer) -> str:
    """What is wrong with a question, and where; empty when nothing is."""
    if answer.answer != "error":
        return ""
    reason = answer.reason
    known = words.has(f"invalid.{reason}")
    sentence = (
        why_invalid(words, reason, {"path": answer.path})
        if known
        else words.first((f"error.{reason}", "invalid.other"))
    )
    path = words.first((f"police.column.{answer.path}",)) if answer.path else ""
    return f"{path or answer.path}: {sentence}" if answer.path else sentence


def line(words: Words, answer: PoliceAnswer, marked: str) -> str:
    """One answer as a line of NDJSON."""
    doc: dict[str, Any] = {
        "number": answer.number,
        "ref": answer.ref,
        "answer": answer.answer,
        "at": answer.at.isoformat(),
        "nobody": answer.nobody,
        "people": answer.people,
        "search_id": answer.search_id,
        "candidates": [_candidate(c) for c in answer.candidates],
        "error": _error(words, answer),
        "watermark": marked,
    }
    return json.dumps(doc, ensure_ascii=False) + "\n"


def last_line(page: AnswerPage, marked: str) -> str:
    """Where to go on, and how many questions wait still."""
    doc = {"cursor": page.cursor, "waiting": page.waiting, "watermark": marked}
    return json.dumps(doc, ensure_ascii=False) + "\n"


def workbook(words: Words, page: AnswerPage) -> bytes:
    """All answers as an Excel file; each candidate has a row, each row the mark."""
    marked = mark(words, page.watermark)
    header = [words(f"police.sheet.{name}") for name in COLUMNS]
    rows = [row for answer in page.items for row in _rows(words, answer, marked)]
    return sheet(words("police.sheet"), header, rows, marked)


def _rows(words: Words, answer: PoliceAnswer, marked: str) -> list[list[str]]:
    start = [str(answer.number), answer.ref, words(f"police.answer.{answer.answer}")]
    nobody = "" if answer.nobody is None else phrasing.share(words, answer.nobody)
    if not answer.candidates:
        return [[*start, nobody, "", "", "", "", "", fault(words, answer), marked]]
    return [
        [
            *start, nobody, str(c.rank), words(f"grade.{c.grade}"),
            phrasing.share(words, c.probability), words(f"side.{c.side}"),
            _asked_at(words, c), c.key_line, marked,
        ]
        for c in answer.candidates
    ]  # fmt: skip


def _asked_at(words: Words, found: Candidate) -> str:
    """Which station to ask, and whose gallery the record was lent from."""
    station = f"{found.station_name} ({found.station_code})"
    return f"{station} · {words('cands.lent', lender=found.lender)}" if found.lender else station


def _error(words: Words, answer: PoliceAnswer) -> Mapping[str, str] | None:
    if answer.answer != "error":
        return None
    return {"path": answer.path, "code": answer.reason, "detail": fault(words, answer)}


def _candidate(found: Candidate) -> dict[str, Any]:
    photo = f"/v1/photos/{found.photo[0]}/faces/{found.photo[1]}" if found.photo else None
    return {
        "rank": found.rank,
        "person_id": found.person_id,
        "side": found.side,
        "station": {"code": found.station_code, "name": found.station_name},
        "lender": found.lender or None,
        "grade": found.grade,
        "probability": found.probability,
        "photo": photo,
        "key_line": found.key_line,
        "reasons": [
            {
                "evidence": r.evidence,
                "level": r.level,
                "bits": r.bits,
                "one_in": r.one_in,
                "contradiction": r.contradiction,
            }
            for r in found.reasons
        ],
    }
