"""How the shipped model's numbers were moved: answered questions of synthetic worlds.

    python -m benchmarks.fused.shipped OUT.json [--people N] [--questions M]

Starts from the model in the package. u of each level is moved by the strangers of all questions, m
by the people who were right, as counts on top of the judgement that is there (`learning.learned`).
The figures on `docs/benchmarks.md` come from other seeds.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.fused import Gallery, engine_with, template
from benchmarks.fused.worlds import World
from matchers.claims import PersonClaims
from matchers.evidence import comparators
from matchers.evidence.learning import Counts, Search, counted, learned
from matchers.evidence.model import LevelTable, Model
from matchers.places import Divisions

WORLDS = (("ordinary", 15), ("hard", 12), ("varied", 31))
AS_MANY = 2000.0
"""How many strangers the shares already in the model count for in each condition."""
ENOUGH = 1000
"""Strangers seen in a condition below which its shares stay."""


def main(arguments: Sequence[str]) -> int:
    """Fit and write; a few minutes for each world."""
    options = ArgumentParser(prog="python -m benchmarks.fused.shipped")
    options.add_argument("out", type=Path)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--questions", type=int, default=800)
    args = options.parse_args(arguments)
    model = Model.load()
    answered = [
        search
        for kind, seed in WORLDS
        for search in searches(model, World.made(kind, args.people, args.questions, seed))
    ]
    document = moved(model, answered).document()
    args.out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def searches(model: Model, world: World) -> Iterator[Search]:
    """Each question of a world as levels, with its answer."""
    gallery = Gallery.of(world.gallery, comparators(engine_with((), laws=True), Divisions.load()))
    scale = world.scale()
    for document in world.probes:
        claims = PersonClaims.from_document(document)
        fused, _ = gallery.search(model, claims, template(document), scale)
        levels = {key: codes for key, codes in fused.levels.items() if codes.any()}
        truth = document["true_id"]
        yield Search(levels, None if truth is None else gallery.ids[truth])


def moved(model: Model, answered: Sequence[Search]) -> Model:
    """u by strangers, then m by answers."""
    tables = dict(model.tables)
    for key, seen in strangers(model, answered).items():
        if not (tables[key].given or tables[key].rare):
            tables[key] = with_strangers(tables[key], seen)
    model = model.changed(tables=tables)
    return learned(model, counted(model, answered))


def strangers(model: Model, answered: Sequence[Search]) -> Counts:
    """How often strangers stand at each level: float64 [L] each."""
    counts = {key: np.zeros(len(table.u)) for key, table in model.tables.items()}
    for search in answered:
        for key, codes in search.levels.items():
            counts[key] += np.bincount(codes, minlength=len(counts[key]))
            if search.truth is not None:
                counts[key][codes[search.truth]] -= 1
    return counts


def with_strangers(
    table: LevelTable, seen: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> LevelTable:
    """The table with national shares moved by strangers, condition by condition."""
    number = np.bincount(table.condition, seen)[table.condition]
    u = np.where(number > ENOUGH, (seen + AS_MANY * table.u) / (number + AS_MANY), table.u)
    u[0] = 1.0
    return replace(table, u=u)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
