"""The numbers of `locating.toml`, checked once when a locator is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matchers.places.packaged import document

LEVELS = ("village", "town", "county", "city", "province")


@dataclass(frozen=True, slots=True)
class Shares:
    """What a fragment may really name; the six shares sum to 1."""

    village: float
    town: float
    county: float
    city: float
    province: float
    noise: float

    def of(self, level: str) -> float:
        """The share of one level."""
        return float(getattr(self, level))

    def noisier(self, noise: float) -> Shares:
        """The same where the station is not sure."""
        rest = (1 - noise) / (1 - self.noise)
        village, town, county, city, province = (rest * self.of(level) for level in LEVELS)
        return Shares(village, town, county, city, province, noise)

    @staticmethod
    def mixed(parts: list[Shares]) -> Shares:
        """Their mean."""
        count = len(parts)
        means = (sum(part.of(level) for part in parts) / count for level in (*LEVELS, "noise"))
        return Shares(*means)


@dataclass(frozen=True, slots=True)
class Weights:
    """`locating.toml` by its headings."""

    levels: Mapping[str, Shares]
    fragment: Mapping[str, float]
    dialect: Mapping[str, float]
    province: Mapping[str, float]
    county: Mapping[str, float]
    surname: Mapping[str, float]
    call: Mapping[str, float]
    prompt: Mapping[str, float]
    ask: Mapping[str, float]

    @classmethod
    def load(cls) -> Weights:
        """Read the packaged table. Raises ValueError where shares do not sum to 1."""
        table: dict[str, Any] = document("locating.toml")
        levels = {name: Shares(**row) for name, row in table["levels"].items()}
        for name, shares in levels.items():
            total = sum(shares.of(level) for level in (*LEVELS, "noise"))
            if abs(total - 1) > 1e-6:
                raise ValueError(f"locating.toml: shares of {name} sum to {total}")
        rest = {key: table[key] for key in cls.__dataclass_fields__ if key != "levels"}
        return cls(levels=levels, **rest)
