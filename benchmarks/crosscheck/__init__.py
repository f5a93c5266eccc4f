"""A police list beside the same questions in calls of their own, as clients of a server see both.

    python -m benchmarks crosscheck [--people N] [--questions M] [--alone K] [--printed SHARE]
        [--seed S] [--data DIR]

An ordinary world made on the spot, in a folder that is thrown away (or kept, `--data`, and used
again by the next run of the same numbers). Everybody has a ready-made print and so has the given
share of the questions; a question holds names and a print alone. `xunqin serve` runs over it as a
process of its own. One by one: `POST /v1/searches` with a key, K of the questions on one connection
after the other. The batch: a request that two others approved, `POST …/runs` with all M as NDJSON,
and `GET …/answers` until none waits. Both hold the gate, the key, JSON, sealing, what is kept and
the trail. CPU is of the server and of the processes it starts. `inside`: the same in one process
without a server, `searches.ask` beside `batches.run` into a sealed file. Prints are simulated and
weighed by the packaged curve: for the work of it, not for who is found.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.crosscheck.clients import one_by_one, settle, together
from benchmarks.crosscheck.inside import measured
from benchmarks.crosscheck.station import Document, opened, prepared
from benchmarks.protocol import emit, parser
from benchmarks.service.house import server

WARM = 20


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0."""
    options = parser("crosscheck", "a batch of questions beside the same ones asked one by one")
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--alone", type=int, default=200, help="questions also asked one by one")
    options.add_argument("--printed", type=float, default=1.0, help="share that holds a print")
    options.add_argument("--inside", type=int, default=200, help="questions asked inside as well")
    options.add_argument("--data", type=Path, help="a folder to keep, instead of a temporary one")
    args = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="xunqin-crosscheck-") as made:
        folder = args.data or Path(made)
        questions = prepared(folder, args.people, args.questions, args.seed)
        asked = _printed(questions, args.printed)
        result = _served(folder, asked, args.alone)
        inside = measured(folder, asked[: args.inside], args.alone) if args.inside else None
    emit("crosscheck", args.seed, {"people": args.people, **result, "inside": inside})
    return 0


def _printed(questions: Sequence[Document], share: float) -> list[Document]:
    """Evenly among the questions, this share keeps its print."""
    return [
        question if int((row + 1) * share) > int(row * share) else {**question, "prints": []}
        for row, question in enumerate(questions)
    ]


def _served(folder: Path, questions: Sequence[Document], alone: int) -> dict[str, Any]:
    """Both ways through a server, one after the other."""
    doors = opened(folder, len(questions), alone + WARM)
    with server(folder) as standing:
        one_by_one(standing, doors.searchers, questions[:WARM])
        settle(standing)
        single = one_by_one(standing, doors.searchers, questions[:alone])
        batch = together(standing, doors.officer, doors.request, questions)
        memory = standing.memory()[1]
    return {
        "questions": len(questions),
        "with_print": sum(bool(q["prints"]) for q in questions),
        "questions_per_second": batch["per_second"],
        "questions_per_cpu_second": batch["per_cpu_second"],
        "batch": batch,
        "one_by_one": single,
        "times_one_by_one": batch["per_cpu_second"] / single["per_cpu_second"],
        "times_one_by_one_wall": batch["per_second"] / single["per_second"],
        "errors": batch["outcomes"].get("error", 0) + batch["doubled"] + batch["missing"],
        "load": os.getloadavg(),
        "memory_most_bytes": memory,
    }
