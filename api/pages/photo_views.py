"""Photos on a form: boxes over the scene, crops to choose from, what could be better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.forms import Form
from api.language import Words
from tracing.photos.keeping import FaceChoice
from tracing.photos.views import FaceInfo, PhotoInfo

NONE = "none"


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face, numbered from left to right: its box in pixels of the picture, and its crop."""

    ordinal: int
    number: int
    left: float
    top: float
    width: float
    height: float
    crop: str
    words: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One photo; `line` is a stroke width that looks the same on any picture."""

    id: str
    width: int
    height: int
    line: float
    faces: tuple[FaceView, ...]
    chosen: int | None
    chosen_none: bool
    taken: str


def _face(words: Words, photo_id: str, number: int, face: FaceInfo, form: Form) -> FaceView:
    left, top, right, bottom = face.box
    return FaceView(
        ordinal=face.ordinal,
        number=number,
        left=left,
        top=top,
        width=right - left,
        height=bottom - top,
        crop=f"/v1/photos/{photo_id}/faces/{face.ordinal}",
        words=tuple(words(f"photo.q.{q}") for q in face.advice if words.has(f"photo.q.{q}")),
        role=form.one(f"role-{photo_id}-{face.ordinal}") or face.relation or "",
    )


def view(words: Words, photo: PhotoInfo, form: Form) -> PhotoView:
    """A photo with the choice made so far: the form's first, then the one on record."""
    wanted = form.one(f"face-{photo.id}")
    chosen = int(wanted) if wanted.isascii() and wanted.isdigit() else None
    if not wanted:
        chosen = photo.chosen
    ordered = sorted(photo.faces, key=lambda face: face.box[0])
    return PhotoView(
        id=photo.id,
        width=photo.width,
        height=photo.height,
        line=max(photo.width, photo.height) / 200,
        faces=tuple(_face(words, photo.id, n, face, form) for n, face in enumerate(ordered, 1)),
        chosen=chosen,
        chosen_none=wanted == NONE,
        taken=taken_of(photo, form),
    )


def taken_of(photo: PhotoInfo, form: Form) -> str:
    """When the photo was taken: as the form says, else as the camera does."""
    said = form.every(f"taken-{photo.id}")
    return said[0] if said else photo.taken or ""


def choices(photos: Sequence[PhotoInfo], form: Form) -> tuple[tuple[FaceChoice, ...], bool]:
    """The face chosen in each photo, and whether every photo with several faces has a choice."""
    made: list[FaceChoice] = []
    complete = True
    for photo in photos:
        wanted = form.one(f"face-{photo.id}")
        ordinal = int(wanted) if wanted.isascii() and wanted.isdigit() else None
        known = {face.ordinal for face in photo.faces}
        if ordinal not in known:
            ordinal = photo.faces[0].ordinal if len(photo.faces) == 1 else None
        if ordinal is None and len(photo.faces) > 1 and wanted != NONE:
            complete = False
        made.append(FaceChoice(photo_id=photo.id, ordinal=ordinal))
    return tuple(made), complete


def others(photo: PhotoInfo, chosen: int | None, form: Form) -> dict[int, str]:
    """Who the other faces of a photo are, as far as the form says."""
    return {
        face.ordinal: role
        for face in photo.faces
        if face.ordinal != chosen and (role := form.one(f"role-{photo.id}-{face.ordinal}"))
    }
