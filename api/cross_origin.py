"""Pages of other origins may call the reconciliation service where the operator has named them.

CORS (Fetch standard) for one path and the origins of the settings; no cookies are ever let through,
and every other door stays closed to other origins.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/v1/reconcile"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def origins(text: str) -> tuple[str, ...]:
    """Origins of the setting, as browsers write them."""
    return tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())


class CrossOrigin:
    """Answers preflights and adds the header for origins that are named."""

    def __init__(self, app: ASGIApp, *, allowed: Collection[str]) -> None:
        self.app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer its preflight."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PATH or path.startswith(f"{PATH}/")):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if origin not in self._allowed:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            given = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **PREFLIGHT}
            await Response(status_code=204, headers=given)(scope, receive, send)
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["Access-Control-Allow-Origin"] = origin
                answer["Access-Control-Expose-Headers"] = "Retry-After"
                answer.add_vary_header("Origin")
            await send(message)

        await self.app(scope, receive, opened)
