"""Requests to police and stations, answers to them, and files of other installations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.crosscheck_pdf import MEDIA_TYPE as PDF
from api.crosscheck_pdf import sheet_pdf
from api.v1.crosscheck_models import (
    Compose,
    Crosscheck,
    CrosscheckItem,
    DoDeed,
    GiveReply,
    Made,
    PutUp,
    State,
)
from api.visit import Entered, Visit, enter

router = APIRouter(tags=["crosschecks"])
uploads = APIRouter(tags=["crosschecks"])


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}, "description": "the file"}}


async def _body(request: Request, visit: Annotated[Visit, Depends(enter)]) -> bytes:
    """The file is the body itself; only whoever was let in has it read."""
    del visit
    return await request.body()


Sent = Annotated[bytes, Depends(_body)]


def _takes(media_type: str) -> dict[str, Any]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {media_type: schema}}}


@router.post("/v1/people/{person_id}/crosschecks", status_code=201)
def compose(visit: Entered, person_id: str, asked: Compose, response: Response) -> Made:
    """Put a request together from a person's record; it is a draft until it is sent."""
    number = visit.service.crosschecks.compose(visit.actor, person_id, asked.asked())
    response.headers["Location"] = f"/v1/crosschecks/{number}"
    return Made(id=number)


@router.get("/v1/crosschecks")
def crosschecks(visit: Entered) -> list[CrosscheckItem]:
    """Requests sent and received, the urgent first."""
    return [CrosscheckItem.of(one) for one in visit.service.crosschecks.listed(visit.actor)]


@router.get("/v1/crosschecks/{number}")
def crosscheck(visit: Entered, number: str) -> Crosscheck:
    """One request."""
    return Crosscheck.of(visit.service.crosschecks.get(visit.actor, number))


@router.get("/v1/crosschecks/{number}/sheet", response_class=Response, responses=_file(PDF))
def sheet(visit: Entered, number: str) -> Response:
    """The request for people (PDF); its last page is the reply form."""
    found = visit.service.crosscheck_files.sheet(visit.actor, number)
    return Response(sheet_pdf(visit.words, found, visit.house.settings.pdf_font), media_type=PDF)


@router.get(
    "/v1/crosschecks/{number}/package",
    response_class=Response,
    responses=_file("application/zip"),
)
def package(visit: Entered, number: str) -> Response:
    """The request for machines: a signed ZIP."""
    data = visit.service.crosscheck_files.package(visit.actor, number)
    return Response(data, media_type="application/zip")


@router.get(
    "/v1/crosschecks/{number}/reply",
    response_class=Response,
    responses=_file("application/json"),
)
def reply(visit: Entered, number: str) -> Response:
    """The answer to a request that came from elsewhere, signed."""
    data = visit.service.crosscheck_files.reply_file(visit.actor, number)
    return Response(data, media_type="application/json")


@router.post("/v1/crosschecks/{number}/deeds/{deed}")
def do(visit: Entered, number: str, deed: str, said: DoDeed) -> State:
    """Record a deed; clocks start and stop by it."""
    return State(state=visit.service.crosschecks.do(visit.actor, number, deed, said.said()))


@router.post("/v1/crosschecks/{number}/undoing")
def undo(visit: Entered, number: str) -> State:
    """Take the latest deed of one's own side back."""
    return State(state=visit.service.crosschecks.undo(visit.actor, number))


@router.post("/v1/crosschecks/{number}/answers", status_code=201)
def answer(visit: Entered, number: str, given: GiveReply) -> Made:
    """Write an answer down, or give it."""
    answers = visit.service.crosscheck_answers
    return Made(id=answers.give(visit.actor, number, given.reply(), given.reply_code))


@router.post("/v1/crosschecks/{number}/answers/{answer_id}/verification", status_code=201)
def verify(visit: Entered, number: str, answer_id: str, asked: PutUp) -> Made:
    """Put whom an answer names up for verification by two people."""
    answers = visit.service.crosscheck_answers
    return Made(id=answers.verify(visit.actor, number, answer_id, asked.person_id))


@router.post("/v1/crosschecks/replies", status_code=201, openapi_extra=_takes("application/json"))
def take(visit: Entered, data: Sent) -> Made:
    """A signed reply; gives the request it answers. The same one twice counts once."""
    number, new = visit.service.crosscheck_answers.take(visit.actor, data)
    return Made(id=number, new=new)


@uploads.post("/v1/crosschecks/packages", status_code=201, openapi_extra=_takes("application/zip"))
def receive(visit: Entered, data: Sent) -> Made:
    """A request from another installation, signed by a key that is trusted here."""
    number, new = visit.service.crosscheck_files.receive(visit.actor, data)
    return Made(id=number, new=new)
