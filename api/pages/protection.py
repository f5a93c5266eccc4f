"""受保护人员: setting and lifting protection, and the protection officer's own list."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go
from api.pages.keeping import keeping_title
from api.visit import Entered
from tracing.protections import protection_rules

router = APIRouter(include_in_schema=False)


@router.post("/people/{person_id}/protect")
def protect(visit: Entered, person_id: str) -> Response:
    """From now on whoever seeks this person finds nobody."""
    visit.service.protections.protect(visit.actor, person_id, visit.form.one("reason"))
    return go(f"/people/{person_id}/keeping")


@router.post("/people/{person_id}/unprotect")
def lift(visit: Entered, person_id: str) -> Response:
    """The protection ends."""
    visit.service.protections.lift(visit.actor, person_id)
    return go(f"/people/{person_id}/keeping")


@router.get("/protection")
def alerts(request: Request, visit: Entered) -> Response:
    """Who sought a protected person of this station, and what the person wishes."""
    words = visit.words
    found = visit.service.protections.alerts(visit.actor)
    wishes = [(value, words(f"protect.wish.{value}")) for value in protection_rules().wishes]
    return draw(
        request,
        visit,
        "protection.html",
        waiting=[(a, keeping_title(visit, a.person_id)) for a in found if a.wish is None],
        asked=[(a, keeping_title(visit, a.person_id)) for a in found if a.wish is not None],
        wishes=wishes,
    )


@router.post("/protection/{alert_id}")
def wish(visit: Entered, alert_id: str) -> Response:
    """Write down what the person said."""
    form = visit.form
    visit.service.protections.record_wish(visit.actor, alert_id, form.one("wish"), form.one("note"))
    return go("/protection")
