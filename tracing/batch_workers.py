"""Blocks of a long batch in processes of their own, one for each core.

Comparing is thousands of short steps over arrays: threads of one process wait for one another
between them (two answer 1.2 times what one does), processes do not (1.9 times). Each reads the
gallery for itself, through the same mapped pages where it lies in segments, and follows the store
like any other server process. It ends with its pipe: when no block has come for a while, or when
the server has ended, however that ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any, Protocol

import structlog

import tracing
from tracing.batch_answers import Answer

AFTER = 384
"""So many questions are answered by the server itself before processes are started."""
REST_SECONDS = 120.0
"""Processes that no block has come to for so long are ended, and the count begins anew."""
_OPEN_SECONDS = 1800.0
_BLOCK_SECONDS = 300.0
_END_SECONDS = 5.0
Task = tuple[Any, ...]
"""A block and what it is answered from: the arguments of `Answering.block`."""
Here = Callable[..., list[Answer]]
"""Answers a block in this process."""


class Answering(Protocol):
    """What answers blocks, in this process or in another."""

    def block(self, *args: Any, **kwargs: Any) -> list[Answer]:
        """The answers of a block, in the order of its questions."""


Opened = Callable[[], tuple[Answering, str]]
"""Opens what answers; and what its answers follow from: model, comparators, sounds."""


class BatchWorkers:
    """Processes that answer blocks; safe to share between threads. `close` it at the end."""

    def __init__(self, opened: Opened, stands_on: Callable[[], str], count: int) -> None:
        """`opened` is called in each process, and must say there what `stands_on` gives here."""
        self.count = count
        self._opened = opened
        self._stands_on = stands_on
        self._lock = threading.Lock()
        self._seen = 0
        self._team: _Team | None = None
        self._rest: threading.Timer | None = None

    def submit(self, task: Task, questions: int, here: Here) -> Future[list[Answer]] | None:
        """Have a block of so many questions answered by a process; None where there is none yet.

        `here` answers it in this process, should the other fail.
        """
        if self.count < 1:
            return None
        with self._lock:
            if self._seen >= AFTER and self._team is None:
                self._team = _Team(self._opened, self._stands_on(), self.count)
            self._seen += questions
            self._rest_later()
            team = self._team
            return team.submit(task, here) if team is not None and team.ready else None

    def close(self) -> None:
        """End the processes; the next long batch starts others."""
        with self._lock:
            if self._rest is not None:
                self._rest.cancel()
            team, self._team, self._rest, self._seen = self._team, None, None, 0
        if team is not None:
            team.end()

    def _rest_later(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(REST_SECONDS, self.close)
        self._rest.daemon = True
        self._rest.start()


class _Team:
    """Some processes; each has a thread of this one that hands it blocks."""

    def __init__(self, opened: Opened, stands_on: str, count: int) -> None:
        self._opened = opened
        self._stands_on = stands_on
        self._own = threading.local()
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(count, "xunqin-batch-beside", self._begin)
        # each is given to a new thread, as the ones before it are still beginning
        self._begun = [self._threads.submit(bool) for _ in range(count)]

    @property
    def ready(self) -> bool:
        """Whether all have opened what they answer from, or failed over it."""
        return all(begun.done() for begun in self._begun)

    def submit(self, task: Task, here: Here) -> Future[list[Answer]]:
        """Have a block answered."""
        return self._threads.submit(self._answer, task, here)

    def end(self) -> None:
        """Let the processes end."""
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(wait=False)

    def _begin(self) -> None:
        self._own.worker = None
        try:
            worker = _Worker()
        except OSError as error:
            _lost(error)
            return
        self._workers.append(worker)
        try:
            if worker.open(self._opened) == self._stands_on:
                self._own.worker = worker
                return
        except Exception as error:  # noqa: BLE001 - the server answers for it
            _lost(error)
        worker.end()

    def _answer(self, task: Task, here: Here) -> list[Answer]:
        worker = self._own.worker
        if worker is not None:
            try:
                answers: list[Answer] = worker.ask(task)
            except Exception as error:  # noqa: BLE001 - the server answers for it
                _lost(error)
                self._own.worker = None
                worker.end()
            else:
                return answers
        return here(*task)


def _lost(error: Exception) -> None:
    structlog.get_logger("xunqin").warning("batch_process", error=type(error).__name__)


class _Worker:
    """One process and the pipe to it; any error once it is lost."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        root = str(Path(tracing.__file__).resolve().parent.parent)
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "tracing.batch_process", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)]),
                "OMP_NUM_THREADS": "1",
            },
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def open(self, opened: Opened) -> str:
        """Have it open what it answers from; what its answers follow from."""
        return str(self._told(opened, _OPEN_SECONDS))

    def ask(self, task: Task) -> list[Answer]:
        """The answers of a block."""
        answers: list[Answer] = self._told(task, _BLOCK_SECONDS)
        return answers

    def _told(self, said: object, seconds: float) -> Any:
        self._pipe.send(said)
        if not self._pipe.poll(seconds):
            raise TimeoutError
        return self._pipe.recv()

    def end(self) -> None:
        """Close the pipe, with which the process ends."""
        self._pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._process.kill()
        self._process.wait()
