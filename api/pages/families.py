"""家属账号: for the station on the person's file, and for the family its own enquiry."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.pages.answers import draw
from api.pages.family_accounts import steps
from api.pages.people import show
from api.v1.photos import picture_answer
from api.visit import Entered, Visit
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.families import OwnCase

router = APIRouter(include_in_schema=False)


@router.post("/people/{person_id}/family")
def change(request: Request, visit: Entered, person_id: str) -> Response:
    """Open an account, give a new link, end one, or say how the enquiry stands.

    A login and its link are shown on this answer only.
    """
    families, actor, form = visit.service.families, visit.actor, visit.form
    login, token, wrong = form.one("login"), "", ""
    try:
        match form.one("do"):
            case "open":
                login, token = families.open(actor, person_id)
            case "link":
                token = families.new_link(actor, person_id, login)
            case "end":
                families.end(actor, person_id, login)
            case "say":
                families.say(actor, person_id, form.one("step"))
    except (Conflict, RecordInvalid) as error:
        wrong = visit.words(f"family.wrong.{error.code}")
    except NotFound:
        families.listed(actor, person_id)  # the person is absent: that is the answer
        wrong = visit.words("family.wrong.not_found")
    link = f"{str(request.base_url).rstrip('/')}/first/{token}" if token else ""
    status = 422 if wrong else 200
    return show(request, visit, person_id, status, family_login=login if link else "",
                family_link=link, family_wrong=wrong)  # fmt: skip


@router.get("/my-case")
def own(request: Request, visit: Entered) -> Response:
    """How one's own enquiry stands."""
    case = visit.service.families.own(visit.actor)
    return draw(
        request,
        visit,
        "my_case.html",
        there=case is not None,
        steps=steps(case.step if case else None),
        since=case.since if case else None,
        handed_in=case.handed_in if case else None,
        facts=_facts(visit, case) if case else (),
        photos=case.photos if case else (),
    )


def _facts(visit: Visit, case: OwnCase) -> tuple[tuple[str, str], ...]:
    """Always the same rows, in the same order."""
    words, doc = visit.words, case.record.document()
    nothing, age = words("family.not_given"), phrasing.age(words, doc)
    found = (
        ("name", phrasing.title(words, doc)),
        ("who", words("frame.comma").join(filter(None, (phrasing.sex(words, doc), age)))),
        ("home", phrasing.place(doc, phrasing.HOME_KINDS)),
        ("last_seen", phrasing.place(doc, ("last_seen",))),
        ("when", phrasing.day(words, case.record.event_at) if case.record.event_at else ""),
    )
    return tuple((words(f"family.fact.{key}"), value or nothing) for key, value in found)


@router.get("/my-case/photos/{photo_id}")
def picture(visit: Entered, photo_id: str) -> Response:
    """A picture that the family handed in."""
    return picture_answer(visit.service.families.picture(visit.actor, photo_id))
