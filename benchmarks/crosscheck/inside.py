"""Both ways of asking within one process, without a server: what the engine itself costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.crosscheck.station import WORKER, Document, settings
from tracing.access import Actor
from tracing.batch_answers import Question
from tracing.batch_files import AnswerFile
from tracing.demo.world import acting
from tracing.records import PersonRecord
from tracing.service import Service

LISTED = 10
WARM = 20
PURPOSE = "tracing"


def measured(folder: Path, questions: Sequence[Document], alone: int) -> dict[str, Any]:
    """`searches.ask` for `alone` of the questions, `batches.run` into a sealed file for all."""
    service = Service(settings(folder))
    try:
        service.searches.follow()
        actor = acting(service, WORKER)
        _one_by_one(service, actor, questions[:WARM])
        list(service.batches.answers(_asked(questions[:WARM]), PURPOSE, LISTED))
        single = _one_by_one(service, actor, questions[:alone])
        batch = _together(service, folder, questions)
    finally:
        service.close()
    return {
        "questions": len(questions),
        "questions_per_cpu_second": batch["per_cpu_second"],
        "questions_per_second": batch["per_second"],
        "one_by_one": single,
        "times_one_by_one": batch["per_cpu_second"] / single["per_cpu_second"],
    }


def _one_by_one(service: Service, actor: Actor, questions: Sequence[Document]) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    for document in questions:
        record = PersonRecord.model_validate(dict(document))
        service.searches.ask(actor, record, "tracing", "statutory_duty", "benchmark", limit=LISTED)
    return _rates(len(questions), cpu, wall)


def _together(service: Service, folder: Path, questions: Sequence[Document]) -> dict[str, float]:
    kept = AnswerFile(folder / f"answers-{time.time_ns()}", service.store.vault, "crosscheck")
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in service.batches.run(_asked(questions), kept, PURPOSE, LISTED):
        pass
    return _rates(len(questions), cpu, wall)


def _asked(questions: Sequence[Document]) -> Iterator[Question]:
    return (Question(row, document) for row, document in enumerate(questions, 1))


def _rates(count: int, cpu: float, wall: float) -> dict[str, float]:
    return {
        "per_cpu_second": count / (time.process_time() - cpu),
        "per_second": count / (time.perf_counter() - wall),
    }
