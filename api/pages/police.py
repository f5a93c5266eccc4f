"""民警工作台: one person present is asked about at once; candidates; what the stations answer."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.forms import EMPTY
from api.pages import reasons
from api.pages.answers import draw, go
from api.pages.intake import lists
from api.pages.photos import shown
from api.pages.police_words import InquiryRow, inquiry_row, request_row
from api.pages.record_form import FormView
from api.pages.search import gather
from api.pages.shared import choices_of
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.answers import SearchResult
from tracing.cases import case_rules
from tracing.errors import PoliceError, QuotaSpent, RecordInvalid, TracingError
from tracing.photos.views import PhotoInfo
from tracing.police.rules import police_rules
from tracing.reviews import Emergency

router = APIRouter(include_in_schema=False)
forms = APIRouter(include_in_schema=False)
RECENT = 8


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One of the officer's own searches, and how its review stands."""

    id: str
    title: str
    at: object
    candidates: str
    review: str
    due: object
    reviewed: bool


def _desk(
    request: Request,
    visit: Visit,
    view: FormView,
    photos: list[PhotoInfo],
    wrong: list[str],
    status: int = 200,
    refused: str = "",
) -> Response:
    service, words, actor = visit.service, visit.words, visit.actor
    return draw(
        request,
        visit,
        "police.html",
        status,
        form=view,
        refused=refused,
        photo_hint=words("photo.search_hint"),
        photo_wrong=wrong,
        review_hours=case_rules().review_hours,
        asked=_asked(visit),
        inquiries=[inquiry_row(words, i) for i in service.inquiries.mine(actor)[:RECENT]],
        requests=[request_row(words, r) for r in service.police.listed(actor)[:RECENT]],
        ready=service.ready().ready,
        **lists(visit, "search"),
        **shown(visit, photos, view.form),
    )


def _asked(visit: Visit) -> list[AskedRow]:
    words, rows = visit.words, []
    past = visit.service.searches.recent(visit.actor, RECENT * 3)
    own = visit.service.reviews.of_own(visit.actor, [one.search_id for one in past])
    for one in past:
        if one.search_id not in own:
            continue  # asked by a request; it stands there
        review = own[one.search_id]
        rows.append(
            AskedRow(
                id=one.search_id,
                title=phrasing.title(words, one.record.document()),
                at=one.at,
                candidates=words("desk.search_found", count=one.candidates),
                review=words(f"review.outcome.{review.outcome}") if review.outcome else "",
                due=review.due_at,
                reviewed=review.outcome is not None,
            )
        )
    return rows[:RECENT]


@router.get("/police")
def desk(request: Request, visit: Entered) -> Response:
    """Ask, and see what became of what one asked."""
    return _desk(request, visit, FormView(EMPTY), [], [])


@forms.post("/police/ask")
def ask(request: Request, visit: Entered) -> Response:
    """Search at once for one person who is there now."""
    form = visit.form
    lacking = {} if form.one("incident") else {"incident": visit.words("police.incident_missing")}
    found = gather(visit, lacking)
    view, photos, wrong = found.view, found.photos, found.photo_wrong
    if found.record is None or not found.ready:
        return _desk(request, visit, view, photos, wrong, 422 if form.one("do") == "save" else 200)
    try:
        with visit.house.room():
            result = visit.service.searches.ask(
                visit.actor,
                found.record,
                faces=found.faces,
                emergency=Emergency(form.one("incident"), form.one("circumstance")),
            )
    except (PoliceError, QuotaSpent) as error:
        refused = said(visit, error)
        return _desk(request, visit, view, photos, wrong, error.status, refused)
    return go(f"/police/searches/{result.search_id}")


def said(visit: Visit, error: TracingError) -> str:
    """What was refused and what to do next, as one sentence after the other."""
    key = f"error.{error.code}"
    return f"{visit.words(key)}{visit.words('frame.stop')}{visit.words(f'{key}.advice')}"


@router.get("/police/searches/{search_id}")
def candidates(request: Request, visit: Entered, search_id: str) -> Response:
    """The candidate list: photo, grade, reasons and the station to ask."""
    result = visit.service.searches.get(visit.actor, search_id)
    return _candidates(request, visit, result)


def _candidates(
    request: Request, visit: Visit, result: SearchResult, status: int = 200, wrong: str = ""
) -> Response:
    words = visit.words
    start = reasons.Start.of(result)
    cards = [reasons.card(words, c, start) for c in result.candidates]
    count = reasons.shown_first(result.candidates)
    asked: dict[str, list[InquiryRow]] = {}
    for inquiry in visit.service.inquiries.mine(visit.actor):
        if inquiry.search_id == result.search_id:
            asked.setdefault(inquiry.person_id, []).append(inquiry_row(words, inquiry))
    return draw(
        request,
        visit,
        "police_candidates.html",
        status,
        search_id=result.search_id,
        probe=reasons.probe(words, result),
        at=result.at,
        gallery=phrasing.count(words, result.gallery_size),
        nobody=phrasing.share(words, result.nobody),
        nobody_words=reasons.nobody_words(words, result.nobody),
        faces_off=result.faces_off,
        cards=cards[:count],
        others=cards[count:],
        asked=asked,
        questions=reasons.questions(words, result.questions),
        parts=choices_of(visit).options(words, "release_parts"),
        days=police_rules().inquiry.release_days,
        wrong=wrong,
    )


@router.post("/police/searches/{search_id}/inquiries")
def inquire(request: Request, visit: Entered, search_id: str) -> Response:
    """Ask the station that holds a candidate."""
    form = visit.form
    try:
        visit.service.inquiries.ask(
            visit.actor,
            search_id,
            form.one("person_id"),
            form.one("kind"),
            reason=form.one("reason"),
            parts=form.every("parts"),
        )
    except RecordInvalid as error:
        facts = {**error.facts, "path": visit.words(f"inquiry.{error.facts.get('path')}")}
        result = visit.service.searches.get(visit.actor, search_id)
        return _candidates(request, visit, result, 422, what_is_wrong(visit.words, facts))
    return go(f"/police/searches/{search_id}")


@router.get("/police/inquiries/{inquiry_id}")
def released(request: Request, visit: Entered, inquiry_id: str) -> Response:
    """What a station released, while its days last."""
    inquiry, record = visit.service.inquiries.released(visit.actor, inquiry_id)
    doc = record.document()
    return draw(
        request,
        visit,
        "police_released.html",
        inquiry=inquiry_row(visit.words, inquiry),
        title=phrasing.title(visit.words, doc) if "names" in doc else "",
        meta=phrasing.meta(visit.words, doc),
        facts=phrasing.facts(visit.words, doc),
    )
