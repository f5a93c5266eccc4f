"""Sends what is due and kills itself with -9 before it can be marked; started by test_webhooks."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from tracing.settings import Settings
from tracing.store import Store
from tracing.webhook_delivery import Deliveries


def main(folder: str, at: str) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        data_dir=Path(folder),
        webhooks=True,
        webhook_http=True,
        webhook_networks="127.0.0.0/8",
    )
    store = Store.open(settings, now=lambda: datetime.fromisoformat(at).astimezone(UTC))
    deliveries = Deliveries(store, settings)
    deliveries._mark = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    deliveries.step()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
