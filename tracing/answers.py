"""The answer to a search: candidates with reasons, nobody's share, what is missing, what to ask.

An answer is kept sealed as JSON, in parts: what belongs to the search, and for each candidate
what was shown of that person. `head_of`/`part_of` write them, `answer_of` reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from tracing.records import PersonRecord

Grade = Literal["possible", "probable", "strong"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of a candidate's sum of bits.

    evidence, level: keys. words: the level in Chinese. asked, found: what either side says.
    one_in: one stranger in how many comes as close. bits: float, base-2 log of m/u.
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
class SyllablePair:
    """A syllable as heard over one on record; step 0 the same … 3 different."""

    heard: str
    heard_latin: str
    char: str
    latin: str
    step: int


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next, and how many bits its answer moves on average."""

    key: str
    evidence: str
    expected_bits: float


@dataclass(frozen=True, slots=True)
class ProbeView:
    """Who is asked about: a person on record, or only what was typed in."""

    person_id: str | None
    record: PersonRecord
    photo: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be meant; `photo` is a photo id and the number of a face in it.

    readable: this account may open the person's file; else the station named has to be asked.
    bits: float, the sum of the reasons' bits. missing: evidence that could not be compared.
    lender: name and owner of the borrowed gallery that the record lies in; empty for our own.
    """

    rank: int
    person_id: str
    external_id: str | None
    side: str
    station_code: str
    station_name: str
    readable: bool
    record: PersonRecord
    photo: tuple[str, int] | None
    probability: float
    bits: float
    grade: Grade
    relative: bool
    reasons: tuple[Reason, ...]
    alignment: tuple[SyllablePair, ...] | None
    dialect: str | None
    key_line: str
    missing: tuple[str, ...]
    lender: str = ""


@dataclass(frozen=True, slots=True)
class ExcludedCandidate:
    """Somebody whom staff have excluded for this probe, and why."""

    exclusion_id: str
    person_id: str
    record: PersonRecord
    reason_code: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A search as answered: everything a page or a caller shows.

    gallery_size: people compared. prior: chance that the person is among them at all, before any
    evidence. nobody: chance that none of them is the person. cpu_ms: CPU time of the comparison.
    faces_needed: a face was asked, and so many people need a face on record before the weight of
    a likeness stands on its own; until then it comes out low. None where all is well.
    faces_left: photos that the face model has not encoded yet; these faces were not compared.
    faces_uncalibrated: a face was asked, but the face model has no calibration: no face weighs.
    faces_off: a face was asked, but the impact assessment for faces has run out: none was compared.
    reviews: exclusions that hold no longer, since a record or the model has changed: look again.
    """

    search_id: str
    at: datetime
    case_id: str | None
    case_number: str | None
    purpose: str
    gallery_size: int
    prior: float
    nobody: float
    cpu_ms: float
    model_hash: str
    probe: ProbeView
    candidates: tuple[Candidate, ...]
    excluded: tuple[ExcludedCandidate, ...]
    missing: tuple[str, ...]
    questions: tuple[Question, ...]
    faces_needed: int | None = None
    faces_uncalibrated: bool = False
    faces_left: int = 0
    faces_off: bool = False
    reviews: tuple[ExcludedCandidate, ...] = ()


def head_of(result: SearchResult) -> bytes:
    """JSON of what belongs to the search itself."""
    return _packed(
        {
            "prior": result.prior,
            "probe": {
                "record": result.probe.record.document(),
                "photo": result.probe.photo,
            },
            "missing": result.missing,
            "questions": [asdict(q) for q in result.questions],
            "faces_needed": result.faces_needed,
            "faces_uncalibrated": result.faces_uncalibrated,
            "faces_left": result.faces_left,
            "faces_off": result.faces_off,
        }
    )


def part_of(candidate: Candidate) -> bytes:
    """JSON of what a search showed of one candidate."""
    doc = {
        name: getattr(candidate, name)
        for name in ("external_id", "side", "photo", "relative", "dialect", "key_line", "missing")
    }
    doc["record"] = candidate.record.document()
    doc["reasons"] = [asdict(reason) for reason in candidate.reasons]
    if candidate.alignment is not None:
        doc["alignment"] = [asdict(pair) for pair in candidate.alignment]
    return _packed(doc)


def opened_head(data: bytes) -> dict[str, Any]:
    """What `head_of` wrote, as fields of `SearchResult` (`probe` without its person)."""
    doc = json.loads(data)
    return {
        "prior": float(doc["prior"]),
        "missing": tuple(doc["missing"]),
        "questions": tuple(Question(**q) for q in doc["questions"]),
        "faces_needed": doc["faces_needed"],
        "faces_uncalibrated": bool(doc.get("faces_uncalibrated", False)),
        "faces_left": int(doc.get("faces_left", 0)),
        "faces_off": bool(doc.get("faces_off", False)),
        "probe": (PersonRecord.model_validate(doc["probe"]["record"]), _photo(doc["probe"])),
    }


def opened_part(data: bytes) -> dict[str, Any]:
    """What `part_of` wrote, as fields of `Candidate`."""
    doc = json.loads(data)
    alignment = doc.get("alignment")
    return {
        "external_id": doc["external_id"],
        "side": doc["side"],
        "photo": _photo(doc),
        "relative": bool(doc["relative"]),
        "dialect": doc["dialect"],
        "key_line": doc["key_line"],
        "missing": tuple(doc["missing"]),
        "record": PersonRecord.model_validate(doc["record"]),
        "reasons": tuple(Reason(**reason) for reason in doc["reasons"]),
        "alignment": None if alignment is None else tuple(SyllablePair(**p) for p in alignment),
    }


def _packed(doc: Mapping[str, Any]) -> bytes:
    return json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode()


def _photo(doc: Mapping[str, Any]) -> tuple[str, int] | None:
    photo: Sequence[Any] | None = doc.get("photo")
    return None if photo is None else (str(photo[0]), int(photo[1]))
