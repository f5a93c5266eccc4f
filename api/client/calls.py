"""The calls: one method for each thing a program does, with the models of the doors."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Self, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.client.errors import Unreadable
from api.client.sending import Sender
from api.v1.location_models import Location
from api.v1.models import (
    Candidates,
    Changed,
    Excluded,
    Exclusion,
    PeoplePage,
    Person,
    Photo,
    Registered,
    Search,
)
from api.v1.verification_models import Added, Verification, VerificationItem

Document = Mapping[str, Any]
Model = TypeVar("Model", bound=BaseModel)
Side = Literal["found", "sought", "register"]
_EXCLUSIONS: TypeAdapter[list[Exclusion]] = TypeAdapter(list[Exclusion])
_VERIFICATIONS: TypeAdapter[list[VerificationItem]] = TypeAdapter(list[VerificationItem])


class Client:
    """A machine's view of one installation; close it, or use it with `with`.

    `http` replaces the connection, for certificates (mutual TLS), proxies or tests.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        language: Literal["zh", "en"] = "zh",
        timeout: float = 30.0,
        patience: float = 60.0,
        http: httpx2.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """`key` is an API key or a token; None where the certificate is the proof."""
        self._http = http or httpx2.Client(base_url=address, timeout=timeout)
        self._http.headers["Accept-Language"] = language
        if key is not None:
            self._http.headers["Authorization"] = f"Bearer {key}"
        self._sender = Sender(self._http, patience=patience, sleep=sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def ready(self) -> bool:
        """Whether searches are answered now."""
        try:
            return self._http.get("/readyz").status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    def send_photo(self, picture: bytes, media_type: str = "image/jpeg") -> Photo:
        """Take a picture in; all faces in it are found."""
        headers = {"Content-Type": media_type}
        answer = self._sender.send("POST", "/v1/photos", content=picture, headers=headers)
        return _read(Photo, answer)

    def photo(self, photo_id: str) -> Photo:
        """Faces, choice and advice of a photo."""
        return _read(Photo, self._sender.send("GET", f"/v1/photos/{photo_id}"))

    def picture(self, photo_id: str) -> bytes:
        """The picture itself, JPEG."""
        return self._sender.send("GET", f"/v1/photos/{photo_id}/picture").content

    def choose_face(
        self, photo_id: str, ordinal: int | None, others: Mapping[int, str] | None = None
    ) -> Photo:
        """Say which face is the person's (None: none), and who the others may be."""
        body = {"ordinal": ordinal, "others": {str(k): v for k, v in (others or {}).items()}}
        return _read(Photo, self._sender.send("POST", f"/v1/photos/{photo_id}/face", json=body))

    def register(self, record: Document, idempotency_key: str | None = None) -> Registered:
        """Register a person (docs/record.md); the same key never makes a second one."""
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        answer = self._sender.send("POST", "/v1/people", json=dict(record), headers=headers)
        return _read(Registered, answer)

    def person(self, person_id: str) -> Person:
        """A person's file."""
        return _read(Person, self._sender.send("GET", f"/v1/people/{person_id}"))

    def people(self, side: Side | None = None, *, a_page: int = 50) -> Iterator[Person]:
        """Everybody within reach, newest first; pages are fetched as they are needed."""
        asked: dict[str, str] = {"limit": str(a_page), **({"side": side} if side else {})}
        while True:
            page = _read(PeoplePage, self._sender.send("GET", "/v1/people", params=asked))
            yield from page.items
            if page.next_cursor is None:
                return
            asked["cursor"] = page.next_cursor

    def change(self, person_id: str, record: Document, version: int) -> Changed:
        """Replace a record that was read at this version; raises `Changed` if it has moved on."""
        headers = {"If-Match": f'"{version}"'}
        path = f"/v1/people/{person_id}"
        return _read(Changed, self._sender.send("PUT", path, json=dict(record), headers=headers))

    def search_for(self, person_id: str, limit: int = 20) -> Search:
        """Who a registered person may be; the case supplies the purpose."""
        path, asked = f"/v1/people/{person_id}/searches", {"limit": limit}
        return _read(Search, self._sender.send("POST", path, params=asked))

    def search(
        self,
        record: Document,
        *,
        purpose: str = "tracing",
        legal_basis: str = "statutory_duty",
        reason: str,
        limit: int = 20,
    ) -> Search:
        """Look for somebody who is not on record."""
        body = {
            "record": dict(record),
            "purpose": purpose,
            "legal_basis": legal_basis,
            "reason": reason,
            "limit": limit,
        }
        return _read(Search, self._sender.send("POST", "/v1/searches", json=body))

    def search_at_once(
        self, record: Document, incident: str, circumstance: str = "", limit: int = 20
    ) -> Search:
        """One person stands here: by the incident's number; another person reviews afterwards."""
        emergency = {"incident": incident, "circumstance": circumstance}
        body = {"record": dict(record), "emergency": emergency, "limit": limit}
        return _read(Search, self._sender.send("POST", "/v1/searches", json=body))

    def asked(self, search_id: str) -> Search:
        """A search as it was answered."""
        return _read(Search, self._sender.send("GET", f"/v1/searches/{search_id}"))

    def candidates(self, search_id: str) -> Candidates:
        """Only the candidates of a search."""
        return _read(Candidates, self._sender.send("GET", f"/v1/searches/{search_id}/candidates"))

    def exclude(self, person_id: str, other_id: str, reason_code: str, note: str = "") -> str:
        """Exclude a candidate for this person; gives the exclusion's id."""
        body = {"person_id": other_id, "reason_code": reason_code, "note": note}
        answer = self._sender.send("POST", f"/v1/people/{person_id}/exclusions", json=body)
        return _read(Excluded, answer).id

    def exclusions(self, person_id: str) -> list[Exclusion]:
        """Everybody excluded for this person."""
        answer = self._sender.send("GET", f"/v1/people/{person_id}/exclusions")
        return _read_all(_EXCLUSIONS, answer)

    def restore(self, exclusion_id: str) -> None:
        """Take an exclusion back."""
        self._sender.send("DELETE", f"/v1/exclusions/{exclusion_id}")

    def put_up(self, person_id: str, other_id: str, search_id: str | None = None) -> str:
        """Put a candidate up for verification; gives its id. People give the answers."""
        body = {"person_id": other_id, "search_id": search_id}
        answer = self._sender.send("POST", f"/v1/people/{person_id}/verifications", json=body)
        return _read(Added, answer).id

    def verification(self, verification_id: str) -> Verification:
        """How a verification stands."""
        answer = self._sender.send("GET", f"/v1/verifications/{verification_id}")
        return _read(Verification, answer)

    def verifications(self, *, closed: bool = False) -> list[VerificationItem]:
        """Verifications of one's stations, newest first."""
        asked = {"closed": str(closed).lower()}
        return _read_all(
            _VERIFICATIONS, self._sender.send("GET", "/v1/verifications", params=asked)
        )

    def add_fact(self, verification_id: str, fact: Document) -> str:
        """Write down a fact of a verification; gives its id."""
        path = f"/v1/verifications/{verification_id}/facts"
        return _read(Added, self._sender.send("POST", path, json=dict(fact))).id

    def locate(self, question: Document) -> Location:
        """Where home may be, from fragments as they sounded (docs/locate.md)."""
        return _read(Location, self._sender.send("POST", "/v1/locations", json=dict(question)))

    def reconcile(self, queries: Mapping[str, Document]) -> dict[str, list[dict[str, Any]]]:
        """What the cells of a ledger may mean (docs/reconciliation.md): candidates by query."""
        form = {"queries": json.dumps(dict(queries), ensure_ascii=False)}
        answer = self._sender.send("POST", "/v1/reconcile", data=form)
        return {key: found["result"] for key, found in answer.json().items()}


def _read(model: type[Model], answer: httpx2.Response) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise Unreadable(Unreadable.__doc__) from None


def _read_all(adapter: TypeAdapter[list[Model]], answer: httpx2.Response) -> list[Model]:
    try:
        return adapter.validate_json(answer.content)
    except ValidationError:
        raise Unreadable(Unreadable.__doc__) from None
