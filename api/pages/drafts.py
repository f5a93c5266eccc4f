"""Half-filled forms, kept sealed for their own account until they are saved or expire."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.forms import Form
from api.pages.answers import go
from api.visit import Entered, Visit
from tracing.errors import NotFound, StoreBusy

router = APIRouter(include_in_schema=False)
KINDS = {"arrival": "/arrivals/new", "report": "/reports/new"}
LEFT_OUT = ("csrf", "draft", "do", "drop")


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in the list on the desk."""

    id: str
    title: str
    href: str
    at: object


def keep(visit: Visit, kind: str, form: Form, draft_id: str) -> str:
    """Keep a form; gives the draft's id. A busy store keeps nothing and says nothing: the page
    in front of the person still holds every value."""
    values = [[key, value] for key, value in form.without(*LEFT_OUT).fields if value]
    photos = form.every("photo")
    try:
        return visit.service.drafts.save(
            visit.actor, kind, {"fields": values}, photos=photos, draft_id=draft_id or None
        )
    except NotFound:
        return visit.service.drafts.save(visit.actor, kind, {"fields": values}, photos=photos)
    except StoreBusy:
        return draft_id


def load(visit: Visit, draft_id: str) -> Form:
    """The form of a draft; empty when it is gone."""
    draft = visit.service.drafts.load(visit.actor, draft_id)
    pairs = draft.data.get("fields", []) if draft is not None else []
    return Form(tuple((str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2))


def discard(visit: Visit, draft_id: str) -> None:
    """Forget a draft once its form is saved."""
    if draft_id:
        visit.service.drafts.forget(visit.actor, draft_id)


def mine(visit: Visit) -> list[DraftRow]:
    """The account's own drafts for the desk."""
    return [
        DraftRow(
            draft.id,
            visit.words(f"desk.draft_{draft.kind}"),
            f"{KINDS[draft.kind]}?draft={draft.id}",
            draft.changed_at,
        )
        for draft in visit.service.drafts.mine(visit.actor)
        if draft.kind in KINDS
    ]


@router.post("/drafts/{kind}")
def save_draft(visit: Entered, kind: str) -> Response:
    """Keep what is typed so far; called by the page every few seconds after a change."""
    if kind not in KINDS:
        raise NotFound
    draft_id = keep(visit, kind, visit.form, visit.form.one("draft"))
    return JSONResponse({"draft": draft_id}, headers={"Cache-Control": "no-store"})


@router.post("/drafts/{draft_id}/discard")
def discard_draft(visit: Entered, draft_id: str) -> Response:
    """Throw a draft away."""
    discard(visit, draft_id)
    return go("/")
