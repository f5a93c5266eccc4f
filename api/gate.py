"""How many requests are under way at once; the next one is asked to come back.

Without this, requests that come faster than they are answered line up until everybody's has
taken too long, and the answers are given to people who no longer wait.
"""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import answer

UNDER_WAY = 96
OPEN = ("/livez", "/readyz", "/static/")
RETRY_SECONDS = "2"


class Gate:
    """Lets so many requests in; health doors and stylesheets always."""

    def __init__(self, app: ASGIApp, *, under_way: int = UNDER_WAY) -> None:
        self.app = app
        self._free = under_way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it politely."""
        if scope["type"] != "http" or scope["path"].startswith(OPEN):
            await self.app(scope, receive, send)
            return
        if self._free <= 0:
            # the line stays open: hung up on in the middle of a body, many clients never read this
            headers = {"Retry-After": RETRY_SECONDS}
            response = answer(Request(scope), "crowded", 503, headers=headers)
            await response(scope, receive, send)
            return
        self._free -= 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._free += 1
