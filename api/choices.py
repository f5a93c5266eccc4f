"""The lists people choose from: values from `choices.toml`, words from the catalogues."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from api.language import Words

Options = tuple[tuple[str, str], ...]


class Choices:
    """All lists, read once when the server starts."""

    def __init__(self) -> None:
        table = tomllib.loads(files("api").joinpath("choices.toml").read_text("utf-8"))
        self.lists: Mapping[str, tuple[str, tuple[str, ...]]] = {
            name: (entry["prefix"], tuple(entry["values"]))
            for name, entry in table["lists"].items()
        }

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a list."""
        return self.lists[name][1]

    def options(self, words: Words, name: str) -> Options:
        """Value and word of each entry, in order."""
        prefix, values = self.lists[name]
        return tuple((value, words(f"{prefix}.{value}")) for value in values)

    def keys(self) -> tuple[str, ...]:
        """Every catalogue key the lists need."""
        return tuple(f"{p}.{value}" for p, values in self.lists.values() for value in values)
