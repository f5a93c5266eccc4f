"""What the JSON doors take and give; strict, closed, with examples."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tracing.answers import Candidate as FoundCandidate
from tracing.answers import ExcludedCandidate, SearchResult
from tracing.person_files import PersonFile
from tracing.photos.views import PhotoInfo
from tracing.records import PersonRecord

Record = dict[str, Any]
RECORD_EXAMPLE: Record = {
    "side": "found",
    "names": [{"text": "居银江", "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}],
    "sex": "male",
    "birth": {"earliest": "1950-01-01", "latest": "1958-12-31", "basis": "apparent"},
    "places": [{"kind": "heard_home", "heard": "ju ma ya"}],
    "photos": [{"file": "id of an uploaded photo", "face": 0}],
    "event_at": "2026-11-20",
}


class Closed(BaseModel):
    """Strict and closed: wrong types and unknown keys are refused with their path."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Registered(Closed):
    """A person was registered, or had been by the same idempotency key (`created` is false)."""

    person_id: str
    case_id: str | None
    case_number: str | None
    created: bool


class Changed(Closed):
    """The version after a change; send it as `If-Match` with the next one."""

    person_id: str
    version: int


class Station(Closed):
    """A station by code and name."""

    code: str
    name: str


class States(Closed):
    """Three separate facts."""

    identity_status: str
    stay_status: str
    tracing_result: str


class Face(Closed):
    """A face found in a photo: box in pixels of the picture, and what could be better."""

    ordinal: int
    left: int
    top: int
    right: int
    bottom: int
    advice: list[str]
    relation: str | None


class Photo(Closed):
    """A photo taken in; `state` is `ready` or `no_face`, `chosen` the face of the person."""

    id: str
    state: str
    width: int
    height: int
    faces: list[Face]
    chosen: int | None
    advice: list[str]
    taken: str | None

    @classmethod
    def of(cls, photo: PhotoInfo) -> Photo:
        """The photo as the doors give it."""
        faces = [
            Face(
                ordinal=face.ordinal,
                left=face.box[0],
                top=face.box[1],
                right=face.box[2],
                bottom=face.box[3],
                advice=list(face.advice),
                relation=face.relation,
            )
            for face in photo.faces
        ]
        return cls(
            id=photo.id,
            state=photo.state,
            width=photo.width,
            height=photo.height,
            faces=faces,
            chosen=photo.chosen,
            advice=list(photo.advice),
            taken=photo.taken,
        )


class Person(Closed):
    """A person's file."""

    id: str
    side: str
    station: Station
    case_number: str | None
    states: States
    version: int
    created_at: datetime
    record: Record
    photos: list[Photo]

    @classmethod
    def of(cls, person: PersonFile) -> Person:
        """The file as the doors give it."""
        return cls(
            id=person.id,
            side=person.side,
            station=Station(code=person.station.code, name=person.station.name),
            case_number=person.case.number if person.case else None,
            states=States(
                identity_status=person.states.identity_status,
                stay_status=person.states.stay_status,
                tracing_result=person.states.tracing_result,
            ),
            version=person.version,
            created_at=person.created_at,
            record=person.record.document(),
            photos=[Photo.of(photo) for photo in person.photos],
        )


class PeoplePage(Closed):
    """Some people, newest first; `next_cursor` is null on the last page."""

    items: list[Person]
    next_cursor: str | None


class ChooseFace(Closed):
    """Which face is the person's (null: none of them), and who the others may be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ordinal": 0, "others": {"1": "daughter"}}]}
    )

    ordinal: Annotated[int, Field(ge=0, le=1000)] | None
    others: dict[Annotated[str, Field(pattern=r"^[0-9]{1,3}$")], str] = Field(
        default_factory=dict, max_length=50
    )
    taken: Annotated[str, Field(max_length=10)] | None = Field(
        default=None, description="when the photo was taken: 2019, 2019-05 or 2019-05-01"
    )


class Urgent(Closed):
    """One person stands here now: the incident's number, and what happened."""

    incident: Annotated[str, Field(min_length=1, max_length=80)]
    circumstance: Annotated[str, Field(max_length=500)] = ""


class Ask(Closed):
    """A search outside a case: purpose, legal basis and reason are required.

    With `emergency` the rules supply them, and another person reviews the search afterwards.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "record": RECORD_EXAMPLE,
                    "purpose": "tracing",
                    "legal_basis": "statutory_duty",
                    "reason": "clue",
                    "limit": 20,
                }
            ]
        }
    )

    record: PersonRecord
    purpose: Annotated[str, Field(max_length=64)] = ""
    legal_basis: Annotated[str, Field(max_length=64)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""
    case_id: Annotated[str, Field(max_length=64)] | None = None
    emergency: Urgent | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class Reason(Closed):
    """One term of the sum: bits for or against, what was asked and found."""

    evidence: str
    level: str
    bits: float
    asked: str
    found: str
    one_in: float
    contradiction: bool


class Syllable(Closed):
    """A syllable as heard over the one on record; step 0 the same … 3 different."""

    heard: str
    heard_latin: str
    char: str
    latin: str
    step: int


class Candidate(Closed):
    """Somebody who may be meant. Never an identification."""

    rank: int
    person_id: str
    external_id: str | None
    side: str
    station: Station
    readable: bool
    probability: float
    bits: float
    grade: Literal["possible", "probable", "strong"]
    relative: bool
    reasons: list[Reason]
    alignment: list[Syllable] | None
    dialect: str | None
    photo: str | None = Field(description="path of the picture of the face")
    key_line: str = Field(description="the weightest reasons in one line, in Chinese")
    missing: list[str]
    lender: str | None = Field(
        description="name and owner of the borrowed gallery that the record lies in"
    )
    record: Record

    @classmethod
    def of(cls, found: FoundCandidate) -> Candidate:
        """The candidate as the doors give it."""
        photo = f"/v1/photos/{found.photo[0]}/faces/{found.photo[1]}" if found.photo else None
        reasons = [
            Reason(
                evidence=r.evidence,
                level=r.level,
                bits=r.bits,
                asked=r.asked,
                found=r.found,
                one_in=r.one_in,
                contradiction=r.contradiction,
            )
            for r in found.reasons
        ]
        alignment = None
        if found.alignment is not None:
            alignment = [
                Syllable(
                    heard=p.heard,
                    heard_latin=p.heard_latin,
                    char=p.char,
                    latin=p.latin,
                    step=p.step,
                )
                for p in found.alignment
            ]
        return cls(
            rank=found.rank,
            person_id=found.person_id,
            external_id=found.external_id,
            side=found.side,
            station=Station(code=found.station_code, name=found.station_name),
            readable=found.readable,
            probability=found.probability,
            bits=found.bits,
            grade=found.grade,
            relative=found.relative,
            reasons=reasons,
            alignment=alignment,
            dialect=found.dialect,
            photo=photo,
            key_line=found.key_line,
            missing=list(found.missing),
            lender=found.lender or None,
            record=found.record.document(),
        )


class Question(Closed):
    """What to ask next, and how many bits its answer moves on average."""

    key: str
    evidence: str
    expected_bits: float


class Exclusion(Closed):
    """Somebody excluded for this person, and why."""

    id: str
    person_id: str
    reason_code: str
    note: str
    by: str
    at: datetime

    @classmethod
    def of(cls, found: ExcludedCandidate) -> Exclusion:
        """The exclusion as the doors give it."""
        return cls(
            id=found.exclusion_id,
            person_id=found.person_id,
            reason_code=found.reason_code,
            note=found.note,
            by=found.by,
            at=found.at,
        )


class Search(Closed):
    """A search as answered; `nobody` is the chance that the person is not held here."""

    id: str
    at: datetime
    case_number: str | None
    purpose: str
    gallery_size: int
    prior: float
    nobody: float
    cpu_ms: float
    model: str
    probe_person_id: str | None
    candidates: list[Candidate]
    excluded: list[Exclusion]
    reviews: list[Exclusion] = Field(
        description="exclusions that hold no longer, since a record or the model has changed"
    )
    missing: list[str]
    questions: list[Question]
    faces_needed: int | None = Field(
        description="people who need a face on record before the weight of a likeness stands alone"
    )
    faces_left: int = Field(
        description="photos that the face model has not encoded yet; these faces were not compared"
    )
    faces_uncalibrated: bool = Field(
        description="the face model has no calibration: a face was asked, and none weighs anything"
    )
    faces_off: bool = Field(
        description="the impact assessment for faces has run out: no face was compared"
    )

    @classmethod
    def of(cls, result: SearchResult) -> Search:
        """The search as the doors give it."""
        questions = [
            Question(key=q.key, evidence=q.evidence, expected_bits=q.expected_bits)
            for q in result.questions
        ]
        return cls(
            id=result.search_id,
            at=result.at,
            case_number=result.case_number,
            purpose=result.purpose,
            gallery_size=result.gallery_size,
            prior=result.prior,
            nobody=result.nobody,
            cpu_ms=round(result.cpu_ms, 1),
            model=result.model_hash,
            probe_person_id=result.probe.person_id,
            candidates=[Candidate.of(candidate) for candidate in result.candidates],
            excluded=[Exclusion.of(e) for e in result.excluded],
            reviews=[Exclusion.of(e) for e in result.reviews],
            missing=list(result.missing),
            questions=questions,
            faces_needed=result.faces_needed,
            faces_left=result.faces_left,
            faces_uncalibrated=result.faces_uncalibrated,
            faces_off=result.faces_off,
        )


class Candidates(Closed):
    """The candidates of a search."""

    search_id: str
    nobody: float
    items: list[Candidate]


class Exclude(Closed):
    """Exclude a candidate for this person; the pair returns when either file changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"person_id": "…", "reason_code": "family_denies", "note": "电话中家属说不是"}
            ]
        }
    )

    person_id: Annotated[str, Field(max_length=64)]
    reason_code: Annotated[str, Field(max_length=64)]
    note: Annotated[str, Field(max_length=500)] = ""


class Excluded(Closed):
    """The number of an exclusion; DELETE it to restore the candidate."""

    id: str


class Problem(BaseModel):
    """An error (RFC 9457); `code` is stable, `title` and `detail` follow Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None
