"""Notices for anybody to read: Atom, JSON Feed and PFIF 1.4, page by page from a cursor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.visit import Entered
from tracing.exchange.feeds import atom_feed, json_feed
from tracing.exchange.pfif_write import pfif_document

router = APIRouter(tags=["notices"], default_response_class=Response)
Cursor = Annotated[str | None, Query(max_length=400)]
_KEPT = {"Cache-Control": "public, max-age=60"}


@router.get("/notices.atom", responses={200: {"content": {"application/atom+xml": {}}}})
def atom(visit: Entered, cursor: Cursor = None) -> Response:
    """Running notices, and which ones are over (RFC 4287, RFC 6721), with PFIF inside."""
    page = visit.service.notices.feed(cursor)
    return Response(atom_feed(page, "/notices.atom"), 200, _KEPT, "application/atom+xml")


@router.get("/notices.json", responses={200: {"content": {"application/feed+json": {}}}})
def json(visit: Entered, cursor: Cursor = None) -> Response:
    """The same as JSON Feed 1.1."""
    page = visit.service.notices.feed(cursor)
    return Response(json_feed(page, "/notices.json"), 200, _KEPT, "application/feed+json")


@router.get("/notices.pfif", responses={200: {"content": {"application/xml": {}}}})
def pfif(visit: Entered, cursor: Cursor = None) -> Response:
    """The same as a PFIF 1.4 document; `X-Next-Cursor` is where to go on."""
    page = visit.service.notices.feed(cursor)
    headers = {**_KEPT, "X-Next-Cursor": page.cursor, "X-More": "1" if page.more else "0"}
    return Response(pfif_document(page), 200, headers, "application/xml")
