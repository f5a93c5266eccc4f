"""Many questions in one batch beside the same questions asked one by one, in one run.

    python -m benchmarks crosscheck [--people N] [--questions M] [--alone K] [--seed S] [--data DIR]

A service of its own over an ordinary world made on the spot, in a folder that is thrown away (or
kept, `--data`). Everybody has a ready-made print and so has every question; a question holds names
and a print alone. One by one is `searches.ask` as the doors call it, with its transaction, what is
kept of it and its audit row, for K of the questions; the batch is `batches.run` into a sealed file,
with reading and checking each row. CPU is of the whole process. Prints are simulated and weighed by
the packaged curve: for the work of it, not for who is found.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fused.worlds import World
from benchmarks.protocol import emit, parser
from benchmarks.service.house import PASSWORD, ROOT_STATION
from tracing.access import Actor
from tracing.batch_answers import Question
from tracing.batch_files import AnswerFile
from tracing.demo.world import ADMIN, acting
from tracing.photos.served import default_faces
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

LIMIT = 10
WARM = 20
WORKER = "asker"

Document = Mapping[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0."""
    options = parser("crosscheck", "a batch of questions beside the same ones asked one by one")
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--alone", type=int, default=200, help="questions also asked one by one")
    options.add_argument("--data", type=Path, help="a folder to keep, instead of a temporary one")
    args = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="xunqin-crosscheck-") as made:
        folder = args.data or Path(made)
        questions = _prepared(folder, args.people, args.questions, args.seed)
        service = Service(_settings(folder))
        try:
            service.searches.follow()
            result = _measured(service, folder, questions, args.alone)
        finally:
            service.close()
    emit("crosscheck", args.seed, {"people": args.people, **result})
    return 0


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, root_station_code=ROOT_STATION)


def _prepared(folder: Path, people: int, questions: int, seed: int) -> list[Document]:
    """Fill the folder with people; gives the questions."""
    world = World.made("ordinary", people, questions, seed, faces="all")
    service = Service(_settings(folder))
    try:
        link = service.accounts.first_start_link()
        if link is not None:
            service.accounts.set_password(link, PASSWORD)
            admin = acting(service, ADMIN)
            service.accounts.create(admin, WORKER, WORKER, "city_station", ROOT_STATION)
        records = (PersonRecord.model_validate(_served(d)) for d in world.gallery)
        service.people.register_many(
            acting(service, WORKER), records, checkpoint=f"crosscheck-{seed}", on_existing="skip"
        )
    finally:
        service.close()
    return [_names_and_prints(_served(d)) for d in world.probes if d.get("names")]


def _served(document: Document) -> dict[str, Any]:
    """The record with its simulated prints under the name of the served model."""
    recipe = default_faces().recipe
    prints = [{**p, "model": recipe} for p in document.get("prints") or ()]
    return {**document, "prints": prints}


def _names_and_prints(document: Document) -> Document:
    return {"side": "found", "names": document["names"], "prints": document["prints"]}


def _measured(
    service: Service, folder: Path, questions: Sequence[Document], alone: int
) -> dict[str, Any]:
    actor = acting(service, WORKER)
    _one_by_one(service, actor, questions[:WARM])
    list(service.batches.answers(_asked(questions[:WARM]), LIMIT))
    single = _one_by_one(service, actor, questions[:alone])
    batch, outcomes = _together(service, folder, questions)
    return {
        "questions": len(questions),
        "alone": min(alone, len(questions)),
        "questions_per_cpu_second": batch["per_cpu_second"],
        "questions_per_second": batch["per_second"],
        "one_by_one_per_cpu_second": single["per_cpu_second"],
        "one_by_one_per_second": single["per_second"],
        "times_one_by_one": batch["per_cpu_second"] / single["per_cpu_second"],
        "times_one_by_one_wall": batch["per_second"] / single["per_second"],
        "load_average": os.getloadavg()[0],
        "errors": outcomes["error"],
        "outcomes": dict(outcomes),
    }


def _one_by_one(service: Service, actor: Actor, questions: Sequence[Document]) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    for document in questions:
        record = PersonRecord.model_validate(dict(document))
        service.searches.ask(actor, record, "tracing", "statutory_duty", "benchmark", limit=LIMIT)
    return _rates(len(questions), cpu, wall)


def _together(
    service: Service, folder: Path, questions: Sequence[Document]
) -> tuple[dict[str, float], Counter[str]]:
    kept = AnswerFile(folder / f"answers-{time.time_ns()}", service.store.vault, "crosscheck")
    cpu, wall = time.process_time(), time.perf_counter()
    given = service.batches.run(_asked(questions), kept, LIMIT)
    outcomes: Counter[str] = Counter(answer.outcome for answer in given)
    return _rates(len(questions), cpu, wall), outcomes


def _asked(questions: Sequence[Document]) -> Iterator[Question]:
    return (Question(row, document) for row, document in enumerate(questions, 1))


def _rates(count: int, cpu: float, wall: float) -> dict[str, float]:
    return {
        "per_cpu_second": count / (time.process_time() - cpu),
        "per_second": count / (time.perf_counter() - wall),
    }
