"""外来底库: what was lent, by whom, for which purposes, until when; and the notice of a person."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.errors import NoticeRefused, RecordInvalid, TracingError
from tracing.exchange.galleries import Agreement
from tracing.exchange.rules import exchange_rules

router = APIRouter(include_in_schema=False)


@router.get("/galleries")
def galleries(request: Request, visit: Entered) -> Response:
    """All galleries with their ends, and the form for an agreement."""
    return _list(request, visit)


@router.post("/galleries")
def record(request: Request, visit: Entered) -> Response:
    """Write an agreement down."""
    form = visit.form
    keep = form.one("keep_days") or "0"
    try:
        if not (keep.isascii() and keep.isdigit() and len(keep) < 6):
            raise RecordInvalid(path="keep_days", reason="out_of_range")
        agreement = Agreement(
            form.one("name"), form.one("owner"), form.one("kind"), form.one("legal_basis"),
            form.one("number"), tuple(filter(None, form.every("purposes"))),
            form.one("first_day"), form.one("last_day"), int(keep),
        )  # fmt: skip
        visit.service.galleries.record(visit.actor, agreement)
    except TracingError as error:
        if error.status != 422:
            raise
        return _list(request, visit, error)
    return go("/galleries")


@router.post("/galleries/{gallery_id}/end")
def end(visit: Entered, gallery_id: str) -> Response:
    """Give it back today."""
    visit.service.galleries.end(visit.actor, gallery_id)
    return go("/galleries")


@router.get("/people/{person_id}/notice")
def notice(request: Request, visit: Entered, person_id: str) -> Response:
    """What the public reads of this person, or would."""
    return _notice(request, visit, person_id)


@router.post("/people/{person_id}/notice")
def issue(request: Request, visit: Entered, person_id: str) -> Response:
    """Issue the notice, show it first, or end it."""
    form, own = visit.form, visit.service.notices
    if form.one("do") == "end":
        own.withdraw(visit.actor, person_id)
        return go(f"/people/{person_id}/notice")
    if form.one("do") == "issue":
        days = form.one("days")
        length = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else None
        try:
            own.issue(visit.actor, person_id, form.one("text"), length)
        except (NoticeRefused, RecordInvalid) as error:
            return _notice(request, visit, person_id, error)
        return go(f"/people/{person_id}/notice")
    return _notice(request, visit, person_id)


def _notice(
    request: Request, visit: Visit, person_id: str, error: TracingError | None = None
) -> Response:
    own, words = visit.service.notices, visit.words
    running, view, text = own.of_person(visit.actor, person_id), None, visit.form.one("text")
    try:
        view = own.preview(visit.actor, person_id, text) if running is None else running.view
    except NoticeRefused as refused:
        error = refused
    return draw(
        request,
        visit,
        "notice.html",
        error.status if error else 200,
        person_id=person_id,
        running=running,
        view=view,
        text=text,
        days=exchange_rules().notices.days,
        domain=visit.house.settings.exchange_domain,
        wrong=_wrong(visit, error) if error else [],
        sex=words(f"sex.{view.sex}") if view and view.sex else "",
    )


def _list(request: Request, visit: Visit, error: TracingError | None = None) -> Response:
    words, choices = visit.words, visit.house.choices
    kinds = exchange_rules().galleries
    return draw(
        request,
        visit,
        "galleries.html",
        error.status if error else 200,
        galleries=visit.service.galleries.listed(visit.actor),
        kinds=[(k, words(f"galleries.kind.{k}")) for k in (*kinds.kinds, *kinds.refused_kinds)],
        bases=[(v, words(f"basis.{v}")) for v in choices.values("bases")],
        purposes=[(v, words(f"purpose.{v}")) for v in choices.values("purposes")],
        form=visit.form,
        wrong=_wrong(visit, error) if error else [],
        police=error is not None and error.facts.get("reason") == "population_register",
    )


def _wrong(visit: Visit, error: TracingError) -> list[str]:
    words = visit.words
    return [
        words(f"error.{error.code}"),
        what_is_wrong(words, error.facts),
        words(f"error.{error.code}.advice"),
    ]
