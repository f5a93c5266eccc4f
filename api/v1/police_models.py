"""What the doors for police officers take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.v1.models import Closed, Record
from tracing.police.inquiries import InquiryFile
from tracing.police.requests import RequestFile, Wide

Word = Annotated[str, Field(max_length=32)]
Id = Annotated[str, Field(max_length=64)]
Side = Literal["found", "sought", "register"]


class MakeRequest(Closed):
    """A request for more than one person; two others have to approve it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "list",
                    "number": "江公(刑)协查〔2026〕31号",
                    "purpose": "tracing",
                    "legal_basis": "police_request",
                    "reason": "福利机构移交的身份不明人员核查",
                    "divisions": ["3204"],
                    "sides": ["found", "sought"],
                    "questions": 40,
                    "days": 3,
                    "export": True,
                }
            ]
        }
    )

    kind: Literal["several", "list", "watch"]
    number: Annotated[str, Field(max_length=80, description="number of the case or incident")]
    purpose: Word
    legal_basis: Word
    reason: Annotated[str, Field(max_length=500)]
    divisions: Annotated[
        list[Annotated[str, Field(max_length=12)]],
        Field(max_length=40, description="first digits of the divisions whose stations are asked"),
    ]
    sides: Annotated[list[Side], Field(max_length=3)]
    questions: Annotated[int, Field(ge=1, le=1_000_000, description="how many at most")]
    days: Annotated[int, Field(ge=1, le=3660, description="until when, counted from today")]
    export: Annotated[bool, Field(description="whether a file may be taken out")] = False

    def wide(self) -> Wide:
        """What is asked for."""
        return Wide(
            kind=self.kind,
            number=self.number,
            purpose=self.purpose,
            legal_basis=self.legal_basis,
            reason=self.reason,
            divisions=tuple(self.divisions),
            sides=tuple(self.sides),
            questions=self.questions,
            days=self.days,
            export=self.export,
        )


class Approved(Closed):
    """One person's answer to a request."""

    by: str
    decision: str
    at: datetime


class Run(Closed):
    """One run and how far it is."""

    run: int
    asked_at: datetime
    questions: int
    waiting: int
    candidates: int
    nobody: int
    errors: int


class PoliceRequest(Closed):
    """A request as it stands: requested, approved, refused, ended or expired."""

    id: str
    state: str
    kind: str
    number: str
    reason: str
    purpose: str
    legal_basis: str
    divisions: list[str]
    stations: int = Field(description="how many stations lie in these divisions and are asked")
    sides: list[str]
    questions: int
    export: bool
    requested_by: str
    unit: str
    requested_at: datetime
    expires_at: datetime
    approvals: list[Approved]
    approvals_missing: int
    runs: list[Run]
    runs_left: int

    @classmethod
    def of(cls, found: RequestFile) -> PoliceRequest:
        """The request as the doors give it."""
        return cls(
            id=found.id,
            state=found.state,
            kind=found.kind,
            number=found.number,
            reason=found.reason,
            purpose=found.purpose,
            legal_basis=found.legal_basis,
            divisions=list(found.divisions),
            stations=found.stations,
            sides=list(found.sides),
            questions=found.questions,
            export=found.export,
            requested_by=found.requested_by,
            unit=found.unit,
            requested_at=found.requested_at,
            expires_at=found.expires_at,
            approvals=[Approved(by=a.by, decision=a.decision, at=a.at) for a in found.approvals],
            approvals_missing=found.missing,
            runs=[
                Run(
                    run=r.run,
                    asked_at=r.asked_at,
                    questions=r.questions,
                    waiting=r.waiting,
                    candidates=r.candidates,
                    nobody=r.nobody,
                    errors=r.errors,
                )
                for r in found.runs
            ],
            runs_left=found.runs_left,
        )


class Made(Closed):
    """The number of what was made."""

    id: str


class Note(Closed):
    """What one says to an approval or a refusal; a refusal needs it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "范围过宽,请缩小到本市"}]})

    note: Annotated[str, Field(max_length=500)] = ""


class Running(Closed):
    """A run was taken in; read its answers behind a cursor."""

    run: int
    questions: int
    answers: str = Field(description="path of the answers")


class AskStation(Closed):
    """Ask the station of a candidate: is the person there, or may more than the list be read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"search_id": "…", "person_id": "…", "kind": "presence"}]}
    )

    search_id: Id
    person_id: Id
    kind: Literal["presence", "release"]
    reason: Annotated[str, Field(max_length=500)] = ""
    parts: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)


class AnswerInquiry(Closed):
    """here, left, not_them or cannot_say; for a release granted or refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "here", "note": ""}]})

    answer: Word
    note: Annotated[str, Field(max_length=500)] = ""


class Inquiry(Closed):
    """An inquiry as it stands; `person_id` only for the station that holds the person."""

    id: str
    kind: str
    state: str
    person_id: str | None
    search_id: str
    station: str
    officer: str
    unit: str
    asked_at: datetime
    incident: str
    reason: str
    parts: list[str]
    received_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    note: str
    expires_at: datetime | None

    @classmethod
    def of(cls, found: InquiryFile, *, station: bool) -> Inquiry:
        """The inquiry as the doors give it."""
        return cls(
            id=found.id,
            kind=found.kind,
            state=found.state,
            person_id=found.person_id if station else None,
            search_id=found.search_id,
            station=found.station_name,
            officer=found.officer,
            unit=found.unit,
            asked_at=found.asked_at,
            incident=found.number,
            reason=found.reason,
            parts=list(found.parts),
            received_at=found.received_at,
            answered_at=found.answered_at,
            answer=found.answer,
            note=found.note,
            expires_at=found.expires_at,
        )


class Released(Closed):
    """What a station released of a record, until the day named."""

    id: str
    expires_at: datetime | None
    record: Record
