"""The checklist of marks beside two pictures: asked in words, answered by radio buttons."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from api.language import Words
from api.pages.again import again
from api.visit import Entered, Visit
from tracing.answers import Candidate, SearchResult
from tracing.errors import NotFound, RecordInvalid
from tracing.mark_answers import Answer, Checklist, Place, answered, checklist

router = APIRouter(include_in_schema=False)
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unseen")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: `name` of its radio buttons, sentence, how it looks, answer given before."""

    name: str
    text: str
    hint: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Looking:
    """The checklist of a card; `title` says at whom to look."""

    person_id: str
    title: str
    asked: tuple[Asked, ...]
    done: int


def looking(
    words: Words, visit: Visit, result: SearchResult, candidate: Candidate
) -> Looking | None:
    """What to look for with this candidate; None where this account cannot answer."""
    found = checklist(result, candidate) if visit.actor.may("people.write") else None
    if found is None:
        return None
    asked = tuple(
        Asked(
            f"mark-{number}",
            words(
                "look.ask",
                site=words.first((f"site.{q.site}", q.site)),
                mark=words.first((f"mark.{q.kind}", q.kind)),
            ),
            q.text,
            q.answer,
        )
        for number, q in enumerate(found.questions)
    )
    title = words("look.probe" if found.of_probe else "look.candidate")
    done = sum(item.answer != "unseen" for item in asked)
    return Looking(candidate.person_id, title, asked, done)


@router.post("/searches/{search_id}/marks")
def answer(visit: Entered, search_id: str) -> Response:
    """Write the answers into the record of the person looked at; then the candidates anew."""
    result = visit.service.searches.get(visit.actor, search_id)
    wanted = visit.form.one("person_id")
    candidate = next((c for c in result.candidates if c.person_id == wanted), None)
    found = checklist(result, candidate) if candidate else None
    if found is None or result.probe.person_id is None:
        raise NotFound
    people = visit.service.people
    person = people.get(visit.actor, found.person_id)
    record = answered(
        person.record, _answers(visit, found), visit.actor.login, visit.service.store.now()
    )
    if record != person.record:
        people.change(visit.actor, found.person_id, record, person.version)
    return again(visit, result.probe.person_id, "marked")


def _answers(visit: Visit, found: Checklist) -> dict[Place, Answer]:
    said: dict[Place, Answer] = {}
    for number, question in enumerate(found.questions):
        given = visit.form.one(f"mark-{number}")
        if given and given not in ANSWERS:
            raise RecordInvalid(path="marks", reason="choose")
        answer = next((a for a in ANSWERS if a == given), None)
        if answer is not None:
            said[question.site, question.kind] = answer
    return said
