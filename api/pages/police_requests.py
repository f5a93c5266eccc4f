"""Requests for more than one person: the officer's form, its approvals, runs and files."""

from __future__ import annotations

import secrets
from pathlib import PurePath

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import Form
from api.pages.answers import draw, go
from api.pages.police import said
from api.pages.police_words import answer_row, divisions_in_words, request_row
from api.pages.record_form import FormView
from api.pages.shared import choices_of
from api.police_files import mark, workbook
from api.problems import what_is_wrong
from api.question_files import ENDINGS, FileUnreadable, read
from api.sheets import MEDIA_TYPE
from api.visit import Entered, Visit
from matchers.places import Divisions
from tracing.errors import (
    AlreadyDecided,
    OwnRequest,
    PoliceError,
    PurposeForbidden,
    PurposeMissing,
    QuotaSpent,
    RecordInvalid,
)
from tracing.police.requests import Wide
from tracing.police.rules import police_rules

router = APIRouter(include_in_schema=False)
forms = APIRouter(include_in_schema=False)
PAGE = 50
PLACES_SHOWN = 12
REFUSALS = (PoliceError, QuotaSpent, PurposeForbidden, PurposeMissing, OwnRequest, AlreadyDecided)
DECISIONS = ("approve", "refuse")


def _new(
    request: Request, visit: Visit, view: FormView, status: int = 200, refused: str = ""
) -> Response:
    choices, words = choices_of(visit), visit.words
    places = visit.service.police.places(visit.actor)
    shown = divisions_in_words(visit.house.divisions, places[:PLACES_SHOWN])
    return draw(
        request,
        visit,
        "police_request_new.html",
        status,
        form=view,
        refused=refused,
        kinds=[
            (name, words(f"police.kind.{name}"), words(f"police.kind.{name}.hint",
             questions=rule.questions, days=rule.days, runs=rule.runs))
            for name, rule in police_rules().kinds.items()
        ],
        sides=[(side, words(f"side.{side}")) for side in ("found", "sought", "register")],
        purposes=choices.options(words, "purposes"),
        bases=choices.options(words, "bases"),
        approvals=police_rules().request.approvals,
        places=f"{shown}…" if len(places) > PLACES_SHOWN else shown,
    )  # fmt: skip


@router.get("/police/requests/new")
def new(request: Request, visit: Entered) -> Response:
    """The form."""
    begun = Form((
        ("kind", "several"), ("purpose", "tracing"), ("legal_basis", "police_request"),
        ("sides", "found"), ("sides", "sought"), ("questions", "10"), ("days", "3"),
    ))  # fmt: skip
    return _new(request, visit, FormView(begun, once=secrets.token_urlsafe(16)))


def scope_of(divisions: Divisions, text: str) -> tuple[str, ...]:
    """Digits of divisions from digits or names with spaces or commas between.

    Raises:
        RecordInvalid: a name that no division has, or that several have.
    """
    codes: list[str] = []
    for part in text.replace(",", " ").replace(",", " ").replace("、", " ").split():
        if part.isascii() and part.isdigit():
            codes.append(part)
            continue
        read = divisions.find(part)
        found = {f.code for f in read if f.how == "name"} or {
            f.code for f in read if f.how == "stem"
        }
        if len(found) != 1:
            raise RecordInvalid(path="divisions", reason="division_unclear")
        code = found.pop()
        codes.append(
            code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
        )
    return tuple(dict.fromkeys(codes))


def _number(form: Form, name: str) -> int:
    text = form.one(name)
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise RecordInvalid(path=name, reason="not_a_number")
    return int(text)


@router.post("/police/requests")
def make(request: Request, visit: Entered) -> Response:
    """Make the request, or come back with the form and what is missing."""
    form, words = visit.form, visit.words
    view = FormView(form.without("csrf"), once=form.one("once"))
    try:
        wide = Wide(
            kind=form.one("kind"),
            number=form.one("number"),
            purpose=form.one("purpose"),
            legal_basis=form.one("legal_basis"),
            reason=form.one("reason"),
            divisions=scope_of(visit.house.divisions, form.one("divisions")),
            sides=form.every("sides"),
            questions=_number(form, "questions"),
            days=_number(form, "days"),
            export=form.one("export") == "1",
        )
        key = form.one("once") or None
        number = visit.service.police.create(visit.actor, wide, key)
    except RecordInvalid as error:
        path, reason = str(error.facts.get("path")), str(error.facts.get("reason"))
        sentence = words.first((f"invalid.{reason}", "invalid.other"))
        view = FormView(view.form, {path: sentence}, once=view.once)
        return _new(request, visit, view, 422)
    except REFUSALS as error:
        return _new(request, visit, view, error.status, said(visit, error))
    return go(f"/police/requests/{number}")


@router.get("/police/requests/{request_id}")
def show(request: Request, visit: Entered, request_id: str) -> Response:
    """One request: how it stands, its questions, its answers."""
    return _show(request, visit, request_id)


def _show(
    request: Request, visit: Visit, request_id: str, status: int = 200, refused: str = ""
) -> Response:
    found = visit.service.police.get(visit.actor, request_id)
    return draw(
        request,
        visit,
        "police_request.html",
        status,
        r=request_row(visit.words, found, visit.house.divisions),
        runs=found.runs,
        waiting=any(run.waiting for run in found.runs),
        watch=found.kind == "watch" and bool(found.runs),
        refused=refused,
    )


@forms.post("/police/requests/{request_id}/runs")
def run(request: Request, visit: Entered, request_id: str) -> Response:
    """Put the questions of a file in; with the file's name as its form."""
    files = visit.form.uploads("questions_file")
    try:
        if not files:
            raise FileUnreadable(path="file", reason="value_missing")
        form = ENDINGS.get(PurePath(files[0].name.lower()).suffix, "")
        number = visit.service.police_runs.ask(visit.actor, request_id, read(files[0].data, form))
    except RecordInvalid as error:
        told = what_is_wrong(visit.words, {"reason": error.facts.get("reason")})
        refused = f"{visit.words('error.questions_unreadable')}{visit.words('frame.stop')}{told}"
        return _show(request, visit, request_id, 422, refused)
    except REFUSALS as error:
        return _show(request, visit, request_id, error.status, said(visit, error))
    return go(f"/police/requests/{request_id}/runs/{number}")


@router.post("/police/requests/{request_id}/again")
def again(request: Request, visit: Entered, request_id: str) -> Response:
    """The last questions once more."""
    try:
        number = visit.service.police_runs.again(visit.actor, request_id)
    except REFUSALS as error:
        return _show(request, visit, request_id, error.status, said(visit, error))
    return go(f"/police/requests/{request_id}/runs/{number}")


@router.post("/police/requests/{request_id}/end")
def end(visit: Entered, request_id: str) -> Response:
    """End one's own request."""
    visit.service.police.end(visit.actor, request_id)
    return go(f"/police/requests/{request_id}")


@router.get("/police/requests/{request_id}/runs/{run_number}")
def answers(request: Request, visit: Entered, request_id: str, run_number: int) -> Response:
    """The answers of a run, page by page."""
    text = request.query_params.get("after", "0")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    found = visit.service.police.get(visit.actor, request_id)
    try:
        page = visit.service.police_runs.answers(visit.actor, request_id, run_number, after, PAGE)
    except REFUSALS as error:
        return _show(request, visit, request_id, error.status, said(visit, error))
    state = next(r for r in found.runs if r.run == run_number)
    return draw(
        request,
        visit,
        "police_run.html",
        r=request_row(visit.words, found),
        run=state,
        answers=[answer_row(visit.words, a) for a in page.items],
        more=page.cursor if len(page.items) == PAGE else 0,
        after=after,
        marked=mark(visit.words, page.watermark),
    )


@router.get("/police/requests/{request_id}/runs/{run_number}/answers.xlsx")
def export(request: Request, visit: Entered, request_id: str, run_number: int) -> Response:
    """All answers as an Excel file with a mark on every row and page."""
    try:
        page = visit.service.police_runs.export(visit.actor, request_id, run_number, "xlsx")
    except REFUSALS as error:
        return _show(request, visit, request_id, error.status, said(visit, error))
    headers = {
        "Content-Disposition": f'attachment; filename="answers-{run_number}.xlsx"',
        "Cache-Control": "no-store",
    }
    return Response(workbook(visit.words, page), media_type=MEDIA_TYPE, headers=headers)


@router.get("/approvals")
def approvals(request: Request, visit: Entered) -> Response:
    """Requests that wait for approval, and those that were decided."""
    return _approvals(request, visit)


def _approvals(
    request: Request, visit: Visit, status: int = 200, at: str = "", refused: str = ""
) -> Response:
    found = visit.service.police.listed(visit.actor)
    rows = [request_row(visit.words, one, visit.house.divisions) for one in found]
    return draw(
        request,
        visit,
        "approvals.html",
        status,
        waiting=[row for row in rows if row.state == "requested"],
        done=[row for row in rows if row.state != "requested"],
        refused={at: refused} if at else {},
    )


@router.post("/approvals/{request_id}/{decision}")
def decide(request: Request, visit: Entered, request_id: str, decision: str) -> Response:
    """Approve or refuse somebody else's request."""
    if decision not in DECISIONS:
        raise RecordInvalid(path="decision", reason="choose")
    police, note = visit.service.police, visit.form.one("note")
    try:
        if decision == "approve":
            police.approve(visit.actor, request_id, note)
        else:
            police.refuse(visit.actor, request_id, note)
    except RecordInvalid as error:
        told = what_is_wrong(visit.words, {"reason": error.facts.get("reason")})
        return _approvals(request, visit, 422, request_id, told)
    except REFUSALS as error:
        return _approvals(request, visit, error.status, request_id, said(visit, error))
    return go("/approvals")
