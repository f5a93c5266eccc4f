"""Photos: send, look, choose the face."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.v1.models import ChooseFace, Photo
from api.visit import Entered, Visit, enter
from tracing.errors import PhotoError, PhotoFormatUnknown, RecordInvalid

router = APIRouter(tags=["photos"])
uploads = APIRouter(tags=["photos"])
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "JPEG"}
}


class PhotoMissing(PhotoError):
    """No picture was sent. Send it as the field `photo` of a form, or as the body itself."""

    code = "photo_missing"


async def _sent(request: Request, visit: Annotated[Visit, Depends(enter)]) -> tuple[bytes, str]:
    """The picture: field `photo` of a multipart form, or the body itself as `image/*`."""
    files = visit.form.uploads("photo")
    if files:
        return files[0].data, files[0].name
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        raise PhotoMissing
    if not kind.startswith(("image/", "application/octet-stream")):
        raise PhotoFormatUnknown
    data = await request.body()
    if not data:
        raise PhotoMissing
    return data, ""


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"photo": {"type": "string", "format": "binary"}},
                    "required": ["photo"],
                }
            },
            "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@uploads.post("/v1/photos", status_code=201, openapi_extra=_BODY)
def receive(
    visit: Entered, sent: Annotated[tuple[bytes, str], Depends(_sent)], response: Response
) -> Photo:
    """Take a photo in; all faces in it are found, none has to be there."""
    data, name = sent
    with visit.house.room():
        photo = visit.service.photos.receive(visit.actor, data, name)
    response.headers["Location"] = f"/v1/photos/{photo.id}"
    return Photo.of(photo)


@router.get("/v1/photos/{photo_id}")
def info(visit: Entered, photo_id: str) -> Photo:
    """Faces, choice and advice of a photo."""
    return Photo.of(visit.service.photos.info(visit.actor, photo_id))


def picture_answer(jpeg: bytes) -> Response:
    """A picture that a browser may show and nothing else."""
    return Response(
        jpeg,
        media_type="image/jpeg",
        headers={
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
        },
    )


@router.get("/v1/photos/{photo_id}/picture", response_class=Response, responses=JPEG)
def picture(visit: Entered, photo_id: str) -> Response:
    """The whole picture, upright, without metadata."""
    return picture_answer(visit.service.photos.picture(visit.actor, photo_id))


@router.get("/v1/photos/{photo_id}/faces/{ordinal}", response_class=Response, responses=JPEG)
def crop(
    visit: Entered,
    photo_id: str,
    ordinal: int,
    size: Annotated[int, Query(ge=32, le=512)] = 256,
) -> Response:
    """One face, square."""
    return picture_answer(visit.service.photos.crop(visit.actor, photo_id, ordinal, size))


@router.post("/v1/photos/{photo_id}/face")
def choose(visit: Entered, photo_id: str, choice: ChooseFace) -> Photo:
    """Say which face is the person's, and who the others may be."""
    others = {int(ordinal): relation for ordinal, relation in choice.others.items()}
    if choice.ordinal in others:
        raise RecordInvalid(path="others", reason="chosen_face_is_other")
    photos = visit.service.photos
    if choice.taken is not None:
        photos.date(visit.actor, photo_id, choice.taken)
    return Photo.of(photos.choose(visit.actor, photo_id, choice.ordinal, others))
