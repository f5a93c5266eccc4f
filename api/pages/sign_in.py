"""登录, the one-time link that sets a password, and the choice of language."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go, local_path
from api.visit import LANGUAGE_COOKIE, SESSION_COOKIE, Entered, Visit
from tracing.accounts import Session
from tracing.errors import (
    CodeNeeded,
    LinkExpired,
    LoginFailed,
    LoginLocked,
    PasswordWeak,
    TracingError,
)

router = APIRouter(include_in_schema=False)
YEAR = 365 * 24 * 3600


def page(
    request: Request, visit: Visit, error: TracingError | None = None, done: str = ""
) -> Response:
    """The form, with what went wrong."""
    key, openid = f"error.{error.code}" if error else "", visit.service.openid
    return draw(
        request,
        visit,
        "sign_in.html",
        error.status if error else 200,
        failed=visit.words(key) if error else "",
        failed_advice=visit.words(f"{key}.advice") if error else "",
        ask_code=isinstance(error, CodeNeeded) or bool(visit.form.one("code")),
        login=visit.form.one("login")[:64] if error else "",
        next=local_path(visit.form.one("next") or request.query_params.get("next", "/")),
        done=done,
        provider=openid.name if openid.on else "",
    )


def signed_in(visit: Visit, session: Session, next_path: str) -> Response:
    """On to a page, with the cookie of a fresh session."""
    answer = go(next_path)
    answer.set_cookie(
        SESSION_COOKIE,
        session.token,
        expires=session.expires_at,
        httponly=True,
        secure=visit.house.settings.https_only,
        samesite="lax",
        path="/",
    )
    return answer


@router.get("/sign-in")
def sign_in_form(request: Request, visit: Entered) -> Response:
    """The form."""
    said = request.query_params.get("said", "")
    done = visit.words(f"sign_in.{said}") if said in {"done", "left"} else ""
    return page(request, visit, done=done)


@router.post("/sign-in")
def sign_in(request: Request, visit: Entered) -> Response:
    """Open a session."""
    form = visit.form
    try:
        session = visit.service.accounts.sign_in(
            form.one("login"), _password(visit, "password"), form.one("code")
        )
    except (CodeNeeded, LoginFailed, LoginLocked) as error:
        return page(request, visit, error)
    return signed_in(visit, session, local_path(form.one("next") or "/"))


def _password(visit: Visit, name: str) -> str:
    """A password as typed: unlike other fields it is not trimmed."""
    return next((value for key, value in visit.form.fields if key == name), "")


@router.post("/sign-out")
def sign_out(request: Request, visit: Entered) -> Response:
    """End the session."""
    visit.service.accounts.sign_out(request.cookies.get(SESSION_COOKIE, ""))
    answer = go("/sign-in?said=left")
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _first_page(
    request: Request, visit: Visit, token: str, title: str = "", advice: str = "", status: int = 200
) -> Response:
    return draw(
        request, visit, "first.html", status, token=token, failed=title, failed_advice=advice
    )


@router.get("/first/{token}")
def first_form(request: Request, visit: Entered, token: str) -> Response:
    """Where a one-time link leads."""
    return _first_page(request, visit, token[:200])


@router.post("/first")
def set_password(request: Request, visit: Entered) -> Response:
    """Set the password that the link is for."""
    token, words = visit.form.one("token"), visit.words
    password = _password(visit, "password")
    if password != _password(visit, "again"):
        differ = words("first.differ"), words("first.differ_advice")
        return _first_page(request, visit, token, *differ, 422)
    try:
        visit.service.accounts.set_password(token, password)
    except (PasswordWeak, LinkExpired) as error:
        key = f"error.{error.code}"
        return _first_page(request, visit, token, words(key), words(f"{key}.advice"), error.status)
    return go("/sign-in?said=done")


@router.post("/language")
def choose_language(request: Request, visit: Entered) -> Response:
    """Remember the language and go back to the page."""
    path = request.headers.get("referer", "/").split("://", 1)[-1]
    answer = go(local_path("/" + path.partition("/")[2].partition("?")[0]))
    chosen = "en" if visit.form.one("to") == "en" else "zh"
    answer.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=YEAR,
        httponly=True,
        secure=visit.house.settings.https_only,
        samesite="lax",
    )
    return answer
