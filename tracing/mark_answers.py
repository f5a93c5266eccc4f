"""The checklist of marks: what one record lists is looked for on the other person, and answered.

An answer is a mark in the record of the person who was looked at, with its source, who looked and
when: there, or looked for and absent. The next search weighs it. A later answer replaces it, and
"not seen clearly" takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tracing.answers import Candidate, SearchResult
from tracing.record_claims import Mark
from tracing.records import PersonRecord

CHECKLIST = "checklist"
"""`source` of marks that were answered here; only these are ever changed here."""
ASKED_MOST = 6

Answer = Literal["yes", "no", "unseen"]
Place = tuple[str, str]
"""Site and kind of a mark."""


@dataclass(frozen=True, slots=True)
class MarkQuestion:
    """Is there such a mark? `answer` is what was said before, `unseen` for nothing."""

    site: str
    kind: str
    text: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Checklist:
    """Whose record the answers go into, and what to look for on that person."""

    person_id: str
    of_probe: bool
    questions: tuple[MarkQuestion, ...]


def checklist(result: SearchResult, candidate: Candidate) -> Checklist | None:
    """What to look for, between a probe on record and a candidate; None where nobody can look.

    The one to look at is the one who was found: the probe, else a candidate whose file may be
    opened here.
    """
    probe = result.probe
    if probe.person_id is None:
        return None
    if probe.record.side == "found":
        asked = _questions(probe.record, candidate.record)
        return Checklist(probe.person_id, True, asked) if asked else None
    if candidate.side != "found" or not candidate.readable:
        return None
    asked = _questions(candidate.record, probe.record)
    return Checklist(candidate.person_id, False, asked) if asked else None


def answered(
    record: PersonRecord, answers: Mapping[Place, Answer], by: str, at: datetime
) -> PersonRecord:
    """The record with these answers in place of earlier ones to the same questions."""
    kept = tuple(m for m in record.marks if not (m.source == CHECKLIST and _place(m) in answers))
    known = {_place(m) for m in kept}
    new = tuple(
        Mark.model_validate(
            {
                "site": site,
                "kind": kind,
                "absent": True if said == "no" else None,
                "source": CHECKLIST,
                "by": by,
                "at": at.isoformat(timespec="seconds"),
            }
        )
        for (site, kind), said in answers.items()
        if said != "unseen" and (site, kind) not in known
    )
    return record.model_copy(update={"marks": (*kept, *new)})


def _questions(looked_at: PersonRecord, listing: PersonRecord) -> tuple[MarkQuestion, ...]:
    """The marks that `listing` has, as questions about the person looked at."""
    said: dict[Place, Answer] = {
        _place(m): "no" if m.absent else "yes" for m in looked_at.marks if m.source == CHECKLIST
    }
    known = {_place(m) for m in looked_at.marks if m.source != CHECKLIST and not m.absent}
    listed: dict[Place, MarkQuestion] = {}
    for mark in listing.marks:
        place = _place(mark)
        if mark.site and mark.kind and not (mark.status or mark.absent) and place not in known:
            listed.setdefault(
                place, MarkQuestion(*place, mark.text or "", said.get(place, "unseen"))
            )
    return tuple(listed.values())[:ASKED_MOST]


def _place(mark: Mark) -> Place:
    return mark.site or "", mark.kind or ""
