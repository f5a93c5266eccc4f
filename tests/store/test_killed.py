"""Killed with -9 at any point, a registration is there whole or not at all; sent again, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.store.office import Office

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = {
    "person": 1, "person_key": 1, "exact_key": 5, "tracing_case": 1, "idempotency": 1,
    "attached": 1, "own_prints": 2, "readable": 2, "face_print": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What stood in the database after each death."""
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.killing", str(folder)],
        check=True, capture_output=True, cwd=ROOT, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in WRITTEN}


def test_every_step_of_a_registration_was_a_death(deaths: list[dict[str, Any]]) -> None:
    assert len(deaths) > 20
    assert [death["survived"] for death in deaths] == [False] * (len(deaths) - 1) + [True]


def test_what_stands_after_a_death_is_everything_or_nothing(deaths: list[dict[str, Any]]) -> None:
    kinds = {json.dumps(grown(death["before"], death["after"])) for death in deaths}
    assert kinds == {json.dumps(WRITTEN), json.dumps(dict.fromkeys(WRITTEN, 0))}


def test_sent_again_with_its_key_the_form_is_registered_once(deaths: list[dict[str, Any]]) -> None:
    for death in deaths:
        assert grown(death["before"], death["again"]) == WRITTEN, death["step"]
        assert death["created"] == (death["after"]["person"] == 0), death["step"]


def test_a_photo_whose_row_was_never_written_leaves_only_a_stray_file(
    small_office: Office,
) -> None:
    pid = os.fork()
    if pid == 0:
        small_office.photos._store.write = lambda: os.kill(  # type: ignore[method-assign,assignment,return-value]
            os.getpid(), signal.SIGKILL
        )
        small_office.photos.receive(small_office.worker, b"faces:1 a", "a.jpg")
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    strays = list((small_office.store.data_dir / "photos").glob("*/*"))
    assert len(strays) == 2
    for path in strays:
        os.utime(path, (0, 0))
    assert small_office.photos.tidy() == 1
    assert not list((small_office.store.data_dir / "photos").glob("*/*"))
