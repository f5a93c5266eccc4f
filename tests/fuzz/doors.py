"""schemathesis over the whole OpenAPI description, against a real server with made-up people.

    python -m tests.fuzz.doors [--cases 5000] [--people 500] [--seed N] [--only PATH]

Twice: with an API key of every scope its account has, and with none. Ends with 1 if anything is
found. Part of `make fuzz`; `tests/fuzz/test_doors.py` runs a small share of it.
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
from tracing.demo import Population
from tracing.errors import NotReady
from tracing.records import PersonRecord

CHECKS = "all"
PER_ROUND = 30
ROOT = Path(__file__).resolve().parents[2]
_CASES = re.compile(r"(\d+) generated")


@dataclass(frozen=True, slots=True)
class Standing:
    """A server that answers at `address`, and the key of a program with wide scopes."""

    address: str
    key: str
    house: House


@contextmanager
def standing(people: int) -> Iterator[Standing]:
    """A real server over a station with `people` made-up people; nobody is paced in it."""
    house = open_house()
    world = Population.of(people, 1)
    records = (PersonRecord.model_validate(document) for document in world.records())
    house.service.people.register_many(house.worker, records, checkpoint="fuzz", on_existing="skip")
    unpaced(house)
    scopes = house.actor("zhoumin").scopes
    secret = house.with_key(*sorted(scopes)).headers["Authorization"]
    place = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(house.app, http=PatientProtocol, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    try:
        while not (house.service.ready().ready and _places_read(house)):
            time.sleep(0.1)
        yield Standing(f"http://127.0.0.1:{place.getsockname()[1]}", secret, house)
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


def attacked(address: str, options: list[str], header: str | None) -> tuple[int, int, str]:
    """Run schemathesis: its exit status, how many cases it sent, what it said."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file",
            str(Path(__file__).with_name("schemathesis.toml")),
            "run", f"{address}/openapi.json", "--checks", CHECKS, "--no-color",
            "--continue-on-failure", "--generation-database", "none",
            *(["--header", f"Authorization: {header}"] if header else []), *options,
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


def run(cases: int, people: int, seed: int, examples: int, only: str | None) -> dict[str, object]:
    """Rounds with a key until so many cases were sent, and always one without; what was found."""
    sent, rounds, wrong = 0, 0, []
    started = time.monotonic()
    with standing(people) as place:
        while (sent < cases or rounds < 2) and not wrong:
            header = None if rounds == 1 else place.key
            options = ["--seed", str(seed + rounds), "--max-examples", str(examples)]
            options += ["--include-path", only] if only else []
            status, count, said = attacked(place.address, options, header)
            rounds, sent = rounds + 1, sent + count
            if status or not count:
                wrong.append(said)
    took = round(time.monotonic() - started)
    return {"cases": sent, "rounds": rounds, "seconds": took, "seed": seed, "wrong": wrong}


def main() -> int:
    """Run, telling what is found, then print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.doors", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--examples", type=int, default=PER_ROUND, help="of each operation")
    parser.add_argument("--only", help="one path of the description")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = run(asked.cases, asked.people, asked.seed, asked.examples, asked.only)
    wrong = found.pop("wrong")
    assert isinstance(wrong, list)
    sys.stdout.write(json.dumps({**found, "found": len(wrong)}) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
