"""A question turned into numbers: what dialect, province, surname, calls and prompts say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import Atlas
from matchers.places.divisions import full_code
from matchers.places.joining import Factors, Told
from matchers.places.locating import (
    Call,
    Prompt,
    Question,
    ReasonKind,
    UnknownPlace,
    UnknownProvince,
)
from matchers.places.packaged import rows
from matchers.places.speech import Speech
from matchers.places.weighing import Weights

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of counties before anything is asked.

    base float64 [C] sums to 1; kin float64 [C, D] is P(point | county). surnames: surname ->
    province -> odds. lineage: every province, then and now, of each county (重庆 is 四川 too).
    """

    speech: Speech
    base: Doubles
    kin: Doubles
    surnames: Mapping[str, Mapping[str, float]]
    lineage: tuple[frozenset[str], ...]

    @classmethod
    def of(
        cls, atlas: Atlas, speech: Speech, weights: Weights, points: Sequence[str]
    ) -> Background:
        """Read the packaged table of surnames."""
        base = atlas.villages ** weights.county["by_size"]
        surnames: dict[str, dict[str, float]] = {}
        for row in rows("surname_places.tsv"):
            odds = surnames.setdefault(row["surname"], {})
            odds[row["province"]] = max(float(row["odds"]), odds.get(row["province"], 0.0))
        lineage: list[set[str]] = [{code[:2]} for code in atlas.counties]
        for named in atlas.upper:
            if named.level == "province":
                lineage[named.county].add(named.division.code[:2])
        kin = speech.points_prior(points)[speech.place_of]
        return cls(speech, base / base.sum(), kin, surnames, tuple(map(frozenset, lineage)))


def factors(
    question: Question,
    votes: Mapping[str, float],
    by_dialect: Doubles,
    atlas: Atlas,
    background: Background,
    weights: Weights,
) -> Factors:
    """Everything of the question that is not a fragment. Raises UnknownProvince, UnknownPlace."""
    told = [
        _dialect(votes, background, weights),
        _province(question, atlas, background, weights),
        _surname(question, atlas, background),
    ]
    towns: Doubles | None = None
    villages: dict[int, float] = {}
    for kind, code, odds in _answers(question, weights):
        place = _place(code, atlas)
        if len(code) == 6:
            of_county = np.ones(len(atlas.counties))
            of_county[place] = odds
            told.append(Told(kind, atlas.county_name(place), of_county))
        elif len(code) == 9:
            towns = np.ones(len(atlas.county_of)) if towns is None else towns
            towns[place] *= odds
        else:
            villages[place] = villages.get(place, 1.0) * odds
    return Factors(
        background.base,
        tuple(one for one in told if one is not None),
        towns,
        villages,
        by_dialect,
        (question.surname or "").strip(),
        weights.surname["in_name"],
    )


def _answers(question: Question, weights: Weights) -> list[tuple[ReasonKind, str, float]]:
    """(kind, code, odds of that place) of calls and prompts that say anything."""
    found: list[tuple[ReasonKind, str, float]] = []
    for call in question.calls:
        found += [("call", call.code, odds) for odds in _called(call, weights)]
    for prompt in question.prompts:
        found += [("prompt", prompt.code, odds) for odds in _prompted(prompt, weights)]
    return found


def _called(call: Call, weights: Weights) -> list[float]:
    if call.answer == "no_answer":
        return []
    if call.answer == "known":
        return [weights.call["known"]]
    kind = {6: "unknown_county", 9: "unknown_town"}.get(len(call.code), "unknown_village")
    return [weights.call[kind]]


def _prompted(prompt: Prompt, weights: Weights) -> list[float]:
    if prompt.recognised:
        return [weights.prompt["yes"]] if prompt.decoys_refused else []
    return [weights.prompt["no"]]


def _place(code: str, atlas: Atlas) -> int:
    place: int | None = None
    if code.isascii() and code.isdecimal():
        if len(code) == 6:
            place = atlas.county_number.get(code)
        elif len(code) == 9:
            place = atlas.town(code)
        elif len(code) == 12:
            place = atlas.village(code)
    if place is None:
        raise UnknownPlace(code)
    return place


def _dialect(votes: Mapping[str, float], background: Background, weights: Weights) -> Told | None:
    odds = background.speech.homes(votes, background.base, weights.dialect) if votes else None
    return None if odds is None else Told("dialect", "、".join(votes), odds)


def _province(
    question: Question, atlas: Atlas, background: Background, weights: Weights
) -> Told | None:
    stated = (question.province or "").strip()
    if not stated:
        return None
    code = _province_code(stated, atlas)
    inside = np.array([code in provinces for provinces in background.lineage])
    if not inside.any():
        raise UnknownProvince(stated)
    share = weights.province["stated"]
    odds = (1 - share) + share * inside / background.base[inside].sum()
    return Told("province", stated, odds)


def _province_code(stated: str, atlas: Atlas) -> str:
    if stated.isascii():
        try:
            return full_code(stated)[:2]
        except ValueError as problem:
            raise UnknownProvince(stated) from problem
    for found in atlas.divisions.find(stated):
        if found.code.endswith("0000"):
            return found.code[:2]
    raise UnknownProvince(stated)


def _surname(question: Question, atlas: Atlas, background: Background) -> Told | None:
    surname = (question.surname or "").strip()
    known = background.surnames.get(surname)
    if not known:
        return None
    odds = np.array([known.get(code[:2], 0.7) for code in atlas.counties])
    return Told("surname", surname, odds / float(background.base @ odds))
