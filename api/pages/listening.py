"""辨音: hear a clip without a name or a photo, vote where the speech is from, write what it was."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.listening_places import votable
from api.pages import recordings
from api.pages.answers import draw
from api.pages.shared import choices_of
from api.visit import Entered, Visit
from tracing.errors import Conflict, RecordInvalid
from tracing.listening import LONGEST_ANSWER, Answer

router = APIRouter(include_in_schema=False)
FIELDS = ("province", "city", "heard_text", "heard_latin", "sure", "listener")


def _page(
    request: Request,
    visit: Visit,
    token: str,
    status: int = 200,
    *,
    done: bool = False,
    wrong: str = "",
) -> Response:
    words = visit.words
    if not done:
        invitation = visit.service.listening.invitation(token, visit.who)
        done = invitation.answered
    answer = draw(
        request,
        visit,
        "listen.html",
        status,
        token=token,
        done=done,
        wrong=wrong,
        places=visit.house.listening_places,
        sures=choices_of(visit).options(words, "sures"),
        listeners=choices_of(visit).options(words, "listen_ears"),
        given={name: visit.form.one(name) for name in FIELDS},
        longest=LONGEST_ANSWER,
    )
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@router.get("/listen/{token}")
def listen(request: Request, visit: Entered, token: str) -> Response:
    """What a link leads to."""
    return _page(request, visit, token)


@router.get("/listen/{token}/clip")
def sound(request: Request, visit: Entered, token: str) -> Response:
    """The sound of the clip that the link lends."""
    return recordings.played(request, visit.service.listening.play(token, visit.who))


@router.post("/listen/{token}")
def answer(request: Request, visit: Entered, token: str) -> Response:
    """Keep a listener's answer; the page then thanks and shows nothing of it to anybody else."""
    form, words = visit.form, visit.words
    dialect = form.one("city") or form.one("province")
    if dialect and not votable(visit.house.listening_places, dialect):
        raise RecordInvalid(path="city", reason="choose")
    given = Answer(
        dialect=dialect,
        text=form.one("heard_text"),
        latin=form.one("heard_latin"),
        sure=form.one("sure") or "guess",
        listener=form.one("listener") or "unknown",
    )
    try:
        visit.service.listening.answer(token, visit.who, given)
    except Conflict:
        return _page(request, visit, token, done=True)
    except RecordInvalid as error:
        reason = error.facts.get("reason")
        key = "listen.nothing" if reason == "value_missing" else "error.record_invalid.advice"
        return _page(request, visit, token, 422, wrong=words(key))
    return _page(request, visit, token, done=True)
