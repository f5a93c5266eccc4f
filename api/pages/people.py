"""人员: the list, and one person's file."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages import family_accounts, recordings
from api.pages.again import again
from api.pages.answers import draw
from api.pages.crosscheck_rows import CrosscheckRow, clock_lines, crosscheck_row
from api.pages.reasons import face_url
from api.pages.shared import row
from api.pages.verification_words import ListRow, list_row
from api.visit import Entered, Visit
from tracing.clocks import rules_stopped
from tracing.errors import RecordInvalid
from tracing.person_files import PersonFile
from tracing.photos.views import PhotoInfo
from tracing.records import PersonRecord
from tracing.running_clocks import Clock

router = APIRouter(include_in_schema=False)
SIDES = ("found", "sought", "register")
PAGE = 30
SAID = ("later", "recorded", "link_ended", "discarded", "notice")
NOTES = ("link", "voice_wrong", "family_login", "family_link", "family_wrong")


@dataclass(frozen=True, slots=True)
class NameRow:
    """A name with what it rests on."""

    text: str
    latin: str
    kind: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with its kind and time."""

    kind: str
    where: str
    at: str


@dataclass(frozen=True, slots=True)
class SpokenRow:
    """Something the person said."""

    text: str
    at: str
    hint: str


@dataclass(frozen=True, slots=True)
class FilePhoto:
    """A photo in the file."""

    id: str
    crop: str
    caption: str
    others: tuple[tuple[str, str], ...]


def _names(words: Words, doc: phrasing.Document) -> list[NameRow]:
    rows = []
    for name in doc.get("names", ()):
        text, latin = str(name.get("text") or ""), str(name.get("latin") or "")
        hints = [
            words("name.dialect", dialect=name["dialect"]) if name.get("dialect") else "",
            words(f"name.listener.{name['listener']}") if name.get("listener") else "",
        ]
        if text or latin:
            rows.append(
                NameRow(
                    text or latin,
                    latin if text else "",
                    words(f"name.{name.get('kind', 'stated')}"),
                    words("frame.comma").join(hint for hint in hints if hint),
                )
            )
    return rows


def _places(words: Words, doc: phrasing.Document) -> list[PlaceRow]:
    rows = []
    for item in doc.get("places", ()):
        parts = [str(item[key]) for key in ("text", "heard") if item.get(key)]
        where = " · ".join(parts) or str(item.get("code") or "")
        if where:
            rows.append(PlaceRow(words(f"place.{item['kind']}"), where, str(item.get("at") or "")))
    return rows


def _spoken(doc: phrasing.Document) -> list[SpokenRow]:
    rows = [
        SpokenRow(
            str(item.get("text") or ""),
            str(item.get("at") or ""),
            " · ".join(str(item[k]) for k in ("interviewer", "language") if item.get(k)),
        )
        for item in doc.get("utterances", ())
        if item.get("text")
    ]
    return sorted(rows, key=lambda spoken: spoken.at, reverse=True)


def _photo(words: Words, photo: PhotoInfo) -> FilePhoto:
    caption = words("photo.taken", when=phrasing.day(words, photo.taken)) if photo.taken else ""
    crop = face_url((photo.id, photo.chosen)) if photo.chosen is not None else ""
    others = tuple(
        (
            face_url((photo.id, face.ordinal)),
            words.first((f"relation.{face.relation}",)) if face.relation else words("photo.who"),
        )
        for face in sorted(photo.faces, key=lambda face: face.box[0])
        if face.ordinal != photo.chosen
    )
    return FilePhoto(photo.id, crop, caption, others)


def _states(words: Words, person: PersonFile) -> list[tuple[str, str]]:
    states = [
        (words(f"person.state.{name}"), words(f"state.{family}.{value}"))
        for name, family, value in (
            ("identity", "identity", person.states.identity_status),
            ("stay", "stay", person.states.stay_status),
            ("tracing", "result", person.states.tracing_result),
        )
    ]
    event = person.record.event_at
    if event:
        states.append((words(f"fact.event.{person.side}"), phrasing.day(words, event)))
    states.append((words("person.registered"), phrasing.moment(words, person.created_at)))
    states.append((words("person.station"), person.station.name))
    return states


@router.get("/people")
def people(request: Request, visit: Entered, side: str = "", cursor: str = "") -> Response:
    """Everybody this account may see, newest first."""
    wanted = side if side in SIDES else ""
    page = visit.service.people.page(
        visit.actor, side=wanted or None, cursor=cursor or None, limit=PAGE
    )
    return draw(
        request,
        visit,
        "people.html",
        people=[row(visit.words, person) for person in page.items],
        side=wanted,
        next_cursor=page.next_cursor,
    )


@router.get("/people/{person_id}")
def person_file(request: Request, visit: Entered, person_id: str) -> Response:
    """One person on one page, printable."""
    return show(request, visit, person_id)


def show(
    request: Request, visit: Visit, person_id: str, status: int = 200, **notes: object
) -> Response:
    """The person's page; `notes` on a recording (`link`, `voice_wrong`) or on the family's
    accounts (`family_login`, `family_link`, `family_wrong`)."""
    words = visit.words
    person = visit.service.people.get(visit.actor, person_id)
    doc = person.record.document()
    clocks = _clocks(visit, person_id)
    shown_above = {words("fact.home"), words("fact.said"), words("fact.found")}
    return draw(
        request,
        visit,
        "person.html",
        status,
        person=_Person(row(words, person), person.version),
        case_number=person.case.number if person.case else "",
        photos=[_photo(words, photo) for photo in person.photos],
        states=_states(words, person),
        facts=[pair for pair in phrasing.facts(words, doc) if pair[0] not in shown_above],
        names=_names(words, doc),
        utterances=_spoken(doc),
        places=_places(words, doc),
        verified=_verified(visit, person_id),
        requests=_requests(visit, person_id),
        clocks=clock_lines(words, clocks),
        notice=any(clock.rule in rules_stopped("notice") for clock in clocks),
        origin=visit.service.origins.of_person(visit.actor, person_id),
        said=_said(words, request.query_params.get("said", "")),
        clips=recordings.clips(words, visit.service.voices.of_person(visit.actor, person_id)),
        voice=recordings.limits(visit),
        family=family_accounts.block(visit, person_id, person.side),
        **{name: notes.get(name, "") for name in NOTES},
    )


def _verified(visit: Visit, person_id: str) -> list[ListRow]:
    """Verifications that the person takes part in."""
    if not visit.actor.may("verify"):
        return []
    found = visit.service.verifications.of_person(visit.actor, person_id)
    return [list_row(visit.words, item) for item in found]


def _requests(visit: Visit, person_id: str) -> list[CrosscheckRow]:
    """Requests to police and stations about the person."""
    if not visit.actor.may("crosschecks"):
        return []
    found = visit.service.crosschecks.of_person(visit.actor, person_id)
    return [crosscheck_row(visit.words, one) for one in found]


def _clocks(visit: Visit, person_id: str) -> list[Clock]:
    """Deadlines that the admission started and no deed has stopped."""
    if not visit.actor.may("crosschecks"):
        return []
    running = visit.service.crosschecks.clocks(visit.actor, person_id)
    return [clock for clock in running if clock.running]


def _said(words: Words, said: str) -> str:
    return words(f"person.{said}") if said in SAID else ""


class _Person:
    """A row with its version, for the page."""

    def __init__(self, inner: object, version: int) -> None:
        self._inner = inner
        self.version = version

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


@router.post("/people/{person_id}/hearings")
def add_hearing(visit: Entered, person_id: str) -> Response:
    """A second listener's spelling of the name; then the candidates anew."""
    person = visit.service.people.get(visit.actor, person_id)
    record = with_hearing(visit, person)
    version = visit.form.one("version")
    expected = int(version) if version.isascii() and version.isdigit() else person.version
    visit.service.people.change(visit.actor, person_id, record, expected)
    return again(visit, person_id, "hearing")


def with_hearing(visit: Visit, person: PersonFile) -> PersonRecord:
    """The record with one more hearing of the name."""
    text, latin = visit.form.one("heard_text"), visit.form.one("heard_latin")
    if not text and not latin:
        raise RecordInvalid(path="names", reason="value_missing")
    doc = person.record.document()
    hearing = {key: value for key, value in (("text", text), ("latin", latin)) if value}
    doc["names"] = [*doc.get("names", []), {**hearing, "kind": "heard"}]
    return PersonRecord.model_validate(doc)
