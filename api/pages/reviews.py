"""紧急查找复核: urgent searches that another person looks at within the hours."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages.answers import draw, go
from api.pages.shared import choices_of
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.errors import RecordInvalid
from tracing.reviews import Review

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """An urgent search in a list."""

    id: str
    title: str
    meta: tuple[str, ...]
    incident: str
    circumstance: str
    by: str
    police: bool
    station: str
    at: object
    due: object
    overdue: bool
    own: bool
    shown: str
    outcome: str
    note: str
    reviewed_by: str


def row(words: Words, review: Review) -> ReviewRow:
    """An urgent search in words."""
    doc = review.record.document()
    return ReviewRow(
        id=review.search_id,
        title=phrasing.title(words, doc),
        meta=phrasing.meta(words, doc),
        incident=review.incident,
        circumstance=review.circumstance,
        by=review.by,
        police=review.police,
        station=review.station_name,
        at=review.at,
        due=review.due_at,
        overdue=review.overdue,
        own=review.own,
        shown=words("review.shown", count=len(review.shown), faces=review.faces),
        outcome=words(f"review.outcome.{review.outcome}") if review.outcome else "",
        note=review.note,
        reviewed_by=review.reviewed_by or "",
    )


def _page(request: Request, visit: Visit, status: int = 200, **wrong: str) -> Response:
    words, service = visit.words, visit.service.reviews
    return draw(
        request,
        visit,
        "reviews.html",
        status,
        waiting=[row(words, review) for review in service.waiting(visit.actor)],
        reviewed=[row(words, review) for review in service.reviewed(visit.actor)],
        outcomes=choices_of(visit).options(words, "review_outcomes"),
        wrong=wrong,
    )


@router.get("/reviews")
def reviews(request: Request, visit: Entered) -> Response:
    """What waits, overdue first, and what was reviewed."""
    return _page(request, visit)


@router.post("/reviews/{search_id}")
def review(request: Request, visit: Entered, search_id: str) -> Response:
    """Say whether it was proper."""
    form = visit.form
    try:
        visit.service.reviews.review(visit.actor, search_id, form.one("outcome"), form.one("note"))
    except RecordInvalid as error:
        facts = {**error.facts, "path": visit.words(f"review.{error.facts.get('path')}")}
        return _page(request, visit, 422, **{search_id: what_is_wrong(visit.words, facts)})
    return go("/reviews")
