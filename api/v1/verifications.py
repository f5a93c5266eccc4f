"""Verifications by two people, and reviews of urgent searches."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.v1.verification_models import (
    Added,
    DecideReview,
    GiveAnswer,
    GiveReason,
    Groups,
    PutUp,
    Review,
    Standing,
    Verification,
    VerificationItem,
    WriteFact,
)
from api.visit import Entered

router = APIRouter(tags=["verifications"])


@router.post("/v1/people/{person_id}/verifications", status_code=201)
def put_up(visit: Entered, person_id: str, asked: PutUp, response: Response) -> Added:
    """Put a candidate up for verification; the present one's id if the pair has one."""
    number = visit.service.verifications.open(
        visit.actor, person_id, asked.person_id, asked.search_id
    )
    response.headers["Location"] = f"/v1/verifications/{number}"
    return Added(id=number)


@router.get("/v1/verifications")
def verifications(visit: Entered, closed: bool = False) -> list[VerificationItem]:
    """Verifications of one's stations and those one is on call for, newest first."""
    found = visit.service.verifications.listed(visit.actor, closed=closed)
    return [VerificationItem.of(item) for item in found]


@router.get("/v1/verifications/{verification_id}")
def verification(visit: Entered, verification_id: str) -> Verification:
    """One verification; the second examiner is not given the first one's answer."""
    return Verification.of(visit.service.verifications.get(visit.actor, verification_id))


@router.put("/v1/verifications/{verification_id}/groups", status_code=204)
def state_groups(visit: Entered, verification_id: str, stated: Groups) -> None:
    """Say which stricter rules hold."""
    groups: frozenset[str] = frozenset(stated.groups)
    visit.service.verifications.state_groups(visit.actor, verification_id, groups)


@router.post("/v1/verifications/{verification_id}/facts", status_code=201)
def add_fact(visit: Entered, verification_id: str, fact: WriteFact) -> Added:
    """Write down a fact."""
    service = visit.service.verifications
    return Added(id=service.add_fact(visit.actor, verification_id, fact.entry()))


@router.post("/v1/verifications/{verification_id}/answers", status_code=201)
def answer(visit: Entered, verification_id: str, given: GiveAnswer) -> Standing:
    """Give one's answer; for people who are signed in, not for keys."""
    state = visit.service.verifications.answer(
        visit.actor, verification_id, given.conclusion, given.reason
    )
    return Standing(state=state)


@router.post("/v1/verifications/{verification_id}/reopening", status_code=204)
def reopen(visit: Entered, verification_id: str, given: GiveReason) -> None:
    """Open a closed verification again; its link is undone."""
    visit.service.verifications.reopen(visit.actor, verification_id, given.reason)


@router.get("/v1/reviews")
def reviews(visit: Entered) -> list[Review]:
    """Urgent searches that wait for another person's review, longest due first."""
    return [Review.of(review) for review in visit.service.reviews.waiting(visit.actor)]


@router.post("/v1/reviews/{search_id}", status_code=204)
def review(visit: Entered, search_id: str, decided: DecideReview) -> None:
    """Say whether an urgent search was proper; nobody reviews their own."""
    visit.service.reviews.review(visit.actor, search_id, decided.outcome, decided.note)
