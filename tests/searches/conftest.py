"""A whole service on SQLite with a small town in it, shared by the tests of one module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tracing.access import Actor
from tracing.errors import Conflict
from tracing.photos.served import default_faces
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

PASSWORD = "a long enough one, 9"


class Town:
    """The service with its first worker and a way to write people down."""

    def __init__(self, service: Service) -> None:
        self.service = service
        link = service.accounts.first_start_link()
        assert link is not None
        service.accounts.set_password(link, PASSWORD)
        self.admin = self._signed_in("admin")
        self.worker = self.hire("worker", "000000")

    def _signed_in(self, login: str) -> Actor:
        session = self.service.accounts.sign_in(login, PASSWORD)
        found = self.service.accounts.by_session(session.token)
        assert found is not None
        return found[0]

    def hire(self, login: str, station: str, role: str = "city_station") -> Actor:
        """An account of a station."""
        link = self.service.accounts.create(self.admin, login, login, role, station)
        self.service.accounts.set_password(link, PASSWORD)
        return self._signed_in(login)

    def erase(self, person_id: str) -> None:
        """One officer asks, another approves."""
        asking, approving = (self._officer(login) for login in ("dpo-1", "dpo-2"))
        erasures = self.service.erasures
        number = erasures.request(asking, person_id, "person", "consent_withdrawn")
        erasures.approve(approving, number)

    def _officer(self, login: str) -> Actor:
        with contextlib.suppress(Conflict):
            link = self.service.accounts.create(
                self.admin, login, login, "data_protection_officer", "000000"
            )
            self.service.accounts.set_password(link, PASSWORD)
        return self._signed_in(login)

    def write(self, side: str, *names: str, **more: Any) -> str:
        """Register a person; gives the id."""
        doc = {"side": side, "names": [{"text": n, "kind": "registered"} for n in names], **more}
        return self.register(doc)

    def register(self, doc: dict[str, Any]) -> str:
        """Register a record; gives the id."""
        record = PersonRecord.model_validate(doc)
        return self.service.people.register(self.worker, record).person_id

    def heard(self, text: str, **more: Any) -> PersonRecord:
        """A probe that is not on record."""
        name = {"text": text, "kind": "heard"}
        return PersonRecord.model_validate({"side": "found", "names": [name], **more})

    def ask(self, record: PersonRecord, **more: Any) -> Any:
        """Search outside a case, with everything it needs."""
        return self.service.searches.ask(
            self.worker, record, "tracing", "statutory_duty", "clue", **more
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of three dozen people."""
    service = Service(Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("town")))  # type: ignore[call-arg]
    town = Town(service)
    given = ("建国", "秀英", "志强", "桂兰", "海燕", "国华")
    for i, surname in enumerate("王李张刘陈杨"):
        for j, name in enumerate(given):
            sex = "female" if name in ("秀英", "桂兰", "海燕") else "male"
            year = 1940 + 5 * i + j
            birth = {"earliest": f"{year}-01-01", "latest": f"{year}-12-31", "basis": "document"}
            town.write("register", surname + name, sex=sex, birth=birth)
    yield town
    service.close()


def a_face(seed: int, near: NDArray[np.float32] | None = None, apart: float = 0.0) -> list[float]:
    """A unit vector of the served length; `near` another one, `apart` along the way to chance."""
    rng = np.random.default_rng(seed)
    chance = rng.normal(size=default_faces().dim)
    chance /= np.linalg.norm(chance)
    vector = chance if near is None else (1 - apart) * near + apart * chance
    return [float(x) for x in vector / np.linalg.norm(vector)]
