"""People: register, read, list, change."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from api.v1.models import RECORD_EXAMPLE, Changed, PeoplePage, Person, Registered
from api.visit import Entered
from tracing.errors import RecordInvalid, TracingError
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord

router = APIRouter(tags=["people"])
KEY = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="the same key and content give the same person again, never a second one",
    ),
]


class PreconditionRequired(TracingError):
    """A change needs the version it was made for. Send If-Match with the version you read."""

    code = "precondition_required"
    status = 428


def faces_of(record: PersonRecord) -> tuple[FaceChoice, ...]:
    """The uploaded photos that a record names, with the face chosen in each."""
    return tuple(FaceChoice(photo.file, photo.face) for photo in record.photos)


@router.post(
    "/v1/people",
    status_code=201,
    responses={200: {"model": Registered, "description": "registered before under the same key"}},
    openapi_extra={"requestBody": {"content": {"application/json": {"example": RECORD_EXAMPLE}}}},
)
def register(
    visit: Entered, record: PersonRecord, response: Response, idempotency_key: KEY = None
) -> Registered:
    """Register a person (docs/record.md); `photos[].file` are ids of uploaded photos."""
    done = visit.service.people.register(
        visit.actor, record, faces=faces_of(record), idempotency_key=idempotency_key
    )
    if not done.created:
        response.status_code = 200
    response.headers["Location"] = f"/v1/people/{done.person_id}"
    return Registered(
        person_id=done.person_id,
        case_id=done.case_id,
        case_number=done.case_number,
        created=done.created,
    )


@router.get("/v1/people")
def people(
    visit: Entered,
    side: Literal["found", "sought", "register"] | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PeoplePage:
    """People within reach, newest first; pass `next_cursor` on to go further."""
    page = visit.service.people.page(visit.actor, side=side, cursor=cursor, limit=limit)
    return PeoplePage(items=[Person.of(p) for p in page.items], next_cursor=page.next_cursor)


@router.get("/v1/people/{person_id}")
def person(visit: Entered, person_id: str, response: Response) -> Person:
    """One person; the version is also the ETag."""
    found = visit.service.people.get(visit.actor, person_id)
    response.headers["ETag"] = f'"{found.version}"'
    return Person.of(found)


def _version(header: str | None) -> int:
    text = (header or "").strip().removeprefix("W/").strip('"')
    if not text:
        raise PreconditionRequired
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RecordInvalid(path="If-Match", reason="not_a_version")
    return int(text)


@router.put("/v1/people/{person_id}")
def change(
    visit: Entered,
    person_id: str,
    record: PersonRecord,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> Changed:
    """Replace the record; refused when somebody else changed it meanwhile."""
    changed = visit.service.people.change(visit.actor, person_id, record, _version(if_match))
    response.headers["ETag"] = f'"{changed.version}"'
    return Changed(person_id=person_id, version=changed.version)
