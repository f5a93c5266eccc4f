"""Prints of photos that were received and belong to nobody on record yet."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.access import Actor
from tracing.errors import FaceUnknown, NotFound
from tracing.person_files import GalleryPrint, opened_print
from tracing.photos.keeping import FaceChoice, photo_key
from tracing.sealing import Vault
from tracing.store import Tx, photos
from tracing.store.ids import is_id


def chosen_prints(
    tx: Tx, vault: Vault, actor: Actor, faces: Sequence[FaceChoice]
) -> list[GalleryPrint]:
    """The prints of the chosen faces, opened.

    Raises:
        NotFound: a photo that is absent, out of reach, or a person's already.
        FaceUnknown: there is no face with that number in the photo.
    """
    out = []
    for face in faces:
        row = photos.find(tx, face.photo_id) if is_id(face.photo_id) else None
        if (
            row is None
            or row.person_id is not None
            or not actor.owns(row.station_path, row.account_id)
        ):
            raise NotFound
        if face.ordinal is None:
            continue
        rows = {p.ordinal: p for p in photos.prints_of_photo(tx, row.id)}
        if face.ordinal not in rows:
            raise FaceUnknown(ordinal=face.ordinal)
        out.append(opened_print(vault, photo_key(vault, row, None), rows[face.ordinal]))
    return out
