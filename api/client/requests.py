"""Calls between stations, police and other systems: requests, lists of questions, exports."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter

from api.client.reading import Document, read, read_all
from api.client.sending import Sender
from api.v1.crosscheck_models import Crosscheck, CrosscheckItem, State
from api.v1.crosscheck_models import Made as Composed
from api.v1.police_models import Inquiry, Made, PoliceRequest, Released, Running

_CROSSCHECKS: TypeAdapter[list[CrosscheckItem]] = TypeAdapter(list[CrosscheckItem])
_REQUESTS: TypeAdapter[list[PoliceRequest]] = TypeAdapter(list[PoliceRequest])
_INQUIRIES: TypeAdapter[list[Inquiry]] = TypeAdapter(list[Inquiry])
NDJSON = "application/x-ndjson"


class Requests:
    """What one side asks of another; part of `Client`."""

    _sender: Sender

    def compose(
        self,
        person_id: str,
        kind: str,
        sections: Sequence[str],
        *,
        station: str | None = None,
        to_name: str = "",
        note: str = "",
    ) -> str:
        """Put a request about a person together (docs/crosscheck.md); gives its id, a draft's."""
        body = {
            "kind": kind, "sections": list(sections), "station": station,
            "to_name": to_name, "note": note,
        }  # fmt: skip
        answer = self._sender.send("POST", f"/v1/people/{person_id}/crosschecks", json=body)
        return read(Composed, answer).id

    def crosschecks(self) -> list[CrosscheckItem]:
        """Requests sent and received, the urgent first."""
        return read_all(_CROSSCHECKS, self._sender.send("GET", "/v1/crosschecks"))

    def crosscheck(self, number: str) -> Crosscheck:
        """One request with its deeds, clocks and answers."""
        return read(Crosscheck, self._sender.send("GET", f"/v1/crosschecks/{number}"))

    def do(
        self,
        crosscheck_id: str,
        deed: str,
        *,
        channel: str = "",
        number: str = "",
        note: str = "",
        reason: str = "",
    ) -> str:
        """Record a deed, as `sent` with `channel` and `number`; gives the state that follows."""
        path = f"/v1/crosschecks/{crosscheck_id}/deeds/{deed}"
        body = {"channel": channel, "number": number, "note": note, "reason": reason}
        return read(State, self._sender.send("POST", path, json=body)).state

    def give_answer(self, number: str, reply: Document) -> str:
        """Answer a request, or write down what was answered; gives the answer's id."""
        path = f"/v1/crosschecks/{number}/answers"
        return read(Composed, self._sender.send("POST", path, json=dict(reply))).id

    def package(self, number: str) -> bytes:
        """The request for another installation: a signed ZIP."""
        return self._sender.send("GET", f"/v1/crosschecks/{number}/package").content

    def take_package(self, data: bytes) -> str:
        """A request of another installation whose key is trusted here; gives its id."""
        headers = {"Content-Type": "application/zip"}
        path = "/v1/crosschecks/packages"
        return read(Composed, self._sender.send("POST", path, content=data, headers=headers)).id

    def reply(self, number: str) -> bytes:
        """The signed answer to a request that came from elsewhere."""
        return self._sender.send("GET", f"/v1/crosschecks/{number}/reply").content

    def take_reply(self, data: bytes) -> str:
        """A signed answer; gives the request it answers. The same one twice counts once."""
        headers = {"Content-Type": "application/json"}
        path = "/v1/crosschecks/replies"
        return read(Composed, self._sender.send("POST", path, content=data, headers=headers)).id

    def ask_for_more(self, wide: Document, idempotency_key: str | None = None) -> str:
        """Make a police request (docs/police.md); people approve it. Gives its id."""
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        path = "/v1/police/requests"
        return read(Made, self._sender.send("POST", path, json=dict(wide), headers=headers)).id

    def police_requests(self) -> list[PoliceRequest]:
        """One's own requests, newest first."""
        return read_all(_REQUESTS, self._sender.send("GET", "/v1/police/requests"))

    def police_request(self, request_id: str) -> PoliceRequest:
        """How a request stands."""
        return read(PoliceRequest, self._sender.send("GET", f"/v1/police/requests/{request_id}"))

    def put_questions(
        self, request_id: str, questions: Sequence[Document], idempotency_key: str | None = None
    ) -> Running:
        """Put the questions of an approved request in, each `{ref, record}`; the same key never
        asks twice."""
        body = "".join(json.dumps(dict(q), ensure_ascii=False) + "\n" for q in questions)
        key = idempotency_key or uuid.uuid4().hex
        headers = {"Content-Type": NDJSON, "Idempotency-Key": key}
        path = f"/v1/police/requests/{request_id}/runs"
        return read(
            Running, self._sender.send("POST", path, content=body.encode(), headers=headers)
        )

    def answers(
        self, request_id: str, run: int, after: int = 0, wait: float = 20.0
    ) -> Iterator[dict[str, Any]]:
        """Answers of a run in order, until none is waited for; `after` goes on behind a number."""
        path = f"/v1/police/requests/{request_id}/runs/{run}/answers"
        while True:
            asked = {"after": str(after), "wait": str(wait)}
            lines = self._sender.send("GET", path, params=asked).content.splitlines()
            *found, last = [json.loads(line) for line in lines]
            yield from found
            after = last["cursor"]
            if not last["waiting"]:
                return

    def ask_station(
        self,
        search_id: str,
        person_id: str,
        kind: Literal["presence", "release"] = "presence",
        *,
        reason: str = "",
        parts: Sequence[str] = (),
    ) -> str:
        """Ask the station of a candidate; gives the inquiry's id."""
        body = {
            "search_id": search_id, "person_id": person_id, "kind": kind,
            "reason": reason, "parts": list(parts),
        }  # fmt: skip
        return read(Made, self._sender.send("POST", "/v1/inquiries", json=body)).id

    def inquiries(self) -> list[Inquiry]:
        """The officer's own inquiries and what came of them."""
        return read_all(_INQUIRIES, self._sender.send("GET", "/v1/inquiries"))

    def released(self, inquiry_id: str) -> Released:
        """What the station released, while its days last."""
        return read(Released, self._sender.send("GET", f"/v1/inquiries/{inquiry_id}/record"))

    def changed_people(
        self, cursor: str | None = None, a_page: int = 200
    ) -> Iterator[tuple[dict[str, Any], str]]:
        """Records that changed since `cursor`, each with the cursor behind its page: keep that.

        An ended one says `deleted` and no more (docs/exchange.md).
        """
        while True:
            asked = {"limit": str(a_page), **({"cursor": cursor} if cursor else {})}
            page = self._sender.send("GET", "/v1/exports/people", params=asked)
            cursor = page.headers["X-Next-Cursor"]
            for line in page.content.splitlines():
                yield json.loads(line), cursor
            if page.headers["X-More"] != "1":
                return
