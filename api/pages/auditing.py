"""审计: the latest rows, who looked at one person, and the proof that nothing was changed."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.language import Words
from api.pages.answers import draw, go
from api.visit import Entered, Visit
from tracing.audit import ChainState
from tracing.audit_looks import Look
from tracing.store.ids import is_id

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look in words: who, did what, why, and what was seen."""

    at: object
    who: str
    where: str
    did: str
    refused: bool
    why: tuple[str, ...]
    saw: str


def _row(words: Words, look: Look) -> LookRow:
    why = (
        words(f"purpose.{look.purpose}") if look.purpose else "",
        _known(words, f"basis.{look.legal_basis}"),
        words("cands.case", number=look.case_number) if look.case_number else "",
    )
    return LookRow(
        at=look.at,
        who=f"{look.who} ({look.login})" if look.who else words("audit.by_itself"),
        where=" · ".join(
            filter(None, (look.station, words(f"role.{look.role}") if look.role else ""))
        ),
        did=words.first((f"audit.did.{look.action}", look.action)),
        refused=look.outcome == "refused",
        why=tuple(filter(None, why)),
        saw=_saw(words, look),
    )


def _saw(words: Words, look: Look) -> str:
    if look.rank is not None and look.grade is not None:
        return words("audit.saw.rank", rank=look.rank, grade=words(f"grade.{look.grade}"))
    if look.shown is not None and look.action == "search.ask":
        return words("audit.saw.asked", count=look.shown)
    return _known(words, f"audit.saw.{look.action}")


def _known(words: Words, key: str) -> str:
    return words(key) if words.has(key) else ""


@router.get("/audit")
def trail(request: Request, visit: Entered, person: str = "", cursor: str = "") -> Response:
    """The latest rows written at these stations; a number of a record leads to its page."""
    number = person.strip().lower()
    if is_id(number):
        return go(f"/audit/people/{number}")
    return _trail(request, visit, cursor=cursor, unknown=bool(number))


@router.post("/audit")
def prove(request: Request, visit: Entered) -> Response:
    """Recompute the whole chain and say what was found."""
    return _trail(request, visit, state=visit.service.audit.verify())


def _trail(
    request: Request,
    visit: Visit,
    *,
    cursor: str = "",
    state: ChainState | None = None,
    unknown: bool = False,
) -> Response:
    words = visit.words
    page = visit.service.audit.page(visit.actor, cursor=cursor or None)
    return draw(
        request,
        visit,
        "audit.html",
        rows=[(row, words.first((f"audit.did.{row.action}", row.action))) for row in page.items],
        next_cursor=page.next_cursor,
        state=state,
        unknown=unknown,
    )


@router.get("/audit/people/{person_id}")
def lookers(request: Request, visit: Entered, person_id: str) -> Response:
    """谁看过这个人: one page, printable, without the person's name."""
    found = visit.service.lookers.at(visit.actor, person_id)
    return draw(
        request,
        visit,
        "lookers.html",
        person_id=found.person_id,
        erased=found.erased,
        more=found.more,
        left=found.left,
        looks=[_row(visit.words, look) for look in found.items],
    )
