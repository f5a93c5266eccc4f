"""Opening the installation from the command line, and in whose name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.cli.options import Office
from tracing.access import Actor
from tracing.demo.world import acting as account_of
from tracing.service import Service

DEFAULT_ADMIN = "admin"


@contextmanager
def opened(office: Office) -> Iterator[Service]:
    """The open installation; it is closed at the end."""
    service = Service(office.settings())
    try:
        yield service
    finally:
        service.close()


def acting(service: Service, login: str) -> Actor:
    """The account in whose name the command works; the audit trail says so."""
    return account_of(service, login)
