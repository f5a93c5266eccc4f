"""One request's visitor: who it is, in which language, through which door."""

from __future__ import annotations

import hmac
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api import places_map
from api.choices import Choices
from api.cross_origin import origins
from api.forms import EMPTY, Form, read_form
from api.language import Languages, Words
from api.listening_places import ProvincePlaces, listening_places
from api.pace import Pace
from api.proxied import certificate_of
from api.security import Door, table
from matchers.places import Divisions
from matchers.sounds.regions import Regions
from tracing.access import Actor, rules
from tracing.errors import NotPermitted, NotSignedIn, TracingError
from tracing.machine_tokens import MachineTokens
from tracing.service import Service
from tracing.settings import Settings

SESSION_COOKIE = "xunqin_session"
LANGUAGE_COOKIE = "xunqin_language"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WAIT_SECONDS = 8.0
PLACES_IN_LINE = 16
JWT_DOTS = 2


class RequestForged(TracingError):
    """The page was too old or the request came from another site. Load the page and try again."""

    code = "request_forged"
    status = 403


class Crowded(TracingError):
    """Too many people are searching at this moment. Try again in a few seconds."""

    code = "crowded"
    status = 503


class House:
    """What every request of one server shares: the service, the words, the doors, the room."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.languages = Languages(settings.language)
        self.choices = Choices()
        self.dialect_points: tuple[str, ...] = tuple(Regions.load().places)
        self.divisions = Divisions.load()
        self.map_dots: str = places_map.dots(self.divisions)
        self.listening_places: tuple[ProvincePlaces, ...] = listening_places()
        self.doors: Mapping[tuple[str, str], Door] = table()
        self.pace = Pace(rules().paces)
        self.tokens = MachineTokens(settings)
        self.reconcile_origins = origins(settings.reconcile_origins)
        cores = os.cpu_count() or 1
        self._room = threading.BoundedSemaphore(cores)
        # whoever waits keeps a thread: without an end to the line, pages would find none
        self._line = threading.BoundedSemaphore(cores + PLACES_IN_LINE)

    @contextmanager
    def room(self) -> Iterator[None]:
        """One of as many places for heavy work as there are cores.

        Raises:
            Crowded: the line before it is full, or it took too long.
        """
        if not self._line.acquire(blocking=False):
            raise Crowded
        try:
            if not self._room.acquire(timeout=WAIT_SECONDS):
                raise Crowded
            try:
                yield
            finally:
                self._room.release()
        finally:
            self._line.release()

    @contextmanager
    def searching(self) -> Iterator[None]:
        """`room`, for what needs the gallery.

        Raises:
            NotReady: the gallery is still being read.
            Crowded: as for `room`.
        """
        self.service.require_gallery()
        with self.room():
            yield


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in."""

    house: House
    words: Words
    door: Door
    form: Form
    csrf: str
    who: Actor | None

    @property
    def service(self) -> Service:
        """The service facade."""
        return self.house.service

    @property
    def actor(self) -> Actor:
        """The signed-in account; only doors that ask for one may use it."""
        if self.who is None:
            raise NotSignedIn
        return self.who


def house_of(request: Request) -> House:
    """The shared parts of the server that answers this request."""
    house: House = request.app.state.house
    return house


def words_of(request: Request) -> Words:
    """The language this visitor reads."""
    house = house_of(request)
    return house.languages.choose(
        request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language")
    )


def _door(request: Request) -> Door:
    route = request.scope.get("route")
    method = "GET" if request.method == "HEAD" else request.method
    door = house_of(request).doors.get((method, getattr(route, "path", "")))
    if door is None:
        raise NotPermitted
    return door


def _same_origin(request: Request) -> bool:
    """Whether a browser says that the request comes from a page of this server."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _bearer(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def _machine(house: House, secret: str | None, certificate: str | None) -> Actor | None:
    """The machine behind a request: by its token or secret if it gave one, else its certificate."""
    accounts = house.service.accounts
    if secret is None:
        return None if certificate is None else accounts.by_certificate(certificate)
    if not secret.startswith("xq") and secret.count(".") == JWT_DOTS:
        client_id = house.tokens.client_of(secret)
        return None if client_id is None else accounts.by_client(client_id)
    return accounts.by_key(secret)


async def _who(request: Request, door: Door) -> tuple[Actor | None, str]:
    """The account behind the request and the CSRF token of its session (empty for a key)."""
    house = house_of(request)
    certificate = certificate_of(request.scope, house.settings.client_certificate_header)
    secret = _bearer(request)
    if door.who != "person" and (secret is not None or certificate is not None):
        address = address_of(request)
        if secret is not None:
            house.pace.require("bad_key", address)
        found_key = await run_in_threadpool(_machine, house, secret, certificate)
        if found_key is None and secret is not None:
            house.pace.count("bad_key", address)
        # a browser may have a certificate that is no machine's, and a session beside it
        if secret is not None or found_key is not None:
            return found_key, ""
    token = request.cookies.get(SESSION_COOKIE)
    if token is None:
        return None, ""
    found = await run_in_threadpool(house.service.accounts.by_session, token)
    return found if found is not None else (None, "")


def address_of(request: Request) -> str:
    """The address that knocks; empty where there is none."""
    return request.client.host if request.client is not None else ""


def _keep_pace(request: Request, house: House, door: Door, who: Actor | None) -> None:
    """Count this request; pictures and pages count little, searches and sign-ins much."""
    changing = request.method not in SAFE_METHODS
    if who is None:
        if changing and door.who == "anyone":
            house.pace.count("sign_in", address_of(request))
        return
    house.pace.count("key" if who.via == "key" else "session", who.account_id)
    if changing and door.scope == "search":
        house.pace.count("search", who.account_id)


async def enter(request: Request) -> Visit:
    """Let a request in by the row of its route, or refuse it."""
    door = _door(request)
    house = house_of(request)
    changing = request.method not in SAFE_METHODS
    form = await read_form(request, house.settings.photo_max_bytes) if changing else EMPTY
    who, csrf = await _who(request, door)
    request.state.actor = who
    _keep_pace(request, house, door, who)
    if door.who != "anyone" and who is None:
        raise NotSignedIn
    if door.scope is not None and (who is None or door.scope not in who.scopes):
        raise NotPermitted
    if changing and csrf and door.csrf:
        given = request.headers.get("x-csrf-token") or form.one("csrf")
        if not hmac.compare_digest(given.encode(), csrf.encode()) or not _same_origin(request):
            raise RequestForged
    elif changing and door.who == "anyone" and not _same_origin(request):
        raise RequestForged
    return Visit(house, words_of(request), door, form, csrf, who)


Entered = Annotated[Visit, Depends(enter)]
