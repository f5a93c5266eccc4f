"""Exchange: files in, records out by cursor, borrowed galleries, notices."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.v1.exchange_models import (
    Created,
    Galleries,
    Gallery,
    Import,
    Imports,
    NewGallery,
    NewNotice,
    Notice,
    Origin,
)
from api.visit import Entered, Visit
from tracing.errors import NotFound, RecordInvalid
from tracing.exchange.imports import ImportFile, Wish

router = APIRouter(prefix="/v1", tags=["exchange"])
uploads = APIRouter(prefix="/v1", tags=["exchange"])
RUN_SECONDS = 20.0
Cursor = Annotated[str | None, Query(max_length=400)]
NDJSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-ndjson": {}}, "description": "one record a line"}
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "mapping": {"type": "string", "format": "binary"},
                        "kind": {"type": "string", "enum": ["ledger", "pfif", "records"]},
                        "layout": {"type": "string", "enum": ["aided", "missing", "visitors"]},
                        "source": {"type": "string", "maxLength": 100},
                        "gallery_id": {"type": "string"},
                    },
                    "required": ["file"],
                }
            }
        },
    }
}


def look_at(visit: Visit) -> ImportFile:
    """The posted file, read without writing anybody."""
    form = visit.form
    sent, mapping = form.uploads("file"), form.uploads("mapping")
    if not sent:
        raise RecordInvalid(path="file", reason="value_missing")
    source = form.one("source")
    if len(source) > 100:
        raise RecordInvalid(path="source", reason="too_long")
    wish = Wish(
        kind=form.one("kind"),
        layout=form.one("layout"),
        own_layout=mapping[0].data if mapping else b"",
        source=source,
        gallery_id=form.one("gallery_id") or None,
    )
    with visit.house.room():
        return visit.service.imports.look(visit.actor, sent[0].data, sent[0].name, wish)


def run(visit: Visit, import_id: str) -> ImportFile:
    """Take in what is left, for as long as an answer may take."""
    with visit.house.room():
        return visit.service.imports.run(visit.actor, import_id, RUN_SECONDS)


@uploads.post("/imports", status_code=201, openapi_extra=_BODY)
def look(visit: Entered) -> Import:
    """A first look at a file: Excel, CSV, PFIF 1.1 to 1.4, or records one a line."""
    return Import.of(look_at(visit))


@router.get("/imports")
def imports(visit: Entered) -> Imports:
    """The latest imports of these stations."""
    return Imports(items=[Import.of(file) for file in visit.service.imports.listed(visit.actor)])


@router.get("/imports/{import_id}")
def one_import(visit: Entered, import_id: str) -> Import:
    """One import."""
    return Import.of(visit.service.imports.get(visit.actor, import_id))


@router.post("/imports/{import_id}/run")
def run_import(visit: Entered, import_id: str) -> Import:
    """Take it in; while `state` is running, call again: it goes on where it was."""
    return Import.of(run(visit, import_id))


@router.delete("/imports/{import_id}", status_code=204)
def discard(visit: Entered, import_id: str) -> Response:
    """Give an import up; what it wrote stays."""
    visit.service.imports.discard(visit.actor, import_id)
    return Response(status_code=204)


@router.get("/exports/people", response_class=Response, responses=NDJSON)
def export(
    visit: Entered,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Records that changed since `cursor`, one a line; ended ones say `deleted` and no more.

    `X-Next-Cursor` is where to go on, `X-More` whether there is more now.
    """
    page = visit.service.exports.page(visit.actor, cursor, limit)
    headers = {"X-Next-Cursor": page.cursor, "X-More": "1" if page.more else "0",
               "Cache-Control": "no-store"}  # fmt: skip
    return Response(b"".join(page.lines), media_type="application/x-ndjson", headers=headers)


@router.get("/galleries")
def galleries(visit: Entered) -> Galleries:
    """Borrowed galleries with their ends."""
    return Galleries(items=[Gallery.of(g) for g in visit.service.galleries.listed(visit.actor)])


@router.post("/galleries", status_code=201)
def record_gallery(visit: Entered, gallery: NewGallery) -> Created:
    """Write an agreement down; a register of a population is refused."""
    return Created(id=visit.service.galleries.record(visit.actor, gallery.agreed()))


@router.delete("/galleries/{gallery_id}", status_code=204)
def end_gallery(visit: Entered, gallery_id: str) -> Response:
    """Give a gallery back: no search sees it from now on."""
    visit.service.galleries.end(visit.actor, gallery_id)
    return Response(status_code=204)


@router.get("/people/{person_id}/origin")
def origin(visit: Entered, person_id: str) -> Origin:
    """Where an imported record comes from, and what of it stayed text."""
    found = visit.service.origins.of_person(visit.actor, person_id)
    if found is None:
        raise NotFound
    return Origin.of(found)


@router.post("/people/{person_id}/notice", status_code=201)
def issue(visit: Entered, person_id: str, notice: NewNotice) -> Created:
    """Issue a notice, in place of one that runs."""
    made = visit.service.notices.issue(visit.actor, person_id, notice.text, notice.days)
    return Created(id=made)


@router.get("/people/{person_id}/notice")
def notice(visit: Entered, person_id: str) -> Notice:
    """The running notice, as the public reads it."""
    found = visit.service.notices.of_person(visit.actor, person_id)
    if found is None:
        raise NotFound
    return Notice.of(found)


@router.delete("/people/{person_id}/notice", status_code=204)
def withdraw(visit: Entered, person_id: str) -> Response:
    """End the running notice."""
    visit.service.notices.withdraw(visit.actor, person_id)
    return Response(status_code=204)
