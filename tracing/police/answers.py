"""What goes in and comes out of a run: questions as read, answers, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tracing.answers import Candidate
from tracing.errors import RecordInvalid

PAGE_MOST = 200


@dataclass(frozen=True, slots=True)
class Question:
    """One row as it was read: the asker's own number and a record, or why it cannot be read."""

    ref: str = field(repr=False)
    record: Mapping[str, Any] | RecordInvalid = field(repr=False)


@dataclass(frozen=True, slots=True)
class PoliceAnswer:
    """The answer to one question.

    answer: candidates, nobody or error; of an error `path` and `reason` say where and why.
    nobody: chance that none of the people asked is the person; None for an error.
    """

    number: int
    ref: str = field(repr=False)
    answer: Literal["candidates", "nobody", "error"]
    at: datetime
    search_id: str | None
    nobody: float | None
    people: int
    candidates: tuple[Candidate, ...]
    path: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Whose answers these are: stands on every line and every sheet that leaves."""

    who: str
    login: str
    unit: str
    at: datetime
    number: str = field(repr=False)
    request_id: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """Answers in order; `cursor` goes on behind them; `waiting`: questions not answered yet."""

    items: tuple[PoliceAnswer, ...]
    cursor: int
    waiting: int
    watermark: Watermark
