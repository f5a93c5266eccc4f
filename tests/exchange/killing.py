"""Takes a file in and kills itself with -9 at the n-th step; started by test_imports.py.

`python -m tests.exchange.killing FOLDER` forks one child for each step, and prints what stands in
the database after each and after the import was run again, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tests.exchange.files import pfif
from tests.store.killing import Countdown, _settings, now, watch
from tests.store.office import Office
from tracing.exchange import imports, rules
from tracing.exchange.imports import Imports
from tracing.store.tables import Origin

FILE = pfif(*((f"a.org/{n}", f"王{n}", "2026-02-01") for n in range(10)))


@lru_cache(maxsize=1)
def small_batches() -> rules.ExchangeRules:
    """Four rows in a transaction."""
    known = rules.exchange_rules()
    return replace(known, files=replace(known.files, batch=4))


def standing(office: Office) -> dict[str, Any]:
    with office.store.read() as tx:
        known = int(tx.connection.scalar(select(func.count()).select_from(Origin)) or 0)
    return {"people": len(list(office.people.documents())), "origins": known}


def main(folder: Path) -> None:
    imports.exchange_rules = small_batches  # type: ignore[attr-defined]
    office = Office(_settings(folder / "prepared"), now)
    seen = Imports(office.store, office.photos).look(office.worker, FILE, "a.xml")
    office.close()
    step, status = 0, 1
    while status:
        step += 1
        shutil.copytree(folder / "prepared", folder / str(step))
        settings = _settings(folder / str(step))
        pid = os.fork()
        if pid == 0:
            office = Office(settings, now)
            watch(office, Countdown(step))
            Imports(office.store, office.photos).run(office.worker, seen.id)
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
        office = Office(settings, now)
        own = Imports(office.store, office.photos)
        after = standing(office)
        if own.get(office.worker, seen.id).state != "done":
            own.run(office.worker, seen.id)
        again = {**standing(office), "counts": dict(own.get(office.worker, seen.id).counts)}
        office.close()
        shutil.rmtree(folder / str(step))
        line = {"step": step, "signal": status, "after": after, "again": again}
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
