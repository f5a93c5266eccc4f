"""A small station with a few people on record: real store, real photos, real search."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.pace import Pace
from tracing.access import Actor, rules
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

PASSWORD = "chun-feng-hua-yu-7"
ON_RECORD = (
    ("朱仁江", 1953, "山东省诸城市", "sought"),
    ("朱润江", 1950, "山东省五莲县", "register"),
    ("朱仁河", 1961, "山东省诸城市", "register"),
    ("居银祥", 1949, "江苏省盐城市", "sought"),
    ("王建国", 1948, "广东省广州市", "sought"),
    ("欧阳秀英", 1960, "江西省吉安市", "register"),
    ("陈阿宝", 1939, "浙江省温州市", "sought"),
)
HEARD: dict[str, Any] = {
    "side": "found",
    "names": [{"text": "居银江", "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}],
    "sex": "male",
    "birth": {"earliest": "1950-01-01", "latest": "1958-12-31", "basis": "apparent"},
    "event_at": "2026-03-20",
}


def portrait(which: str = "enrolled") -> bytes:
    """A photograph of a face that ships with the demo."""
    return files("tracing.demo").joinpath("pictures", f"collins-{which}.jpg").read_bytes()


def record(name: str, year: int, home: str, side: str) -> PersonRecord:
    """A plain record."""
    return PersonRecord.model_validate(
        {
            "side": side,
            "names": [{"text": name, "kind": "registered"}],
            "sex": "male",
            "birth": {"earliest": f"{year}-01-01", "latest": f"{year}-12-31", "basis": "document"},
            "places": [{"kind": "household", "text": home}],
            "event_at": "2026-03-01",
        }
    )


@dataclass
class House:
    """The open station."""

    service: Service
    settings: Settings
    app: FastAPI
    worker: Actor
    people: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: dict[tuple[str, ...], str] = field(default_factory=dict)

    def client(self) -> TestClient:
        """A visitor who has not signed in."""
        return TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)

    def signed_in(self, login: str = "zhoumin") -> TestClient:
        """A browser with a session, a new one where a test has ended the last; with its token."""
        kept = self.sessions.get(login)
        if kept is None or self.service.accounts.by_session(kept[0]) is None:
            token = self.service.accounts.sign_in(login, PASSWORD).token
            found = self.service.accounts.by_session(token)
            assert found is not None
            self.sessions[login] = (token, found[1])
        client = self.client()
        token, csrf = self.sessions[login]
        client.cookies.set("xunqin_session", token)
        client.headers["X-CSRF-Token"] = csrf
        return client

    def with_key(self, *scopes: str) -> TestClient:
        """A program with an API key."""
        if scopes not in self.keys:
            _, secret = self.service.accounts.create_key(
                self.actor("admin"), "zhoumin", frozenset(scopes), 1
            )
            self.keys[scopes] = secret
        client = self.client()
        client.headers["Authorization"] = f"Bearer {self.keys[scopes]}"
        return client

    def actor(self, login: str) -> Actor:
        """An account acting directly."""
        found = self.service.accounts.by_session(self.signed_in(login).cookies["xunqin_session"])
        assert found is not None
        return found[0]


def open_house(domain: str = "") -> House:
    """A new station in a temporary folder; the gallery is ready when it is returned.

    With a `domain` its notices are given to anybody.
    """
    folder = Path(tempfile.mkdtemp(prefix="xunqin-test-"))
    settings = Settings(
        data_dir=folder,
        root_station_code="320400",
        root_station_name="江州市救助管理站",
        candidates_max=100,
        exchange_domain=domain,
    )
    service = Service(settings)
    accounts = service.accounts
    link = accounts.first_start_link()
    assert link is not None
    accounts.set_password(link, PASSWORD)
    admin = accounts.by_session(accounts.sign_in("admin", PASSWORD).token)
    assert admin is not None
    for login, name, role in (
        ("zhoumin", "周敏", "city_station"),
        ("wangge", "网格员", "grid_worker"),
    ):
        accounts.set_password(accounts.create(admin[0], login, name, role, "320400"), PASSWORD)
    house = House(service, settings, create_app(service, settings), admin[0])
    house.worker = house.actor("zhoumin")
    for row in ON_RECORD:
        house.people[row[0]] = service.people.register(house.worker, record(*row)).person_id
    photo = service.photos.receive(house.worker, portrait(), "a.jpg")
    with_photo = PersonRecord.model_validate(
        {"side": "register", "names": [{"text": "柯林斯", "kind": "registered"}],
         "photos": [{"file": photo.id, "face": 0}]}
    )  # fmt: skip
    house.people["柯林斯"] = service.people.register(house.worker, with_photo).person_id
    assert service.searches is not None
    return house


def unpaced(house: House) -> None:
    """Nobody is told to come back later: for whoever knocks faster than people do."""
    house.app.state.house.pace = Pace(dict.fromkeys(rules().paces, "1000000/second"))


def close_house(house: House) -> None:
    """Stop the station and delete its folder."""
    house.service.close()
    shutil.rmtree(house.settings.data_dir, ignore_errors=True)
