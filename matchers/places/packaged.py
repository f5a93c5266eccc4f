"""The packaged tables of places, read once by whoever opens them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any


def rows(filename: str) -> Iterator[dict[str, str]]:
    """Rows of a tab-separated table; lines that begin with # are remarks."""
    text = files("matchers.places").joinpath(filename).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def document(filename: str) -> dict[str, Any]:
    """The content of a TOML file."""
    return tomllib.loads(files("matchers.places").joinpath(filename).read_text(encoding="utf-8"))
