"""Errors as RFC 9457 problems for programs and as plain pages for people.

A problem carries a stable `code`, a title and a detail in the reader's language, and for fields
their `path`. It never repeats what was sent, so it holds no personal data.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.language import Words
from api.rendering import error_page
from api.visit import house_of, words_of
from tracing.errors import LoginLocked, NotSignedIn, TooMany, TracingError
from tracing.store.ids import is_id

LOG = structlog.get_logger("api")
REFUSED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
BY_STATUS: Mapping[int, str] = {
    400: "form_unreadable",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unknown",
}


def field_problems(
    words: Words, errors: Iterable[Mapping[str, Any]], drop: Sequence[str] = ("body",)
) -> list[dict[str, str]]:
    """Each wrong field as `path`, `code` and a sentence; never the value that was sent."""
    found = []
    for error in errors:
        place = [str(part) for part in error["loc"]]
        if place and place[0] in drop:
            place = place[1:]
        kind = str(error["type"])
        context = {k: str(v) for k, v in (error.get("ctx") or {}).items() if k in _SCHEMA_FACTS}
        key = f"invalid.{kind}"
        detail = words(key, **context) if words.has(key) else words("invalid.other")
        found.append({"path": "/".join(place), "code": kind, "detail": detail})
    return found


_SCHEMA_FACTS = frozenset(
    {"expected", "ge", "gt", "le", "lt", "max_length", "min_length", "pattern", "field_type"}
)


def why_invalid(words: Words, reason: str, facts: Mapping[str, object]) -> str:
    """The reason as a sentence; a general one where it names a bound that nobody kept."""
    try:
        return words(f"invalid.{reason}", **facts)
    except KeyError:
        return words("invalid.other")


def what_is_wrong(words: Words, facts: Mapping[str, object] | None) -> str:
    """The reason among an error's facts as a sentence with the field's path; empty without one."""
    known = facts or {}
    reason, path = known.get("reason"), known.get("path")
    if not reason or not words.has(f"invalid.{reason}"):
        return ""
    sentence = why_invalid(words, str(reason), known)
    return f"{path}: {sentence}" if path else sentence


def problem(
    words: Words,
    code: str,
    status: int,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An `application/problem+json` response in the reader's language."""
    key = f"error.{code}" if words.has(f"error.{code}") else "error.internal"
    body: dict[str, object] = {
        "type": f"urn:xunqin:problem:{code}",
        "title": words(key),
        "status": status,
        "detail": " ".join(filter(None, (words(f"{key}.advice"), what_is_wrong(words, facts)))),
        "code": code,
    }
    named = list(errors) or _one_field(words, facts or {})
    if named or "errors" in (facts or {}):
        body["errors"] = named
    for name, value in (facts or {}).items():
        if value is not None:
            body.setdefault(name, value)
    given = {"Content-Language": words.tag, "Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(body, status, given, media_type="application/problem+json")


def _one_field(words: Words, facts: Mapping[str, object]) -> list[dict[str, str]]:
    """The field that an error names, as `field_problems` gives it; none where it names none."""
    path, reason = facts.get("path"), facts.get("reason")
    if not path or not reason:
        return []
    detail = why_invalid(words, str(reason), facts)
    known = words.has(f"invalid.{reason}")
    return [{"path": str(path), "code": str(reason),
             "detail": detail if known else words("invalid.other")}]  # fmt: skip


def for_programs(request: Request) -> bool:
    """Whether the answer goes to a program: the JSON doors and the health doors."""
    path = request.url.path
    return (
        path.startswith(("/v1/", "/livez", "/readyz", "/openapi.json", "/notices."))
        or path == "/v1"
    )


def answer(
    request: Request,
    code: str,
    status: int,
    errors: Sequence[Mapping[str, str]] = (),
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem for programs, an error page for people."""
    words = words_of(request)
    if for_programs(request):
        return problem(words, code, status, errors=errors, facts=facts, headers=headers)
    return error_page(request, words, code, status, headers=headers)


async def on_tracing_error(request: Request, error: Exception) -> Response:
    """Any error of the work itself: its own code, status and advice."""
    if not isinstance(error, TracingError):
        return await on_surprise(request, error)
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    if isinstance(error, LoginLocked | TooMany):
        headers["Retry-After"] = str(error.facts.get("seconds") or 60)
    if isinstance(error, NotSignedIn):
        if not for_programs(request):
            return _to_sign_in(request)
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in REFUSED:
        await _note_refusal(request, error.code)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.warning("refused", code=error.code, door=door_name(request))
    return answer(request, error.code, error.status, facts=error.facts, headers=headers)


async def _note_refusal(request: Request, code: str) -> None:
    """A refused deed of a known account leaves its row; without the row, no answer either."""
    actor = getattr(request.state, "actor", None)
    given = request.path_params.get("person_id")
    subject = given if given is not None and is_id(given) else None
    if actor is None or (subject is None and code == "not_found"):
        return
    trail = house_of(request).service.audit
    await run_in_threadpool(trail.refused, actor, door_name(request), code, subject)


def _to_sign_in(request: Request) -> Response:
    target = "/sign-in"
    if request.method == "GET" and request.url.path != "/":
        target = f"/sign-in?next={quote(request.url.path)}"
    if request.headers.get("hx-request"):
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": target})
    return RedirectResponse(target, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


async def on_invalid(request: Request, error: Exception) -> Response:
    """A request whose shape is wrong: every wrong field with its path."""
    words = words_of(request)
    raw: Iterable[Mapping[str, Any]] = ()
    if isinstance(error, RequestValidationError):
        raw = error.errors()
    elif isinstance(error, ValidationError):
        raw = [dict(item) for item in error.errors(include_input=False, include_url=False)]
    return answer(request, "record_invalid", 422, errors=field_problems(words, raw))


async def on_http(request: Request, error: Exception) -> Response:
    """What the framework refuses: no such page, wrong method, body too large."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _methods(request) or headers.get("Allow", "")
    return answer(request, BY_STATUS.get(status, "form_unreadable"), status, headers=headers)


def _methods(request: Request) -> str:
    """Every method of the path that was asked for; the router names those of one door only.

    A path that is written out (`/v1/crosschecks/replies`) is not the number of something.
    """
    doors, path = house_of(request).doors, request.scope["path"]
    fitting = {template for _, template in doors if _fits(template, path)}
    nearest = min(fitting, key=lambda template: template.count("{"), default=None)
    return ", ".join(sorted(method for method, template in doors if template == nearest))


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        there if here.startswith("{") else here == there
        for here, there in zip(wanted, given, strict=True)
    )


async def on_surprise(request: Request, error: Exception) -> Response:
    """Anything unexpected: a number to quote; the log keeps where it was, not what was sent."""
    number = secrets.token_hex(4)
    places = [
        f"{frame.filename.rsplit('/', 2)[-2]}/{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
        if "/" in frame.filename
    ]
    LOG.error(
        "unexpected", id=number, kind=type(error).__name__, door=door_name(request), at=places
    )
    return answer(request, "internal", 500, facts={"id": number})


def door_name(request: Request) -> str:
    """Method and path template: a name for logs that holds no number of a person."""
    return f"{request.method} {getattr(request.scope.get('route'), 'path', '-')}"


Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem or an error page."""
    table: Mapping[type[Exception], Handler] = {
        TracingError: on_tracing_error,
        RequestValidationError: on_invalid,
        ValidationError: on_invalid,
        HTTPException: on_http,
        Exception: on_surprise,
    }
    for kind, handler in table.items():
        app.add_exception_handler(kind, handler)
