"""核查与协查: the list of requests, one request with its deeds, its answer and its documents."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.crosscheck_pdf import MEDIA_TYPE as PDF
from api.crosscheck_pdf import sheet_pdf
from api.crosscheck_words import lines
from api.forms import EMPTY, Form
from api.pages.answers import draw, go
from api.pages.crosscheck_rows import (
    COLUMNS,
    FIELDS,
    cells,
    clock_lines,
    crosscheck_row,
    options,
)
from api.problems import what_is_wrong
from api.sheets import MEDIA_TYPE as EXCEL
from api.sheets import sheet
from api.visit import Entered, Visit
from tracing.crosschecks.answering import evidence_of
from tracing.crosschecks.files import AnswerGiven, CrosscheckFile
from tracing.crosschecks.holding import Said
from tracing.crosschecks.replies import Named, Reply
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import RecordInvalid, ReplyForAnother, TracingError
from tracing.photos.keeping import FaceChoice

router = APIRouter(include_in_schema=False)
SAID = ("composed", "composed_here", "done", "undone", "answered", "known", "taken")
LISTED = 20
STEPS = ("received", "accepted", "in_progress", "closed")
"""Deeds that need no more than a button; the others ask something first."""
_REPLY = ("result", "evidence", "who", "at", "number", "text")
TYPED = (
    *_REPLY, "channel", "reply_code", *(f"named_{name}" for name in Named.__dataclass_fields__)
)  # fmt: skip
_NO_STORE = {"Cache-Control": "no-store"}


@router.get("/crosschecks")
def listed(request: Request, visit: Entered) -> Response:
    """What was sent and what was received, the urgent first."""
    found = visit.service.crosschecks.listed(visit.actor)
    rows = [crosscheck_row(visit.words, one) for one in found]
    return draw(
        request,
        visit,
        "crosschecks.html",
        sent=[row for row in rows if not row.received],
        received=[row for row in rows if row.received],
        said=_said(visit, request),
    )


@router.get("/crosschecks.xlsx")
def spreadsheet(visit: Entered) -> Response:
    """The same as a spreadsheet."""
    words = visit.words
    found = visit.service.crosschecks.listed(visit.actor)
    header = [words(f"crosscheck.column.{name}") for name in COLUMNS]
    data = sheet(
        words("crosscheck.title"), header, [cells(words, crosscheck_row(words, o)) for o in found]
    )
    return _attached(data, EXCEL, f"requests-{datetime.now().astimezone():%Y%m%d}.xlsx")


@router.get("/crosschecks/{number}")
def one(request: Request, visit: Entered, number: str) -> Response:
    """One request: what it says, what was done, what to do next."""
    return show(request, visit, visit.service.crosschecks.get(visit.actor, number))


def show(
    request: Request,
    visit: Visit,
    file: CrosscheckFile,
    status: int = 200,
    *,
    wrong: str = "",
    form: Form = EMPTY,
) -> Response:
    """The page of a request; `wrong` with what was typed where something is missing."""
    words, rules = visit.words, crosscheck_rules()
    now = datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M")
    standing = [answer for answer in file.answers if not answer.struck]
    return draw(
        request,
        visit,
        "crosscheck.html",
        status,
        c=file,
        title=phrasing.title(words, file.contents.record.document()),
        lines=lines(words, file.contents),
        photos=range(1, len(file.contents.photos) + 1),
        clocks=clock_lines(words, file.clocks),
        answers=standing,
        known=_known(visit, file, standing),
        steps=[deed for deed in STEPS if deed in file.may],
        asks=[deed for deed in file.may if deed not in (*STEPS, "sent", "fed_back")],
        channels=options(words, "crosscheck.channel", rules.channels),
        reasons=options(words, "crosscheck.reason", rules.return_reasons),
        results=options(words, "crosscheck.result", rules.results),
        evidence=options(words, "verify.fact", evidence_of(file.kind)),
        given=_typed(form, now, file),
        said=_said(visit, request),
        wrong=wrong,
    )


def _known(visit: Visit, file: CrosscheckFile, answers: list[AnswerGiven]) -> list[tuple[str, str]]:
    """Who stood on the latest list for this person: the one named may be on record already."""
    open_leads = [a for a in answers if a.reply.result == "found" and a.verification_id is None]
    may = visit.actor.may("verify") and visit.actor.may("search")
    if file.person_id is None or not open_leads or not may:
        return []
    service = visit.service.searches
    latest = service.latest(visit.actor, file.person_id)
    if latest is None:
        return []
    found = service.get(visit.actor, latest).candidates[:LISTED]
    words = visit.words
    return [
        (
            c.person_id,
            " · ".join(
                (
                    phrasing.title(words, c.record.document()),
                    *phrasing.meta(words, c.record.document()),
                )
            ),
        )
        for c in found
    ]


def _typed(form: Form, now: str, file: CrosscheckFile) -> dict[str, str]:
    """What stands in the fields: what was typed, else what is usual."""
    given = {name: form.one(name) for name in TYPED}
    usual = {"evidence": evidence_of(file.kind)[0], "at": now}
    return {**given, **{name: given[name] or value for name, value in usual.items()}}


@router.post("/crosschecks/{number}/deeds/{deed}")
def do(request: Request, visit: Entered, number: str, deed: str) -> Response:
    """Record a deed."""
    form = visit.form
    said = Said(form.one("channel"), form.one("number"), form.one("note"), form.one("reason"))
    try:
        visit.service.crosschecks.do(visit.actor, number, deed, said)
    except RecordInvalid as error:
        return _again(request, visit, number, error)
    return go(f"/crosschecks/{number}?said=done")


@router.post("/crosschecks/{number}/undo")
def undo(visit: Entered, number: str) -> Response:
    """Take the latest deed back."""
    visit.service.crosschecks.undo(visit.actor, number)
    return go(f"/crosschecks/{number}?said=undone")


@router.post("/crosschecks/{number}/answers")
def answer(request: Request, visit: Entered, number: str) -> Response:
    """Write an answer down, or give it."""
    form = visit.form
    named = Named(**{name: form.one(f"named_{name}") for name in Named.__dataclass_fields__})
    reply = Reply(
        **{name: form.one(name) for name in _REPLY},
        named=named if form.one("result") == "found" else Named(),
    )
    answers = visit.service.crosscheck_answers
    try:
        answers.give(visit.actor, number, reply, form.one("reply_code"))
    except (RecordInvalid, ReplyForAnother) as error:
        return _again(request, visit, number, error)
    return go(f"/crosschecks/{number}?said=answered")


@router.post("/crosschecks/{number}/answers/{answer_id}/verify")
def verify(request: Request, visit: Entered, number: str, answer_id: str) -> Response:
    """Put whom the answer names up for verification."""
    answers, other = visit.service.crosscheck_answers, visit.form.one("person")
    try:
        opened = answers.verify(visit.actor, number, answer_id, other or None)
    except RecordInvalid as error:
        return _again(request, visit, number, error)
    return go(f"/verifications/{opened}")


@router.post("/crosschecks/{number}/searches")
def search(visit: Entered, number: str) -> Response:
    """Look here for whom a received request is about, under its own purpose and basis."""
    file = visit.service.crosschecks.get(visit.actor, number)
    photos = [
        visit.service.photos.receive(visit.actor, data, f"{at}.jpg")
        for at, data in enumerate(file.contents.photos, 1)
    ]
    with visit.house.room():
        result = visit.service.searches.ask(
            visit.actor,
            file.contents.record,
            file.purpose,
            file.legal_basis,
            f"crosscheck: {file.number}",
            faces=[FaceChoice(photo.id, photo.chosen) for photo in photos],
        )
    return go(f"/searches/{result.search_id}")


@router.get("/crosschecks/{number}/photos/{which}")
def photo(visit: Entered, number: str, which: int) -> Response:
    """A photo of the request."""
    data = visit.service.crosschecks.photo(visit.actor, number, which)
    return Response(data, media_type="image/jpeg", headers=_NO_STORE)


@router.get("/crosschecks/{number}/sheet.pdf")
def letter(visit: Entered, number: str) -> Response:
    """The request for people; its last page is the reply form."""
    found = visit.service.crosscheck_files.sheet(visit.actor, number)
    data = sheet_pdf(visit.words, found, visit.house.settings.pdf_font)
    return _attached(data, PDF, f"{found.number}.pdf")


@router.get("/crosschecks/{number}/package.zip")
def package(visit: Entered, number: str) -> Response:
    """The request for machines, signed."""
    data = visit.service.crosscheck_files.package(visit.actor, number)
    return _attached(data, "application/zip", f"request-{number}.zip")


@router.get("/crosschecks/{number}/reply.json")
def reply_file(visit: Entered, number: str) -> Response:
    """The answer to a request from elsewhere, signed."""
    data = visit.service.crosscheck_files.reply_file(visit.actor, number)
    return _attached(data, "application/json", f"reply-{number}.json")


def _attached(data: bytes, media_type: str, name: str) -> Response:
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=headers)


def _again(request: Request, visit: Visit, number: str, error: TracingError) -> Response:
    """The page again, with what is wrong and what was typed."""
    file = visit.service.crosschecks.get(visit.actor, number)
    return show(request, visit, file, error.status, wrong=sentence(visit, error), form=visit.form)


def sentence(visit: Visit, error: TracingError) -> str:
    """What is wrong, with the field's name on the page."""
    words, path = visit.words, str(error.facts.get("path") or "")
    label = words(FIELDS[path]) if path in FIELDS else None
    told = what_is_wrong(words, {**error.facts, "path": label})
    return told or words(f"error.{error.code}.advice")


def _said(visit: Visit, request: Request) -> str:
    said = request.query_params.get("said", "")
    return visit.words(f"crosscheck.said.{said}") if said in SAID else ""
