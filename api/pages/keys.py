"""What one key did: for the security administrator and the auditor."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw
from api.visit import Entered
from tracing.audit_looks import opened_detail
from tracing.store.audit import Entry

router = APIRouter(include_in_schema=False)


def _about(row: Entry) -> str:
    """What a row is about: an id, or the door that stayed shut."""
    return row.object_id or str(opened_detail(row.detail).get("door", ""))


@router.get("/keys/{prefix}")
def key(request: Request, visit: Entered, prefix: str, cursor: str = "") -> Response:
    """A key, how often it did what, and its rows in the trail, newest first."""
    words, service = visit.words, visit.service
    found = service.accounts.key(visit.actor, prefix)
    counts = service.audit.of_key(visit.actor, prefix)
    page = service.audit.page(visit.actor, key_prefix=prefix, cursor=cursor or None)
    expired = found.expires_at <= service.store.now()
    return draw(
        request,
        visit,
        "key.html",
        key=found,
        scopes=[words.first((f"scope.{s}", s)) for s in found.scopes],
        state="revoked" if found.revoked else "expired" if expired else "live",
        counts=[(words.first((f"audit.did.{a}", a)), n, o) for a, o, n in counts],
        rows=[
            (row, words.first((f"audit.did.{row.action}", row.action)), _about(row))
            for row in page.items
        ],
        next_cursor=page.next_cursor,
    )
