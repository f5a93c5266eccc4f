"""Promotion: a model learned from a station's own cases, if other cases of its own bear it out.

What a case teaches depends on how it ended. *Settled*: who it was is confirmed, or that it was
nobody on record; it counts towards m, and towards the prior where both endings are known. *Open*:
the answer is not known, and expectation-maximisation counts each candidate by its probability.
*Rejected* candidates of either speak for calibration only, never for m: that somebody is not the
person says little about how records of one person differ.

The people are split by a hash of their id: two thirds teach, one third judges. The new model is
promoted only if neither Cllr nor the Brier score of the first candidate gets worse there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matchers.evidence.calibration import HARDEST, TEMPERATURES, Quality, cllr
from matchers.evidence.learning import STRENGTH, Search, counted, expected, learned
from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import Model
from matchers.fusion import Fused, fuse

FEWEST_SETTLED = 30
"""Settled cases on each side of the split below which nothing is learned."""
FEWEST_ENDINGS = 10
"""Settled cases of either ending below which the prior is left alone: those that were found are
confirmed sooner than those that were not."""
OPEN_STRENGTH = 0.3
"""An open case counts like so much of a settled one."""
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One person searched for, and what is known of the answer.

    person: who was searched for, as an id; it only decides the side of the split. levels: int8 [N]
    by evidence. truth: row of the right record. rejected: rows that staff excluded.
    """

    person: str
    levels: Mapping[str, LevelCodes]
    settled: bool
    truth: int | None = None
    rejected: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of it. model: the one to use from now on, new only if `reason` is None.

    reason: `too_few` or `worse`. The counts are of settled cases with somebody, with nobody, of
    open cases and of rejections; `held_out` is how many cases judged.
    """

    model: Model
    before: Quality
    after: Quality
    reason: str | None
    found: int
    nobody: int
    open: int
    rejections: int
    held_out: int


def promoted(present: Model, cases: Sequence[Case], version: str) -> Promotion:
    """Learn from some people, judge on the others; `version` names the new model."""
    judges = [case for case in cases if _judges(case.person)]
    teachers = [case for case in cases if not _judges(case.person)]
    before = judged(present, judges)
    model, after, reason = present, before, "too_few"
    if min(_settled(teachers), _settled(judges)) >= FEWEST_SETTLED:
        candidate = taught(present, teachers)
        after = judged(candidate, judges)
        worse = after.cllr > before.cllr or after.brier > before.brier
        reason = "worse" if worse else ""
        model = present if worse else candidate.changed(version=version)
    return Promotion(
        model=model,
        before=before,
        after=after,
        reason=reason or None,
        found=sum(case.truth is not None for case in cases),
        nobody=sum(case.settled and case.truth is None for case in cases),
        open=sum(not case.settled for case in cases),
        rejections=sum(len(case.rejected) for case in cases),
        held_out=len(judges),
    )


def taught(present: Model, cases: Sequence[Case], strength: float = STRENGTH) -> Model:
    """m from settled cases as counts and from open ones by expectation; prior; temperature."""
    settled = [Search(case.levels, case.truth) for case in cases if case.settled]
    unsettled = [Search(_without(case)) for case in cases if not case.settled]
    known = counted(present, settled)
    model = learned(present, known, strength)
    for _ in range(ROUNDS if unsettled else 0):
        guessed, _somebody = expected(model, unsettled)
        together = {key: known[key] + OPEN_STRENGTH * guessed[key] for key in known}
        model = learned(present, together, strength)
    found = sum(case.truth is not None for case in cases)
    if min(found, len(settled) - found) >= FEWEST_ENDINGS:
        model = model.changed(in_gallery=(found + 1) / (len(settled) + 2))
    tried = [model.changed(temperature=t) for t in TEMPERATURES]
    return tried[int(np.argmin([judged(one, cases).surprise for one in tried]))]


def judged(model: Model, cases: Sequence[Case]) -> Quality:
    """Cllr over true pairs, hardest impostors and rejections; Brier of the first; surprise."""
    pairs: list[tuple[float, bool]] = []
    squares: list[float] = []
    surprises: list[float] = []
    for case in cases:
        fused = fuse(model, case.levels)
        found, top = _pairs(fused, case)
        pairs += found
        first = float(fused.probability[top]) if top is not None else 0.0
        if case.settled or top in case.rejected:
            squares.append((first - (top is not None and top == case.truth)) ** 2)
        surprises += _surprises(fused, case)
    return Quality(cllr(pairs) if pairs else 0.0, _mean(squares), _mean(surprises))


def _pairs(fused: Fused, case: Case) -> tuple[list[tuple[float, bool]], int | None]:
    """Pairs whose truth is known, with their probability; and the row that stands first."""
    order = [int(row) for row in fused.top(HARDEST)]
    rows = dict.fromkeys((*(order if case.settled else ()), *case.rejected))
    if case.truth is not None:
        rows[case.truth] = None
    pairs = [(float(fused.probability[row]), row == case.truth) for row in rows]
    return pairs, order[0] if order else None


def _surprises(fused: Fused, case: Case) -> list[float]:
    if case.settled:
        right = fused.nobody if case.truth is None else float(fused.probability[case.truth])
        return [-float(np.log2(max(right, 1e-12)))]
    return [-float(np.log2(max(1 - float(fused.probability[r]), 1e-12))) for r in case.rejected]


def _without(case: Case) -> dict[str, LevelCodes]:
    """The levels without the rows that are known to be wrong."""
    wrong = list(case.rejected)
    return {key: np.delete(codes, wrong) for key, codes in case.levels.items()}


def _judges(person: str) -> bool:
    return hashlib.blake2b(person.encode(), digest_size=4).digest()[0] % 3 == 0


def _settled(cases: Sequence[Case]) -> int:
    return sum(case.settled for case in cases)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
