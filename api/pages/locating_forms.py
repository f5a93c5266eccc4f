"""找家: what is added, taken back, restored and linked; each leads back to the page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import go
from api.pages.locating import show
from api.pages.locating_asks import reason_words
from api.visit import Entered, Visit
from tracing.errors import RecordInvalid
from tracing.locating_deeds import Call, Claim, Fragment, Reaction, SaidAloud, Speaker, What

router = APIRouter(include_in_schema=False)


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


def _add(request: Request, visit: Visit, locating_id: str, what: What) -> Response:
    """Add a deed and show the page anew; what cannot be taken stays in its form."""
    try:
        deed = visit.service.locatings.add(visit.actor, locating_id, what)
    except RecordInvalid as error:
        wrong = reason_words(visit.words, error)
        # htmx swaps answers that are no error
        status = 200 if request.headers.get("hx-request") else error.status
        return show(request, visit, locating_id, status, wrong=wrong)
    return back(visit, locating_id, "added", deed)


def back(visit: Visit, locating_id: str, said: str, deed: str = "") -> Response:
    """To the page of a locating, looking at the county that the form names."""
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


@router.post("/locate/{locating_id}/person")
def link(visit: Entered, locating_id: str) -> Response:
    """Give the locating to a person, or to nobody."""
    person_id = visit.form.one("person_id") or None
    visit.service.locatings.link(visit.actor, locating_id, person_id)
    return back(visit, locating_id, "linked" if person_id else "unlinked")
