"""The second gate: what of a person's record a reader is shown."""

from __future__ import annotations

from collections.abc import Mapping

from tracing.person_files import GalleryRow
from tracing.records import PersonRecord

SHOWN_OF_OTHERS = ("side", "names", "sex", "birth", "ethnicity", "dialects", "places", "marks")
"""What a station may see of another station's person: enough to judge, nothing to call with."""


def shown_record(document: Mapping[str, object], *, readable: bool) -> PersonRecord:
    """The record as it is shown: whole within reach, else what is needed to judge; no prints."""
    if readable:
        kept = {key: value for key, value in document.items() if key != "prints"}
    else:
        kept = {key: document[key] for key in SHOWN_OF_OTHERS if key in document}
    return PersonRecord.model_validate(kept)


def shown_photo(person: GalleryRow) -> tuple[str, int] | None:
    """The photo and the number of the person's face in it; None without a chosen face."""
    if person.photo is None or person.photo[1] is None:
        return None
    return person.photo[0], person.photo[1]
