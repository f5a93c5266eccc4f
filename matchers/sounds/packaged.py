"""The packaged tables of the sound engine, read once by whoever builds an engine."""

from __future__ import annotations

import csv
import tomllib
from importlib.resources import files
from io import StringIO
from typing import Any


def rows(name: str) -> list[dict[str, str]]:
    """The rows of `tables/{name}.csv`, every cell text."""
    text = (files("matchers.sounds") / "tables" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(StringIO(text)))


def document(name: str) -> dict[str, Any]:
    """The content of `tables/{name}.toml`."""
    text = (files("matchers.sounds") / "tables" / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)
