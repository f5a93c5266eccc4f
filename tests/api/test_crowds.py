"""Too many at once, and clients who dawdle: a polite refusal, and room for everybody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from api import patience, visit
from api.gate import Gate
from api.patience import PatientProtocol
from api.visit import Crowded
from matchers.places.locator import Locator
from tests.api.house import HEARD, House, close_house, open_house
from tracing.gallery import Gallery

PHOTO = b"POST /v1/photos HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"


@contextmanager
def listening(app: Any) -> Iterator[int]:
    """A real server over an app; its port."""
    place = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=PatientProtocol, lifespan="off", log_config=None,
                            access_log=False)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield place.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        place.close()


def said(port: int, *pieces: bytes) -> bytes:
    """Send pieces and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        for piece in pieces:
            line.sendall(piece)
        found = b""
        while piece := line.recv(4096):
            found += piece
        return found


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(patience, "BODY_EVERY", 0.3)


@pytest.mark.usefixtures("hurried")
def test_who_dawdles_is_let_go_and_who_does_not_is_served(house: House) -> None:
    with listening(house.app) as port:
        assert said(port).startswith(b"HTTP/1.1 408")
        assert said(port, b"GET /livez HTTP/1.1\r\nHo").startswith(b"HTTP/1.1 408")
        refused = said(port, PHOTO, b"Content-Length: 1000000\r\n\r\n", b"x")
        assert refused.startswith(b"HTTP/1.1 401")
        assert refused.count(b"HTTP/1.1") == 1
        keyed = house.with_key("photos.write").headers["Authorization"].encode()
        body = b"Authorization: " + keyed + b"\r\nContent-Length: 1000000\r\n\r\n"
        assert said(port, PHOTO, body, b"x").startswith(b"HTTP/1.1 408")
        assert said(
            port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ).startswith(b"HTTP/1.1 200")


def test_a_head_without_end_is_refused(house: House) -> None:
    with listening(house.app) as port:
        endless = b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 70_000
        assert said(port, endless).startswith(b"HTTP/1.1 431")


def test_a_head_that_is_too_long_is_refused_on_a_kept_line_too(house: House) -> None:
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    long = b"GET /livez?q=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    with listening(house.app) as port:
        head, _, body = said(port, long).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 431")
        assert b"application/problem+json" in head
        assert json.loads(body)["code"] == "head_too_long"
        with socket.create_connection(("127.0.0.1", port), 20) as line:
            line.sendall(one)
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
            line.sendall(long)
            kept = b""
            while b"HTTP/1.1 4" not in kept:
                piece = line.recv(4096)
                assert piece, "hung up on without a word"
                kept += piece
    assert b"HTTP/1.1 431" in kept


def test_two_requests_on_one_line_are_both_answered(house: House) -> None:
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with listening(house.app) as port:
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        assert said(port, one, last).count(b"HTTP/1.1 200") == 2


def test_a_kept_line_that_dawdles_is_told_so_too(house: House, hurried: None) -> None:
    del hurried
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with listening(house.app) as port:
        answer = said(port, one, b"GET /livez HTTP/1.1\r\nHo")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 408") == 1


def test_whoever_is_refused_in_the_middle_of_a_large_body_can_read_the_refusal(
    house: House,
) -> None:
    async def full(scope: Any, receive: Any, send: Any) -> None:
        await Gate(house.app, under_way=0)({**scope, "app": house.app}, receive, send)

    head = PHOTO.replace(b"Type: image/jpeg", b"Type: image/jpeg\r\nContent-Length: 4000000")
    line_after = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with listening(full) as port:
        for _ in range(5):
            answer = said(port, head + b"\r\n", bytes(4_000_000), line_after)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 2" in answer
            assert answer.count(b"HTTP/1.1 200") == 1


def test_lines_on_which_nobody_asks_make_room_and_the_rest_are_told_to_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "CONNECTIONS_MAX", 2)
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with listening(house.app) as port, contextlib.ExitStack() as lines:
        for _ in range(2):
            idle = lines.enter_context(socket.create_connection(("127.0.0.1", port), 20))
            idle.sendall(one)
            assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        assert said(port, last).startswith(b"HTTP/1.1 200")
        for _ in range(2):
            asking = lines.enter_context(socket.create_connection(("127.0.0.1", port), 20))
            asking.sendall(one[:20])
        time.sleep(0.2)
        refused = said(port, last)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 2" in refused


def test_who_asks_before_gallery_and_places_are_read_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, go, read = open_house(), threading.Event(), Gallery.follow

    def slow(gallery: Gallery) -> Any:
        go.wait(60)
        return read(gallery)

    monkeypatch.setattr(Gallery, "follow", slow)
    monkeypatch.setattr(Locator, "warm", lambda _: None)
    key = house.with_key("search", "people.write")
    question = {"record": HEARD, "purpose": "tracing", "legal_basis": "statutory_duty",
                "reason": "case"}  # fmt: skip
    place = {"fragments": [{"text": "主猫鸭", "level": "village"}]}
    try:
        house.service.warm()
        for path, body in (("/v1/searches", question), ("/v1/locations", place)):
            refused = key.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
            assert int(refused.headers["Retry-After"]) > 0
        assert key.post("/v1/people", json=HEARD).status_code == 201
        go.set()
        end = time.monotonic() + 60
        while key.post("/v1/searches", json=question).status_code == 503:
            assert time.monotonic() < end
            time.sleep(0.05)
        while key.post("/v1/locations", json=place).status_code == 503:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        go.set()
        close_house(house)


def test_above_the_gates_number_the_next_is_asked_to_come_back(house: House) -> None:
    # a browser of another test may have left a loop running in this thread
    with ThreadPoolExecutor(1) as thread:
        answers = thread.submit(asyncio.run, _three_at_a_gate_of_two(house)).result()
    assert [answer[0] for answer in answers] == [200, 200, 503, 200]
    assert answers[2][1]["retry-after"] == "2"
    assert answers[2][1]["content-type"] == "application/problem+json"


async def _three_at_a_gate_of_two(house: House) -> list[tuple[int, dict[str, str]]]:
    go = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate, answers = Gate(slow, under_way=2), []

    async def knock(place: int) -> None:
        scope = {"type": "http", "method": "GET", "path": "/v1/people", "headers": [],
                 "query_string": b"", "app": house.app, "state": {},
                 "server": ("127.0.0.1", 80), "scheme": "http"}  # fmt: skip
        answers.append((place, await _answer(gate, scope)))

    inside = [asyncio.create_task(knock(place)) for place in (0, 1)]
    await asyncio.sleep(0)
    await knock(2)
    go.set()
    await asyncio.gather(*inside)
    await knock(3)
    return [answer for _, answer in sorted(answers)]


async def _answer(app: Any, scope: dict[str, Any]) -> tuple[int, dict[str, str]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers


def test_the_line_before_the_room_has_an_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "PLACES_IN_LINE", 0)
    monkeypatch.setattr(visit.os, "cpu_count", lambda: 1)
    shared = visit.House(house.service, house.settings)
    with shared.room():
        began = time.monotonic()
        with pytest.raises(Crowded), shared.room():
            pass
        assert time.monotonic() - began < visit.WAIT_SECONDS / 2
    with shared.room():
        pass
