"""Photos through the doors: a demo server with `--photos`, asked over HTTP with the other photos.

`python -m benchmarks photos --images DIR --people 20000`: one photo of each person of DIR
(`person/photo.jpg`) is enrolled beside synthetic people without prints; every other photo is
uploaded and searched with, alone, through the JSON API, as a station would.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.protocol import emit, parser
from tracing.demo.world import WORKER, people_in

_XUNQIN = (sys.executable, "-m", "api.cli", "--data")
SCOPES = ("search", "photos.write", "photos.read", "people.read")


def main(arguments: list[str]) -> int:
    """Start, ask, count, print."""
    options = parser("photos", __doc__ or "")
    options.add_argument("--images", type=Path, required=True)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--most", type=int, default=0, help="ask with so many photos only")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder), given) as address:
        secret = _key(Path(folder))
        photos = [p for _, pictures in people_in(given.images) for p in pictures[1:]]
        asked = photos[: given.most or None]
        rows = [_asked(address, secret, photo) for photo in asked]
    found = [row for row in rows if row is not None]
    ranks = [rank for rank, _ in found]
    result = {
        "people": given.people,
        "probes": len(rows),
        "without_face": len(rows) - len(found),
        "rank1": sum(r == 1 for r in ranks) / len(rows),
        "rank10": sum(0 < r <= 10 for r in ranks) / len(rows),
        "search_cpu_ms_median": median(ms for _, ms in found),
    }
    emit("photos", given.seed, result)
    return 0


@contextmanager
def _server(folder: Path, given: Any) -> Iterator[str]:
    """A demo server on a free port with its own data; gives its address."""
    people, photos = ["--people", str(given.people)], ["--photos", str(given.images)]
    command = [*_XUNQIN, str(folder), "demo", "--json", "--port", "0", *people, *photos]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None  # noqa: S101 - for the type checker
            yield str(_first_document(server.stdout.read1)["address"])  # type: ignore[attr-defined]
        finally:
            server.terminate()


def _first_document(read: Any) -> dict[str, Any]:
    """The first JSON document of a stream, however it is broken into lines."""
    text = b""
    while chunk := read():
        text += chunk
        try:
            return dict(json.loads(text))
        except ValueError:
            continue
    raise RuntimeError("the demo server ended before it was up")


def _key(folder: Path) -> str:
    command = [*_XUNQIN, str(folder), "key", "create", WORKER]
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    done = subprocess.run([*command, *scopes, "--json"], check=True, capture_output=True)
    return str(json.loads(done.stdout)["secret"])


def _asked(address: str, secret: str, photo: Path) -> tuple[int, float] | None:
    """Rank of the right person (0: not listed) and CPU ms; None where no face was found."""
    sent = _post(f"{address}/v1/photos", secret, photo.read_bytes(), "image/jpeg")
    if not sent["faces"]:
        return None
    # faces come largest first
    record = {"side": "found", "photos": [{"file": sent["id"], "face": 0}]}
    question = {"record": record, "purpose": "tracing", "legal_basis": "statutory_duty",
                "reason": "clue", "limit": 20}  # fmt: skip
    body = json.dumps(question).encode()
    answer = _post(f"{address}/v1/searches", secret, body, "application/json")
    name = photo.parent.name
    ranks = [c["rank"] for c in answer["candidates"] if c["external_id"] == name]
    return (ranks or [0])[0], float(answer["cpu_ms"])


def _post(url: str, secret: str, body: bytes, kind: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": kind}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own server
        return dict(json.load(answer))
