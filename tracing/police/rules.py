"""`police.toml`, read: what officers may ask, and how much."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class KindRule:
    """The most that one kind of request allows; `days` until its end, `runs` in that time."""

    questions: int
    days: int
    runs: int


@dataclass(frozen=True, slots=True)
class UrgentRules:
    """One person physically present: which sides, how often in a day, who is listed."""

    sides: tuple[str, ...]
    per_day: int
    listed: int
    share: float


@dataclass(frozen=True, slots=True)
class RequestRules:
    """The form of a request for more than one person."""

    approvals: int
    number_longest: int
    text_longest: int
    division_shortest: int
    divisions_most: int


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """From which share on a candidate is listed, how many, and how many answers together."""

    share: float
    most: int
    together: int
    ahead: int


@dataclass(frozen=True, slots=True)
class InquiryRules:
    """What a station is asked and answers; `parts`: fields of a record by part."""

    reason_longest: int
    answers: tuple[str, ...]
    release_days: int
    parts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PoliceRules:
    """The whole file; `told`: evidence whose found values officers are told."""

    urgent: UrgentRules
    request: RequestRules
    kinds: Mapping[str, KindRule]
    account_day: int
    unit_day: int
    answer: AnswerRules
    kept_days: int
    told: frozenset[str]
    inquiry: InquiryRules


@lru_cache(maxsize=1)
def police_rules() -> PoliceRules:
    """The packaged rules; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing.police").joinpath("police.toml").read_text("utf-8")
    )
    urgent, asked = table["urgent"], table["inquiry"]
    return PoliceRules(
        urgent=UrgentRules(**{**urgent, "sides": tuple(urgent["sides"])}),
        request=RequestRules(**table["request"]),
        kinds={name: KindRule(**rule) for name, rule in table["kinds"].items()},
        account_day=int(table["day"]["account"]),
        unit_day=int(table["day"]["unit"]),
        answer=AnswerRules(**table["answer"]),
        kept_days=int(table["kept"]["days"]),
        told=frozenset(table["told"]["evidence"]),
        inquiry=InquiryRules(
            reason_longest=int(asked["reason_longest"]),
            answers=tuple(asked["answers"]),
            release_days=int(asked["release_days"]),
            parts={name: tuple(fields) for name, fields in asked["parts"].items()},
        ),
    )
