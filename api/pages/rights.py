"""权利申请: requests of people about their own records, with deadlines, reasons and copies."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.pages.answers import draw, go
from api.pages.keeping import keeping_title
from api.visit import Entered
from tracing.rights import rights_rules

router = APIRouter(include_in_schema=False)


@router.post("/people/{person_id}/rights")
def receive(visit: Entered, person_id: str) -> Response:
    """Take a request at the counter; the officer reads it on the list."""
    form = visit.form
    number = visit.service.rights.receive(
        visit.actor, person_id, form.one("kind"), form.one("asked_by"), form.one("note")
    )
    own = visit.actor.may("rights")
    return go(f"/rights/{number}" if own else f"/people/{person_id}/keeping")


@router.get("/rights")
def requests(request: Request, visit: Entered) -> Response:
    """Open requests by due time, overdue ones marked; then answered ones."""
    found = visit.service.rights.listed(visit.actor)
    return draw(
        request,
        visit,
        "rights.html",
        waiting=[(r, keeping_title(visit, r.person_id)) for r in found if r.state == "open"],
        answered=[r for r in found if r.state != "open"],
        late=sum(r.overdue for r in found),
    )


@router.get("/rights/{number}")
def one(request: Request, visit: Entered, number: str) -> Response:
    """One request; an explanation shows which searches showed the person."""
    words = visit.words
    file = visit.service.rights.get(visit.actor, number)
    explains = file.kind == "explain" and file.state != "refused" and not file.gone
    return draw(
        request,
        visit,
        "rights_request.html",
        file=file,
        name="" if file.gone else keeping_title(visit, file.person_id),
        shown=visit.service.rights.explain(visit.actor, number) if explains else None,
        refusals=[(v, words(f"rights.refusal.{v}")) for v in rights_rules().refusals],
    )


@router.post("/rights/{number}/grant")
def grant(visit: Entered, number: str) -> Response:
    """Yes; a deletion goes on to the request to erase, which another person approves."""
    file = visit.service.rights.grant(visit.actor, number)
    return go(f"/erasures/{file.erasure_id}" if file.erasure_id else f"/rights/{number}")


@router.post("/rights/{number}/refuse")
def refuse(visit: Entered, number: str) -> Response:
    """No, with the reason that is told."""
    visit.service.rights.refuse(visit.actor, number, visit.form.one("refusal"))
    return go(f"/rights/{number}")


@router.get("/rights/{number}/copy")
def copy(request: Request, visit: Entered, number: str) -> Response:
    """The person's own record, to print and hand over."""
    words = visit.words
    person = visit.service.rights.copy(visit.actor, number)
    doc = person.record.document()
    return draw(
        request,
        visit,
        "rights_copy.html",
        number=number,
        title=phrasing.title(words, doc),
        facts=phrasing.facts(words, doc),
        names=[str(n.get("text") or n.get("latin") or "") for n in doc.get("names", ())],
        said=[str(u.get("text") or "") for u in doc.get("utterances", ())],
        photos=len(person.photos),
        station=person.station.name,
        created_at=person.created_at,
    )


@router.get("/rights/{number}/copy.json")
def export(visit: Entered, number: str) -> Response:
    """The same as JSON: the record as it was written, with its states."""
    person = visit.service.rights.copy(visit.actor, number)
    states = person.states
    body = {
        "request": number,
        "station": person.station.name,
        "registered_at": person.created_at.isoformat(),
        "identity_status": states.identity_status,
        "stay_status": states.stay_status,
        "tracing_result": states.tracing_result,
        "record": person.record.document(),
        "photos": len(person.photos),
    }
    text = json.dumps(body, ensure_ascii=False, indent=2, default=str)
    headers = {
        "Content-Disposition": f'attachment; filename="copy-{number}.json"',
        "Cache-Control": "no-store",
    }
    return Response(text, media_type="application/json", headers=headers)
