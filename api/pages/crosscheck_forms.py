"""Composing a request, taking in files from elsewhere, notices, and keys of other systems."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.forms import EMPTY, Form
from api.pages.answers import draw, go
from api.pages.crosscheck_rows import options
from api.pages.crosschecks import sentence
from api.visit import Entered, Visit
from tracing.crosschecks.composing import Asked
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import (
    AlreadyDecided,
    KeyNotTrusted,
    PackageAltered,
    PackageUnreadable,
    RecordInvalid,
    ReplyForAnother,
    TracingError,
)

router = APIRouter(include_in_schema=False)
uploads = APIRouter(include_in_schema=False)
REFUSED = (KeyNotTrusted, PackageAltered, PackageUnreadable, ReplyForAnother, AlreadyDecided,
           RecordInvalid)  # fmt: skip


@router.get("/people/{person_id}/crosschecks/new")
def new(request: Request, visit: Entered, person_id: str, kind: str = "") -> Response:
    """The form of a new request; `kind` is ticked, and what is usual for it."""
    form = EMPTY.with_field("kind", kind)
    return _form(request, visit, person_id, form, first=True)


def _form(
    request: Request,
    visit: Visit,
    person_id: str,
    form: Form,
    wrong: str = "",
    status: int = 200,
    *,
    first: bool = False,
) -> Response:
    words, rules = visit.words, crosscheck_rules()
    person = visit.service.people.get(visit.actor, person_id)
    may = visit.service.crosschecks.composing(visit.actor, person_id)
    kinds = [k for k in rules.kinds.values() if not (may.allowed.refused and k.tells_family)]
    chosen = rules.kinds.get(form.one("kind")) or kinds[0]
    ticked = may.allowed.ticked(chosen) if first else form.every("section")
    return draw(
        request,
        visit,
        "crosscheck_new.html",
        status,
        person_id=person_id,
        title=phrasing.title(words, person.record.document()),
        case_number=person.case.number if person.case else "",
        may=may,
        kinds=options(words, "crosscheck.kind", [k.kind for k in kinds]),
        chosen=chosen,
        sections=options(words, "crosscheck.section", may.allowed.sections),
        ticked=ticked,
        form=form,
        wrong=wrong,
    )


@router.post("/people/{person_id}/crosschecks")
def compose(request: Request, visit: Entered, person_id: str) -> Response:
    """Put it together, or show the form for another kind, or what is missing."""
    form = visit.form
    if form.one("do") == "kind":
        return go(f"/people/{person_id}/crosschecks/new?kind={_kind(form.one('kind'))}")
    asked = Asked(
        form.one("kind"),
        frozenset(filter(None, form.every("section"))),
        station=form.one("station") or None,
        to_name=form.one("to_name"),
        note=form.one("note"),
    )
    try:
        number = visit.service.crosschecks.compose(visit.actor, person_id, asked)
    except RecordInvalid as error:
        return _form(request, visit, person_id, form, sentence(visit, error), error.status)
    said = "composed_here" if asked.station else "composed"
    return go(f"/crosschecks/{number}?said={said}")


def _kind(given: str) -> str:
    return given if given in crosscheck_rules().kinds else ""


@router.post("/people/{person_id}/notice-number")
def notice(visit: Entered, person_id: str) -> Response:
    """A notice was published; its clock stops."""
    form = visit.form
    visit.service.crosschecks.record_notice(
        visit.actor, person_id, form.one("channel"), form.one("number")
    )
    return go(f"/people/{person_id}?said=notice")


@router.get("/crosschecks/take")
def take(request: Request, visit: Entered) -> Response:
    """The form for files from elsewhere."""
    return _take(request, visit)


def _take(request: Request, visit: Visit, error: TracingError | None = None) -> Response:
    return draw(
        request,
        visit,
        "crosscheck_take.html",
        error.status if error else 200,
        wrong=sentence(visit, error) if error else "",
        code=error.code if error else "",
    )


@uploads.post("/crosschecks/replies")
def take_reply(request: Request, visit: Entered) -> Response:
    """A signed reply."""
    answers = visit.service.crosscheck_answers
    try:
        number, new = answers.take(visit.actor, _file(visit.form), by_hand=_by_hand(visit.form))
    except REFUSED as error:
        return _take(request, visit, error)
    return go(f"/crosschecks/{number}?said={'answered' if new else 'known'}")


@uploads.post("/crosschecks/packages")
def take_request(request: Request, visit: Entered) -> Response:
    """A request from another system."""
    files = visit.service.crosscheck_files
    try:
        number, new = files.receive(visit.actor, _file(visit.form), by_hand=_by_hand(visit.form))
    except REFUSED as error:
        return _take(request, visit, error)
    return go(f"/crosschecks/{number}?said={'taken' if new else 'known'}")


def _file(form: Form) -> bytes:
    given = form.uploads("file")
    if not given:
        raise PackageUnreadable(path="file", reason="value_missing")
    return given[0].data


def _by_hand(form: Form) -> bool:
    return form.one("by_hand") == "yes"


@router.get("/crosschecks/keys")
def keys(request: Request, visit: Entered) -> Response:
    """Keys of other systems, and our own to give to them."""
    return _keys(request, visit)


def _keys(request: Request, visit: Visit, wrong: str = "", status: int = 200) -> Response:
    files = visit.service.crosscheck_files
    own, fingerprint = files.own_key()
    return draw(
        request, visit, "crosscheck_keys.html", status, keys=files.keys(visit.actor), own=own,
        fingerprint=fingerprint, form=visit.form, wrong=wrong,
    )  # fmt: skip


@router.post("/crosschecks/keys")
def trust(request: Request, visit: Entered) -> Response:
    """Trust a key."""
    form = visit.form
    try:
        visit.service.crosscheck_files.trust(visit.actor, form.one("name"), form.one("key"))
    except RecordInvalid as error:
        return _keys(request, visit, sentence(visit, error), error.status)
    return go("/crosschecks/keys")


@router.post("/crosschecks/keys/{key_id}/end")
def distrust(visit: Entered, key_id: str) -> Response:
    """Trust a key no longer."""
    visit.service.crosscheck_files.distrust(visit.actor, key_id)
    return go("/crosschecks/keys")
