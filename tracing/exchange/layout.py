"""Layouts: which heading of a ledger is which field of a record. Data, packaged or one's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing.errors import FileRefused

LAYOUTS = ("aided", "missing", "visitors")
KINDS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"stated", "registered", "alias", "nickname", "given_by_station"}),
    "number": frozenset({"citizen", "phone", "card", "other"}),
    "place": frozenset(
        {"household", "birthplace", "living", "last_seen", "found", "heard_home", "settled"}
    ),
}
FIELDS = frozenset(
    {"id", "name", "heard", "sex", "birth", "age", "ethnicity", "number", "place", "relative",
     "relative_phone", "dialect", "mark", "height", "build", "belonging", "utterance", "event",
     "wish", "dated", "side", "text"}
)  # fmt: skip
_LARGEST = 200_000
_NOISE = re.compile(r"[\s*＊:：]+")
_BRACKETS = str.maketrans("（）【】", "()[]")


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """One field and the headings it may stand under; `words` is a value map."""

    to: str
    headings: tuple[str, ...]
    kind: str = ""
    relation: str = "other"
    basis: str = "stated"
    slack: int = 0
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """What the column is, in one word for a page: field and kind."""
        if self.to == "age":
            return f"age.{self.basis}"
        return f"{self.to}.{self.kind}" if self.kind else self.to


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout: its name, the side of its records, what their source is called."""

    id: str
    name: str
    side: str
    source: str
    columns: tuple[LayoutColumn, ...]

    def column(self, heading: str) -> LayoutColumn | None:
        """The column that a heading stands for."""
        plain = plain_heading(heading)
        return next((c for c in self.columns if plain in c.headings), None)

    def known(self, headings: Sequence[str]) -> int:
        """How many of these headings it knows."""
        return sum(self.column(heading) is not None for heading in headings)


def plain_heading(text: str) -> str:
    """A heading without spacing, stars and colons, with plain brackets."""
    return _NOISE.sub("", text.translate(_BRACKETS)).lower()


@lru_cache(maxsize=1)
def cell_words() -> Mapping[str, Mapping[str, Any]]:
    """The packaged value maps by name; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing.exchange").joinpath("layouts", "words.toml").read_text("utf-8")
    )
    named = table["ethnicity"]
    table["ethnicity"] = {**named, **{f"{name}族": code for name, code in named.items()}}
    return table


@lru_cache(maxsize=8)
def packaged_layout(layout_id: str) -> Layout:
    """A packaged layout; raises `FileRefused` for any other id."""
    if layout_id not in LAYOUTS:
        raise FileRefused(reason="unknown_layout")
    text = files("tracing.exchange").joinpath("layouts", f"{layout_id}.toml").read_bytes()
    return read_layout(text, layout_id)


def fitting_layout(headings: Sequence[str]) -> Layout:
    """The packaged layout that knows most of the headings; the first of several."""
    return max(map(packaged_layout, LAYOUTS), key=lambda layout: layout.known(headings))


def read_layout(data: bytes, layout_id: str = "own") -> Layout:
    """A layout from its TOML.

    Raises:
        FileRefused: no layout; `path` names the column that is wrong.
    """
    try:
        if len(data) > _LARGEST:
            raise ValueError
        table = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise FileRefused(reason="not_a_layout") from None
    given = table.get("columns")
    side = table.get("side")
    if not isinstance(given, list) or side not in ("found", "sought", "register"):
        raise FileRefused(reason="not_a_layout", path="side" if isinstance(given, list) else "")
    columns = tuple(_column(entry, f"columns[{at}]") for at, entry in enumerate(given))
    if not any(column.to in ("name", "heard") for column in columns):
        raise FileRefused(reason="not_a_layout", path="columns")
    name, source = (str(table.get(key) or layout_id)[:100] for key in ("name", "source"))
    return Layout(layout_id, name, side, source, columns)


def _column(entry: Any, path: str) -> LayoutColumn:
    if not isinstance(entry, dict) or str(entry.get("to")) not in FIELDS:
        raise FileRefused(reason="not_a_layout", path=path)
    to, kind, words = str(entry["to"]), str(entry.get("kind", "")), entry.get("words", {})
    headings: Any = entry.get("headings")
    if isinstance(words, str):
        words = {k: v for k, v in cell_words().get(words, {}).items() if isinstance(v, str)}
    fits = (
        isinstance(headings, list)
        and all(isinstance(heading, str) for heading in headings)
        and isinstance(words, dict)
        and all(isinstance(part, str) for pair in words.items() for part in pair)
        and kind in KINDS.get(to, frozenset({""}))
        and isinstance(entry.get("slack", 0), int)
    )
    if not fits:
        raise FileRefused(reason="not_a_layout", path=path)
    return LayoutColumn(
        to,
        tuple(plain_heading(heading) for heading in headings),
        kind,
        str(entry.get("relation", "other")),
        str(entry.get("basis", "stated")),
        int(entry.get("slack", 0)),
        words,
    )
