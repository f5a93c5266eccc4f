"""账号和密钥: for administrators, who see no people here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw
from api.pages.shared import choices_of
from api.problems import what_is_wrong
from api.visit import Entered, Visit
from tracing.api_keys import KeyPaper
from tracing.errors import Conflict, NotFound, NotPermitted, RecordInvalid, TracingError

router = APIRouter(include_in_schema=False)
DAYS = 90


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account in the table."""

    login: str
    name: str
    role: str
    station: str
    open: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key in the table."""

    prefix: str
    scopes: str
    until: object
    live: bool
    organisation: str


def _page(
    request: Request,
    visit: Visit,
    *,
    link: str = "",
    secret: str = "",
    error: TracingError | None = None,
) -> Response:
    words, actor = visit.words, visit.actor
    choices = choices_of(visit)
    comma = words("frame.comma")
    users = [
        UserRow(
            u.login,
            u.display_name,
            words.first((f"role.{u.role}",)),
            f"{u.station_name} {u.station_code}",
            not u.disabled,
        )
        for u in visit.service.accounts.users(actor)
    ]
    keys = [
        KeyRow(
            k.prefix,
            comma.join(words.first((f"scope.{s}", s)) for s in k.scopes),
            k.expires_at,
            not k.revoked,
            k.organisation,
        )
        for k in (visit.service.accounts.keys(actor) if actor.may("keys.manage") else ())
    ]
    key = f"error.{error.code}" if error else ""
    return draw(
        request,
        visit,
        "accounts.html",
        error.status if error else 200,
        users=users,
        keys=keys,
        roles=choices.options(words, "roles"),
        scopes=choices.options(words, "scopes"),
        purposes=choices.options(words, "purposes"),
        bases=choices.options(words, "bases"),
        can_see=actor.may("audit.read"),
        link=link,
        secret=secret,
        failed=words(key) if error else "",
        failed_advice=_advice(visit, error) if error else "",
    )


def _advice(visit: Visit, error: TracingError) -> str:
    return what_is_wrong(visit.words, error.facts) or visit.words(f"error.{error.code}.advice")


@router.get("/accounts")
def accounts(request: Request, visit: Entered) -> Response:
    """Accounts and keys within reach."""
    return _page(request, visit)


@router.post("/accounts")
def create_account(request: Request, visit: Entered) -> Response:
    """A new account; its one-time link is shown on this answer only."""
    form = visit.form
    try:
        token = visit.service.accounts.create(
            visit.actor,
            form.one("login"),
            form.one("display_name"),
            form.one("role"),
            form.one("station_code"),
        )
    except (Conflict, NotFound, NotPermitted, RecordInvalid) as error:
        return _page(request, visit, error=error)
    return _page(request, visit, link=_first_link(request, token))


@router.post("/accounts/{login}")
def change_account(request: Request, visit: Entered, login: str) -> Response:
    """Close or open an account, sign it out, take away its second factor, or give a new link."""
    accounts, actor, link = visit.service.accounts, visit.actor, ""
    try:
        match visit.form.one("do"):
            case "close" | "open" as deed:
                accounts.disable(actor, login, disabled=deed == "close")
            case "sign_out":
                accounts.sign_everyone_out(actor, login)
            case "reset_factor":
                accounts.factors.reset(actor, login)
            case "link":
                link = _first_link(request, accounts.new_link(actor, login))
    except NotPermitted as error:
        return _page(request, visit, error=error)
    return _page(request, visit, link=link)


def _first_link(request: Request, token: str) -> str:
    return f"{str(request.base_url).rstrip('/')}/first/{token}"


@router.post("/keys")
def create_key(request: Request, visit: Entered) -> Response:
    """A new API key; its secret is shown on this answer only."""
    form = visit.form
    days = form.one("days")
    try:
        _, secret = visit.service.accounts.create_key(
            visit.actor,
            form.one("login"),
            frozenset(form.every("scope")),
            int(days) if days.isascii() and days.isdigit() and len(days) < 5 else DAYS,
            KeyPaper(
                organisation=form.one("organisation"),
                purpose=form.one("purpose", "tracing"),
                legal_basis=form.one("legal_basis", "statutory_duty"),
                certificate=form.one("certificate"),
                client_id=form.one("client_id"),
            ),
        )
    except (Conflict, NotFound, RecordInvalid) as error:
        return _page(request, visit, error=error)
    return _page(request, visit, secret=secret)


@router.post("/keys/{prefix}/revoke")
def revoke_key(request: Request, visit: Entered, prefix: str) -> Response:
    """End a key at once."""
    visit.service.accounts.revoke_key(visit.actor, prefix)
    return _page(request, visit)
