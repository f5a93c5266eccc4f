"""登记册: impact assessments, incidents, and how many people have a face on record."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go
from api.visit import Entered
from tracing.clocks import CHINA
from tracing.errors import RecordInvalid
from tracing.registers import register_rules

router = APIRouter(include_in_schema=False)


@router.get("/registers")
def registers(request: Request, visit: Entered) -> Response:
    """All registers on one page."""
    words, own = visit.words, visit.service.registers
    known = register_rules()
    return draw(
        request,
        visit,
        "registers.html",
        scopes=own.scopes(visit.actor),
        assessments=own.assessments(visit.actor),
        incidents=own.incidents(visit.actor),
        faces=own.faces(visit.actor),
        scope_options=[(s, words(f"registers.scope.{s}")) for s in known.scopes],
        kinds=[(k, words(f"registers.kind.{k}")) for k in known.kinds],
        told=[(t, words(f"registers.told.{t}")) for t in known.told],
    )


@router.post("/registers/assessments")
def assess(visit: Entered) -> Response:
    """Record an impact assessment."""
    form = visit.form
    visit.service.registers.assess(
        visit.actor,
        form.one("scope"),
        form.one("number"),
        form.one("valid_from"),
        form.one("valid_until"),
    )
    return go("/registers")


@router.post("/registers/assessments/{assessment_id}/end")
def end(visit: Entered, assessment_id: str) -> Response:
    """Withdraw an assessment."""
    visit.service.registers.withdraw(visit.actor, assessment_id)
    return go("/registers")


@router.post("/registers/incidents")
def incident(visit: Entered) -> Response:
    """Write an incident down; its clocks run from when it was found."""
    form = visit.form
    visit.service.registers.record_incident(
        visit.actor,
        form.one("kind"),
        form.one("what"),
        form.one("people"),
        _moment(form.one("found_at")),
    )
    return go("/registers")


def _moment(text: str) -> datetime:
    """What a datetime field of the browser says, as a moment in China."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA)
    except ValueError:
        raise RecordInvalid(path="found_at", reason="date") from None


@router.post("/registers/incidents/{incident_id}/told")
def tell(visit: Entered, incident_id: str) -> Response:
    """Somebody was told; stops their clock."""
    form = visit.form
    visit.service.registers.tell(visit.actor, incident_id, form.one("whom"), form.one("how"))
    return go("/registers")


@router.post("/registers/incidents/{incident_id}/close")
def close(visit: Entered, incident_id: str) -> Response:
    """Nothing more is to be done."""
    visit.service.registers.close_incident(visit.actor, incident_id)
    return go("/registers")


@router.post("/registers/filing")
def filing(visit: Entered) -> Response:
    """The installation was filed under this number."""
    visit.service.registers.filed(visit.actor, visit.form.one("number"))
    return go("/registers")
