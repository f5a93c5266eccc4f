"""工作台: one big button, what is unfinished, who came lately, what was looked for."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.pages import drafts, inquiries
from api.pages.answers import draw, go
from api.pages.crosscheck_rows import CrosscheckRow, crosscheck_row
from api.pages.police_words import RequestRow, request_row
from api.pages.reviews import ReviewRow
from api.pages.reviews import row as review_row
from api.pages.shared import row
from api.pages.verification_words import ListRow, list_row
from api.pages.verifications import MINE
from api.visit import Entered, Visit

router = APIRouter(include_in_schema=False)
RECENT = 8


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A search on the desk."""

    id: str
    title: str
    meta: tuple[str, ...]
    at: object


def _searches(visit: Visit) -> list[SearchRow]:
    words = visit.words
    rows = []
    for past in visit.service.searches.recent(visit.actor, limit=RECENT):
        meta = (
            words("desk.search_found", count=past.candidates),
            words("cands.case", number=past.case_number)
            if past.case_number
            else words(f"purpose.{past.purpose}"),
        )
        title = phrasing.title(words, past.record.document())
        rows.append(SearchRow(past.search_id, title, meta, past.at))
    return rows


def _waiting(visit: Visit) -> tuple[list[ListRow], list[ReviewRow]]:
    """What waits for this account: verifications to answer, urgent searches to review."""
    words, service, actor = visit.words, visit.service, visit.actor
    verifying = service.verifications.listed(actor) if actor.may("verify") else ()
    urgent = service.reviews.waiting(actor) if actor.may("review") else ()
    return (
        [list_row(words, v) for v in verifying if v.part in MINE][:RECENT],
        [review_row(words, r) for r in urgent][:RECENT],
    )


def _to_approve(visit: Visit) -> list[RequestRow]:
    """Requests of officers that this account can still approve."""
    found = visit.service.police.listed(visit.actor)
    waiting = [r for r in found if r.state == "requested" and not (r.own or r.decided)]
    return [request_row(visit.words, one) for one in waiting[:RECENT]]


def _overdue(visit: Visit) -> list[CrosscheckRow]:
    found = visit.service.crosschecks.overdue(visit.actor, RECENT)
    return [crosscheck_row(visit.words, one) for one in found]


@router.get("/")
def desk(request: Request, visit: Entered) -> Response:
    """Where everybody starts; families at their enquiry, administrators at the accounts."""
    actor = visit.actor
    if actor.must_enrol:
        return go("/me")
    if actor.may("own_case"):
        return go("/my-case")
    if actor.may("accounts.manage") and not actor.may("people.write"):
        return go("/accounts")
    if actor.may("police"):
        return go("/police")
    people = []
    if actor.may("people.read"):
        people = list(visit.service.people.page(actor, limit=RECENT).items)
    verifying, urgent = _waiting(visit)
    return draw(
        request,
        visit,
        "desk.html",
        people=[row(visit.words, person) for person in people],
        searches=_searches(visit) if actor.may("search") else [],
        verifying=verifying,
        urgent=urgent,
        drafts=drafts.mine(visit) if actor.may("people.write") else [],
        inquiries=inquiries.open_ones(visit) if actor.may("police.answer") else [],
        overdue=_overdue(visit) if actor.may("crosschecks") else [],
        approvals=_to_approve(visit) if actor.may("police.approve") else [],
        ready=visit.service.ready().ready,
    )
