"""The commands of docs/curl.md, run as they stand there, against a real server."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.cli.serving import address_of, listen
from tests.api.house import House, portrait
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "curl.md"
SCOPES = ("people.read", "people.write", "photos.read", "photos.write", "search", "exclude",
          "reconcile")  # fmt: skip


@pytest.fixture
def address(house: House) -> Iterator[str]:
    house.service.searches.follow()
    place = listen(house.settings.model_copy(update={"port": 0}))
    config = uvicorn.Config(
        house.app, http="httptools", log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield address_of(place)
    server.should_exit = True
    thread.join(timeout=10)


def test_every_command_of_the_page_does_what_it_says(
    house: House, address: str, tmp_path: Path
) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) > 10
    (tmp_path / "face.jpg").write_bytes(portrait("asked"))
    key = house.with_key(*SCOPES).headers["Authorization"].removeprefix("Bearer ")
    script = "set -euo pipefail\n" + "".join(f"echo '== {i}'\n{b}" for i, b in enumerate(blocks))
    given = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "XUNQIN": address,
        "KEY": key,
        "PICTURE": "face.jpg",
    }
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=given, capture_output=True, check=False,
        timeout=120, encoding="utf-8",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-1500:] + ran.stderr[-1500:]
    assert f"== {len(blocks) - 1}" in ran.stdout
    assert '"candidates":[{' in (tmp_path / "search.json").read_text("utf-8")
    assert not (tmp_path / "xunqin.curl").exists()
