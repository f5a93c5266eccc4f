"""Photos and faces as forms and pages show them, and the album's rules."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing.photos.intake import ExaminedFace
from tracing.photos.keeping import photo_key
from tracing.sealing import Vault
from tracing.store import photos as rows

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FaceInfo:
    """A face in a photo: `box` (left, top, right, bottom) in pixels of the picture."""

    ordinal: int
    box: Box
    quality: float
    advice: tuple[str, ...]
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """A photo as its form and its person's page show it; `state` is `ready` or `no_face`."""

    id: str
    state: str
    width: int
    height: int
    faces: tuple[FaceInfo, ...]
    chosen: int | None
    advice: tuple[str, ...]
    taken: str | None
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class AlbumRules:
    """`album.toml`, read."""

    unattached_days: int
    orphan_minutes: int
    picture_audit_minutes: int
    crop_smallest: int
    crop_largest: int
    relations: frozenset[str]


@lru_cache(maxsize=1)
def album_rules() -> AlbumRules:
    """The packaged rules; the same object every time."""
    text = files("tracing.photos").joinpath("album.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return AlbumRules(**{**table, "relations": frozenset(table["relations"])})


def photo_info(
    vault: Vault, row: rows.PhotoRow, faces: Sequence[rows.FaceRow], person_wrapped: bytes | None
) -> PhotoInfo:
    """A stored photo, its details opened; `person_wrapped` is its person's wrapped key."""
    key = photo_key(vault, row, person_wrapped)
    details = json.loads(vault.open(key, row.details, "details", row.id))
    return PhotoInfo(
        id=row.id,
        state=row.state,
        width=row.width,
        height=row.height,
        faces=tuple(map(_face_info, faces)),
        chosen=row.chosen,
        advice=tuple(row.advice.split()),
        taken=details["taken"],
        person_id=row.person_id,
    )


def _face_info(face: rows.FaceRow) -> FaceInfo:
    return FaceInfo(
        ordinal=face.ordinal,
        box=(face.left, face.top, face.right, face.bottom),
        quality=face.sharpness,
        advice=tuple(face.quality.split()),
        relation=face.relation,
    )


def face_rows(photo_id: str, faces: Sequence[ExaminedFace]) -> list[dict[str, Any]]:
    """Rows of `face` for the faces of an examined photo."""
    return [
        {
            "photo_id": photo_id,
            "ordinal": ordinal,
            "left": face.box[0],
            "top": face.box[1],
            "right": face.box[2],
            "bottom": face.box[3],
            "score": face.score,
            "sharpness": face.quality.sharpness,
            "quality": " ".join(face.quality.words),
        }
        for ordinal, face in enumerate(faces)
    ]
