"""候选: the candidate list of a search, excluding from it and restoring to it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.pages import reasons
from api.pages.again import again
from api.pages.answers import draw
from api.pages.marks import looking
from api.pages.shared import choices_of
from api.visit import Entered, Visit
from tracing.answers import SearchResult
from tracing.errors import NotFound, RecordInvalid
from tracing.verification_rules import OPEN_STATES

router = APIRouter(include_in_schema=False)
SAID = ("excluded", "restored", "hearing", "marked")


def show(request: Request, visit: Visit, result: SearchResult) -> Response:
    """A search as a page."""
    words = visit.words
    version = 0
    if result.probe.person_id and visit.actor.may("people.write"):
        version = _version(visit, result.probe.person_id)
    shown = reasons.shown_first(result.candidates)
    others = result.candidates[shown:]
    start = reasons.Start.of(result)
    again_for = {review.person_id for review in result.reviews}
    said = request.query_params.get("said", "")
    return draw(
        request,
        visit,
        "candidates.html",
        search_id=result.search_id,
        probe=reasons.probe(words, result, version),
        at=result.at,
        seconds=words("cands.seconds", seconds=f"{max(result.cpu_ms, 1) / 1000:.2g}")
        if result.cpu_ms
        else "",
        gallery=phrasing.count(words, result.gallery_size),
        case_number=result.case_number,
        nobody=phrasing.share(words, result.nobody),
        nobody_words=reasons.nobody_words(words, result.nobody),
        faces_needed=result.faces_needed,
        faces_left=result.faces_left,
        faces_uncalibrated=result.faces_uncalibrated,
        faces_off=result.faces_off,
        cards=[reasons.card(words, c, start, again_for) for c in result.candidates[:shown]],
        others=[reasons.card(words, c, start, again_for) for c in others],
        others_words=words(
            "cands.others",
            count=len(others),
            share=phrasing.share(words, sum(candidate.probability for candidate in others)),
        ),
        questions=reasons.questions(words, result.questions),
        excluded=reasons.excluded(words, result.excluded),
        reviews=reasons.excluded(words, result.reviews),
        exclusion_reasons=choices_of(visit).options(words, "exclusion_reasons"),
        looks={c.rank: looking(words, visit, result, c) for c in result.candidates},
        verified=_verified(visit, result),
        said=words(f"cands.{said}_now") if said in SAID else "",
    )


def _verified(visit: Visit, result: SearchResult) -> dict[str, tuple[str, str, bool]]:
    """Candidates with a verification: its id, its state in words, whether it is open or holds."""
    probe = result.probe.person_id
    if probe is None or not visit.actor.may("verify"):
        return {}
    try:
        known = visit.service.verifications.of_probe(visit.actor, probe)
    except NotFound:
        return {}
    return {
        person: (number, visit.words(f"verify.state.{state}"), state in (*OPEN_STATES, "confirmed"))
        for person, (number, state) in known.items()
    }


def _version(visit: Visit, person_id: str) -> int:
    try:
        return visit.service.people.get(visit.actor, person_id).version
    except NotFound:
        return 0


@router.get("/searches/{search_id}")
def candidates(request: Request, visit: Entered, search_id: str) -> Response:
    """A search as it was answered."""
    return show(request, visit, visit.service.searches.get(visit.actor, search_id))


@router.post("/people/{person_id}/searches")
def search_for(visit: Entered, person_id: str) -> Response:
    """The person's candidates as of now."""
    return again(visit, person_id)


def _probe_of(visit: Visit, search_id: str) -> str:
    probe = visit.service.searches.get(visit.actor, search_id).probe.person_id
    if probe is None:
        raise NotFound
    return probe


@router.post("/searches/{search_id}/exclusions")
def exclude(visit: Entered, search_id: str) -> Response:
    """Exclude a candidate with a reason; the list is then drawn anew without them."""
    form = visit.form
    if form.one("reason_code") not in choices_of(visit).values("exclusion_reasons"):
        raise RecordInvalid(path="reason_code", reason="choose")
    probe = _probe_of(visit, search_id)
    visit.service.searches.exclude(
        visit.actor, probe, form.one("person_id"), form.one("reason_code"), form.one("note")[:500]
    )
    return again(visit, probe, "excluded")


@router.post("/searches/{search_id}/exclusions/{exclusion_id}/restore")
def restore(visit: Entered, search_id: str, exclusion_id: str) -> Response:
    """Take an exclusion back."""
    probe = _probe_of(visit, search_id)
    visit.service.searches.restore(visit.actor, exclusion_id)
    return again(visit, probe, "restored")
