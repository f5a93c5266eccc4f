"""What the doors of verifications and reviews take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.v1.models import Closed, Record
from tracing.reviews import Review as UrgentReview
from tracing.verification_files import FactEntry, Listed, Party, VerificationFile

Text = Annotated[str, Field(max_length=1000)]


class PutUp(Closed):
    """Put a candidate up for verification; `search_id` is the list the candidate stood in."""

    person_id: Annotated[str, Field(max_length=64)]
    search_id: Annotated[str, Field(max_length=64)] | None = None


class Groups(Closed):
    """Which stricter rules hold; an empty list says that none does."""

    groups: Annotated[list[Literal["minor", "trafficked", "impaired"]], Field(max_length=3)]


class WriteFact(Closed):
    """A fact: kind, who answered, when (ISO 8601), the number called, what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "village",
                    "who": "村委会值班员",
                    "at": "2026-11-20T09:30+08:00",
                    "number": "0536-0000000",
                    "result": "supports",
                    "text": "说得出左眉上的疤",
                }
            ]
        }
    )

    kind: Annotated[str, Field(max_length=32)]
    who: Annotated[str, Field(max_length=200)]
    at: Annotated[str, Field(max_length=40)]
    number: Annotated[str, Field(max_length=200)] = ""
    result: Literal["supports", "against", "none"]
    text: Text = ""

    def entry(self) -> FactEntry:
        """The fact as it is written down."""
        return FactEntry(
            kind=self.kind,
            who=self.who,
            at=self.at,
            number=self.number,
            result=self.result,
            text=self.text,
        )


class GiveAnswer(Closed):
    """A person's conclusion and why."""

    conclusion: Literal["same", "different", "unsure"]
    reason: Text


class GiveReason(Closed):
    """Why a verification is opened again."""

    reason: Text


class Added(Closed):
    """The id of what was written."""

    id: str


class Standing(Closed):
    """The state after an answer."""

    state: str


class VerifiedParty(Closed):
    """One of the two records, as far as the reader may see it."""

    person_id: str
    side: str
    station: str
    record: Record

    @classmethod
    def of(cls, one: Party) -> VerifiedParty:
        """The party as the doors give it."""
        return cls(
            person_id=one.person_id,
            side=one.side,
            station=one.station_name,
            record=one.record.document(),
        )


class StatedFact(Closed):
    """A fact on file; `struck` when it was written by mistake."""

    id: str
    kind: str
    who: str
    at: str
    number: str | None
    result: str
    text: str
    by: str
    written_at: datetime
    struck: bool


class StatedAnswer(Closed):
    """An answer that the reader may see."""

    round: int
    place: str
    conclusion: str
    reason: str
    by: str
    at: datetime


class Verification(Closed):
    """A verification as its reader may see it; until both have answered, only one's own answer."""

    id: str
    case_id: str
    case_number: str
    state: str
    round: int
    part: str
    opened_by: str
    opened_at: datetime
    on_call: str | None
    groups: list[str] | None
    lacking: list[str]
    contact: str
    result: str | None
    probe: VerifiedParty
    person: VerifiedParty
    facts: list[StatedFact]
    answers: list[StatedAnswer]

    @classmethod
    def of(cls, file: VerificationFile) -> Verification:
        """The verification as the doors give it; numbers called stay at its own station."""
        facts = [
            StatedFact(
                id=fact.id,
                kind=fact.entry.kind,
                who=fact.entry.who,
                at=fact.entry.at,
                number=fact.entry.number if file.own else None,
                result=fact.entry.result,
                text=fact.entry.text,
                by=fact.by,
                written_at=fact.written_at,
                struck=fact.struck,
            )
            for fact in file.facts
        ]
        return cls(
            id=file.id,
            case_id=file.case_id,
            case_number=file.case_number,
            state=file.state,
            round=file.round,
            part=file.part,
            opened_by=file.opened_by,
            opened_at=file.opened_at,
            on_call=file.called_name,
            groups=None if file.groups is None else list(file.groups),
            lacking=list(file.lacking),
            contact=file.contact,
            result=file.result,
            probe=VerifiedParty.of(file.probe),
            person=VerifiedParty.of(file.person),
            facts=facts,
            answers=[
                StatedAnswer(
                    round=a.round,
                    place=a.place,
                    conclusion=a.conclusion,
                    reason=a.reason,
                    by=a.by,
                    at=a.at,
                )
                for a in file.answers
            ],
        )


class VerificationItem(Closed):
    """A verification in a list; `part` says what the reader may do."""

    id: str
    case_number: str
    state: str
    part: str
    opened_by: str
    on_call: str | None
    changed_at: datetime

    @classmethod
    def of(cls, item: Listed) -> VerificationItem:
        """The item as the doors give it."""
        return cls(
            id=item.id,
            case_number=item.case_number,
            state=item.state,
            part=item.part,
            opened_by=item.opened_by,
            on_call=item.called_name,
            changed_at=item.changed_at,
        )


class Review(Closed):
    """An urgent search and its review."""

    search_id: str
    at: datetime
    due_at: datetime
    overdue: bool
    by: str
    station: str
    incident: str
    circumstance: str
    record: dict[str, Any]
    faces: int
    shown: list[str]
    outcome: str | None

    @classmethod
    def of(cls, review: UrgentReview) -> Review:
        """The review as the doors give it."""
        return cls(
            search_id=review.search_id,
            at=review.at,
            due_at=review.due_at,
            overdue=review.overdue,
            by=review.by,
            station=review.station_name,
            incident=review.incident,
            circumstance=review.circumstance,
            record=review.record.document(),
            faces=review.faces,
            shown=list(review.shown),
            outcome=review.outcome,
        )


class DecideReview(Closed):
    """Whether an urgent search was proper; an improper one needs a note."""

    outcome: Literal["proper", "improper"]
    note: Annotated[str, Field(max_length=500)] = ""
