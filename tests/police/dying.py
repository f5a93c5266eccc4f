"""A process that answers one block of questions and is killed while it keeps the second."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tracing import search_keeping
from tracing.police.rules import police_rules
from tracing.service import Service
from tracing.settings import Settings


def main(folder: str) -> None:
    """Open the installation and die over its questions."""
    service = Service(Settings(data_dir=Path(folder), root_station_code="320400"))
    left = police_rules().answer.together + police_rules().answer.together // 2
    real = search_keeping.keep

    def keep(*given: object, **more: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*given, **more)  # type: ignore[arg-type]

    search_keeping.keep = keep
    while service.police_runs.step():
        pass


if __name__ == "__main__":
    main(sys.argv[1])
