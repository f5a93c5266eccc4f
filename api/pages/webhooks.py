"""通知: who is told of events, how that goes, and what could not be delivered."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.language import Words
from api.pages.answers import draw, go
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.errors import RecordInvalid
from tracing.webhook_addresses import webhook_rules

router = APIRouter(include_in_schema=False)


def _page(
    request: Request,
    visit: Visit,
    status: int = 200,
    *,
    secret: str = "",
    failed: str = "",
    said: str = "",
) -> Response:
    webhooks, words = visit.service.webhooks, visit.words
    dead = [(letter, fault_words(words, letter.fault)) for letter in webhooks.dead(visit.actor)]
    return draw(
        request,
        visit,
        "webhooks.html",
        status,
        on=webhooks.on,
        endpoints=webhooks.endpoints(visit.actor),
        dead=dead,
        kinds=webhook_rules().kinds,
        form=visit.form,
        secret=secret,
        failed=failed,
        said=said,
    )


def fault_words(words: Words, fault: str) -> str:
    """Why a message was not delivered, in a sentence."""
    kind, _, status = fault.partition("_")
    if kind == "http":
        return words("webhooks.fault.http", status=status)
    return words(f"webhooks.fault.{fault}")


@router.get("/webhooks")
def webhooks(request: Request, visit: Entered, said: str = "") -> Response:
    """Endpoints within reach and what could not be delivered to them."""
    return _page(request, visit, said="webhooks.tested" if said == "tested" else "")


@router.post("/webhooks")
def register(request: Request, visit: Entered) -> Response:
    """A new endpoint; its signing secret is shown on this answer only."""
    form = visit.form
    try:
        _, secret = visit.service.webhooks.register(
            visit.actor, form.one("label"), form.one("url"), frozenset(form.every("kind"))
        )
    except RecordInvalid as error:
        return _page(request, visit, 422, failed=what_is_wrong(visit.words, error.facts))
    return _page(request, visit, secret=secret)


@router.post("/webhooks/{endpoint_id}/test")
def test(visit: Entered, endpoint_id: str) -> Response:
    """Send a message that says nothing but that it is a test."""
    visit.service.webhooks.test(visit.actor, endpoint_id)
    return go("/webhooks?said=tested")


@router.post("/webhooks/{endpoint_id}/end")
def end(visit: Entered, endpoint_id: str) -> Response:
    """Nothing more goes there."""
    visit.service.webhooks.end(visit.actor, endpoint_id)
    return go("/webhooks")


@router.post("/webhooks/letters/{delivery_id}/retry")
def retry(visit: Entered, delivery_id: str) -> Response:
    """Try a message again that was given up."""
    visit.service.webhooks.retry(visit.actor, delivery_id)
    return go("/webhooks")


@router.post("/webhooks/letters/{delivery_id}/discard")
def discard(visit: Entered, delivery_id: str) -> Response:
    """Give a message up for good."""
    visit.service.webhooks.discard(visit.actor, delivery_id)
    return go("/webhooks")
