"""The web application: every door and page over one service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from api import problems
from api.app_version import release
from api.armour import Armour
from api.cross_origin import CrossOrigin, origins
from api.forms import FILES_MAX
from api.gate import Gate
from api.logs import RequestLog
from api.pages import (
    accounts,
    auditing,
    candidates,
    clues,
    crosscheck_forms,
    crosschecks,
    desk,
    drafts,
    face_ledger,
    families,
    galleries,
    imports,
    inquiries,
    intake,
    keeping,
    keys,
    listening,
    locating,
    locating_forms,
    locating_sheet,
    marks,
    me,
    openid,
    police,
    police_requests,
    protection,
    registers,
    reviews,
    rights,
    search,
    seen,
    sign_in,
    verifications,
    voices,
    webhooks,
)
from api.pages import people as people_pages
from api.pages import photos as photo_pages
from api.proxied import Proxied
from api.reference import Application
from api.refusals import Refusals
from api.rendering import Pages
from api.v1 import crosschecks as v1_crosschecks
from api.v1 import (
    exchange,
    feeds,
    locations,
    operation,
    people,
    photos,
    reconcile,
    searches,
)
from api.v1 import police as v1_police
from api.v1 import registers as v1_registers
from api.v1 import verifications as v1_verifications
from api.v1.models import Problem
from api.visit import House
from tracing.exchange.rules import exchange_rules
from tracing.service import Service
from tracing.settings import Settings

BODY_MAX = 2_000_000
FORM_ROOM = 1_000_000
PAGES: tuple[APIRouter, ...] = (
    sign_in.router,
    openid.router,
    me.router,
    desk.router,
    drafts.router,
    people_pages.router,
    families.router,
    voices.router,
    listening.router,
    locating.router,
    locating_forms.router,
    locating_sheet.router,
    candidates.router,
    marks.router,
    verifications.router,
    reviews.router,
    police.router,
    police_requests.router,
    inquiries.router,
    face_ledger.router,
    keeping.router,
    protection.router,
    clues.router,
    rights.router,
    registers.router,
    crosscheck_forms.router,
    crosschecks.router,
    imports.router,
    galleries.router,
    auditing.router,
    accounts.router,
    keys.router,
    webhooks.router,
)
FORMS: tuple[APIRouter, ...] = (
    intake.router,
    search.router,
    photo_pages.router,
    seen.router,
    police.forms,
    police_requests.forms,
    crosscheck_forms.uploads,
)
RECORDINGS: tuple[APIRouter, ...] = (voices.uploads,)
DOORS: tuple[APIRouter, ...] = (
    operation.router,
    people.router,
    photos.router,
    searches.router,
    v1_verifications.router,
    locations.router,
    v1_registers.router,
    reconcile.router,
    v1_crosschecks.router,
    exchange.router,
    feeds.router,
    v1_police.router,
)
UPLOADS: tuple[APIRouter, ...] = (photos.uploads, v1_police.uploads, v1_crosschecks.uploads)
IMPORTS: tuple[APIRouter, ...] = (imports.uploads, exchange.uploads)
ROUTERS = (*PAGES, *FORMS, *RECORDINGS, *DOORS, *UPLOADS, *IMPORTS)
_PROBLEM = {"application/problem+json": {"schema": Problem.model_json_schema()}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"content": _PROBLEM, "description": "what is wrong, as an RFC 9457 problem"},
    "5XX": {"content": _PROBLEM, "description": "not now, or not our best day"},
}


def create_app(service: Service, settings: Settings) -> FastAPI:
    """The application over a service; the service is closed when the application ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        service.warm()
        yield
        service.close()

    app = Application(
        title="xunqin 寻亲",
        version=release(),
        summary="Family tracing and identity-matching search for rescue stations.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(Proxied, trusted=settings.trusted_proxy),
            Middleware(RequestLog),
            Middleware(Armour, https_only=settings.https_only),
            Middleware(CrossOrigin, allowed=origins(settings.reconcile_origins)),
            Middleware(Gate),
            Middleware(Refusals),
        ],
    )
    app.state.house = House(service, settings)
    app.state.pages = Pages()
    problems.install(app)
    photo = settings.photo_max_bytes + FORM_ROOM
    for router in PAGES:
        app.include_router(router, max_body_size=BODY_MAX)
    for router in FORMS:
        app.include_router(router, max_body_size=min(photo * 2, photo + FILES_MAX * FORM_ROOM * 4))
    for router in RECORDINGS:
        app.include_router(router, max_body_size=settings.voice_max_bytes + FORM_ROOM)
    for router in DOORS:
        app.include_router(router, responses={**PROBLEMS}, max_body_size=BODY_MAX)
    for router in UPLOADS:
        app.include_router(router, responses={**PROBLEMS}, max_body_size=photo)
    for router in IMPORTS:
        app.include_router(
            router,
            responses={**PROBLEMS},
            max_body_size=exchange_rules().files.bytes + FORM_ROOM,
        )
    static = files("api").joinpath("static")
    app.mount("/static", StaticFiles(directory=str(static)), name="static")
    return app
