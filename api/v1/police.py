"""Requests of the police for more than one person, their answers, and inquiries at a station."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.police_files import last_line, line, mark, workbook
from api.question_files import FORMS, FileUnreadable, read
from api.sheets import MEDIA_TYPE
from api.v1.police_models import (
    AnswerInquiry,
    AskStation,
    Inquiry,
    Made,
    MakeRequest,
    Note,
    PoliceRequest,
    Released,
    Running,
)
from api.visit import Entered, Visit, enter
from tracing.police.runs import AnswerPage, Question

router = APIRouter(prefix="/v1", tags=["police"])
uploads = APIRouter(prefix="/v1", tags=["police"])
KEY = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="the same key and content give the same answer again, never a second one",
    ),
]
NDJSON = "application/x-ndjson"
POLL_SECONDS = 0.25
_ROW = '{"ref":"1","record":{"side":"found","names":[{"text":"居银江","kind":"heard"}]}}'
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "questions": [
                        {
                            "ref": "1",
                            "record": {
                                "side": "found",
                                "names": [{"text": "居银江", "kind": "heard"}],
                            },
                        }
                    ]
                },
            },
            NDJSON: {"schema": {"type": "string"}, "example": _ROW},
            "text/csv": {
                "schema": {"type": "string"},
                "example": "编号,姓名,性别,年龄\n1,居银江,男,70\n",
            },
            MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {NDJSON: {"schema": {"type": "string"}}},
        "description": "one answer a line; the last line has `cursor` and `waiting`",
    }
}
_SHEET: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {}}, "description": "Excel, a mark on every row and page"}
}


@router.post("/police/requests", status_code=201)
def make(visit: Entered, asked: MakeRequest, response: Response, key: KEY = None) -> Made:
    """Make a request for more than one person: number, scope, purpose, legal basis, end."""
    number = visit.service.police.create(visit.actor, asked.wide(), key)
    response.headers["Location"] = f"/v1/police/requests/{number}"
    return Made(id=number)


@router.get("/police/requests")
def requests(visit: Entered) -> list[PoliceRequest]:
    """One's own requests, newest first."""
    return [PoliceRequest.of(found) for found in visit.service.police.listed(visit.actor)]


@router.get("/police/requests/{request_id}")
def request(visit: Entered, request_id: str) -> PoliceRequest:
    """One request and how far it is."""
    return PoliceRequest.of(visit.service.police.get(visit.actor, request_id))


@router.post("/police/requests/{request_id}/approvals", status_code=204)
def approve(visit: Entered, request_id: str, given: Note) -> None:
    """Approve; the second approval, of another person, opens the request. Not for keys."""
    visit.service.police.approve(visit.actor, request_id, given.note)


@router.post("/police/requests/{request_id}/refusals", status_code=204)
def refuse(visit: Entered, request_id: str, given: Note) -> None:
    """Refuse, with a reason; an open request is closed by it. Not for keys."""
    visit.service.police.refuse(visit.actor, request_id, given.note)


@router.post("/police/requests/{request_id}/end", status_code=204)
def end(visit: Entered, request_id: str) -> None:
    """End one's own request before its day."""
    visit.service.police.end(visit.actor, request_id)


async def _questions(
    request: Request, visit: Annotated[Visit, Depends(enter)]
) -> tuple[Visit, list[Question]]:
    """The body read as its media type says."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORMS:
        raise FileUnreadable(path="Content-Type", reason="form_unknown")
    return visit, read(await request.body(), FORMS[kind])


@uploads.post("/police/requests/{request_id}/runs", status_code=201, openapi_extra=_BODY)
def run(
    request_id: str,
    asked: Annotated[tuple[Visit, list[Question]], Depends(_questions)],
    response: Response,
    key: KEY = None,
    divisions: Annotated[list[str] | None, Query(max_length=40)] = None,
    sides: Annotated[list[str] | None, Query(max_length=3)] = None,
) -> Running:
    """Put the questions of an approved request in: JSON, NDJSON, CSV or Excel.

    Each row is answered by itself. `divisions` and `sides` ask among less than was approved.
    """
    visit, questions = asked
    number = visit.service.police_runs.ask(
        visit.actor,
        request_id,
        questions,
        divisions=tuple(divisions or ()),
        sides=tuple(sides or ()),
        idempotency_key=key,
    )
    path = f"/v1/police/requests/{request_id}/runs/{number}/answers"
    response.headers["Location"] = path
    return Running(run=number, questions=len(questions), answers=path)


@router.post("/police/requests/{request_id}/again", status_code=201)
def again(visit: Entered, request_id: str) -> Running:
    """Ask the last run's questions once more (kind `watch`)."""
    number = visit.service.police_runs.again(visit.actor, request_id)
    found = visit.service.police.get(visit.actor, request_id)
    path = f"/v1/police/requests/{request_id}/runs/{number}/answers"
    return Running(run=number, questions=found.runs[-1].questions, answers=path)


@router.get("/police/requests/{request_id}/runs/{run_number}/answers", responses=_STREAM)
def answers(
    visit: Entered,
    request_id: str,
    run_number: int,
    after: Annotated[int, Query(ge=0, description="cursor: answers behind this number")] = 0,
    wait: Annotated[float, Query(ge=0, le=60, description="seconds to wait for more")] = 0,
) -> StreamingResponse:
    """Answers in order, a line each, as they come; broken off, go on behind the last number."""
    runs = visit.service.police_runs
    first = runs.answers(visit.actor, request_id, run_number, after)
    lines = _lines(visit, request_id, run_number, first, time.monotonic() + wait)
    return StreamingResponse(lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})


def _lines(
    visit: Visit, request_id: str, run_number: int, page: AnswerPage, until: float
) -> Iterator[str]:
    runs = visit.service.police_runs
    while True:
        marked = mark(visit.words, page.watermark)
        for answer in page.items:
            yield line(visit.words, answer, marked)
        while not runs.behind(visit.actor, request_id, run_number, page.cursor):
            if not page.waiting or time.monotonic() > until:
                yield last_line(page, marked)
                return
            time.sleep(POLL_SECONDS)
        page = runs.answers(visit.actor, request_id, run_number, page.cursor)


@router.get("/police/requests/{request_id}/runs/{run_number}/answers.xlsx", responses=_SHEET)
def export(visit: Entered, request_id: str, run_number: int) -> Response:
    """All answers as an Excel file, where the request was approved for that."""
    page = visit.service.police_runs.export(visit.actor, request_id, run_number, "xlsx")
    headers = {
        "Content-Disposition": f'attachment; filename="answers-{run_number}.xlsx"',
        "Cache-Control": "no-store",
    }
    return Response(workbook(visit.words, page), media_type=MEDIA_TYPE, headers=headers)


@router.post("/inquiries", status_code=201)
def inquire(visit: Entered, asked: AskStation, response: Response) -> Made:
    """Ask the station that holds a candidate of one's own search."""
    number = visit.service.inquiries.ask(
        visit.actor,
        asked.search_id,
        asked.person_id,
        asked.kind,
        reason=asked.reason,
        parts=tuple(asked.parts),
    )
    response.headers["Location"] = f"/v1/inquiries/{number}/record"
    return Made(id=number)


@router.get("/inquiries")
def inquiries(visit: Entered) -> list[Inquiry]:
    """The officer's own inquiries and what came of them, newest first."""
    found = visit.service.inquiries.mine(visit.actor)
    return [Inquiry.of(one, station=False) for one in found]


@router.get("/inquiries/asked")
def asked_of(visit: Entered) -> list[Inquiry]:
    """What officers ask one's own stations, unanswered first."""
    found = visit.service.inquiries.asked_of(visit.actor)
    return [Inquiry.of(one, station=True) for one in found]


@router.get("/inquiries/{inquiry_id}/record")
def released(visit: Entered, inquiry_id: str) -> Released:
    """What the station released, while its days last."""
    found, record = visit.service.inquiries.released(visit.actor, inquiry_id)
    return Released(id=found.id, expires_at=found.expires_at, record=record.document())


@router.post("/inquiries/{inquiry_id}/receipt", status_code=204)
def receive(visit: Entered, inquiry_id: str) -> None:
    """The station has the question."""
    visit.service.inquiries.receive(visit.actor, inquiry_id)


@router.post("/inquiries/{inquiry_id}/answer", status_code=204)
def answer(visit: Entered, inquiry_id: str, given: AnswerInquiry) -> None:
    """The station answers; for people who are signed in, not for keys."""
    visit.service.inquiries.answer(visit.actor, inquiry_id, given.answer, given.note)
