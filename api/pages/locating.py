"""找家: fragments one by one, the places that grow warm, calls, and what goes on the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing, places_map
from api.language import Words
from api.pages import locating_view as view
from api.pages.answers import draw
from api.pages.locating_asks import asks, located, names_aloud, usual_asks
from api.pages.locating_words import deed_words, fragment_words, listed
from api.pages.shared import choices_of, row
from api.visit import Entered, Visit
from matchers.places.locating import Located
from tracing.locating import LocatingFile
from tracing.locating_deeds import Deed, Fragment
from tracing.locating_question import heard_in_order

router = APIRouter(include_in_schema=False)
SAID = ("added", "undone", "restored", "linked", "unlinked")
PEOPLE = 30
FIRST_ASKS = 3


def title(words: Words, file: LocatingFile) -> str:
    """Whose home it is, else the first thing heard."""
    if file.record is not None:
        return phrasing.title(words, file.record.document())
    first = next(iter(file.state.fragments), None)
    if first is not None and isinstance(first.what, Fragment):
        return words("locate.quoted", said=fragment_words(first.what))
    return ""


@router.get("/locate")
def locatings(request: Request, visit: Entered) -> Response:
    """Locatings that are under way, last changed first."""
    found = visit.service.locatings.latest(visit.actor)
    return draw(
        request,
        visit,
        "locate_list.html",
        locatings=[
            {
                "id": file.id,
                "title": title(visit.words, file) or visit.words("locate.nameless"),
                "heard": listed(visit.words, file.state),
                "by": file.by,
                "at": file.changed_at,
                "linked": file.person_id is not None,
            }
            for file in found
        ],
    )


@router.get("/locate/{locating_id}")
def page(
    request: Request,
    visit: Entered,
    locating_id: str,
    county: str = "",
    said: str = "",
    deed: str = "",
) -> Response:
    """A locating as it stands."""
    return show(request, visit, locating_id, county=county, said=said, deed=deed)


def show(
    request: Request,
    visit: Visit,
    locating_id: str,
    status: int = 200,
    *,
    county: str = "",
    said: str = "",
    deed: str = "",
    wrong: str = "",
) -> Response:
    """The page; `wrong` is why a deed was not taken, beside what was typed."""
    words, file = visit.words, visit.service.locatings.get(visit.actor, locating_id)
    found, unanswered = located(visit, file)
    state = file.state
    return draw(
        request,
        visit,
        "locate.html",
        status,
        id=file.id,
        title=title(words, file),
        person_id=file.person_id,
        expires=file.expires_at,
        groups=[[_chip(deed) for deed in group] for group in state.versions()],
        speaker=state.speaker,
        votes=phrasing.dialects(words, file.record.document()) if file.record else "",
        typed=visit.form,
        wrong=wrong or unanswered,
        deeds=[_deed_row(words, d) for d in (*state.calls, *state.reactions, *state.claims)],
        undone=[_deed_row(words, d) for d in state.undone],
        said=_said(words, file, said, deed),
        **_lists(visit),
        **_answered(visit, file, found, county or visit.form.one("county")),
    )


def _lists(visit: Visit) -> dict[str, Any]:
    """What the forms of the page offer."""
    choices, words = choices_of(visit), visit.words
    return {
        "levels": choices.options(words, "locate_levels"),
        "hearing": choices.options(words, "locate_heard"),
        "answers": choices.options(words, "call_answers"),
        "claim_kinds": choices.options(words, "claim_kinds"),
        "sures": choices.options(words, "sures"),
        "provinces": [(place.name, place.full) for place in visit.house.listening_places],
        "dialect_points": visit.house.dialect_points,
    }


def _answered(
    visit: Visit, file: LocatingFile, found: Located | None, chosen: str
) -> dict[str, Any]:
    """What the page shows of an answer, looking at the chosen county or else the first."""
    empty: dict[str, Any] = {"found": None, "card": None, "unread": (), "asks": (), "aloud": None}
    if found is None or not found.counties:
        return empty
    words, house, heard = visit.words, visit.house, heard_in_order(file.state)
    here = next((c for c in found.counties if c.code == chosen), found.counties[0])
    return {
        "found": found,
        "tree": view.tree(words, found, here.code),
        "bubbles": view.bubbles(words, found, here.code),
        "map_dots": house.map_dots,
        "map_size": (places_map.WIDTH, places_map.HEIGHT),
        "elsewhere": phrasing.share(words, found.elsewhere),
        "notes": [words(f"locate.note.{note}") for note in found.notes],
        "unread": [heard[number] for number in found.unread if number < len(heard)],
        "card": view.card(words, found, here, house.divisions, file.state, heard),
        "stations": visit.service.stations.near(visit.actor, here.code),
        "asks": asks(words, found, heard) or usual_asks(visit)[:FIRST_ASKS],
        "aloud": names_aloud(found),
    }


def _chip(deed: Deed) -> dict[str, Any]:
    """A fragment as the page draws it."""
    words = fragment_words(deed.what)
    return {"id": deed.id, "words": words, "what": deed.what, "by": deed.by, "at": deed.at}


def _deed_row(words: Words, deed: Deed) -> Mapping[str, object]:
    return {
        "id": deed.id,
        "kind": deed.kind,
        "words": deed_words(words, deed.what),
        "by": deed.by,
        "at": deed.at,
    }


def _said(words: Words, file: LocatingFile, said: str, deed_id: str) -> Mapping[str, str] | None:
    if said not in SAID:
        return None
    deed = next((d for d in file.state.deeds if d.id == deed_id), None)
    told = deed_words(words, deed.what) if deed else ""
    back = ""
    if deed is not None:
        back = "undo" if deed.holds else "restore"
    return {"words": words(f"locate.{said}", what=told), "deed": deed_id, "back": back}


@router.get("/locate/{locating_id}/person")
def choose_person(request: Request, visit: Entered, locating_id: str, cursor: str = "") -> Response:
    """Whose home it is: people to choose from, newest first."""
    file = visit.service.locatings.get(visit.actor, locating_id)
    found = visit.service.people.page(visit.actor, cursor=cursor or None, limit=PEOPLE)
    return draw(
        request,
        visit,
        "locate_person.html",
        id=file.id,
        person_id=file.person_id,
        title=title(visit.words, file),
        people=[row(visit.words, person) for person in found.items],
        next_cursor=found.next_cursor,
    )
