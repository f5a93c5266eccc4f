"""资料保存与删除: what holds a record, who asked to erase it, and the certificate that remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages.answers import draw, go
from api.visit import Entered, Visit
from tracing.erasures import ErasureFile, erasure_rules
from tracing.errors import Conflict, NotFound, NotPermitted, RecordInvalid, TracingError
from tracing.protections import protection_rules
from tracing.retention import Kind, Mark, retention_rules
from tracing.rights import rights_rules

router = APIRouter(include_in_schema=False)
KINDS: tuple[Kind, ...] = ("hold", "stored_only", "keep_print", "review")


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A record in a list of the worklist: number, name if it may be read, why, and since when."""

    id: str
    title: str
    why: str
    at: object


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether the person is protected, whether an officer would learn of it, reasons for it."""

    on: bool
    officer: bool
    reasons: list[tuple[str, str]]


def _options(words: Words, family: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value, words(f"{family}.{value}")) for value in values]


def keeping_title(visit: Visit, person_id: str) -> str:
    """The name for whoever may read it; the number of the record otherwise."""
    if visit.actor.may("people.read"):
        try:
            person = visit.service.people.get(visit.actor, person_id)
        except (NotFound, NotPermitted):
            return person_id
        return phrasing.title(visit.words, person.record.document())
    return person_id


def _keeping(
    request: Request, visit: Visit, person_id: str, error: TracingError | None = None
) -> Response:
    words, service = visit.words, visit.service
    may_mark = visit.actor.may("retention")
    marks = service.retention.marks(visit.actor, person_id) if may_mark else ()
    return draw(
        request,
        visit,
        "keeping.html",
        error.status if error else 200,
        person_id=person_id,
        name=keeping_title(visit, person_id),
        asked_by=_options(words, "asked_by", erasure_rules().asked_by),
        reasons=_options(words, "erase_reason", erasure_rules().reasons),
        marks=[(mark, words(f"keep_reason.{mark.reason}")) for mark in marks if _shown(mark)],
        kinds=[(k, _options(words, "keep_reason", retention_rules().reasons[k])) for k in KINDS]
        if may_mark
        else [],
        failed=_failed(words, error),
        rights=_options(words, "rights.kind", tuple(rights_rules().kinds)),
        rights_by=_options(words, "asked_by", rights_rules().asked_by),
        protection=_protection(visit, person_id),
    )


def _protection(visit: Visit, person_id: str) -> Protection | None:
    """How the person stands; None for whoever may not protect, or may not read the record."""
    if not (visit.actor.may("protect") and visit.actor.may("people.read")):
        return None
    protections = visit.service.protections
    return Protection(
        protections.protected(visit.actor, person_id),
        protections.officer_for(visit.actor, person_id),
        _options(visit.words, "protect.reason", protection_rules().reasons),
    )


def _shown(mark: Mark) -> bool:
    return mark.kind in KINDS


def _failed(words: Words, error: TracingError | None) -> str:
    if error is None:
        return ""
    reason = error.facts.get("reason") or error.code
    return words.first((f"keeping.wrong.{reason}", f"error.{error.code}.advice"))


@router.get("/people/{person_id}/keeping")
def keeping(request: Request, visit: Entered, person_id: str) -> Response:
    """What holds this record, and the form that asks to erase it."""
    return _keeping(request, visit, person_id)


@router.post("/people/{person_id}/erasure")
def ask(request: Request, visit: Entered, person_id: str) -> Response:
    """Ask that the record be erased."""
    form = visit.form
    try:
        number = visit.service.erasures.request(
            visit.actor, person_id, form.one("asked_by"), form.one("reason")
        )
    except (Conflict, NotPermitted, RecordInvalid) as error:
        return _keeping(request, visit, person_id, error)
    return go(f"/erasures/{number}")


@router.post("/people/{person_id}/retention")
def mark(request: Request, visit: Entered, person_id: str) -> Response:
    """Say something about keeping the record, or take it back."""
    kind = next((k for k in KINDS if k == visit.form.one("kind")), None)
    try:
        if kind is None:
            raise RecordInvalid(path="kind", reason="unknown_value")
        if visit.form.one("do") == "end":
            visit.service.retention.end(visit.actor, person_id, kind)
        else:
            visit.service.retention.mark(visit.actor, person_id, kind, visit.form.one("reason"))
    except RecordInvalid as error:
        return _keeping(request, visit, person_id, error)
    return go(f"/people/{person_id}/keeping")


@router.get("/erasures")
def erasures(request: Request, visit: Entered) -> Response:
    """Requests within reach, unanswered ones first."""
    found = visit.service.erasures.listed(visit.actor)
    return draw(
        request,
        visit,
        "erasures.html",
        waiting=[e for e in found if e.state == "requested"],
        answered=[e for e in found if e.state != "requested"],
    )


@router.get("/erasures/{erasure_id}")
def erasure(request: Request, visit: Entered, erasure_id: str) -> Response:
    """A request; once done, the certificate."""
    return _erasure(request, visit, visit.service.erasures.get(visit.actor, erasure_id))


def _erasure(
    request: Request, visit: Visit, file: ErasureFile, error: TracingError | None = None
) -> Response:
    words = visit.words
    waiting = file.state == "requested"
    return draw(
        request,
        visit,
        "erasure.html",
        error.status if error else 200,
        file=file,
        name=keeping_title(visit, file.person_id) if waiting else "",
        counts=[(words(f"erased.{name}"), count) for name, count in sorted(file.counts.items())],
        refusals=_options(words, "refusal", erasure_rules().refusals),
        may_answer=waiting and visit.actor.may("people.erase"),
        failed=_failed(words, error),
    )


@router.post("/erasures/{erasure_id}/approve")
def approve(request: Request, visit: Entered, erasure_id: str) -> Response:
    """Destroy the key; the searches of this server have forgotten the person when this answers."""
    try:
        visit.service.erasures.approve(visit.actor, erasure_id)
    except (Conflict, NotPermitted) as error:
        return _erasure(request, visit, visit.service.erasures.get(visit.actor, erasure_id), error)
    return go(f"/erasures/{erasure_id}")


@router.post("/erasures/{erasure_id}/refuse")
def refuse(request: Request, visit: Entered, erasure_id: str) -> Response:
    """Answer no, with the reason that the asker is told."""
    try:
        visit.service.erasures.refuse(visit.actor, erasure_id, visit.form.one("refusal"))
    except (Conflict, RecordInvalid) as error:
        return _erasure(request, visit, visit.service.erasures.get(visit.actor, erasure_id), error)
    return go(f"/erasures/{erasure_id}")


@router.get("/retention")
def retention(request: Request, visit: Entered) -> Response:
    """What waits for a decision, and what is held or stored only."""
    words = visit.words
    work = visit.service.retention.worklist(visit.actor)
    reviews = [
        KeptRow(due.person_id, keeping_title(visit, due.person_id),
                words(f"retention.class.{due.kept_class}"), due.due_at)
        for due in work.reviews
    ]  # fmt: skip
    return draw(
        request,
        visit,
        "retention.html",
        reviews=reviews,
        holds=_marked(visit, work.holds),
        stored=_marked(visit, work.stored_only),
        review_reasons=_options(words, "keep_reason", retention_rules().reasons["review"]),
    )


def _marked(visit: Visit, marks: Sequence[Mark]) -> list[KeptRow]:
    return [
        KeptRow(m.person_id, keeping_title(visit, m.person_id),
                visit.words(f"keep_reason.{m.reason}"), m.at)
        for m in marks
    ]  # fmt: skip
