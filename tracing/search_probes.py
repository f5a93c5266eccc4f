"""What is searched with: claims, and a face template from chosen photos or ready-made prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from matchers.claims import PersonClaims
from tracing.access import Actor
from tracing.comparing import Probe
from tracing.errors import FaceUnknown, NotFound
from tracing.face_gallery import FaceGallery
from tracing.face_templates import FaceTimes, template
from tracing.person_files import GalleryPrint, opened_print
from tracing.photos.keeping import FaceChoice, photo_key
from tracing.records import PersonRecord
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


def probe_of(
    faces: FaceGallery,
    side: str,
    document: Mapping[str, object],
    prints: Sequence[GalleryPrint],
    today: date,
) -> Probe:
    """Claims and template; a picture without a date is taken to be of the day of the event."""
    own = faces.comparable(prints)
    claims = PersonClaims.from_document(document)
    if not own:
        return Probe(side, claims)
    times = FaceTimes.of(own, document)
    if np.isnan(times.taken) and side == "found":
        times = replace(times, taken=float((claims.event_at or today).year))
    return Probe(side, claims, template(own), times)


def ready_made(record: PersonRecord) -> list[GalleryPrint]:
    """The prints that a record brings with it."""
    return [
        GalleryPrint(
            id="", model=p.model, vector=np.asarray(p.vector, np.float32), photo_id=None,
            ordinal=None, quality=None, taken=p.taken, age=p.age,
            cohort_version=None, cohort_mean=None,
        )
        for p in record.prints
    ]  # fmt: skip
