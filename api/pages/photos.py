"""Photos sent while a form is being filled: taken in one by one, shown with their faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.forms import Form
from api.language import Words
from api.pages.answers import draw
from api.pages.photo_views import taken_of, view
from api.pages.shared import choices_of
from api.visit import Visit, enter
from tracing.errors import NotFound, PhotoError, RecordInvalid
from tracing.photos.views import PhotoInfo

router = APIRouter(include_in_schema=False)
PHOTOS_MAX = 6


def receive(visit: Visit, form: Form) -> tuple[list[PhotoInfo], list[str]]:
    """Take in the files of a form; what could not be taken is said, and nothing else is lost."""
    taken: list[PhotoInfo] = []
    wrong: list[str] = []
    for upload in form.uploads("photo_file"):
        try:
            with visit.house.room():
                taken.append(visit.service.photos.receive(visit.actor, upload.data, upload.name))
        except PhotoError as error:
            wrong.append(_sentence(visit.words, error))
    return taken, wrong


def _sentence(words: Words, error: PhotoError) -> str:
    key = f"error.{error.code}"
    return f"{words(key)}{words('frame.stop')}{words(f'{key}.advice')}"


def kept(visit: Visit, form: Form) -> list[PhotoInfo]:
    """The photos a form already holds, without those that were ticked to be left out."""
    photos = []
    dropped = set(form.every("drop"))
    for photo_id in dict.fromkeys(form.every("photo")[:PHOTOS_MAX]):
        if photo_id in dropped:
            continue
        try:
            photos.append(visit.service.photos.info(visit.actor, photo_id))
        except NotFound:
            continue
    return photos


def shown(visit: Visit, photos: Sequence[PhotoInfo], form: Form) -> dict[str, Any]:
    """What the photo part of a page needs."""
    return {
        "photos": [view(visit.words, photo, form) for photo in photos],
        "roles": choices_of(visit).options(visit.words, "photo_roles"),
    }


def dated(visit: Visit, photos: Sequence[PhotoInfo], form: Form) -> dict[str, str]:
    """Write down when the photos were taken, where the form says otherwise; what is wrong."""
    wrong: dict[str, str] = {}
    for photo in photos:
        said = taken_of(photo, form).replace("/", "-").replace("年", "")
        if said == (photo.taken or ""):
            continue
        try:
            visit.service.photos.date(visit.actor, photo.id, said or None)
        except RecordInvalid as error:
            reason = error.facts.get("reason")
            wrong[f"taken-{photo.id}"] = visit.words.first((f"invalid.{reason}", "invalid.date"))
    return wrong


@router.post("/photos")
def take_photo(request: Request, visit: Annotated[Visit, Depends(enter)]) -> HTMLResponse:
    """One or more photos; answers with the part of the page that shows them."""
    taken, wrong = receive(visit, visit.form)
    return draw(request, visit, "photos.html", photo_wrong=wrong, **shown(visit, taken, visit.form))
