"""The tables of the synthetic world, as they lie in the package."""

from __future__ import annotations

from importlib.resources import files


def table_text(filename: str) -> str:
    """Text of a table in `tracing/demo/tables`."""
    return files("tracing.demo").joinpath("tables").joinpath(filename).read_text(encoding="utf-8")
