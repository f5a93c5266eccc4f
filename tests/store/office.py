"""A station at work: store, services, a worker, and pictures whose faces are drawn by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from matchers.faces.contract import Quality
from tracing.access import Actor
from tracing.accounts import Accounts, system_actor
from tracing.audit import Audit
from tracing.cases import Cases
from tracing.drafts import Drafts
from tracing.erasures import Erasures
from tracing.people import People
from tracing.photos.album import Box, Photos
from tracing.photos.intake import Examined, ExaminedFace
from tracing.records import PersonRecord
from tracing.retention import Retention
from tracing.settings import Settings
from tracing.stations import Stations
from tracing.store import Store
from tracing.store import accounts as account_rows

PASSWORD = "灯火阑珊处 2026 还家"
MODEL = "drawn-128"


def print_of(text: str, face: int) -> NDArray[np.float32]:
    """The vector float32 [128], unit length, of a drawn face."""
    draw = np.random.default_rng([*text.encode(), face]).normal(size=128).astype(np.float32)
    return (draw / np.linalg.norm(draw)).astype(np.float32)


class DrawnFaces:
    """Examines pictures that are texts: `faces:2 …` shows two faces. No worker process needed."""

    def examine(self, data: bytes) -> Examined:
        text = data.decode()
        count = int(text.removeprefix("faces:").split()[0])
        faces = tuple(
            ExaminedFace(
                box=(10 + i, 20, 60 + i, 80),
                score=2.0 - i / 10,
                detector="drawn",
                quality=Quality(("blurred",) if i else (), 50, 0.5, 120.0, 0.0),
                vector=print_of(text, i),
            )
            for i in range(count)
        )
        return Examined(
            jpeg=b"\xff\xd8\xff picture of " + data,
            width=320,
            height=240,
            file_width=640,
            file_height=480,
            format="jpeg",
            taken=date(2019, 5, 1),
            rotation=0,
            recipe=MODEL,
            detector="drawn",
            faces=faces,
            advice=() if count == 1 else ("several_faces",) if count else ("no_face",),
        )

    def crop(self, jpeg: bytes, box: Box, size: int = 256) -> bytes:
        return jpeg[:3] + f" {box} {size}".encode()


def quick_hasher() -> PasswordHash:
    """Argon2 with parameters for tests only."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


class Office:
    """One installation with the services that the tests use."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.store = Store.open(settings, now=now)
        self.accounts = Accounts(self.store, settings, hasher=quick_hasher())
        self.photos = Photos(self.store, DrawnFaces())
        self.people = People(self.store, self.photos)
        self.erasures = Erasures(self.store, self.photos)
        self.retention = Retention(self.store)
        self.cases = Cases(self.store)
        self.audit = Audit(self.store)
        self.drafts = Drafts(self.store)
        self.stations = Stations(self.store)
        self.accounts.first_start_link()
        self.admin = self.acting("admin")
        self.worker = self.hire("worker", "city_station")

    def close(self) -> None:
        self.store.close()

    def acting(self, login: str) -> Actor:
        with self.store.read() as tx:
            account = account_rows.by_login(tx, login)
        assert account is not None
        return system_actor(account)

    def erase(self, person_id: str) -> str:
        """One officer asks, another approves; gives the number of the erasure."""
        asking = self.hire("dpo", "data_protection_officer")
        erasure = self.erasures.request(asking, person_id, "person", "consent_withdrawn")
        self.erasures.approve(self.hire("dpo-2", "data_protection_officer"), erasure)
        return erasure

    def hire(self, login: str, role: str, station: str | None = None) -> Actor:
        with self.store.read() as tx:
            known = account_rows.by_login(tx, login)
        if known is None:
            self.accounts.create(self.admin, login, login, role, station or self.admin.station_code)
        return self.acting(login)


def record(**fields: Any) -> PersonRecord:
    """A record of the found side unless the fields say otherwise."""
    return PersonRecord.model_validate({"side": "found", **fields})


def full_record(**fields: Any) -> PersonRecord:
    """A record with something in every place where a name, number or story may stand."""
    return record(
        **{
            "id": "常州救助2026-0317号",
            "source": "常州站登记簿",
            "names": [
                {"text": "欧阳建国", "kind": "stated"},
                {"text": "黄金果", "latin": "wang jin gok", "kind": "heard", "dialect": "广州"},
                {"kind": "registered", "status": "refused"},
            ],
            "sex": {"value": "male", "certainty": 0.9},
            "birth": {"earliest": "1948-01-01", "latest": "1955-12-31", "basis": "apparent"},
            "places": [
                {"kind": "household", "code": "440103", "text": "广东省广州市荔湾区逢源路"},
                {"kind": "found", "code": "320402", "heard": "lai wan"},
            ],
            "numbers": [
                {"kind": "citizen", "text": "440103195103150011"},
                {"kind": "phone", "text": "138 0013 8000"},
                {"kind": "card", "text": "1951????"},
            ],
            "household": "户四四零一",
            "relatives": [
                {"relation": "father", "names": [{"text": "欧阳大山"}], "phone": "13900139000"}
            ],
            "marks": [{"site": "right_eyebrow", "kind": "mole", "text": "绿豆大小的痣"}],
            "build": {"height_cm": [158, 165], "text": "瘦小，左腿微跛"},
            "belongings": ["红色棉袄", {"text": "旧布鞋", "source": "入站检查"}],
            "utterances": [{"text": "我家门口有条白沙河", "at": "2026-03-02"}],
            "prints": [{"model": MODEL, "vector": print_of("ready", 0).tolist(), "age": 61}],
            "event_at": "2026-03-01",
            **fields,
        }
    )
