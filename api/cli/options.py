"""Options that every command understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from api.cli.telling import clear_errors
from tracing.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """What the options before the command say."""

    data: Path | None

    def settings(self, **changes: Any) -> Settings:
        """Settings from the environment, then from the options."""
        if self.data is not None:
            changes["data_dir"] = self.data
        return Settings(**changes)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, and errors as sentences instead of tracebacks."""

    @click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
    @wraps(command)
    def inner(*args: Any, as_json: bool, **options: Any) -> Any:
        with clear_errors(as_json):
            return command(*args, as_json=as_json, **options)

    return inner


def as_option(default: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--as LOGIN`: in whose name; without a default it has to be given."""
    # a default of None counts as one, and the option would be required in the help alone
    given: dict[str, Any] = {"required": True} if default is None else {"default": default}
    return click.option(
        "--as",
        "login",
        envvar="XUNQIN_AS",
        help="以谁的账号 / in whose name (XUNQIN_AS)",
        **given,
    )
