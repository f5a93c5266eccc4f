"""A hand-weighted sum of likenesses, such as many a system runs on: RapidFuzz and tidy weights."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import ratio

from benchmarks.fused.peers.flat import Flat

WEIGHTS = {"name": 0.25, "pinyin": 0.2, "year": 0.15, "sex": 0.1, "home": 0.2, "relative": 0.1}
"""Weights of a person's good sense; fields that either side lacks are left out of the mean."""
YEARS = 15.0
NUMBER = 0.5
"""A citizen number or phone in common adds so much."""
Scores = NDArray[np.float32]


class WeightedSum:
    """Scores every record of a gallery for a probe: float32 [N] between 0 and 1."""

    def __init__(self, gallery: Sequence[Flat]) -> None:
        self._names = [g["name"] or "" for g in gallery]
        self._pinyin = [g["pinyin"] or "" for g in gallery]
        self._relatives = ["|".join(g["relatives"]) for g in gallery]
        self._year = np.array([g["year"] or np.nan for g in gallery], np.float32)
        self._sex = np.array([g["sex"] or "" for g in gallery])
        self._homes = [
            np.array([g[k] or "" for g in gallery]) for k in ("province", "city", "county")
        ]
        self._numbers = [np.array([g[k] or "" for g in gallery]) for k in ("number", "phone")]

    def scores(self, probe: Flat) -> tuple[Scores, float]:
        """Scores of all records, and the CPU seconds they took."""
        started = time.process_time()
        size = len(self._names)
        total, weight = np.zeros(size, np.float32), np.zeros(size, np.float32)

        def add(key: str, likeness: Scores, known: NDArray[np.bool_]) -> None:
            total[known] += WEIGHTS[key] * likeness[known]
            weight[known] += WEIGHTS[key]

        if probe["name"]:
            add("name", _alike(probe["name"], self._names), _filled(self._names))
        if probe["pinyin"]:
            add("pinyin", _alike(probe["pinyin"], self._pinyin), _filled(self._pinyin))
        if probe["year"]:
            apart = np.abs(self._year - probe["year"]) / YEARS
            add(
                "year",
                np.nan_to_num(np.maximum(1 - apart, 0)).astype(np.float32),
                ~np.isnan(self._year),
            )
        if probe["sex"]:
            add("sex", (self._sex == probe["sex"]).astype(np.float32), self._sex != "")
        if probe["province"]:
            steps = [(column == probe[key]) & (column != "") for column, key in
                     zip(self._homes, ("province", "city", "county"), strict=True)]  # fmt: skip
            add("home", np.stack(steps).mean(axis=0, dtype=np.float32), self._homes[0] != "")
        if probe["relatives"]:
            found = process.cdist(probe["relatives"], self._relatives, scorer=ratio)[0] / 100
            add("relative", found.astype(np.float32), _filled(self._relatives))
        score = np.where(weight > 0, total / np.maximum(weight, 1e-6), 0) * np.sqrt(weight)
        for column, key in zip(self._numbers, ("number", "phone"), strict=True):
            if probe[key]:
                score[column == probe[key]] += NUMBER
        return np.clip(score, 0, 1).astype(np.float32), time.process_time() - started


def _alike(text: str, others: list[str]) -> Scores:
    found = process.cdist([text], others, scorer=JaroWinkler.normalized_similarity)
    return np.asarray(found[0], np.float32)


def _filled(texts: list[str]) -> NDArray[np.bool_]:
    return np.array([bool(text) for text in texts], np.bool_)
