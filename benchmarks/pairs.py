"""Labelled pairs of names and records, scored and held against the scores that were frozen.

    python -m benchmarks pairs [--pairs CSV] [--frozen CSV] [--freeze] [--model FILE]

Pairs have the columns id, kind (name or record), category, same (1 or 0), asked and found, the
last two as JSON in the shape of docs/record.md. The run prints every pair that moved by a quarter
of a bit or more since it was frozen, and for each category what its pairs are worth.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocol import emit, parser
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.evidence.model import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "evidence"
MOVED = 0.25
"""Bits from which a pair counts as changed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records and whether they are of one person."""

    id: str
    category: str
    same: bool
    asked: PersonClaims
    found: PersonClaims

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Pair:
        """From a row of the file; ValueError where it is no pair."""
        if row["kind"] not in ("name", "record") or row["same"] not in ("0", "1"):
            raise ValueError(f"{row['id']}: kind is name or record, same is 0 or 1")
        asked, found = json.loads(row["asked"]), json.loads(row["found"])
        if row["kind"] == "name":
            asked = {"names": [{"kind": "heard", **asked}]}
            found = {"names": [{"kind": "registered", **found}]}
        claims = [PersonClaims.from_document(doc) for doc in (asked, found)]
        return cls(row["id"], f"{row['kind']}.{row['category']}", row["same"] == "1", *claims)


def main(arguments: Sequence[str]) -> int:
    """Score, compare, print; exit code 0, or 2 when a file is not what it should be."""
    options = parser("pairs", "labelled pairs against frozen scores")
    options.add_argument("--pairs", type=Path, default=FOLDER / "pairs.csv")
    options.add_argument("--frozen", type=Path, default=FOLDER / "pairs_frozen.csv")
    options.add_argument("--freeze", action="store_true", help="write today's scores down")
    options.add_argument("--model", type=Path, help="another model file")
    args = options.parse_args(arguments)
    try:
        pairs = read(args.pairs)
        model = Model.load(args.model.read_bytes() if args.model else None)
        before = frozen(args.frozen)
    except (OSError, ValueError, KeyError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    using = comparators(SoundEngine.standard(), Divisions.load())
    bits = scored(pairs, using, model)
    moved = changed(pairs, bits, before)
    for line in moved:
        print(line)
    if args.freeze:
        freeze(args.frozen, pairs, bits)
    emit("pairs", args.seed, {**told(pairs, bits), "changed": len(moved), "model": model.hash})
    return 0


def read(path: Path) -> list[Pair]:
    """The pairs of a file, ids each once."""
    with path.open(encoding="utf-8", newline="") as file:
        pairs = [Pair.of(row) for row in csv.DictReader(file)]
    if len({pair.id for pair in pairs}) != len(pairs):
        raise ValueError("an id stands twice")
    return pairs


def frozen(path: Path) -> dict[str, float]:
    """Frozen bits by id; nothing where nothing was frozen yet."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: float(row["bits"]) for row in csv.DictReader(file)}


def freeze(path: Path, pairs: Sequence[Pair], bits: Sequence[float]) -> None:
    """Write the scores down."""
    lines = ["id,bits", *(f"{p.id},{x:.2f}" for p, x in zip(pairs, bits, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def scored(pairs: Sequence[Pair], using: Sequence[Comparator], model: Model) -> list[float]:
    """Bits of each pair at national shares: what it weighs in a gallery that says nothing."""
    total = np.zeros(len(pairs))
    for comparator in using:
        weights = model.tables[comparator.key].national_bits() * model.temperature
        own = [comparator.values(pair.found) for pair in pairs]
        values = list(dict.fromkeys(value for row in own for value in row))
        prepared, at = comparator.prepare(values), {value: i for i, value in enumerate(values)}
        for place, (pair, row) in enumerate(zip(pairs, own, strict=True)):
            if row:
                levels = comparator.levels_of(pair.asked, prepared)
                total[place] += weights[max(int(levels[at[value]]) for value in row)]
    return [float(x) for x in total]


def changed(pairs: Sequence[Pair], bits: Sequence[float], before: Mapping[str, float]) -> list[str]:
    """One line for each pair that moved, is new, or is gone."""
    lines = []
    for pair, now in zip(pairs, bits, strict=True):
        old = before.get(pair.id)
        if old is None:
            lines.append(f"new      {pair.id} {pair.category}: {now:+.2f}")
        elif abs(now - old) >= MOVED:
            better = (now > old) == pair.same
            word = "better" if better else "WORSE"
            lines.append(f"{word:8} {pair.id} {pair.category}: {old:+.2f} -> {now:+.2f}")
    gone = before.keys() - {pair.id for pair in pairs}
    return lines + [f"gone     {key}" for key in sorted(gone)]


def told(pairs: Sequence[Pair], bits: Sequence[float]) -> dict[str, Any]:
    """Figures: how well same and other are told apart, and bits by category."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for pair, value in zip(pairs, bits, strict=True):
        groups[f"{pair.category}.{'same' if pair.same else 'other'}"].append(value)
    summaries = {
        key: {
            "pairs": len(values),
            "median": float(np.median(values)),
            "least": min(values),
            "most": max(values),
        }
        for key, values in sorted(groups.items())
    }
    return {
        "pairs": len(pairs),
        "auc": {kind: _told_apart(groups, kind) for kind in ("name", "record")},
        "bits": summaries,
    }


def _told_apart(groups: Mapping[str, Sequence[float]], kind: str) -> float:
    """The area for all categories of a kind together."""
    of_kind = {key: values for key, values in groups.items() if key.startswith(f"{kind}.")}
    same, other = (
        [x for key, values in of_kind.items() if key.endswith(end) for x in values]
        for end in (".same", ".other")
    )
    return area(same, other)


def area(same: Sequence[float], other: Sequence[float]) -> float:
    """The chance that a pair of one person weighs more than one of two, ties half."""
    one, two = np.array(same)[:, None], np.array(other)[None]
    return float(((one > two) + 0.5 * (one == two)).mean())
