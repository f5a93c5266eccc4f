"""群众线索: what the public reported; a station takes it, links it to a person or closes it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go
from api.visit import Entered
from tracing.clues import CLOSINGS, FIELDS

router = APIRouter(include_in_schema=False)


@router.get("/clues")
def clues(request: Request, visit: Entered) -> Response:
    """New ones for every station, and those that one's own stations have in hand."""
    words = visit.words
    found = visit.service.clues.listed(visit.actor)
    return draw(
        request,
        visit,
        "clues.html",
        fresh=[c for c in found if c.state == "new"],
        taken=[c for c in found if c.state == "taken"],
        labels=[(name, words(f"clue.{name}")) for name in FIELDS],
        closings=[(value, words(f"clue.closing.{value}")) for value in CLOSINGS],
    )


@router.get("/clues/{clue_id}/picture")
def picture(visit: Entered, clue_id: str) -> Response:
    """The cleaned picture."""
    data = visit.service.clues.picture(visit.actor, clue_id)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/clues/{clue_id}/take")
def take(visit: Entered, clue_id: str) -> Response:
    """This station looks after it."""
    visit.service.clues.take(visit.actor, clue_id)
    return go("/clues")


@router.post("/clues/{clue_id}/link")
def link(visit: Entered, clue_id: str) -> Response:
    """It is about this person."""
    number = visit.form.one("person").rstrip("/").rpartition("/")[2].lower()
    visit.service.clues.link(visit.actor, clue_id, number)
    return go(f"/people/{number}")


@router.post("/clues/{clue_id}/close")
def close(visit: Entered, clue_id: str) -> Response:
    """Nothing more is to be done."""
    visit.service.clues.close(visit.actor, clue_id, visit.form.one("closing"))
    return go("/clues")
