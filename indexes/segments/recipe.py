"""How segments are made and searched; the packaged numbers are in `recipe.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes and depths; see the comments and sources in `recipe.toml`."""

    exact_most: int
    shard_rows: int
    training_rows: int
    coded_share: float
    rerank_per_million: int
    rerank_least: int
    rerank_most: int
    gather_part: int
    gather_most: int
    sampled_probes: int
    self_recall_least: float
    rank1_least: float

    @classmethod
    def packaged(cls) -> Recipe:
        """The measured values."""
        text = (files("indexes.segments") / "recipe.toml").read_text("utf-8")
        return cls(**tomllib.loads(text))

    def depth(self, rows: int, k: int) -> int:
        """How many rows the codes hand over for exact comparison."""
        wanted = self.rerank_per_million * rows // 1_000_000
        return min(rows, max(2 * k, min(self.rerank_most, max(self.rerank_least, wanted))))

    def gathers(self, allowed: int, rows: int) -> bool:
        """Whether comparing the allowed rows exactly is cheaper than scanning the codes."""
        return allowed <= self.gather_most and allowed * self.gather_part <= rows
