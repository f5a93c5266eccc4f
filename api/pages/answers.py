"""What every page does: draw with the visitor's words, or send the browser on."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.rendering import pages_of
from api.visit import Visit

LOCAL_PATH = re.compile(r"/(?!/)[A-Za-z0-9_\-/]*\Z")


def draw(
    request: Request, visit: Visit, template: str, /, status: int = 200, **values: object
) -> HTMLResponse:
    """A page from a template."""
    return pages_of(request).draw(visit, template, status, **values)


def go(path: str) -> RedirectResponse:
    """Send the browser to another page after a change (303, so that reloading repeats nothing)."""
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})


def local_path(path: str) -> str:
    """A path of this server to go on to; anything else becomes the desk."""
    return path if LOCAL_PATH.match(path) else "/"
