"""Requests, inquiries and answers of the police in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api import phrasing
from api.language import Words
from api.pages.reasons import face_url
from api.police_files import fault
from matchers.places import Divisions
from tracing.police.answers import PoliceAnswer
from tracing.police.inquiries import InquiryFile
from tracing.police.requests import RequestFile

PILLS = {"requested": "soon", "approved": "on", "asked": "soon", "received": "soon"}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list or at the head of its page."""

    id: str
    title: str
    number: str
    state: str
    state_words: str
    pill: str
    reason: str
    by: str
    unit: str
    at: object
    expires: object
    facts: tuple[tuple[str, str], ...]
    approvals: tuple[tuple[str, str, object, str], ...]
    missing: int
    own: bool
    decided: bool
    export: bool
    runs_left: int


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """An inquiry in a list."""

    id: str
    kind: str
    kind_words: str
    state: str
    state_words: str
    pill: str
    person_id: str
    search_id: str
    station: str
    officer: str
    unit: str
    number: str
    reason: str
    parts: str
    at: object
    received: str
    received_at: object
    answered_at: object
    note: str
    expires: object
    readable: bool
    contact_no: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer of a run: the first candidate, or nobody, or what is wrong."""

    number: int
    ref: str
    word: str
    kind: str
    search_id: str
    face: str
    grade: str
    share: str
    station: str
    lender: str
    more: str
    why: str


def divisions_in_words(divisions: Divisions, codes: Sequence[str]) -> str:
    """Divisions by name where they have one, each with its digits."""
    told = []
    for code in codes:
        full = code.ljust(6, "0")[:6] if len(code) < 6 else code[:6]
        name = divisions.full_name(full) if full in divisions else ""
        told.append(f"{name}({code})" if name else code)
    return "、".join(told)


def request_row(words: Words, found: RequestFile, divisions: Divisions | None = None) -> RequestRow:
    """A request in words; `divisions` names its scope."""
    scope = divisions_in_words(divisions, found.divisions) if divisions else ""
    sides = words("frame.comma").join(words(f"side.{side}") for side in found.sides)
    facts = (
        (words("police.kind"), words(f"police.kind.{found.kind}")),
        (
            words("police.divisions"),
            words("police.reach", scope=scope or " ".join(found.divisions), count=found.stations),
        ),
        (words("police.sides"), sides),
        (words("police.questions"), str(found.questions)),
        (words("search.purpose"), words(f"purpose.{found.purpose}")),
        (words("search.legal_basis"), words(f"basis.{found.legal_basis}")),
        (words("police.export"), words("police.yes" if found.export else "police.no")),
    )
    return RequestRow(
        id=found.id,
        title=words(f"police.kind.{found.kind}"),
        number=found.number or words("police.wiped"),
        state=found.state,
        state_words=words(f"police.state.{found.state}"),
        pill=PILLS.get(found.state, ""),
        reason=found.reason,
        by=found.requested_by,
        unit=found.unit,
        at=found.requested_at,
        expires=found.expires_at,
        facts=facts,
        approvals=tuple(
            (a.by, words(f"police.decision.{a.decision}"), a.at, a.note) for a in found.approvals
        ),
        missing=found.missing,
        own=found.own,
        decided=found.decided,
        export=found.export,
        runs_left=found.runs_left,
    )


def inquiry_row(words: Words, found: InquiryFile) -> InquiryRow:
    """An inquiry in words; its state is the answer once there is one."""
    state = f"inquiry.answer.{found.answer}" if found.answer else f"inquiry.state.{found.state}"
    good = {"here": "on", "granted": "on"}
    return InquiryRow(
        id=found.id,
        kind=found.kind,
        kind_words=words(f"inquiry.kind.{found.kind}"),
        state=found.state,
        state_words=words(state),
        pill=good.get(found.answer or "", "") if found.answer else "soon",
        person_id=found.person_id,
        search_id=found.search_id,
        station=found.station_name,
        officer=found.officer,
        unit=found.unit,
        number=found.number,
        reason=found.reason,
        parts=words("frame.comma").join(words(f"inquiry.part.{p}") for p in found.parts),
        at=found.asked_at,
        received=found.received_by,
        received_at=found.received_at,
        answered_at=found.answered_at,
        note=found.note,
        expires=found.expires_at,
        readable=found.readable,
        contact_no=found.contact_no,
    )


def answer_row(words: Words, found: PoliceAnswer) -> AnswerRow:
    """An answer in words."""
    first = found.candidates[0] if found.candidates else None
    count = len(found.candidates) - 1
    return AnswerRow(
        number=found.number,
        ref=found.ref,
        word=words(f"police.answer.{found.answer}"),
        kind=found.answer,
        search_id=found.search_id or "",
        face=face_url(first.photo) if first else "",
        grade=words(f"grade.{first.grade}") if first else "",
        share=phrasing.share(words, first.probability) if first else "",
        station=first.station_name if first else "",
        lender=first.lender if first else "",
        more=words("police.more", count=count) if count > 0 else "",
        why=first.key_line if first else fault(words, found),
    )
