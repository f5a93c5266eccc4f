"""我的账号: where I am signed in, and the second factor."""

from __future__ import annotations

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw, go
from api.visit import Entered, Visit
from tracing.errors import CodeWrong, TracingError
from tracing.second_factors import Enrolment

router = APIRouter(include_in_schema=False)
QR_SCALE = 5


def page(
    request: Request,
    visit: Visit,
    *,
    enrolment: Enrolment | None = None,
    codes: tuple[str, ...] = (),
    binding: bool = False,
    error: TracingError | None = None,
) -> Response:
    """One's own account; `binding`: who came back from the provider is to be confirmed."""
    accounts, actor, words = visit.service.accounts, visit.actor, visit.words
    openid = visit.service.openid
    return draw(
        request,
        visit,
        "me.html",
        error.status if error else 200,
        sessions=accounts.sessions(actor),
        has_factor=accounts.factors.has(actor),
        secret=enrolment.secret if enrolment else "",
        qr=_picture(enrolment.uri) if enrolment else "",
        codes=codes,
        provider=openid.name if openid.on else "",
        bound=openid.on and openid.bound(actor),
        binding=binding,
        failed=words(f"error.{error.code}.advice") if error else "",
    )


def _picture(uri: str) -> str:
    """The QR code as an address that holds the whole picture: it is stored nowhere."""
    return str(segno.make(uri, error="m", micro=False).svg_data_uri(scale=QR_SCALE))


@router.get("/me")
def me(request: Request, visit: Entered) -> Response:
    """One's own account."""
    return page(request, visit)


@router.post("/me/sessions")
def end_sessions(visit: Entered) -> Response:
    """End one session, or all of them, this one included."""
    number = visit.form.one("id")
    if number:
        visit.service.accounts.end_session(visit.actor, number)
    else:
        visit.service.accounts.sign_everyone_out(visit.actor, visit.actor.login)
    return go("/me")


@router.post("/me/factor")
def factor(request: Request, visit: Entered) -> Response:
    """Begin, confirm or end the second factor; secret and codes are shown on this answer only."""
    factors, code = visit.service.accounts.factors, visit.form.one("code")
    try:
        match visit.form.one("do"):
            case "begin":
                return page(request, visit, enrolment=factors.begin(visit.actor))
            case "confirm":
                return page(request, visit, codes=factors.confirm(visit.actor, code))
            case "end":
                factors.end(visit.actor, code)
    except CodeWrong as error:
        return page(request, visit, error=error)
    return go("/me")
