"""说话录音: recordings in a person's file, played to staff, lent out by links."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages import people, recordings
from api.pages.answers import go
from api.visit import Entered, Visit
from tracing.errors import RecordInvalid, VoiceError
from tracing.voice import Audience

router = APIRouter(include_in_schema=False)
uploads = APIRouter(include_in_schema=False)


def _wrong(visit: Visit, error: VoiceError) -> str:
    key = f"error.{error.code}"
    return f"{visit.words(key)}{visit.words('frame.stop')}{visit.words(f'{key}.advice')}"


@uploads.post("/people/{person_id}/clips")
def take_clip(request: Request, visit: Entered, person_id: str) -> Response:
    """Keep a recording, made in the browser or chosen as a file."""
    files = visit.form.uploads("clip")
    if not files:
        wrong = visit.words("voice.none_chosen")
        return people.show(request, visit, person_id, 422, voice_wrong=wrong)
    try:
        visit.service.voices.receive(visit.actor, person_id, files[0].data)
    except VoiceError as error:
        wrong = _wrong(visit, error)
        return people.show(request, visit, person_id, error.status, voice_wrong=wrong)
    return go(f"/people/{person_id}?said=recorded#voice-title")


@router.get("/clips/{clip_id}")
def play(request: Request, visit: Entered, clip_id: str) -> Response:
    """The sound of a clip, for staff of its station."""
    return recordings.played(request, visit.service.voices.play(visit.actor, clip_id))


@router.post("/clips/{clip_id}/links")
def lend(request: Request, visit: Entered, clip_id: str) -> Response:
    """A link to listen; it is shown this once."""
    form = visit.form
    person_id, token = visit.service.voices.link(
        visit.actor,
        clip_id,
        cast("Audience", form.one("audience")),
        _number(form.one("days"), "days"),
        _number(form.one("answers"), "answers"),
    )
    link = f"{request.base_url}listen/{token}"
    return people.show(request, visit, person_id, link=link)


def _number(text: str, path: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise RecordInvalid(path=path, reason="number")
    return int(text)


@router.post("/clips/{clip_id}/links/{link_id}/end")
def end_link(visit: Entered, clip_id: str, link_id: str) -> Response:
    """End a link at once."""
    person_id = visit.service.voices.end_link(visit.actor, clip_id, link_id)
    return go(f"/people/{person_id}?said=link_ended#voice-title")


@router.post("/clips/{clip_id}/discard")
def discard(visit: Entered, clip_id: str) -> Response:
    """Destroy a recording; what listeners wrote stays."""
    person_id = visit.service.voices.discard(visit.actor, clip_id)
    return go(f"/people/{person_id}?said=discarded#voice-title")
