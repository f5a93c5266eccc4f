"""Searches, their candidates, and exclusions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.v1.models import Ask, Candidate, Candidates, Exclude, Excluded, Exclusion, Search
from api.v1.people import faces_of
from api.visit import Entered
from tracing.reviews import Emergency

router = APIRouter(tags=["searches"])


@router.post("/v1/people/{person_id}/searches", status_code=201)
def for_person(
    visit: Entered,
    person_id: str,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Search:
    """Who this person may be; the case supplies purpose, legal basis and reason."""
    with visit.house.searching():
        result = visit.service.searches.for_person(visit.actor, person_id, limit)
    response.headers["Location"] = f"/v1/searches/{result.search_id}"
    return Search.of(result)


@router.post("/v1/searches", status_code=201)
def ask(visit: Entered, question: Ask, response: Response) -> Search:
    """A search outside a case. Names never stand in an address: everything is in the body."""
    urgent = question.emergency
    with visit.house.searching():
        result = visit.service.searches.ask(
            visit.actor,
            question.record,
            question.purpose,
            question.legal_basis,
            question.reason,
            faces=faces_of(question.record),
            case_id=question.case_id,
            emergency=Emergency(urgent.incident, urgent.circumstance) if urgent else None,
            limit=question.limit,
        )
    response.headers["Location"] = f"/v1/searches/{result.search_id}"
    return Search.of(result)


@router.get("/v1/searches/{search_id}")
def search(visit: Entered, search_id: str) -> Search:
    """A search as it was answered."""
    return Search.of(visit.service.searches.get(visit.actor, search_id))


@router.get("/v1/searches/{search_id}/candidates")
def candidates(visit: Entered, search_id: str) -> Candidates:
    """Only the candidates of a search."""
    result = visit.service.searches.get(visit.actor, search_id)
    items = [Candidate.of(candidate) for candidate in result.candidates]
    return Candidates(search_id=result.search_id, nobody=result.nobody, items=items)


@router.post("/v1/people/{person_id}/exclusions", status_code=201)
def exclude(visit: Entered, person_id: str, exclusion: Exclude) -> Excluded:
    """Exclude a candidate for this person, with a reason."""
    made = visit.service.searches.exclude(
        visit.actor, person_id, exclusion.person_id, exclusion.reason_code, exclusion.note
    )
    return Excluded(id=made)


@router.get("/v1/people/{person_id}/exclusions")
def exclusions(visit: Entered, person_id: str) -> list[Exclusion]:
    """Everybody excluded for this person."""
    return [
        Exclusion(
            id=e.exclusion_id,
            person_id=e.person_id,
            reason_code=e.reason_code,
            note=e.note,
            by=e.by,
            at=e.at,
        )
        for e in visit.service.searches.exclusions(visit.actor, person_id)
    ]


@router.delete("/v1/exclusions/{exclusion_id}", status_code=204)
def restore(visit: Entered, exclusion_id: str) -> None:
    """Take an exclusion back."""
    visit.service.searches.restore(visit.actor, exclusion_id)
