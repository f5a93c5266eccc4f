"""Why a candidate stands where it stands: reasons, what is missing, what to ask next.

Reasons are the terms of the sum: their bits add up to the candidate's bits exactly (to 1e-9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level
from matchers.evidence.model import Grading, LevelTable, Model
from matchers.fusion import Fused, Mask, Weights

Grade = Literal["possible", "probable", "strong"]

CLOSE_FACE_BITS = 4.0
"""A face at least this telling makes one think of kin where age or sex cannot be."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of the sum.

    evidence, level: keys. words: the level in Chinese. asked, found: what the two records say.
    one_in: about how many strangers there are to one who comes as close as this, or closer.
    """

    evidence: str
    level: str
    words: str
    bits: float
    asked: str
    found: str
    one_in: float
    contradiction: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next: a piece of evidence and how many bits its answer moves on average."""

    evidence: str
    expected_bits: float


def reasons(
    model: Model,
    fused: Weights,
    row: int,
    asked: Mapping[str, str],
    found: Mapping[str, str],
) -> tuple[Reason, ...]:
    """The reasons of one record, weightiest first; asked and found are descriptions by evidence."""
    told = []
    for key, codes in fused.levels.items():
        code = int(codes[row])
        if code:
            level = model.tables[key].levels[code]
            told.append(
                Reason(
                    evidence=key,
                    level=level.key,
                    words=level.words,
                    bits=fused.part(key, row),
                    asked=asked.get(key, ""),
                    found=found.get(key, ""),
                    one_in=_one_in(model.tables[key], fused, key, code),
                    contradiction=level.contradiction,
                )
            )
    return tuple(sorted(told, key=lambda reason: -abs(reason.bits)))


def _one_in(table: LevelTable, fused: Weights, key: str, code: int) -> float:
    """One stranger in how many is this close or closer, among those compared the same way."""
    weights, u = fused.weights[key], fused.u[key]
    if table.given:
        return max(1.0, 1.0 / float(u[code]))
    alike = (table.condition == table.condition[code]) & (weights >= weights[code])
    return 1.0 / min(float(u[alike].sum()), 1.0)


def missing(fused: Weights, row: int) -> tuple[str, ...]:
    """Evidence that could not be compared for this record: not recorded on one side or both."""
    return tuple(key for key, codes in fused.levels.items() if codes[row] == 0)


def grade(grading: Grading, posterior: float, margin: float) -> Grade:
    """Grade from the posterior and its margin over the next candidate; never *certain*."""
    if posterior >= grading.strong and margin >= grading.strong_margin:
        return "strong"
    if posterior >= grading.probable and margin >= grading.probable_margin:
        return "probable"
    return "possible"


def margins(probabilities: Sequence[float], nobody: float) -> list[float]:
    """For candidates in rank order, how far each is ahead of the best other answer."""
    out = []
    for i, own in enumerate(probabilities):
        others = [p for j, p in enumerate(probabilities) if j != i]
        out.append(own - max([*others, nobody]))
    return out


def next_questions(
    model: Model, fused: Weights, recorded: Mapping[str, float], limit: int = 5
) -> tuple[Question, ...]:
    """Evidence the probe lacks, by the expected |bits| of an answer, most telling first.

    recorded: by evidence, the share (0 to 1) of the present candidates' probability whose record
    could be compared with an answer. Expectation is over true pairs (m) in the condition that
    tells least, so that nothing is promised.
    """
    questions = []
    for key, table in model.tables.items():
        share = recorded.get(key, 0.0)
        codes = fused.levels.get(key)
        if share > 0 and (codes is None or not codes.any()):
            questions.append(Question(key, share * model.temperature * expected_bits(table)))
    return tuple(sorted(questions, key=lambda q: -q.expected_bits)[:limit])


def recorded_shares(fused: Fused, filled: Mapping[str, Mask]) -> dict[str, float]:
    """For `next_questions`: by evidence, how much of the candidates' probability is on records
    that say something about it. filled: bool [N] by evidence."""
    total = float(fused.probability.sum())
    if total <= 0:
        return dict.fromkeys(filled, 0.0)
    return {key: float(fused.probability[rows].sum()) / total for key, rows in filled.items()}


def expected_bits(table: LevelTable) -> float:
    """Least over the conditions of the expected |bits| of a true pair, at national shares.

    Of a table whose weights are given, which says nothing of how often they occur, the mean.
    """
    if table.given:
        return float(np.abs(table.national_bits()[1:]).mean())
    bits = np.abs(table.national_bits()) * table.m
    numbers = range(1, int(table.condition.max()) + 1)
    return min(float(bits[table.condition == n].sum()) for n in numbers)


def key_line(told: Sequence[Reason], limit: int = 4) -> str:
    """One line such as `+姓名(音近) +县 −出生年`: the weightiest for, then what speaks against."""
    signs: dict[str, str] = {}
    for reason in told[:limit]:
        if abs(reason.bits) >= 0.5:
            signs.setdefault(reason.words, "+" if reason.bits > 0 else "−")
    for reason in told[limit:]:
        if reason.contradiction:
            signs.setdefault(reason.words, "−")
    ordered = sorted(signs.items(), key=lambda item: item[1] != "+")
    return " ".join(f"{sign}{words}" for words, sign in ordered)


def relative(probe: PersonClaims, person: PersonClaims, told: Iterable[Reason]) -> bool:
    """Whether the record looks like kin of the person rather than the person.

    A close face with an age or sex that cannot be, under the same surname or with neither side's
    surname known; or a close face with a mark that should be there and is not, as in twins.
    """
    by_key = {reason.evidence: reason for reason in told}
    face = by_key.get("face")
    if face is None or face.bits < CLOSE_FACE_BITS:
        return False
    impossible = any(
        key in by_key and by_key[key].contradiction for key in ("birth", "sex", "marks", "numbers")
    )
    surnames, others = _surnames(probe), _surnames(person)
    return impossible and (not surnames or not others or bool(surnames & others))


def _surnames(person: PersonClaims) -> set[str]:
    return {c.text[0] for c in person.names if c.text and c.kind in ("stated", "registered")}


def level_of(model: Model, key: str, code: int) -> Level:
    """The level behind a code."""
    return model.tables[key].levels[code]
