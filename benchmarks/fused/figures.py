"""Figures of a benchmark of whole records: ranks, calibration, nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.evidence.calibration import cllr

BINS = 10
WRONGLY = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out for one probe.

    better, equal: how many listed records score better than the truth and as well (itself
    counted); -1 and 0 where the person is absent. hard: (probability, is true) of the truth and of
    its hardest impostors: relatives, namesakes and people of the same county of the truth, those
    that stand highest; of an absent person those that stand first. pieces: kinds of evidence with
    anything to compare. face, thin: strata, see `strata`.
    """

    present: bool
    listed: bool
    better: int
    equal: int
    first_probability: float
    first_is_true: bool
    nobody: float
    seconds: float
    hard: tuple[tuple[float, bool], ...] = ()
    pieces: int = 0
    face: bool = False
    thin: bool = False


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """All figures of the contract; fractions, not percent."""
    mated = [a for a in answers if a.present]
    told, wrongly = nobody_figures(answers)
    return {
        "recall@1": recall(mated, 1),
        "recall@10": recall(mated, 10),
        "recall@100": recall(mated, 100),
        "first_stage_recall": float(np.mean([a.listed for a in mated])) if mated else 0.0,
        "mrr": reciprocal_rank(mated),
        "ece_top1": calibration_error(answers),
        "brier_top1": brier(answers),
        "cllr_hard": cllr([pair for a in answers for pair in a.hard]),
        "anybody_auc": area(answers),
        "nobody_recall": told,
        "nobody_false": wrongly,
        "cpu_ms_median": float(np.median([a.seconds for a in answers])) * 1000 if answers else 0.0,
    }


def strata(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """The chief figures by what there was to compare.

    face, faceless: whether a face could be compared. rich, poor: probes with more kinds of evidence
    than the median, and the others. thin: present people with hardly anything in common on record
    (recall only).
    """
    middle = float(np.median([a.pieces for a in answers])) if answers else 0.0
    parts = {
        "face": [a for a in answers if a.face],
        "faceless": [a for a in answers if not a.face],
        "rich": [a for a in answers if a.pieces > middle],
        "poor": [a for a in answers if a.pieces <= middle],
    }
    told = {name: _stratum(part) for name, part in parts.items() if part}
    thin = [a for a in answers if a.thin]
    if thin:
        told["thin"] = {
            "probes": len(thin),
            "recall@1": recall(thin, 1),
            "recall@10": recall(thin, 10),
        }
    return told


def _stratum(answers: Sequence[Answer]) -> dict[str, float]:
    mated = [a for a in answers if a.present]
    return {
        "probes": len(answers),
        "recall@1": recall(mated, 1),
        "recall@10": recall(mated, 10),
        "ece_top1": calibration_error(answers),
        "brier_top1": brier(answers),
        "anybody_auc": area(answers),
    }


def recall(mated: Sequence[Answer], k: int) -> float:
    """Expected share with the truth among the first k; ties fair, unlisted truths not found."""
    found = [min(1.0, max(0.0, (k - a.better) / a.equal)) if a.listed else 0.0 for a in mated]
    return float(np.mean(found)) if found else 0.0


def reciprocal_rank(mated: Sequence[Answer]) -> float:
    """Mean reciprocal of the expected rank; 0 for a truth that is not listed."""
    ranks = [1 / (a.better + (a.equal + 1) / 2) if a.listed else 0.0 for a in mated]
    return float(np.mean(ranks)) if ranks else 0.0


def calibration_error(answers: Sequence[Answer]) -> float:
    """Expected calibration error of the first candidate's probability, ten equal bins."""
    p = np.array([a.first_probability for a in answers])
    hit = np.array([a.first_is_true for a in answers], np.float64)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [abs(p[bins == b].sum() - hit[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps)) / max(len(answers), 1)


def brier(answers: Sequence[Answer]) -> float:
    """Mean squared error of the first candidate's probability."""
    errors = [(a.first_probability - a.first_is_true) ** 2 for a in answers]
    return float(np.mean(errors)) if errors else 0.0


def area(answers: Sequence[Answer]) -> float:
    """Area under the curve of "is there anybody": present against absent by 1 - nobody."""
    scores = np.array([1 - a.nobody for a in answers])
    present = np.array([a.present for a in answers], np.bool_)
    if present.all() or not present.any():
        return 0.0
    below = np.searchsorted(np.sort(scores[~present]), scores[present], side="left")
    upto = np.searchsorted(np.sort(scores[~present]), scores[present], side="right")
    return float(((below + upto) / 2).mean() / (~present).sum())


def nobody_figures(answers: Sequence[Answer]) -> tuple[float, float]:
    """How many absent people are told nobody, where at most 5 % of the present are.

    The edge lies at the quantile of the present; the second figure is the share of present people
    beyond it.
    """
    absent = np.array([a.nobody for a in answers if not a.present])
    present = np.array([a.nobody for a in answers if a.present])
    if not len(absent) or not len(present):
        return 0.0, 0.0
    edge = np.quantile(present, 1 - WRONGLY)
    return float((absent > edge).mean()), float((present > edge).mean())
