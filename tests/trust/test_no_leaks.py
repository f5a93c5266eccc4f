"""What a full run leaves anywhere but on its pages holds no name, number, vector or picture."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.house import House, close_house, open_house, portrait
from tests.trust.test_keeping_pages import officers
from tracing.store import photos as photo_rows

NAME, LATIN, NUMBER, PHONE, STORY = (
    "赫连勃勃", "he lian bo bo", "32040019510315123X", "13712345678", "门前有棵歪脖子皂荚树",
)  # fmt: skip
SAID = (NAME, LATIN, NUMBER, PHONE, STORY, "赫连大山")
ARRIVAL = {"do": "save", "heard_text": NAME, "heard_latin": LATIN, "said": STORY, "once": "leak"}
RECORD: dict[str, Any] = {
    "side": "sought",
    "names": [{"text": NAME, "kind": "registered"}],
    "numbers": [{"kind": "citizen", "text": NUMBER}, {"kind": "phone", "text": PHONE}],
    "relatives": [{"relation": "father", "names": [{"text": "赫连大山"}]}],
    "utterances": [{"text": STORY}],
    "event_at": "2026-03-01",
}


class Run:
    """A station in which everything has been done once, and what it said aloud."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.urls: list[str] = []
        self.errors: list[str] = []
        self.vectors: list[bytes] = []

    def ask(self, client: TestClient, method: str, path: str, **body: Any) -> Any:
        answer = client.request(method, path, **body)
        self.urls += [str(answer.request.url), answer.headers.get("location", "")]
        if answer.status_code >= 400:
            self.errors.append(answer.text)
        return answer

    def everything(self) -> None:
        house = self.house
        worker, key = house.signed_in(), house.with_key("people.read", "people.write", "search")
        photo = house.service.photos.receive(house.worker, portrait(), f"{NAME}.jpg")
        self.ask(worker, "POST", "/arrivals", data=ARRIVAL)
        whole = {**RECORD, "photos": [{"file": photo.id, "face": 0}]}
        made = self.ask(key, "POST", "/v1/people", json=whole).json()
        person = made.get("person_id") or made["id"]
        self.ask(worker, "GET", f"/people/{person}")
        self.ask(worker, "GET", "/people")
        self.ask(worker, "POST", f"/people/{person}/searches")
        self.ask(worker, "POST", "/drafts/arrival", data=ARRIVAL)
        why = {"purpose": "tracing", "legal_basis": "statutory_duty", "reason": "clue"}
        self.ask(key, "POST", "/v1/searches", json={"record": RECORD, **why})
        self.wrong(worker, key, person)
        dpo, other = map(house.signed_in, officers(house))
        with house.service.store.read() as tx:
            prints = photo_rows.prints_of_people(tx, [person])[person]
            assert prints
        rows = house.service.people.rows_of([person])[person]
        self.vectors = [p.vector.astype("<f4")[40:44].tobytes() for p in rows.prints]
        house.service.housekeeping.round()
        self.ask(dpo, "GET", f"/audit/people/{person}")
        asked = {"asked_by": "person", "reason": "consent_withdrawn"}
        number = self.ask(dpo, "POST", f"/people/{person}/erasure", data=asked).headers["location"]
        self.ask(other, "POST", f"{number}/approve")
        self.errors.append(self.ask(other, "GET", number).text)
        house.service.housekeeping.round()

    def wrong(self, worker: TestClient, key: TestClient, person: str) -> None:
        """Everything that can be sent wrongly, with a name, number or picture in it."""
        self.ask(key, "POST", "/v1/people", json={"side": NAME, "numbers": PHONE})
        self.ask(key, "POST", "/v1/people", content=STORY.encode())
        self.ask(key, "PUT", f"/v1/people/{person}", json={**RECORD, "names": NUMBER})
        self.ask(key, "POST", "/v1/searches", json={"record": RECORD})
        self.ask(
            worker, "POST", "/photos", files={"photo": (f"{NAME}.jpg", b"\xff\xd8" + NAME.encode())}
        )
        self.ask(worker, "POST", f"/people/{person}/searches", data={"x": NAME})
        anonymous = self.house.client()
        self.ask(anonymous, "POST", "/sign-in", data={"login": "nobody", "password": NAME})


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    house = open_house()
    yield Run(house)
    close_house(house)


def test_logs_urls_errors_and_the_disk_after_a_full_run(
    run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    run.everything()
    told = capfd.readouterr()
    picture = portrait()[2000:2032]
    places = {"log": (told.out + told.err).encode()}
    places |= {f"url {n}": url.encode() for n, url in enumerate(run.urls)}
    places |= {f"error {n}": text.encode() for n, text in enumerate(run.errors)}
    folder: Path = run.house.settings.data_dir
    places |= {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert "answered" in told.out + told.err
    assert len(run.errors) > 5
    assert run.vectors
    needles = [*(text.encode() for text in SAID), *run.vectors, picture]
    needles += [text.encode(encoding) for text in SAID for encoding in ("utf-16-le", "gb18030")]
    found = [place for place, data in places.items() for needle in needles if needle in data]
    assert found == []


def test_nothing_connects_to_the_outside_unless_it_was_configured(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def refused(_: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("closed")

    for way in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, way, refused)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: tried.append(a))
    worker = run.house.signed_in()
    assert worker.post("/arrivals", data={**ARRIVAL, "once": "offline"}).status_code == 303
    assert worker.get("/people").status_code == 200
    run.house.service.housekeeping.round()
    assert tried == []


def test_no_code_of_ours_unpickles_or_opens_a_shell() -> None:
    assert (
        sources_with(
            r"^\s*(?:import|from)\s+(?:pickle|shelve|marshal|xml)\b"
            r"|shell=True|os\.system|\beval\(|\bexec\(|np\.load\([^)]*allow_pickle=True"
        )
        == []
    )


def test_xml_is_read_in_one_place_that_knows_no_entities() -> None:
    reading = r"XML(?:Pull)?Parser\b|\b(?:fromstring|iterparse|XMLID|objectify)\b|etree\.parse\("
    assert sources_with(reading) == ["tracing/exchange/safe_xml.py"]


def sources_with(pattern: str) -> list[str]:
    """Our modules in which the pattern occurs."""
    forbidden = re.compile(pattern, re.M)
    root = Path(__file__).resolve().parents[2]
    return [
        str(source.relative_to(root))
        for package in ("api", "tracing", "indexes", "matchers")
        for source in (root / package).rglob("*.py")
        if forbidden.search(source.read_text("utf-8"))
    ]
