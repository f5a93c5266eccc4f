"""The limits and lists of `exchange.toml`, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class FileRules:
    """What a file may be, and how it is taken in."""

    bytes: int
    records: int
    depth: int
    value: int
    unpacked: int
    columns: int
    keep_days: int
    batch: int
    faults: int
    shown: int


@dataclass(frozen=True, slots=True)
class GalleryRules:
    """What may be lent, and for how long."""

    kinds: tuple[str, ...]
    refused_kinds: tuple[str, ...]
    warn_days: int
    longest_days: int
    keep_longest_days: int


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """How long notices run, and what ends them."""

    days: int
    longest_days: int
    text_longest: int
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """All of it."""

    files: FileRules
    galleries: GalleryRules
    notices: NoticeRules
    page: int


@lru_cache(maxsize=1)
def exchange_rules() -> ExchangeRules:
    """The packaged rules; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing.exchange").joinpath("exchange.toml").read_text("utf-8")
    )
    lists: dict[str, dict[str, Any]] = {
        part: {k: tuple(v) if isinstance(v, list) else v for k, v in table[part].items()}
        for part in ("galleries", "notices")
    }
    return ExchangeRules(
        files=FileRules(**table["files"]),
        galleries=GalleryRules(**lists["galleries"]),
        notices=NoticeRules(**lists["notices"]),
        page=int(table["feeds"]["page"]),
    )
