"""Bodies that are too large are refused before any door sees them; here they get our words."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

TOO_LARGE = 413


class Refusals:
    """Turns the framework's bare 413 into a problem or a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a bare 413 is replaced."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced = False

        async def watched(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _bare(message):
                replaced = True
                response = answer(Request(scope), "body_too_large", TOO_LARGE)
                await response(scope, receive, send)
            elif not replaced:
                await send(message)

        await self.app(scope, receive, watched)


def _bare(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == TOO_LARGE and kind.startswith("text/plain")
