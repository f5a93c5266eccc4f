"""A station full of people, an officer with an approved request, keys for both ways of asking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fused.worlds import World
from benchmarks.service.house import PASSWORD, ROOT_STATION
from tracing.demo.world import ADMIN, acting
from tracing.errors import Conflict
from tracing.photos.served import default_faces
from tracing.police.requests import Wide
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

WORKER = "asker"
UNIT = "ga3204"
STAFF = {
    "officer": ("police_officer", UNIT),
    "approver": ("approver", ROOT_STATION),
    "protector": ("data_protection_officer", ROOT_STATION),
}
PACE = 50
"""Searches of one key in a minute stay below what the gate lets pass."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Doors:
    """Keys of those who ask one by one; the officer's key and the id of an approved request."""

    searchers: tuple[str, ...]
    officer: str
    request: str


def settings(folder: Path) -> Settings:
    """Of a station over this folder."""
    return Settings(data_dir=folder, root_station_code=ROOT_STATION)


def prepared(folder: Path, people: int, questions: int, seed: int) -> list[Document]:
    """Fill the folder with people; gives the questions. What stands there already is used again."""
    known = folder / f"questions-{people}-{questions}-{seed}.json"
    if known.exists():
        found: list[Document] = json.loads(known.read_text("utf-8"))
        return found
    folder.mkdir(parents=True, exist_ok=True)
    world = World.made("ordinary", people, questions, seed, faces="all")
    service = Service(settings(folder))
    try:
        _hired(service, WORKER, "city_station", ROOT_STATION)
        records = (PersonRecord.model_validate(_served(d)) for d in world.gallery)
        service.people.register_many(
            acting(service, WORKER), records, checkpoint=f"crosscheck-{seed}", on_existing="skip"
        )
    finally:
        service.close()
    asked = [_names_and_prints(_served(d)) for d in world.probes if d.get("names")]
    known.write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
    return asked


def opened(folder: Path, questions: int, alone: int) -> Doors:
    """Keys for this run, and a request for so many questions that two others have approved."""
    service = Service(settings(folder))
    try:
        admin = acting(service, ADMIN)
        with suppress(Conflict):
            service.stations.add(admin, UNIT, UNIT, division=ROOT_STATION[:4])
        for login, (role, station) in STAFF.items():
            _hired(service, login, role, station)
        searchers = [f"{WORKER}-{number}" for number in range(alone // PACE + 1)]
        for login in searchers:
            _hired(service, login, "city_station", ROOT_STATION)
        keys = [_key(service, login, "search") for login in searchers]
        request = service.police.create(acting(service, "officer"), _wide(questions))
        for login in ("approver", "protector"):
            service.police.approve(acting(service, login), request)
        return Doors(tuple(keys), _key(service, "officer", "police"), request)
    finally:
        service.close()


def _wide(questions: int) -> Wide:
    return Wide(
        kind="list", number="benchmark", purpose="tracing", legal_basis="police_request",
        reason="benchmark", divisions=(ROOT_STATION[:4],), sides=("found", "sought", "register"),
        questions=questions, days=1,
    )  # fmt: skip


def _hired(service: Service, login: str, role: str, station: str) -> None:
    link = service.accounts.first_start_link()
    if link is not None:
        service.accounts.set_password(link, PASSWORD)
    with suppress(Conflict):
        service.accounts.create(acting(service, ADMIN), login, login, role, station)


def _key(service: Service, login: str, scope: str) -> str:
    _, secret = service.accounts.create_key(acting(service, ADMIN), login, frozenset((scope,)), 1)
    return secret


def _served(document: Document) -> dict[str, Any]:
    """The record with its simulated prints under the name of the served model."""
    recipe = default_faces().recipe
    prints = [{**p, "model": recipe} for p in document.get("prints") or ()]
    return {**document, "prints": prints}


def _names_and_prints(document: Document) -> Document:
    return {"side": "found", "names": document["names"], "prints": document["prints"]}
