"""The second gate: what of a person's record a reader is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tracing.answers import Reason
from tracing.person_files import GalleryRow
from tracing.police.rules import police_rules
from tracing.records import PersonRecord

SHOWN_OF_OTHERS = ("side", "names", "sex", "birth", "ethnicity", "dialects", "places", "marks")
"""What a station may see of another station's person: enough to judge, nothing to call with."""
SHOWN_OUTSIDE = ("side",)
"""What an officer may see beside photo, grade, reasons and the station to ask."""


def shown_record(
    document: Mapping[str, object], *, readable: bool, outside: bool = False
) -> PersonRecord:
    """The record as it is shown: whole within reach, else what is needed to judge; no prints."""
    if readable:
        kept = {key: value for key, value in document.items() if key != "prints"}
    else:
        fields = SHOWN_OUTSIDE if outside else SHOWN_OF_OTHERS
        kept = {key: document[key] for key in fields if key in document}
    return PersonRecord.model_validate(kept)


def shown_reasons(reasons: Iterable[Reason], *, outside: bool) -> tuple[Reason, ...]:
    """The reasons as they are shown.

    Outside, what is on record is told only where it agrees, and never a number or an address.
    """
    if not outside:
        return tuple(reasons)
    told = police_rules().told
    return tuple(r if r.evidence in told and r.bits > 0 else replace(r, found="") for r in reasons)


def shown_photo(person: GalleryRow) -> tuple[str, int] | None:
    """The photo and the number of the person's face in it; None without a chosen face."""
    if person.photo is None or person.photo[1] is None:
        return None
    return person.photo[0], person.photo[1]
