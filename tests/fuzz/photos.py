"""Spoiled pictures at every door that takes one, for as long as asked.

    python -m tests.fuzz.photos [--seconds 600] [--seed N] [--keep DIR]

Every answer must be a 4xx or a success, and a good photo must be read in between. A file that
breaks this is kept in DIR, and the run ends with 1. Part of `make fuzz`, not of `make test`.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections import Counter
from pathlib import Path

import structlog
from fastapi.testclient import TestClient

from tests.api.house import close_house, open_house, portrait, unpaced
from tests.fuzz.files import seeds, spoiled

GOOD_EVERY = 100


def sent(client: TestClient, data: bytes, door: str) -> int:
    """Send a file to a door; the status of the answer, 500 for an error nobody caught."""
    try:
        if door == "/v1/photos":
            head = {"Content-Type": "image/jpeg"}
            return client.post(door, content=data, headers=head).status_code
        return client.post(door, files={"photo_file": ("a.jpg", data, "image/jpeg")}).status_code
    except Exception:  # noqa: BLE001 whatever comes out of the server is what we look for
        return 500


def run(seconds: float, seed: int, keep: Path) -> dict[str, object]:
    """Fuzz for some seconds; counts of answers, and what went wrong."""
    house, originals, dice = open_house(), seeds(), random.Random(seed)
    unpaced(house)
    client = house.signed_in()
    answers: Counter[int] = Counter()
    wrong: list[str] = []
    slowest, end, number = 0.0, time.monotonic() + seconds, 0
    try:
        while time.monotonic() < end:
            number += 1
            good = number % GOOD_EVERY == 0
            data = portrait() if good else spoiled(dice, originals)
            door = dice.choice(("/v1/photos", "/v1/photos", "/photos"))
            started = time.monotonic()
            status = sent(client, data, door)
            slowest = max(slowest, time.monotonic() - started)
            answers[status] += 1
            if status >= 500 or (good and status not in (200, 201)):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}.bin").write_bytes(data)
                wrong.append(f"{number}: {door} {status}")
        alive = client.get("/livez").status_code == 200
    finally:
        close_house(house)
    return {
        "files": number,
        "answers": {str(status): count for status, count in sorted(answers.items())},
        "slowest_s": round(slowest, 2),
        "alive": alive,
        "wrong": wrong,
        "seed": seed,
    }


def main() -> int:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.photos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = run(asked.seconds, asked.seed, asked.keep)
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if found["wrong"] or not found["alive"] else 0


if __name__ == "__main__":
    sys.exit(main())
