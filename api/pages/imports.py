"""导入: choose a file, see what would be taken from it, take it in, read the report."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages.answers import draw, go
from api.problems import what_is_wrong
from api.v1.exchange import look_at, run
from api.visit import Entered, Visit
from tracing.errors import TracingError
from tracing.exchange.imports import ImportFile
from tracing.exchange.layout import LAYOUTS, packaged_layout
from tracing.exchange.upsert import OUTCOMES

router = APIRouter(include_in_schema=False)
uploads = APIRouter(include_in_schema=False)


@router.get("/imports")
def imports(request: Request, visit: Entered) -> Response:
    """The form and the latest imports."""
    return _list(request, visit)


@uploads.post("/imports")
def look(request: Request, visit: Entered) -> Response:
    """A first look; a file that cannot be read says why, on the form."""
    try:
        found = look_at(visit)
    except TracingError as error:
        if error.status != 422:
            raise
        return _list(request, visit, error)
    return go(f"/imports/{found.id}")


@router.get("/imports/{import_id}")
def one(request: Request, visit: Entered, import_id: str) -> Response:
    """What would be taken in, or what became of it."""
    words, file = visit.words, visit.service.imports.get(visit.actor, import_id)
    return draw(
        request,
        visit,
        "import.html",
        file=file,
        columns=[(c, _field(words, c.taken_for)) for c in (file.look.columns if file.look else ())],
        samples=[
            (phrasing.title(words, doc), phrasing.sex(words, doc), phrasing.age(words, doc))
            for doc in (file.look.samples if file.look else ())
        ],
        counts=[
            (words(f"imports.count.{name}"), file.counts[name])
            for name in OUTCOMES
            if name in file.counts
        ],
        faults=[
            (row, path, words.first((f"invalid.{code}", "invalid.other")))
            for row, path, code in file.faults
        ],
        percent=_percent(file),
    )


@router.post("/imports/{import_id}/run")
def take_in(visit: Entered, import_id: str) -> Response:
    """Take it in, or go on."""
    run(visit, import_id)
    return go(f"/imports/{import_id}")


@router.post("/imports/{import_id}/discard")
def discard(visit: Entered, import_id: str) -> Response:
    """Give it up."""
    visit.service.imports.discard(visit.actor, import_id)
    return go("/imports")


def _list(request: Request, visit: Visit, error: TracingError | None = None) -> Response:
    words = visit.words
    lent = visit.service.galleries.listed(visit.actor) if visit.actor.may("galleries") else ()
    return draw(
        request,
        visit,
        "imports.html",
        error.status if error else 200,
        files=visit.service.imports.listed(visit.actor),
        layouts=[(layout, packaged_layout(layout).name) for layout in LAYOUTS],
        galleries=[(g.row.id, f"{g.row.name}（{g.row.owner}）") for g in lent
                   if g.state in ("open", "ending", "waiting")],
        wrong=[words(f"error.{error.code}"), what_is_wrong(words, error.facts),
               words(f"error.{error.code}.advice")] if error else [],
    )  # fmt: skip


def _field(words: Words, code: str | None) -> str:
    if code is None:
        return words("imports.as_text")
    return words.first((f"imports.field.{code}", f"imports.field.{code.partition('.')[0]}"))


def _percent(file: ImportFile) -> int:
    rows = file.look.rows if file.look else 0
    return round(100 * file.position / rows) if rows else 0
