"""Registers a person and kills itself with -9 at the n-th step; started by test_killed.py.

`python -m tests.store.killing FOLDER` forks one child for each step, and prints what stands in
the database after each and after the form was sent again, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from tests.store.office import Office, full_record
from tracing.people import Registered
from tracing.settings import Settings
from tracing.store.tables import Base, FacePrint, Photo


class Countdown:
    """Kills this process at the n-th call."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, *_: object, **__: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def watch(office: Office, step: Callable[..., None]) -> None:
    """Count each statement before it runs, and the commit before and after."""
    engine = office.store._database.engine
    event.listen(engine, "before_cursor_execute", step)
    dialect, commit = engine.dialect, engine.dialect.do_commit

    def counted(connection: Any) -> None:
        step()
        commit(connection)
        step()

    dialect.do_commit = counted  # type: ignore[method-assign,assignment]


def register(office: Office, photo_id: str, key: str) -> Registered:
    form = full_record(id=key, photos=[{"file": photo_id, "face": 1}])
    return office.people.register(office.worker, form, idempotency_key=key)


def standing(office: Office, photo_id: str) -> dict[str, int]:
    """How many rows stand in each table that a registration writes, and whether they are whole."""
    with office.store.read() as tx:
        found = {
            name: int(tx.connection.scalar(select(func.count()).select_from(table)) or 0)
            for name, table in Base.metadata.tables.items()
        }
        attached = select(func.count()).select_from(Photo).where(Photo.person_id.is_not(None))
        own = select(func.count()).select_from(FacePrint).where(FacePrint.person_id.is_not(None))
        found["attached"] = int(tx.connection.scalar(attached) or 0)
        found["own_prints"] = int(tx.connection.scalar(own) or 0)
    found["readable"] = sum(len(row.prints) for row in office.people.documents())
    office.photos.picture(office.worker, photo_id)
    return found


def child(settings: Settings, photo_id: str, key: str, step: int) -> None:
    office = Office(settings, now)
    watch(office, Countdown(step))
    register(office, photo_id, key)
    os._exit(0)


def main(folder: Path) -> None:
    office = Office(_settings(folder / "prepared"), now)
    photo_id = office.photos.receive(office.worker, b"faces:2 two", "a.jpg").id
    before = standing(office, photo_id)
    office.close()
    step, survived = 0, False
    while not survived:
        step += 1
        shutil.copytree(folder / "prepared", folder / str(step))
        settings = _settings(folder / str(step))
        pid = os.fork()
        if pid == 0:
            child(settings, photo_id, "k", step)
        _, status = os.waitpid(pid, 0)
        survived = os.waitstatus_to_exitcode(status) == 0
        office = Office(settings, now)
        after = standing(office, photo_id)
        answer = register(office, photo_id, "k")
        again = standing(office, photo_id)
        office.close()
        line = {"step": step, "survived": survived, "created": answer.created,
                "before": before, "after": after, "again": again}  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")


def _settings(folder: Path) -> Settings:
    return Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
