"""统一登录: away to the OpenID provider, back again, and what may still be asked here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go, local_path
from api.pages.me import page as me_page
from api.pages.sign_in import page as sign_in_page
from api.pages.sign_in import signed_in
from api.visit import Entered, Visit, address_of
from tracing.errors import (
    CodeNeeded,
    Conflict,
    LoginFailed,
    LoginLocked,
    OpenidRefused,
    OpenidUnbound,
    OpenidUnusable,
    TracingError,
)
from tracing.openid import AWAY, Pending

router = APIRouter(include_in_schema=False)
TICKET_COOKIE = "xunqin_openid"
_REFUSED = (OpenidRefused, OpenidUnbound, OpenidUnusable, LoginFailed)


def _with_ticket(visit: Visit, answer: Response, ticket: str) -> Response:
    answer.set_cookie(
        TICKET_COOKIE,
        ticket,
        max_age=int(AWAY.total_seconds()),
        httponly=True,
        secure=visit.house.settings.https_only,
        samesite="lax",
        path="/",
    )
    return answer


def _without_ticket(answer: Response) -> Response:
    answer.delete_cookie(TICKET_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def _ticket(request: Request) -> str:
    return request.cookies.get(TICKET_COOKIE, "")


def _away(visit: Visit, next_path: str, *, bind: bool) -> Response:
    actor = visit.actor if bind else None
    address, ticket = visit.service.openid.begin(next_path, actor)
    answer = go("/")
    answer.headers["Location"] = address
    return _with_ticket(visit, answer, ticket)


@router.get("/sign-in/openid")
def away(request: Request, visit: Entered) -> Response:
    """To the provider."""
    visit.house.pace.count("sign_in", address_of(request))
    try:
        return _away(visit, local_path(request.query_params.get("next", "/")), bind=False)
    except OpenidUnusable as error:
        return sign_in_page(request, visit, error)


@router.get("/sign-in/openid/back")
def back(request: Request, visit: Entered) -> Response:
    """From the provider, with a code that it gives once."""
    visit.house.pace.count("sign_in", address_of(request))
    given = {key: request.query_params.get(key, "")[:4000] for key in ("state", "code", "iss")}
    try:
        found = visit.service.openid.come_back(
            _ticket(request), given["state"], given["code"], given["iss"]
        )
    except _REFUSED as error:
        return _without_ticket(sign_in_page(request, visit, error))
    if isinstance(found, Pending):
        here = "/me/openid" if found.step == "bind" else "/sign-in/openid/code"
        return _with_ticket(visit, go(here), found.ticket)
    session, next_path = found
    return _without_ticket(signed_in(visit, session, local_path(next_path)))


def _code_page(request: Request, visit: Visit, error: TracingError | None = None) -> Response:
    key = f"error.{error.code}" if error else ""
    return draw(
        request,
        visit,
        "sign_in_code.html",
        error.status if error else 200,
        failed=visit.words(key) if error else "",
        failed_advice=visit.words(f"{key}.advice") if error else "",
    )


@router.get("/sign-in/openid/code")
def code_form(request: Request, visit: Entered) -> Response:
    """Where the code of the second factor is asked for."""
    return _code_page(request, visit)


@router.post("/sign-in/openid/code")
def code(request: Request, visit: Entered) -> Response:
    """Open the session with it."""
    try:
        session, next_path = visit.service.openid.with_code(
            _ticket(request), visit.form.one("code")
        )
    except (CodeNeeded, LoginFailed, LoginLocked) as error:
        return _code_page(request, visit, error)
    except OpenidRefused as error:
        return _without_ticket(sign_in_page(request, visit, error))
    return _without_ticket(signed_in(visit, session, local_path(next_path)))


@router.get("/me/openid")
def own(request: Request, visit: Entered) -> Response:
    """To the provider, to bind one's account; or back from there, to confirm it."""
    if visit.service.openid.waiting(visit.actor, _ticket(request)):
        return me_page(request, visit, binding=True)
    try:
        return _away(visit, "/me", bind=True)
    except OpenidUnusable as error:
        return me_page(request, visit, error=error)


@router.post("/me/openid")
def bind(request: Request, visit: Entered) -> Response:
    """Bind one's account to who came back, or end the binding."""
    openid = visit.service.openid
    if visit.form.one("do") == "end":
        openid.unbind(visit.actor)
        return go("/me")
    try:
        openid.bind(visit.actor, _ticket(request))
    except (OpenidRefused, Conflict) as error:
        return _without_ticket(me_page(request, visit, error=error))
    return _without_ticket(go("/me"))
