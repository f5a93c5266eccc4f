"""新来一人 and 家属报失: one long form each, whose photos and values survive every mishap."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import EMPTY, Form
from api.pages import drafts
from api.pages.answers import draw, go
from api.pages.photo_views import choices as face_choices
from api.pages.photo_views import others
from api.pages.photos import dated, kept, receive, shown
from api.pages.record_form import FormView, Kind, Reader, field_of
from api.pages.shared import choices_of
from api.visit import Entered, Visit
from tracing.errors import NotFound, RecordInvalid, TracingError
from tracing.photos.keeping import FaceChoice
from tracing.photos.views import PhotoInfo
from tracing.records import PersonRecord

router = APIRouter(include_in_schema=False)
LISTS = ("listeners", "relations", "wishes", "sites", "mark_kinds")
NOT_KEPT = ("csrf", "do", "drop")


def lists(visit: Visit, kind: Kind) -> dict[str, Any]:
    """The lists that a long form offers."""
    choices = choices_of(visit)
    options: dict[str, Any] = {name: choices.options(visit.words, name) for name in LISTS}
    options["sexes"] = choices.options(visit.words, "sexes")
    options["sexes_report"] = choices.options(visit.words, "sexes_report")
    options["dialect_points"] = visit.house.dialect_points
    options["kind"] = kind
    return options


def page(
    request: Request,
    visit: Visit,
    kind: Kind,
    view: FormView,
    photos: list[PhotoInfo] | None = None,
    photo_wrong: list[str] | None = None,
    status: int = 200,
) -> Response:
    """The form on its page, with whatever it already holds."""
    query = request.query_params
    draft_words = visit.words("draft.kept")
    return draw(
        request,
        visit,
        f"{kind}.html",
        status,
        form=view,
        photo_hint=visit.words(f"photo.{kind}_hint"),
        photo_wrong=photo_wrong or [],
        no_photo=query.get("photo") == "no" or view.form.one("no_photo") == "1",
        opened=query.get("open", ""),
        draft_words=draft_words,
        **lists(visit, kind),
        **shown(visit, photos or [], view.form),
    )


def _open(request: Request, visit: Visit, kind: Kind) -> Response:
    draft_id = request.query_params.get("draft", "")
    form = drafts.load(visit, draft_id) if draft_id else EMPTY
    if not form.fields:
        now = datetime.now().astimezone()
        today = now.date().isoformat() if kind == "arrival" else ""
        form = Form((("event_date", today), ("event_time", f"{now:%H:%M}" if today else "")))
    view = FormView(form, once=form.one("once") or secrets.token_urlsafe(16), draft=draft_id)
    return page(request, visit, kind, view, kept(visit, form))


def read(
    visit: Visit, kind: Kind, form: Form
) -> tuple[PersonRecord | None, dict[str, Any], dict[str, str]]:
    """The record a form describes; or what is wrong with it, by field."""
    reader = Reader(visit.words, form, kind)
    doc = reader.document()
    if reader.wrong:
        return None, doc, reader.wrong
    try:
        return PersonRecord.model_validate(doc), doc, {}
    except RecordInvalid as error:
        path, reason = str(error.facts.get("path") or ""), str(error.facts.get("reason") or "")
        sentence = visit.words.first((f"invalid.{reason}", "invalid.other"))
        return None, doc, {field_of(path, doc) or "record": sentence}


def _submit(request: Request, visit: Visit, kind: Kind) -> Response:
    """Take the form in; come back with it when something is missing, go on when all is well."""
    taken, photo_wrong = receive(visit, visit.form)
    form = visit.form
    for photo in taken:
        form = form.with_field("photo", photo.id)
    photos = kept(visit, form)
    form = replace(form.without("photo", *NOT_KEPT), files=())
    for photo in photos:
        form = form.with_field("photo", photo.id)
    view = FormView(form, {}, photo_wrong, form.one("once"), form.one("draft"))
    if visit.form.one("do") != "save":
        view = replace(view, notices=(), form=form.with_field("do", visit.form.one("do")))
        return page(request, visit, kind, view, photos, photo_wrong)
    record, _, wrong = read(visit, kind, form)
    faces, chosen = face_choices(photos, form)
    if not chosen:
        unchosen = next(f for f in photos if len(f.faces) > 1)
        wrong = {**wrong, f"face-{unchosen.id}": visit.words("photo.face_unchosen")}
    wrong = {**wrong, **dated(visit, photos, form)}
    if record is None or wrong or photo_wrong:
        view = replace(view, wrong=wrong, draft=drafts.keep(visit, kind, form, view.draft))
        return page(request, visit, kind, view, photos, photo_wrong, 422 if wrong else 200)
    _name_others(visit, photos, faces, form)
    registered = visit.service.people.register(
        visit.actor, record, faces=faces, idempotency_key=view.once or None
    )
    drafts.discard(visit, view.draft)
    if not visit.actor.may("search"):
        return go(f"/registered/{registered.person_id}")
    try:
        with visit.house.searching():
            found = visit.service.searches.for_person(visit.actor, registered.person_id)
    except TracingError:
        return go(f"/people/{registered.person_id}?said=later")
    return go(f"/searches/{found.search_id}")


def _name_others(
    visit: Visit, photos: list[PhotoInfo], faces: Sequence[FaceChoice], form: Form
) -> None:
    for photo, choice in zip(photos, faces, strict=True):
        roles = others(photo, choice.ordinal, form)
        if roles:
            visit.service.photos.choose(visit.actor, photo.id, choice.ordinal, roles)


@router.get("/arrivals/new")
def new_arrival(request: Request, visit: Entered) -> Response:
    """The form for somebody who has just come."""
    return _open(request, visit, "arrival")


@router.post("/arrivals")
def arrive(request: Request, visit: Entered) -> Response:
    """Register the person and show the candidates at once."""
    return _submit(request, visit, "arrival")


@router.get("/reports/new")
def new_report(request: Request, visit: Entered) -> Response:
    """The form for a family that misses someone."""
    return _open(request, visit, "report")


@router.post("/reports")
def report(request: Request, visit: Entered) -> Response:
    """Register the missing person and show the candidates at once."""
    return _submit(request, visit, "report")


@router.get("/registered/{person_id}")
def registered(request: Request, visit: Entered, person_id: str) -> Response:
    """Thanks for those who may register but not search."""
    if not person_id.isalnum():
        raise NotFound
    return draw(request, visit, "registered.html")
