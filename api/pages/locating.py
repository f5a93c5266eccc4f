"""找家: fragments one by one, the places that grow warm, calls, and what goes on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing, places_map
from api.language import Words
from api.pages import locating_view as view
from api.pages.answers import draw, go
from api.pages.locating_words import deed_words, fragment_words, listed
from api.pages.shared import choices_of, row
from api.visit import Entered, Visit
from matchers.places.locating import Ask, Located
from tracing.errors import RecordInvalid
from tracing.locating import LocatingFile
from tracing.locating_deeds import (
    Call,
    Claim,
    Deed,
    Fragment,
    Reaction,
    SaidAloud,
    Speaker,
    What,
)
from tracing.locating_question import ask, heard_in_order, question_of

router = APIRouter(include_in_schema=False)
SAID = ("added", "undone", "restored", "linked", "unlinked")
PEOPLE = 30
FIRST_ASKS = 3


def located(visit: Visit, file: LocatingFile) -> Located | None:
    """Where home may be as of now; None while nothing was heard."""
    question = question_of(file)
    if question is None:
        return None
    with visit.house.room():
        return ask(visit.service.locator, question)


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


@router.post("/locate")
def start(visit: Entered) -> Response:
    """Begin, for nobody in particular."""
    return go(f"/locate/{visit.service.locatings.start(visit.actor)}")


@router.post("/people/{person_id}/locatings")
def locate_person(visit: Entered, person_id: str) -> Response:
    """Go on with the person's locating, or begin one."""
    service = visit.service.locatings
    found = service.of_person(visit.actor, person_id) or service.start(visit.actor, person_id)
    return go(f"/locate/{found}")


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
    found = located(visit, file)
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
        wrong=wrong,
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


def names_aloud(found: Located | None) -> Ask | None:
    """The names to say aloud, when there are some."""
    return next((a for a in (found.asks if found else ()) if a.kind == "say_aloud"), None)


def spoken_asks(words: Words, found: Located) -> list[str]:
    """Questions to put to the person that the sheet does not hold anyway, best first."""
    told = []
    for one in found.asks:
        if one.kind == "level" and one.level in {"county", "city", "province"}:
            told.append(words(f"locate.ask.level.{one.level}"))
        elif one.kind == "staple":
            told.append(words("locate.ask.staple"))
    return told


def usual_asks(visit: Visit) -> list[str]:
    """What is asked of everybody, in words."""
    return [word for _, word in choices_of(visit).options(visit.words, "sheet_questions")]


def asks(words: Words, found: Located, heard: Sequence[Deed]) -> list[str]:
    """What is worth asking next besides names aloud, best first, in words."""
    told = []
    for one in found.asks:
        if one.kind == "level":
            told.append(words(f"locate.ask.level.{one.level}"))
        elif one.kind == "staple":
            told.append(words("locate.ask.staple"))
        elif one.kind == "another_hearing" and 0 <= one.fragment < len(heard):
            said = fragment_words(heard[one.fragment].what)
            told.append(words("locate.ask.another_hearing", said=said))
    return told


def _add(request: Request, visit: Visit, locating_id: str, what: What) -> Response:
    """Add a deed and show the page anew; what cannot be taken stays in its form."""
    try:
        deed = visit.service.locatings.add(visit.actor, locating_id, what)
    except RecordInvalid as error:
        reason = f"invalid.{error.facts.get('reason')}"
        wrong = visit.words.first((reason, "invalid.other"))
        # htmx swaps answers that are no error
        status = 200 if request.headers.get("hx-request") else error.status
        return show(request, visit, locating_id, status, wrong=wrong)
    return back(visit, locating_id, "added", deed)


def back(visit: Visit, locating_id: str, said: str, deed: str = "") -> Response:
    """To the page of a locating, looking at the same county."""
    county = visit.form.one("county")
    same = f"&county={county}" if county.isascii() and county.isdigit() else ""
    return go(f"/locate/{locating_id}?said={said}&deed={deed}{same}")


@router.post("/locate/{locating_id}/fragments")
def add_fragment(request: Request, visit: Entered, locating_id: str) -> Response:
    """One more thing heard; Latin letters in the field for characters are read as what they are."""
    form = visit.form
    text, latin = form.one("text"), form.one("latin")
    if text.isascii() and not latin:
        text, latin = "", text
    what = Fragment(
        text=text,
        latin=latin,
        level=form.one("level") or "any",
        sure=form.one("sure") or "sure",
        version_of=form.one("version_of"),
    )
    return _add(request, visit, locating_id, what)


@router.post("/locate/{locating_id}/speaker")
def set_speaker(request: Request, visit: Entered, locating_id: str) -> Response:
    """Whose accent, which surname, which province."""
    form = visit.form
    what = Speaker(form.one("dialect"), form.one("surname"), form.one("province"))
    return _add(request, visit, locating_id, what)


@router.post("/locate/{locating_id}/calls")
def log_call(request: Request, visit: Entered, locating_id: str) -> Response:
    """A call to a village, a town or a county."""
    form = visit.form
    what = Call(
        code=form.one("code"),
        place=form.one("place"),
        answer=form.one("answer"),
        number=form.one("number"),
        spoke_with=form.one("spoke_with"),
        note=form.one("note"),
    )
    return _add(request, visit, locating_id, what)


@router.post("/locate/{locating_id}/reactions")
def tick_reaction(request: Request, visit: Entered, locating_id: str) -> Response:
    """Which of the names said aloud the person knew."""
    form = visit.form
    columns = zip(form.every("name"), form.every("code"), form.every("real"), strict=False)
    names = tuple(
        SaidAloud(name, code, decoy=real != "1", known=form.one(f"known-{number}") == "yes")
        for number, (name, code, real) in enumerate(columns)
    )
    return _add(request, visit, locating_id, Reaction(names))


@router.post("/locate/{locating_id}/claims")
def claim(request: Request, visit: Entered, locating_id: str) -> Response:
    """Put a place on the person's record, with its kind and certainty."""
    form = visit.form
    code, _, text = form.one("place").partition(" ")
    what = Claim(kind=form.one("kind"), code=code, text=text, sure=form.one("sure"))
    return _add(request, visit, locating_id, what)


@router.post("/locate/{locating_id}/deeds/{deed_id}/undo")
def undo(visit: Entered, locating_id: str, deed_id: str) -> Response:
    """Take a deed back."""
    visit.service.locatings.undo(visit.actor, locating_id, deed_id)
    return back(visit, locating_id, "undone", deed_id)


@router.post("/locate/{locating_id}/deeds/{deed_id}/restore")
def restore(visit: Entered, locating_id: str, deed_id: str) -> Response:
    """Let a deed hold again."""
    visit.service.locatings.restore(visit.actor, locating_id, deed_id)
    return back(visit, locating_id, "restored", deed_id)


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


@router.post("/locate/{locating_id}/person")
def link(visit: Entered, locating_id: str) -> Response:
    """Give the locating to a person, or to nobody."""
    person_id = visit.form.one("person_id") or None
    visit.service.locatings.link(visit.actor, locating_id, person_id)
    return back(visit, locating_id, "linked" if person_id else "unlinked")
