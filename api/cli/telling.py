"""What the command line prints: for people in Chinese and English, for programs as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from api.language import Languages
from api.problems import what_is_wrong
from tracing.errors import TracingError


def tell_json(value: object) -> None:
    """One JSON value on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def tell_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for people."""
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def fail(code: str, sentence: str, facts: Mapping[str, Any], as_json: bool) -> NoReturn:
    """Say what went wrong on standard error and end with 1."""
    if as_json:
        tell_json({"error": {"code": code, "detail": sentence, **facts}})
    click.echo(sentence, err=True)
    named = ", ".join(f"{key}={value}" for key, value in facts.items() if value not in (None, ""))
    if named:
        click.echo(f"  {code}: {named}", err=True)
    sys.exit(1)


@contextmanager
def clear_errors(as_json: bool) -> Iterator[None]:
    """Errors of the work become two sentences, Chinese and English, never a traceback."""
    try:
        yield
    except TracingError as error:
        fail(error.code, in_both(error), error.facts, as_json)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        fail("record_invalid", f"{place}: {first['type']}", {"path": place}, as_json)


def in_both(error: TracingError) -> str:
    """What happened and what to do, Chinese first."""
    languages = Languages()
    key = f"error.{error.code}"
    if not languages["zh"].has(key):
        return str(error)
    both = (languages["zh"], languages["en"])
    lines = (
        (f"{words(key)}: {words(f'{key}.advice')}", what_is_wrong(words, error.facts))
        for words in both
    )
    return "\n".join(" ".join(filter(None, line)) for line in lines)
