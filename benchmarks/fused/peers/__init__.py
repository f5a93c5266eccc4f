"""Peers on the same records in the same run: a weighted sum, Splink, nomenklatura's logic-v2.

The weighted sum is ours and runs here. The others run in an environment of their own (`make
peers`, or `--peers-python`), since they bring much that we do not want beside us.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fused.figures import Answer, figures
from benchmarks.fused.peers.flat import Flat, flattened
from benchmarks.fused.peers.weighted_sum import Scores, WeightedSum
from matchers.places import Divisions

NAMES = ("rapidfuzz", "splink", "nomenklatura")
OWN_ENVIRONMENT = Path(".venv-peers/bin/python")
HARD = 4
FOR_LOGIC = 200
"""Candidates that logic-v2 gets of each probe: the best of the weighted sum, which finds them."""
Document = Mapping[str, Any]
Found = Sequence[tuple[int, float]]
"""Candidates of one probe, best first: row of the gallery, probability or score."""


@dataclass(frozen=True, slots=True)
class Task:
    """The same records for everybody, and who is right: a row of the gallery or None."""

    gallery: Sequence[Flat]
    probes: Sequence[Flat]
    truths: Sequence[int | None]
    python: Path | None

    @classmethod
    def of(
        cls, gallery: Sequence[Document], probes: Sequence[Document], python: Path | None
    ) -> Task:
        """Flatten both sides."""
        divisions = Divisions.load()
        rows = {str(doc.get("id")): i for i, doc in enumerate(gallery)}
        return cls(
            flattened(gallery, divisions),
            flattened(probes, divisions),
            [None if p.get("true_id") is None else rows.get(str(p["true_id"])) for p in probes],
            python or (OWN_ENVIRONMENT if OWN_ENVIRONMENT.exists() else None),
        )


def compared(names: Sequence[str], task: Task) -> dict[str, dict[str, Any]]:
    """Figures of each peer by name, or `{"skipped": why}` where it is not installed."""
    out: dict[str, dict[str, Any]] = {}
    summed = _summed(task)
    for name in names:
        run: Callable[[], dict[str, Any]] = {
            "rapidfuzz": lambda: figures(summed[0]),
            "splink": lambda: _elsewhere(task, "with_splink.py", {}),
            "nomenklatura": lambda: _elsewhere(
                task, "with_nomenklatura.py", {"candidates": summed[1]}
            ),
        }[name]
        out[name] = run()
        print(f"vs {name}: {json.dumps(out[name])}", file=sys.stderr)
    return out


def _summed(task: Task) -> tuple[list[Answer], list[list[int]]]:
    """Answers of the weighted sum, and the candidates it would hand on."""
    adder, answers, candidates = WeightedSum(task.gallery), [], []
    for probe, truth in zip(task.probes, task.truths, strict=True):
        scores, seconds = adder.scores(probe)
        answers.append(answer(_best(scores), truth, seconds, scores))
        candidates.append([row for row, _ in _best(scores)])
    return answers, candidates


def _best(scores: Scores) -> list[tuple[int, float]]:
    rows = np.argpartition(-scores, min(FOR_LOGIC, len(scores) - 1))[:FOR_LOGIC]
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    return [(int(row), float(scores[row])) for row in rows if scores[row] > 0]


def answer(found: Found, truth: int | None, seconds: float, scores: Scores | None = None) -> Answer:
    """A peer's candidates as an answer; nobody is what its first candidate leaves.

    With `scores` float32 [N] of the whole gallery ranks are exact, else a truth beyond the
    candidates was not found at all.
    """
    by_row = dict(found)
    listed = truth is not None and (truth in by_row or (scores is not None and scores[truth] > 0))
    better, equal = -1, 0
    if truth is not None and listed:
        values = np.array([s for _, s in found], np.float32) if scores is None else scores
        own = np.float32(by_row[truth]) if scores is None else scores[truth]
        better, equal = int((values > own).sum()), int((values == own).sum())
    first = min(max(found[0][1], 0.0), 1.0) if found else 0.0
    hard = [(p, False) for row, p in found if row != truth][:HARD]
    if truth is not None:
        hard.append((by_row.get(truth, 0.0), True))
    return Answer(
        present=truth is not None,
        listed=listed,
        better=better,
        equal=max(equal, 1),
        first_probability=first,
        first_is_true=bool(found) and found[0][0] == truth,
        nobody=1 - first,
        seconds=seconds,
        hard=tuple(hard),
    )


def _elsewhere(task: Task, script: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Run a script with the peers' interpreter; a clear message where there is none."""
    if task.python is None:
        return {"skipped": "not installed: run `make peers`, or name --peers-python"}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.json", Path(folder) / "out.json"
        given = {"gallery": list(task.gallery), "probes": list(task.probes), **more}
        source.write_text(json.dumps(given, ensure_ascii=False), "utf-8")
        path = Path(__file__).with_name(script)
        done = subprocess.run(
            [str(task.python), str(path), str(source), str(target)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not target.exists():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return {"skipped": f"it did not run ({last}); see `make peers`"}
        result = json.loads(target.read_text("utf-8"))
    answers = [
        answer([(int(row), float(p)) for row, p in found], truth, result["seconds"])
        for found, truth in zip(result["answers"], task.truths, strict=True)
    ]
    told: dict[str, Any] = dict(figures(answers))
    if "training_seconds" in result:
        told["batch_cpu_ms"] = result["batch_seconds"] * 1000
        told["training_cpu_s"] = result["training_seconds"]
    return told
