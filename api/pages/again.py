"""Searching once more for a person on record, after something about them has changed."""

from __future__ import annotations

from fastapi.responses import Response

from api.pages.answers import go
from api.visit import Visit


def again(visit: Visit, person_id: str, said: str = "") -> Response:
    """Search once more for a person and go to the new list."""
    with visit.house.searching():
        result = visit.service.searches.for_person(visit.actor, person_id)
    return go(f"/searches/{result.search_id}" + (f"?said={said}" if said else ""))
