"""Opening the installation from the command line, and in whose name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.cli.options import Office
from tracing.access import Actor
from tracing.demo.world import acting as account_of
from tracing.errors import NotFound
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
    """The account in whose name the command works; the audit trail says so.

    On an installation that was never started the administrator's account is made first; `serve`
    prints the link that gives it a password.
    """
    try:
        return account_of(service, login)
    except NotFound:
        if login == DEFAULT_ADMIN and service.accounts.first_start_link() is not None:
            return account_of(service, login)
        raise click.ClickException(
            f"没有账号 {login}。用 xunqin user list 看有哪些账号。\n"
            f"There is no account {login}. See which there are with: xunqin user list"
        ) from None
