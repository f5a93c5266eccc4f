"""Where home may be, from fragments of places as they sounded."""

from __future__ import annotations

from fastapi import APIRouter

from api.v1.location_models import QUESTION_EXAMPLE, Location, LocationQuestion
from api.visit import Entered
from tracing.locating_question import ask

router = APIRouter(tags=["locations"])


@router.post(
    "/v1/locations",
    openapi_extra={"requestBody": {"content": {"application/json": {"example": QUESTION_EXAMPLE}}}},
)
def locate(visit: Entered, question: LocationQuestion) -> Location:
    """Counties and villages by share, with reasons in bits. Nothing of the question is kept.

    Any number of fragments up to 12, each in characters, in Latin letters as it sounded, or both.
    """
    visit.service.locatings.asked(visit.actor, len(question.fragments))
    with visit.house.room():
        found = ask(visit.service.locator, question.asked())
    return Location.of(found, question.counties)
