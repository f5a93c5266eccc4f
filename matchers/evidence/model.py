"""The model: how often each level is seen in true pairs (m) and among strangers (u).

A model is plain JSON with a version and a source for each table, so that it can be read, changed
and diffed. m starts from expert judgement (`model-1.json`), is then learned from data and from
confirmed cases. u here is the national share; fusion blends it with the shares of each query.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.levels import Level

Shares = NDArray[np.float64]

FLOOR = 0.005
"""No m falls below this: a contradiction is large but finite, since records are wrong."""

RAREST = 1e-12
"""No u falls below this."""

NOISE = 1e-8
"""Shares that already sum to 1 within this are left as written, so that a file reads as itself."""


class ModelUnfit(ValueError):
    """The model file does not fit the levels of this version; use the file shipped with it."""


@dataclass(frozen=True, slots=True)
class LevelTable:
    """m and u of one comparator's ladder.

    m, u: float64 [L]; both are 1 at level 0. Within a condition m sums to 1 and so does u.
    condition: int8 [L], numbered from 1; 0 for *missing*. national_weight: how many people of the
    gallery the national share counts for; infinite where only the national share is used.
    given: whether the weights are fixed by a calibration outside the model; m and u then only say
    the ratio. rare: whether agreement is rare by construction (numbers): u is then the national
    share and what others of the gallery add to it.
    """

    levels: tuple[Level, ...]
    m: Shares
    u: Shares
    condition: NDArray[np.int8]
    national_weight: float
    given: bool = False
    source: str = ""
    rare: bool = False

    def national_bits(self) -> Shares:
        """log2 m/u with national u: float64 [L]."""
        bits = np.log2(self.m / self.u)
        bits[0] = 0.0
        return bits

    def with_m(self, m: Shares) -> LevelTable:
        """The same table with another m, shared out within conditions and kept above the floor."""
        return replace(self, m=shared_out(m, self.condition, FLOOR))


@dataclass(frozen=True, slots=True)
class Grading:
    """What a posterior and a margin over the next candidate must reach for a grade."""

    probable: float
    probable_margin: float
    strong: float
    strong_margin: float


@dataclass(frozen=True, slots=True)
class Model:
    """All tables with the prior, the temperature for dependent evidence and the grading.

    in_gallery: chance that the person is in the gallery at all. settled: beyond this many people
    the gallery's own shares are trusted no further; own: how much of a count at each level is
    left out as the person's own; foreseen, reach: how much the national share of a rare level
    counts (see `fusion.shares_of_query`).
    """

    version: str
    in_gallery: float
    temperature: float
    settled: float
    grading: Grading
    tables: Mapping[str, LevelTable]
    own: float = 0.0
    foreseen: float = 0.0
    reach: float = 1.0
    hash: str = field(default="", compare=False)

    @classmethod
    def load(cls, data: bytes | None = None) -> Self:
        """From JSON bytes, or the model shipped with the package."""
        if data is None:
            data = resources.files("matchers.evidence").joinpath("model-1.json").read_bytes()
        return cls.from_document(json.loads(data))

    @classmethod
    def from_document(cls, doc: Mapping[str, Any]) -> Self:
        """Check a document against the ladders of this version."""
        from matchers.evidence import LADDERS  # noqa: PLC0415 - ladders import this module's types

        try:
            tables = {
                key: table_of(levels, doc["evidence"][key]) for key, levels in LADDERS.items()
            }
            model = cls(
                version=str(doc["version"]),
                in_gallery=float(doc["in_gallery"]),
                temperature=float(doc["temperature"]),
                settled=float(doc["settled"]),
                own=float(doc.get("own", 0.0)),
                foreseen=float(doc.get("foreseen", 0.0)),
                reach=float(doc.get("reach", 1.0)),
                grading=Grading(**doc["grading"]),
                tables=tables,
            )
        except KeyError as missing:
            raise ModelUnfit(f"the model has no {missing}") from missing
        return replace(model, hash=model.fingerprint())

    def document(self) -> dict[str, Any]:
        """The model as JSON-ready data; `from_document` of it gives an equal model."""
        return {
            "version": self.version,
            "in_gallery": self.in_gallery,
            "temperature": self.temperature,
            "settled": self.settled,
            "own": self.own,
            "foreseen": self.foreseen,
            "reach": self.reach,
            "grading": {
                name: getattr(self.grading, name)
                for name in ("probable", "probable_margin", "strong", "strong_margin")
            },
            "evidence": {key: table_document(table) for key, table in self.tables.items()},
        }

    def fingerprint(self) -> str:
        """Short hash over the content; it goes with every answer."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def changed(self, **fields: Any) -> Self:
        """A copy with other fields and its own hash."""
        model = replace(self, **fields)
        return replace(model, hash=model.fingerprint())


def table_of(levels: Sequence[Level], doc: Mapping[str, Any]) -> LevelTable:
    """One table from its JSON; refuses unknown and absent levels by name."""
    rows = doc["levels"]
    named = [level.key for level in levels[1:]]
    if set(named) != set(rows):
        raise ModelUnfit(f"levels differ: {sorted(set(named) ^ set(rows))}")
    names = dict.fromkeys(level.condition for level in levels[1:])
    conditions = {name: i + 1 for i, name in enumerate(names)}
    condition = np.array([0, *(conditions[x.condition] for x in levels[1:])], np.int8)
    weight, given = doc["national_weight"], "bits" in rows[named[0]]
    if given:
        u = np.exp2(-np.array([0.0, *(float(rows[key]["bits"]) for key in named)]))
        m = np.ones(len(u))
    else:
        m = np.array([1.0, *(float(rows[key]["m"]) for key in named)])
        u = np.array([1.0, *(float(rows[key]["u"]) for key in named)])
        m, u = shared_out(m, condition, FLOOR), shared_out(u, condition, RAREST)
    return LevelTable(
        levels=tuple(levels),
        m=m,
        u=u,
        condition=condition,
        national_weight=math.inf if given or weight is None else float(weight),
        given=given,
        source=str(doc.get("source", "")),
        rare=bool(doc.get("rare", False)),
    )


def table_document(table: LevelTable) -> dict[str, Any]:
    """JSON-ready form of one table."""
    weight = table.national_weight
    return {
        "source": table.source,
        "national_weight": None if math.isinf(weight) else weight,
        **({"rare": True} if table.rare else {}),
        "levels": {
            level.key: {"bits": _short(np.log2(table.m[i] / table.u[i]))}
            if table.given
            else {"m": _short(table.m[i]), "u": _short(table.u[i])}
            for i, level in enumerate(table.levels)
            if i
        },
    }


def _short(value: float) -> float:
    """Ten digits: what scaling leaves beyond them is noise that would change the hash."""
    return float(f"{value:.10g}")


def shared_out(shares: Shares, condition: NDArray[np.int8], floor: float) -> Shares:
    """Scale shares to sum to 1 in each condition with none below the floor; 1 at level 0."""
    out = np.maximum(np.asarray(shares, np.float64), 0.0)
    out[0] = 1.0
    for number in range(1, int(condition.max(initial=0)) + 1):
        here = condition == number
        part = out[here]
        if abs(part.sum() - 1) < NOISE and part.min() >= floor - NOISE:
            continue
        part = part / part.sum() if part.sum() > 0 else np.full(len(part), 1 / len(part))
        # lifting to the floor takes from the others in proportion, so a second round is exact
        low = part < floor
        while low.any() and not low.all():
            part[~low] *= (1 - floor * low.sum()) / part[~low].sum()
            part[low] = floor
            again = part < floor
            if not (again & ~low).any():
                break
            low |= again
        out[here] = part
    return out
