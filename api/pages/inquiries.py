"""公安在问: officers ask about people of this station; its staff confirm receipt and answer."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.pages.answers import draw, go
from api.pages.police import said
from api.pages.police_words import InquiryRow, inquiry_row
from api.pages.shared import choices_of, first_face
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.errors import AlreadyDecided, NotPermitted, RecordInvalid

router = APIRouter(include_in_schema=False)
NAMED_MOST = 30


def open_ones(visit: Visit) -> list[tuple[InquiryRow, str, str]]:
    """Inquiries without an answer, each with the name and the face of whom it is about."""
    found = visit.service.inquiries.asked_of(visit.actor, open_only=True)
    return [_named(visit, inquiry_row(visit.words, one)) for one in found[:NAMED_MOST]]


def _named(visit: Visit, row: InquiryRow) -> tuple[InquiryRow, str, str]:
    try:
        person = visit.service.people.get(visit.actor, row.person_id)
    except NotPermitted:  # stored only meanwhile
        return row, row.person_id, ""
    return row, phrasing.title(visit.words, person.record.document()), first_face(person)


def _page(
    request: Request, visit: Visit, status: int = 200, at: str = "", wrong: str = ""
) -> Response:
    words, choices = visit.words, choices_of(visit)
    everything = visit.service.inquiries.asked_of(visit.actor)
    return draw(
        request,
        visit,
        "inquiries.html",
        status,
        waiting=open_ones(visit),
        done=[inquiry_row(words, one) for one in everything if one.state == "answered"],
        answers={
            "presence": choices.options(words, "presence_answers"),
            "release": choices.options(words, "release_answers"),
        },
        wrong={at: wrong} if at else {},
    )


@router.get("/inquiries")
def inquiries(request: Request, visit: Entered) -> Response:
    """What waits for an answer, and what was answered."""
    return _page(request, visit)


@router.post("/inquiries/{inquiry_id}/receipt")
def receive(request: Request, visit: Entered, inquiry_id: str) -> Response:
    """The station has the question."""
    try:
        visit.service.inquiries.receive(visit.actor, inquiry_id)
    except AlreadyDecided as error:
        return _page(request, visit, error.status, inquiry_id, said(visit, error))
    return go("/inquiries")


@router.post("/inquiries/{inquiry_id}/answer")
def answer(request: Request, visit: Entered, inquiry_id: str) -> Response:
    """Whether the person is there, or whether more is released."""
    form = visit.form
    try:
        visit.service.inquiries.answer(
            visit.actor, inquiry_id, form.one("answer"), form.one("note")
        )
    except RecordInvalid as error:
        facts = {**error.facts, "path": visit.words(f"inquiry.{error.facts.get('path')}")}
        return _page(request, visit, 422, inquiry_id, what_is_wrong(visit.words, facts))
    except AlreadyDecided as error:
        return _page(request, visit, error.status, inquiry_id, said(visit, error))
    return go("/inquiries")
