"""核验: what waits for me, one pair with its facts, the answers, and the script of a call."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.forms import EMPTY, Form
from api.pages import verification_words as told
from api.pages.answers import draw, go
from api.pages.shared import choices_of
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.errors import ContactRefused, ProofMissing, RecordInvalid, TracingError
from tracing.verification_files import CONTACT_BARRED, FactEntry, VerificationFile
from tracing.verification_rules import verification_rules

router = APIRouter(include_in_schema=False)
SAID = ("opened", "fact", "struck", "groups", "answered", "called", "reopened", "result")
MINE = ("second", "approval")
FACT_FIELDS = ("kind", "who", "at", "number", "result", "text")
FIELD_WORDS = {
    "kind": "verify.kind", "result": "verify.result", "who": "verify.who", "at": "verify.when",
    "number": "verify.number", "text": "verify.text", "conclusion": "verify.conclusion",
    "reason": "verify.reason", "collector": "verify.collector", "station": "verify.station",
    "held_back": "verify.choose_two",
}  # fmt: skip


@router.get("/verifications")
def verifications(request: Request, visit: Entered) -> Response:
    """What waits for me, what is going on, what has ended."""
    words, service = visit.words, visit.service.verifications
    going = service.listed(visit.actor)
    return draw(
        request,
        visit,
        "verifications.html",
        mine=[told.list_row(words, v) for v in going if v.part in MINE],
        open=[told.list_row(words, v) for v in going if v.part not in MINE],
        closed=[told.list_row(words, v) for v in service.listed(visit.actor, closed=True)],
    )


@router.post("/searches/{search_id}/verifications")
def put_up(visit: Entered, search_id: str) -> Response:
    """申请核验: put a candidate of a list up for verification."""
    result = visit.service.searches.get(visit.actor, search_id)
    if result.probe.person_id is None:
        raise RecordInvalid(path="person_id", reason="value_missing")
    number = visit.service.verifications.open(
        visit.actor, result.probe.person_id, visit.form.one("person_id"), search_id
    )
    return go(f"/verifications/{number}")


@router.get("/verifications/{verification_id}")
def verification(request: Request, visit: Entered, verification_id: str) -> Response:
    """One pair; the second examiner sees pictures and facts, not the first one's answer."""
    return show(request, visit, visit.service.verifications.get(visit.actor, verification_id))


def show(
    request: Request,
    visit: Visit,
    file: VerificationFile,
    status: int = 200,
    *,
    wrong: str = "",
    form: Form = EMPTY,
) -> Response:
    """The page of a verification; `wrong` and `form` after a refused entry."""
    words, choices = visit.words, choices_of(visit)
    said = request.query_params.get("said", "")
    barred = file.contact in CONTACT_BARRED
    rules = verification_rules()
    stations: tuple[tuple[str, str], ...] = ()
    callable_now = file.state in ("open", "waiting") and file.part != "second"
    if file.own and callable_now and file.contact != "protected":
        stations = visit.service.verifications.stations_on_call(visit.actor, file.id)
    now = datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M")
    given = {name: form.one(name) for name in (*FACT_FIELDS, "reason")}
    return draw(
        request,
        visit,
        "verification.html",
        status,
        v=file,
        probe=told.party(words, file.probe),
        person=told.party(words, file.person),
        compared=told.compared(words, file),
        steps=told.steps(words, file),
        facts=[told.fact_row(words, f, own=file.own) for f in file.facts],
        answers=[told.answer_row(words, a, file.round) for a in file.answers],
        lacking=[words(f"verify.lacking.{code}") for code in file.lacking],
        barred=barred,
        kinds=[
            (kind, word)
            for kind, word in choices.options(words, "fact_kinds")
            if not (barred and rules.facts[kind].family)
        ],
        results=choices.options(words, "fact_results"),
        conclusions=choices.options(words, "conclusions"),
        groups=choices.options(words, "verification_groups"),
        outcomes=[
            (value, word)
            for value, word in choices.options(words, "outcomes")
            if not (barred and value in rules.disclosing)
        ],
        stations=stations,
        given={**given, "at": given["at"] or now},
        picked=form.one("conclusion"),
        wrong=wrong,
        said=words(f"verify.said.{said}") if said in SAID else "",
    )


def _sentence(visit: Visit, error: TracingError) -> str:
    words = visit.words
    if isinstance(error, ProofMissing):
        codes = str(error.facts.get("lacking") or "").split()
        return " ".join(words(f"verify.lacking.{code}") for code in codes)
    if isinstance(error, ContactRefused):
        return words("error.contact_refused.advice")
    path = str(error.facts.get("path") or "")
    facts = {**error.facts, "path": words(FIELD_WORDS[path]) if path in FIELD_WORDS else None}
    return what_is_wrong(words, facts) or words("error.record_invalid.advice")


def _refused(request: Request, visit: Visit, number: str, error: TracingError) -> Response:
    """The page again with what is wrong and what was written."""
    file = visit.service.verifications.get(visit.actor, number)
    wrong = _sentence(visit, error)
    return show(request, visit, file, error.status, wrong=wrong, form=visit.form)


@router.post("/verifications/{verification_id}/groups")
def state_groups(visit: Entered, verification_id: str) -> Response:
    """Say which stricter rules hold."""
    groups = frozenset(group for group in visit.form.every("group") if group)
    visit.service.verifications.state_groups(visit.actor, verification_id, groups)
    return go(f"/verifications/{verification_id}?said=groups")


@router.post("/verifications/{verification_id}/facts")
def add_fact(request: Request, visit: Entered, verification_id: str) -> Response:
    """Write down a fact."""
    entry = FactEntry(**{name: visit.form.one(name) for name in FACT_FIELDS})
    try:
        visit.service.verifications.add_fact(visit.actor, verification_id, entry)
    except (RecordInvalid, ContactRefused) as error:
        return _refused(request, visit, verification_id, error)
    return go(f"/verifications/{verification_id}?said=fact#facts")


@router.post("/verifications/{verification_id}/facts/{fact_id}/strike")
def strike_fact(visit: Entered, verification_id: str, fact_id: str) -> Response:
    """Strike a fact written by mistake."""
    visit.service.verifications.strike_fact(visit.actor, verification_id, fact_id)
    return go(f"/verifications/{verification_id}?said=struck#facts")


@router.post("/verifications/{verification_id}/station")
def call_station(request: Request, visit: Entered, verification_id: str) -> Response:
    """Put another station on call, or take the call back."""
    code = visit.form.one("station") or None
    try:
        visit.service.verifications.call_station(visit.actor, verification_id, code)
    except (RecordInvalid, ContactRefused) as error:
        return _refused(request, visit, verification_id, error)
    return go(f"/verifications/{verification_id}?said=called")


@router.post("/verifications/{verification_id}/answer")
def answer(request: Request, visit: Entered, verification_id: str) -> Response:
    """Give the answer that is mine to give."""
    form, service = visit.form, visit.service.verifications
    try:
        service.answer(visit.actor, verification_id, form.one("conclusion"), form.one("reason"))
    except (RecordInvalid, ProofMissing) as error:
        return _refused(request, visit, verification_id, error)
    return go(f"/verifications/{verification_id}?said=answered")


@router.post("/verifications/{verification_id}/withdraw")
def withdraw(request: Request, visit: Entered, verification_id: str) -> Response:
    """Give it up, with a reason."""
    try:
        visit.service.verifications.withdraw(visit.actor, verification_id, visit.form.one("reason"))
    except RecordInvalid as error:
        return _refused(request, visit, verification_id, error)
    return go("/verifications")


@router.post("/verifications/{verification_id}/reopen")
def reopen(request: Request, visit: Entered, verification_id: str) -> Response:
    """Open it again, with a reason; its link is undone."""
    try:
        visit.service.verifications.reopen(visit.actor, verification_id, visit.form.one("reason"))
    except RecordInvalid as error:
        return _refused(request, visit, verification_id, error)
    return go(f"/verifications/{verification_id}?said=reopened")


@router.post("/verifications/{verification_id}/result")
def set_result(request: Request, visit: Entered, verification_id: str) -> Response:
    """How a confirmed tracing ended."""
    form = visit.form
    try:
        visit.service.verifications.set_result(
            visit.actor,
            verification_id,
            form.one("result"),
            collector=form.one("collector"),
            document_seen=form.one("document_seen") == "yes",
        )
    except (RecordInvalid, ContactRefused) as error:
        return _refused(request, visit, verification_id, error)
    return go(f"/verifications/{verification_id}?said=result")


def _script(
    request: Request, visit: Visit, file: VerificationFile, wrong: str = "", status: int = 200
) -> Response:
    words = visit.words
    choosing = bool(wrong) or not file.held_back or "choose" in request.query_params
    barred = file.contact in CONTACT_BARRED
    options = () if barred else visit.service.verifications.options(visit.actor, file.id)
    return draw(
        request,
        visit,
        "script.html",
        status,
        v=file,
        barred=barred,
        choosing=choosing and not barred,
        options=[told.held_row(words, held, file.held_back) for held in options],
        needed=verification_rules().held_back,
        held=[] if barred else [told.held_row(words, held) for held in file.held_back],
        phones=[] if barred else told.phones(words, file),
        wrong=wrong,
    )


@router.get("/verifications/{verification_id}/script")
def script(request: Request, visit: Entered, verification_id: str) -> Response:
    """The sheet for a call: the family speaks first, two facts are kept back."""
    return _script(request, visit, visit.service.verifications.get(visit.actor, verification_id))


@router.post("/verifications/{verification_id}/script")
def hold_back(request: Request, visit: Entered, verification_id: str) -> Response:
    """Choose the two facts."""
    keys = visit.form.every("held")
    try:
        visit.service.verifications.hold_back(visit.actor, verification_id, keys)
    except (RecordInvalid, ContactRefused) as error:
        file = visit.service.verifications.get(visit.actor, verification_id)
        return _script(request, visit, file, _sentence(visit, error), error.status)
    return go(f"/verifications/{verification_id}/script")
