"""Is it alive, is it ready, and the reference of these doors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from api.rendering import pages_of
from api.visit import Entered

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def alive(visit: Entered) -> dict[str, str]:
    """The process answers, also while no thread is free."""
    del visit
    return {"status": "alive"}


@router.get("/readyz")
def ready(visit: Entered) -> JSONResponse:
    """Whether searches can be answered: 503 while the gallery is being opened."""
    state = visit.service.ready()
    body: dict[str, Any] = {"status": "ready" if state.ready else "loading"}
    if state.ready and state.photos_left:
        body["photos_left"] = state.photos_left
    headers = {"Cache-Control": "no-store"}
    if not state.ready:
        body["reason"] = state.reason
        headers["Retry-After"] = "2"
    return JSONResponse(body, 200 if state.ready else 503, headers)


@router.get("/openapi.json")
def reference(request: Request, visit: Entered) -> JSONResponse:
    """The OpenAPI description."""
    del visit
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def docs(request: Request, visit: Entered) -> HTMLResponse:
    """The description as a page; all of its parts come from this server."""
    del visit
    html = pages_of(request).environment.get_template("docs.html").render()
    return HTMLResponse(html)
