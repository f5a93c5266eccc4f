"""The reconciliation service: OpenRefine and its like clean a ledger against what is held here.

Reconciliation Service API 0.2 of the W3C community group: manifest, queries, suggest, preview and
data extension. Surnames and places are public; people are asked for by POST only, so that no name
stands in an address, and are never a certain match. Faces have no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Query as Param
from fastapi.responses import HTMLResponse, JSONResponse

from api.app_version import release
from api.language import Words
from api.v1.reconcile_models import (
    PEOPLE_MAX,
    Answer,
    Extend,
    Query,
    read_extend,
    read_queries,
    unknown_type,
)
from api.visit import Entered, Visit
from tracing.errors import NotFound, RecordInvalid
from tracing.reconciliation import Meant

router = APIRouter(tags=["reconciliation"])
TYPES = ("place", "surname", "person")
ASKED = {
    "person": ("side", "sex", "birth_year", "home", "latin", "dialect"),
    "place": (),
    "surname": (),
}
TOLD = ("full_name", "province", "city", "since", "until", "today")
SUGGESTED = 10
PREVIEW = (400, 120)
LONG = Param(max_length=20_000, description="longer ones by POST")
"""Both fit into the head of a request that the server takes (`patience.HEAD_BYTES`)."""
Prefix = Annotated[str, Param(max_length=200)]


@router.get("/v1/reconcile")
def manifest_or_answers(
    request: Request,
    visit: Entered,
    queries: Annotated[str | None, LONG] = None,
    extend: Annotated[str | None, LONG] = None,
) -> JSONResponse:
    """The manifest, or the answers to queries about places and surnames in the address."""
    if queries is not None:
        return JSONResponse(_answers(visit, read_queries(queries), by_post=False))
    if extend is not None:
        return JSONResponse(_extended(visit, read_extend(extend)))
    return JSONResponse(_manifest(request, visit.words))


@router.post(
    "/v1/reconcile",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "queries": {"type": "string", "description": "JSON, name to query"},
                            "extend": {"type": "string", "description": "JSON, ids, properties"},
                        },
                    }
                }
            },
        }
    },
)
def answers(visit: Entered) -> JSONResponse:
    """The answers to a form with `queries`, or with `extend` for properties of places."""
    if extend := visit.form.one("extend"):
        return JSONResponse(_extended(visit, read_extend(extend)))
    given = visit.form.one("queries")
    if not given:
        raise RecordInvalid(path="queries", reason="value_missing")
    return JSONResponse(_answers(visit, read_queries(given), by_post=True))


@router.get("/v1/reconcile/suggest/entity")
def suggest_entity(visit: Entered, prefix: Prefix = "", cursor: int = 0) -> JSONResponse:
    """Places and surnames that begin so; people are never suggested."""
    found = visit.service.reconciliation.begins(prefix, SUGGESTED + max(0, min(cursor, 1000)))
    items = [
        {
            "id": m.id,
            "name": m.name,
            "description": m.description,
            "notable": [_type(visit.words, m.kind)],
        }
        for m in found[max(0, cursor) :]
    ]
    return JSONResponse({"result": items})


@router.get("/v1/reconcile/suggest/type")
def suggest_type(visit: Entered, prefix: Prefix = "") -> JSONResponse:
    """The types there are."""
    return JSONResponse({"result": _beginning(prefix, _types(visit.words))})


@router.get("/v1/reconcile/suggest/property")
def suggest_property(visit: Entered, prefix: Prefix = "") -> JSONResponse:
    """Properties that can be asked with or fetched."""
    every = (*ASKED["person"], *TOLD)
    return JSONResponse({"result": _beginning(prefix, _properties(visit.words, every))})


@router.get("/v1/reconcile/properties")
def propose_properties(
    visit: Entered,
    type: Annotated[str, Param(max_length=64)] = "place",  # noqa: A002  # the specification's name
    limit: Annotated[int, Param(ge=1, le=100)] = 10,
) -> JSONResponse:
    """Properties of a type that can be fetched: of places only."""
    told = TOLD if type == "place" else ()
    return JSONResponse(
        {"type": type, "limit": limit, "properties": _properties(visit.words, told[:limit])}
    )


@router.get("/v1/reconcile/preview", response_class=HTMLResponse)
def preview(visit: Entered, id: Annotated[str, Param(max_length=64)] = "") -> HTMLResponse:  # noqa: A002
    """A few lines about a place or a surname, for a small frame; nothing about a person."""
    words = visit.words
    try:
        meant = visit.service.reconciliation.entity(id)
        lines = [meant.name, meant.description, words(f"reconcile.type.{meant.kind}")]
    except NotFound:
        lines = [words("reconcile.no_preview")]
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    head = f'<html lang="{words.tag}"><meta charset="utf-8"><title>xunqin</title>'
    origins = " ".join(visit.house.reconcile_origins) or "'none'"
    headers = {"Content-Security-Policy": f"default-src 'none'; frame-ancestors {origins}"}
    return HTMLResponse(f"<!doctype html>{head}{body}</html>", headers=headers)


def _answers(visit: Visit, queries: dict[str, Query], *, by_post: bool) -> Answer:
    people = [key for key, query in queries.items() if "person" in query.types]
    if people and not by_post:
        raise RecordInvalid(path=f"queries.{people[0]}.type", reason="ask_by_post")
    if len(people) > PEOPLE_MAX:
        raise RecordInvalid(path="queries", reason="too_many_people")
    for key, query in queries.items():
        for kind in query.types:
            if kind not in TYPES:
                raise unknown_type(f"queries.{key}.type")
    return {key: {"result": _results(visit, query)} for key, query in queries.items()}


def _results(visit: Visit, query: Query) -> list[Answer]:
    found: list[Meant] = []
    text, limit, service = query.query or "", int(query.limit), visit.service.reconciliation
    for kind in dict.fromkeys(query.types):
        if kind == "place":
            found += service.places(text, limit)
        elif kind == "surname":
            found += service.surnames(text, limit)
        else:
            visit.house.pace.count("search", visit.actor.account_id)
            asked = {p.pid: p.texts() for p in query.properties}
            with visit.house.room():
                found += service.people(visit.actor, text, asked, limit)
    best = sorted(found, key=lambda m: -m.score)[:limit]
    return [_candidate(visit.words, meant) for meant in best]


def _candidate(words: Words, meant: Meant) -> Answer:
    return {
        "id": meant.id,
        "name": meant.name,
        "description": meant.description,
        "score": meant.score,
        "match": meant.sure,
        "type": [_type(words, meant.kind)],
        "features": [{"id": key, "value": value} for key, value in meant.features.items()],
    }


def _extended(visit: Visit, asked: Extend) -> Answer:
    wanted = [p.id for p in asked.properties]
    rows = {}
    for entity_id in asked.ids:
        facts = visit.service.reconciliation.facts(entity_id)
        rows[entity_id] = {pid: [{"str": v} for v in facts.get(pid, ())] for pid in wanted}
    return {"meta": _properties(visit.words, wanted), "rows": rows}


def _type(words: Words, kind: str) -> Answer:
    return {"id": kind, "name": words(f"reconcile.type.{kind}")}


def _types(words: Words) -> list[Answer]:
    return [_type(words, kind) for kind in TYPES]


def _properties(words: Words, ids: Iterable[str]) -> list[Answer]:
    return [{"id": i, "name": words.first((f"reconcile.property.{i}", i))} for i in ids]


def _beginning(prefix: str, items: list[Answer]) -> list[Answer]:
    text = prefix.strip().lower()
    return [i for i in items if i["id"].startswith(text) or i["name"].lower().startswith(text)]


def _manifest(request: Request, words: Words) -> Answer:
    base = str(request.base_url).rstrip("/") + "/v1/reconcile"
    here = {"service_url": base}
    width, height = PREVIEW
    return {
        "versions": ["0.2"],
        "name": words("reconcile.name"),
        "identifierSpace": "urn:xunqin:entity",
        "schemaSpace": "urn:xunqin:type",
        "serviceVersion": release(),
        "defaultTypes": _types(words),
        "view": {"url": f"{base}/preview?id={{{{id}}}}"},
        "preview": {"url": f"{base}/preview?id={{{{id}}}}", "width": width, "height": height},
        "suggest": {
            "entity": {**here, "service_path": "/suggest/entity"},
            "type": {**here, "service_path": "/suggest/type"},
            "property": {**here, "service_path": "/suggest/property"},
        },
        "extend": {"propose_properties": {**here, "service_path": "/properties"}},
        "authentication": {"type": "apiKey", "name": "Authorization", "in": "header"},
    }
