"""docs/evidence.md from the comparators' own words and the model's tables.

python -m matchers.evidence.page > docs/evidence.md
"""

from __future__ import annotations

import sys
from importlib import import_module

import numpy as np

from matchers.evidence import LADDERS
from matchers.evidence.model import LevelTable, Model
from matchers.explain import expected_bits

HEAD = """# Evidence

What is compared, how closely, and what it weighs. This page is made from the code and the model
that is shipped (`python -m matchers.evidence.page > docs/evidence.md`); a test fails when it is
stale.

**m** is how often records of one and the same person stand at a level, **u** how often those of
strangers do. The weight in bits is log2 m/u: each bit for doubles the odds, each bit against halves
them. u in these tables is the national share; in a search it is blended with the gallery's own
share *for this probe*, so that a rare name weighs more than a common one. Weights are then
multiplied by one temperature for dependence. *Missing* is never evidence. Levels marked ✗ are shown
as contradictions; none of them excludes anybody.
"""
MANY = 40
"""Ladders longer than this are shown by their extremes in each condition."""


def render(model: Model) -> str:
    """The whole page as Markdown."""
    facts = (
        f"Model version {model.version}, hash `{model.hash}`, temperature {model.temperature:g}, "
        f"chance that a person is in the gallery {model.in_gallery:g}.\n"
    )
    return "\n".join([HEAD, facts, *(_section(key, model.tables[key]) for key in LADDERS)])


def _section(key: str, table: LevelTable) -> str:
    words = (import_module(f"matchers.evidence.{key}").__doc__ or "").strip()
    title, _, rest = words.partition(":")
    lines = [f"## {title}", "", f"`{key}` · {rest.strip()}", ""]
    if table.source:
        lines += [f"Source of the weights: {table.source}.", ""]
    if table.given:
        bits = table.national_bits()[1:]
        lines.append(f"Weights are given, not learned: {bits.min():+g} to {bits.max():+g} bits.")
        return "\n".join([*lines, ""])
    lines.append(f"A true pair is worth at least {expected_bits(table):.1f} bits on average.")
    return "\n".join([*lines, "", *_rows(table), ""])


def _rows(table: LevelTable) -> list[str]:
    bits = table.national_bits()
    rows = ["| condition | level | in Chinese | m | u | bits |", "|---|---|---|---:|---:|---:|"]
    order = sorted(range(1, len(bits)), key=lambda i: (table.condition[i], -bits[i]))
    shown = order if len(order) <= MANY else [i for i in order if _telling(i, table, bits)]
    for i in shown:
        level = table.levels[i]
        mark = " ✗" if level.contradiction else ""
        rows.append(
            f"| {level.condition} | {level.key}{mark} | {level.words} "
            f"| {table.m[i]:.3g} | {table.u[i]:.2g} | {bits[i]:+.1f} |"
        )
    if len(shown) < len(order):
        rows += ["", f"{len(order) - len(shown)} further levels lie between those shown."]
    return rows


def _telling(
    i: int, table: LevelTable, bits: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> bool:
    """Whether a level is the best, the worst or the middle of its condition."""
    rows = np.flatnonzero(table.condition == table.condition[i])
    ranked = rows[np.argsort(bits[rows], kind="stable")]
    return i in (ranked[0], ranked[len(ranked) // 2], ranked[-1])


if __name__ == "__main__":
    sys.stdout.write(render(Model.load()))
