"""Blocks answered by processes beside the server: the same answers, and none lost with one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.batches.test_batches import PURPOSE, heard, questions
from tests.searches.conftest import Town, town
from tracing import batch_workers
from tracing import batches as batches_module
from tracing.batch_answers import Answer, Question
from tracing.batch_workers import BatchWorkers
from tracing.service import batches_of

__all__ = ["town"]

ASKED = ("黄建国", "李秀英", "陈海燕", "欧阳不在册", "王志强")


def nobody_here(*_: Any) -> list[Answer]:
    raise AssertionError("this block was to be answered by the other process")


def workers_of(town: Town, stands_on: str | None = None) -> BatchWorkers:
    said = town.service.stands_on if stands_on is None else stands_on
    return BatchWorkers(partial(batches_of, town.service.settings), lambda: said, 1)


@pytest.fixture(scope="module")
def workers(town: Town) -> Iterator[BatchWorkers]:
    made = workers_of(town)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_workers, "AFTER", 0)


def handed(workers: BatchWorkers, block: list[Question], here: Any) -> list[Answer]:
    """Answered by the process, once it is there."""
    future: Future[list[Answer]] | None = None
    while future is None:
        future = workers.submit((block, PURPOSE, 5, None), len(block), here)
        time.sleep(0.05)
    return future.result()


def told(answers: list[Answer]) -> list[Answer]:
    """Answers without what each process measures for itself."""
    return [replace(answer, cpu_ms=0.0) for answer in answers]


def started() -> list[int]:
    """Processes of this one that answer blocks."""
    listed = [known.read_text().split() for known in Path("/proc/self/task").glob("*/children")]
    return [
        int(child)
        for children in listed
        for child in children
        if b"tracing.batch_process" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_a_process_gives_the_answers_that_the_server_gives(
    town: Town, workers: BatchWorkers
) -> None:
    block = questions(*map(heard, ASKED), {"side": "found", "names": [{"text": 7}]})
    beside = handed(workers, block, nobody_here)
    own = town.service.batches.block(block, PURPOSE, 5, None)
    assert told(beside) == told(own)
    assert [answer.outcome for answer in beside][-1] == "error"
    assert beside[0].listed


def test_a_process_finds_whom_the_server_has_just_written_and_nobody_erased(
    town: Town, workers: BatchWorkers
) -> None:
    block = questions(heard("澹台明"))
    person = town.write("register", "澹台明", sex="male")
    (found,) = handed(workers, block, nobody_here)
    assert found.listed[0].person_id == person
    town.erase(person)
    (after,) = handed(workers, block, nobody_here)
    assert person not in [one.person_id for one in after.listed]


def test_a_long_batch_goes_through_processes_in_its_order(
    town: Town, workers: BatchWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "BLOCK", 2)
    rows = questions(*map(heard, ASKED * 4))
    alone = list(town.service.batches.answers(rows, PURPOSE))
    handed(workers, rows[:1], nobody_here)
    beside = town.service.batches
    monkeypatch.setattr(beside, "_workers", workers)
    monkeypatch.setattr(type(beside), "block", nobody_here)
    assert told(list(beside.answers(rows, PURPOSE))) == told(alone)


def test_what_a_killed_process_was_to_answer_is_answered_by_the_server(town: Town) -> None:
    workers, block = workers_of(town), questions(*map(heard, ASKED))
    others = set(started())
    try:
        handed(workers, block, nobody_here)
        (own,) = set(started()) - others
        os.kill(own, signal.SIGKILL)
        found = handed(workers, block, town.service.batches.block)
        assert told(found) == told(town.service.batches.block(block, PURPOSE, 5, None))
    finally:
        workers.close()
    assert own not in started()


def test_a_process_that_answers_from_something_else_is_not_asked(town: Town) -> None:
    workers, block = workers_of(town, "another release"), questions(heard("王建国"))
    sentinel: list[Answer] = []
    try:
        assert handed(workers, block, lambda *_: sentinel) is sentinel
    finally:
        workers.close()


def test_a_short_batch_starts_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_workers, "AFTER", 6)
    workers, before = workers_of(town), started()
    task = (questions(*map(heard, ASKED)), PURPOSE, 5, None)
    assert workers.submit(task, len(ASKED), nobody_here) is None
    assert workers.submit(task, len(ASKED), nobody_here) is None
    assert started() == before
    workers.close()
