"""查找: a search outside a case, which asks for purpose, legal basis and reason first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import EMPTY, Form
from api.pages.answers import draw, go
from api.pages.intake import NOT_KEPT, lists, read
from api.pages.photo_views import choices as face_choices
from api.pages.photos import dated, kept, receive, shown
from api.pages.record_form import FormView
from api.pages.shared import choices_of
from api.visit import Entered, Visit
from tracing.cases import case_rules
from tracing.photos.keeping import FaceChoice
from tracing.photos.views import PhotoInfo
from tracing.records import PersonRecord
from tracing.reviews import Emergency

router = APIRouter(include_in_schema=False)
ASKED = (
    ("purpose", "purposes"),
    ("legal_basis", "bases"),
    ("reason_code", "search_reasons"),
)
LABELS = ("purpose", "legal_basis", "reason")
EMPTY_RECORD = {"side"}


def _page(
    request: Request,
    visit: Visit,
    view: FormView,
    photos: list[PhotoInfo],
    wrong: list[str],
    status: int = 200,
) -> Response:
    choices = choices_of(visit)
    options = {name: choices.options(visit.words, name) for _, name in ASKED}
    return draw(
        request,
        visit,
        "search.html",
        status,
        form=view,
        photo_hint=visit.words("photo.search_hint"),
        photo_wrong=wrong,
        search_sides=choices.options(visit.words, "search_sides"),
        urgent=view.form.one("urgent") == "1",
        review_hours=case_rules().review_hours,
        **options,
        **lists(visit, "search"),
        **shown(visit, photos, view.form),
    )


@router.get("/search")
def ask(request: Request, visit: Entered) -> Response:
    """The form; `?urgent=1` for one person who stands here now. Officers have their own."""
    if visit.actor.outside:
        return go("/police")
    urgent = request.query_params.get("urgent") == "1"
    form = EMPTY.with_field("urgent", "1") if urgent else EMPTY
    return _page(request, visit, FormView(form), [], [])


def _lacking(visit: Visit, form: Form) -> dict[str, str]:
    if form.one("urgent") == "1":
        missing = not form.one("incident")
        return {"incident": visit.words("search.incident_missing")} if missing else {}
    if form.one("purpose") in case_rules().forbidden_purposes:
        return {}  # the work itself refuses it, and records that
    choices = choices_of(visit)
    wrong = {
        field: visit.words("search.choose", what=visit.words(f"search.{label}"))
        for (field, name), label in zip(ASKED, LABELS, strict=True)
        if form.one(field) not in choices.values(name)
    }
    if form.one("reason_code") == "other" and not form.one("reason_text"):
        wrong["reason_text"] = visit.words("invalid.missing")
    return wrong


def _emergency(form: Form) -> Emergency | None:
    if form.one("urgent") != "1":
        return None
    return Emergency(form.one("incident"), form.one("circumstance"))


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a posted form of a search holds: photos taken in, the record, and what is wrong."""

    view: FormView
    photos: list[PhotoInfo]
    photo_wrong: list[str]
    record: PersonRecord | None
    faces: tuple[FaceChoice, ...]
    wrong: dict[str, str]

    @property
    def ready(self) -> bool:
        """Whether it can be searched with."""
        return self.record is not None and not self.wrong and not self.photo_wrong


def gather(visit: Visit, lacking: dict[str, str]) -> Gathered:
    """Take the photos in and read the form; `lacking` is what the page itself misses."""
    taken, photo_wrong = receive(visit, visit.form)
    form = visit.form
    for photo in taken:
        form = form.with_field("photo", photo.id)
    photos = kept(visit, form)
    form = replace(form.without("photo", *NOT_KEPT), files=())
    for photo in photos:
        form = form.with_field("photo", photo.id)
    view = FormView(form, {}, photo_wrong, form.one("once"))
    if visit.form.one("do") != "save":
        return Gathered(replace(view, notices=()), photos, photo_wrong, None, (), {})
    record, doc, wrong = read(visit, "search", form)
    wrong = {**lacking, **wrong}
    faces, chosen = face_choices(photos, form)
    if not chosen:
        unchosen = next(p for p in photos if len(p.faces) > 1)
        wrong[f"face-{unchosen.id}"] = visit.words("photo.face_unchosen")
    wrong |= dated(visit, photos, form)
    known = set(doc) - EMPTY_RECORD or any(face.ordinal is not None for face in faces)
    if not known and not wrong:
        wrong["heard_text"] = visit.words("search.nothing")
    return Gathered(replace(view, wrong=wrong), photos, photo_wrong, record, faces, wrong)


@router.post("/search")
def answer(request: Request, visit: Entered) -> Response:
    """Search, or come back with the form and what is missing."""
    found = gather(visit, _lacking(visit, visit.form))
    if found.record is None or not found.ready:
        status = 422 if visit.form.one("do") == "save" else 200
        return _page(request, visit, found.view, found.photos, found.photo_wrong, status)
    form = found.view.form
    reason = ": ".join(part for part in (form.one("reason_code"), form.one("reason_text")) if part)
    with visit.house.searching():
        result = visit.service.searches.ask(
            visit.actor,
            found.record,
            form.one("purpose"),
            form.one("legal_basis"),
            reason,
            faces=found.faces,
            emergency=_emergency(form),
        )
    return go(f"/searches/{result.search_id}")
