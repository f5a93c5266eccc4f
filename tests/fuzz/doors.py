"""schemathesis over the whole OpenAPI description, against a real server with made-up people.

    python -m tests.fuzz.doors [--cases 5000] [--people 500] [--seed N] [--only PATH] [--no-feeds]

Twice: each door by somebody whom it lets in (`tests.fuzz.town`), and by nobody. Ends with 1 if
anything is found. Part of `make fuzz`; `tests/fuzz/test_doors.py` runs a small share of it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from api.patience import PatientProtocol
from tests.api.house import House, close_house, open_house, unpaced
from tests.fuzz.town import Town, inhabited
from tracing.demo import Population
from tracing.errors import NotReady
from tracing.records import PersonRecord

CHECKS = "all"
PER_ROUND = 30
DOMAIN = "jz.example.org"
ROOT = Path(__file__).resolve().parents[2]
_CASES = re.compile(r"(\d+) generated")


@dataclass(frozen=True, slots=True)
class Standing:
    """A server that answers at `address`, and the town behind it."""

    address: str
    town: Town


@contextmanager
def standing(people: int, domain: str) -> Iterator[Standing]:
    """A real server over a station with `people` made-up people; nobody is paced in it."""
    house = open_house(domain)
    world = Population.of(people, 1)
    records = (PersonRecord.model_validate(document) for document in world.records())
    house.service.people.register_many(house.worker, records, checkpoint="fuzz", on_existing="skip")
    unpaced(house)
    place = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(house.app, http=PatientProtocol, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    try:
        while not (house.service.ready().ready and _places_read(house)):
            time.sleep(0.1)
        yield Standing(f"http://127.0.0.1:{place.getsockname()[1]}", inhabited(house))
    finally:
        server.should_exit = True
        thread.join(30)
        place.close()
        close_house(house)


def _places_read(house: House) -> bool:
    try:
        return bool(house.service.locator)
    except NotReady:
        return False


def attacked(place: Standing, options: list[str], *, keyless: bool) -> tuple[int, int, str]:
    """Run schemathesis: its exit status, how many cases it sent, what it said."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        rules = Path(__file__).with_name("schemathesis.toml").read_text("utf-8")
        config.write_text(rules + place.town.config(keyless=keyless), "utf-8")
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config),
            "run", f"{place.address}/openapi.json", "--checks", CHECKS, "--no-color",
            "--continue-on-failure", "--generation-database", "none", *options,
        ]  # fmt: skip
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.media", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        said = ""
        with running:
            for line in running.stdout or ():
                said += line
                sys.stderr.write(line)  # a round takes many minutes
    counted = _CASES.search(said)
    return running.returncode, int(counted[1]) if counted else 0, said


def run(asked: argparse.Namespace) -> dict[str, object]:
    """Rounds with keys until so many cases were sent, and always one without; what was found."""
    sent, rounds = 0, 0
    wrong: list[str] = []
    started = time.monotonic()
    with standing(asked.people, "" if asked.no_feeds else DOMAIN) as place:
        while (sent < asked.cases or rounds < 2) and not wrong:
            options = ["--seed", str(asked.seed + rounds), "--max-examples", str(asked.examples)]
            options += ["--include-path", asked.only] if asked.only else []
            status, count, said = attacked(place, options, keyless=rounds == 1)
            rounds, sent = rounds + 1, sent + count
            if status or not count:
                wrong.append(said)
    took = round(time.monotonic() - started)
    return {"cases": sent, "rounds": rounds, "seconds": took, "seed": asked.seed, "wrong": wrong}


def main() -> int:
    """Run, telling what is found, then print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.doors", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--examples", type=int, default=PER_ROUND, help="of each operation")
    parser.add_argument("--only", help="one path of the description")
    parser.add_argument("--no-feeds", action="store_true", help="as installed, without a domain")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = run(asked)
    wrong = found.pop("wrong")
    assert isinstance(wrong, list)
    sys.stdout.write(json.dumps({**found, "found": len(wrong)}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
