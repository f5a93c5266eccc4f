"""Requests to police and stations, as JSON: strict at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tracing.crosschecks import replies
from tracing.crosschecks.composing import Asked
from tracing.crosschecks.files import AnswerGiven, CrosscheckFile, DeedDone, Listed
from tracing.crosschecks.holding import Said
from tracing.running_clocks import Clock

Kind = Literal[
    "identity_check",
    "face_check",
    "dna_request",
    "fingerprint_request",
    "missing_report_check",
    "assistance",
]
Text = Field(default="", max_length=1000)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Compose(_Strict):
    """A new request: `sections` of the record that go in; `station` of this system, or a name."""

    kind: Kind
    sections: list[str] = Field(min_length=1, max_length=20, examples=[["photos", "names", "sex"]])
    station: str | None = Field(default=None, max_length=32)
    to_name: str = Field(default="", max_length=200, examples=["诸城市公安局"])
    note: str = Text

    def asked(self) -> Asked:
        """As the work takes it."""
        return Asked(self.kind, frozenset(self.sections), self.station, self.to_name, self.note)


class Made(_Strict):
    """The id of what was made, or was there before."""

    id: str
    new: bool = True


class DoDeed(_Strict):
    """What is said with a deed."""

    channel: str = Field(default="", max_length=32, examples=["letter"])
    number: str = Field(default="", max_length=80)
    note: str = Text
    reason: str = Field(default="", max_length=32)

    def said(self) -> Said:
        """As the work takes it."""
        return Said(self.channel, self.number, self.note, self.reason)


class State(_Strict):
    """The state that follows."""

    state: str


class Named(_Strict):
    """Whom an answer names."""

    name: str = Field(default="", max_length=80)
    sex: Literal["", "male", "female"] = ""
    birth: str = Field(default="", max_length=4, description="year")
    place: str = Field(default="", max_length=80)
    citizen: str = Field(default="", max_length=18)


class GiveReply(_Strict):
    """An answer: result, what it rests on, who answered when, under which number."""

    result: Literal["found", "none", "inconclusive"]
    evidence: str = Field(max_length=32, examples=["police_register"])
    who: str = Field(max_length=80)
    at: str = Field(max_length=40, examples=["2026-03-02T10:00"])
    number: str = Field(max_length=80)
    text: str = Text
    named: Named = Field(default_factory=Named)
    reply_code: str = Field(default="", max_length=20)

    def reply(self) -> replies.Reply:
        """As the work takes it."""
        given = self.model_dump(exclude={"named", "reply_code"})
        return replies.Reply(**given, named=replies.Named(**self.named.model_dump()))


class PutUp(_Strict):
    """Somebody on record; without one, whom the answer names."""

    person_id: str | None = Field(default=None, max_length=24)


class RunningClock(_Strict):
    """A deadline with the rule and version that it was computed by."""

    rule: str
    version: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    late: bool

    @classmethod
    def of(cls, clock: Clock) -> Self:
        """From the work's."""
        return cls(
            rule=clock.rule, version=clock.version, started_at=clock.started_at,
            due_at=clock.due_at, stopped_at=clock.stopped_at, late=clock.late,
        )  # fmt: skip


class Deed(_Strict):
    """What was done."""

    id: str
    deed: str
    by: str
    station: str
    at: datetime
    channel: str
    number: str
    note: str
    reason: str
    undone: bool

    @classmethod
    def of(cls, deed: DeedDone) -> Self:
        """From the work's."""
        return cls(
            id=deed.id, deed=deed.deed, by=deed.by, station=deed.station_name, at=deed.at,
            channel=deed.channel, number=deed.number, note=deed.note, reason=deed.reason,
            undone=deed.undone,
        )  # fmt: skip


class Answer(_Strict):
    """An answer that was given; `source`: hand, file (signed) or desk (on their page)."""

    id: str
    source: str
    result: str
    evidence: str
    who: str
    at: str
    number: str
    text: str
    named: Named
    struck: bool
    verification_id: str | None

    @classmethod
    def of(cls, answer: AnswerGiven) -> Self:
        """From the work's."""
        reply = answer.reply
        return cls(
            id=answer.id, source=answer.source, result=reply.result, evidence=reply.evidence,
            who=reply.who, at=reply.at, number=reply.number, text=reply.text,
            named=Named.model_validate(reply.named, from_attributes=True), struck=answer.struck,
            verification_id=answer.verification_id,
        )  # fmt: skip


class CrosscheckItem(_Strict):
    """A request in a list."""

    id: str
    number: str
    kind: str
    state: str
    received: bool
    person_id: str | None
    from_name: str
    to_name: str
    sent_at: datetime | None
    due_at: datetime | None
    late: bool
    reminded: bool
    escalated: bool
    result: str | None

    @classmethod
    def of(cls, one: Listed) -> Self:
        """From the work's."""
        return cls(
            id=one.id, number=one.number, kind=one.kind, state=one.state, received=one.received,
            person_id=one.person_id, from_name=one.from_name, to_name=one.to_name,
            sent_at=one.sent_at, due_at=one.due.due_at if one.due else None, late=one.late,
            reminded=one.reminded, escalated=one.escalated, result=one.result,
        )  # fmt: skip


class Crosscheck(_Strict):
    """One request; `record` holds what was ticked, in the shape of docs/record.md."""

    id: str
    number: str
    kind: str
    state: str
    received: bool
    person_id: str | None
    purpose: str
    legal_basis: str
    from_name: str
    to_name: str
    note: str
    tell_no_family: bool
    record: dict[str, Any]
    photos: int
    clocks: list[RunningClock]
    deeds: list[Deed]
    answers: list[Answer]
    may: list[str]

    @classmethod
    def of(cls, file: CrosscheckFile) -> Self:
        """From the work's."""
        return cls(
            id=file.id, number=file.number, kind=file.kind, state=file.state,
            received=file.received, person_id=file.person_id, purpose=file.purpose,
            legal_basis=file.legal_basis, from_name=file.heading.from_name,
            to_name=file.heading.to_name, note=file.heading.note,
            tell_no_family=file.heading.tell_no_family, record=file.contents.record.document(),
            photos=len(file.contents.photos), clocks=[RunningClock.of(c) for c in file.clocks],
            deeds=[Deed.of(d) for d in file.deeds], answers=[Answer.of(a) for a in file.answers],
            may=list(file.may),
        )  # fmt: skip
