"""One question of a batch and its answer: small, without a word of anybody's record.

An answer names people by id only, with the levels of evidence and their bits; what they are
called and what their records say is read through the reader's own gate. So a kept answer holds
nothing of a person who is erased later but an id that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from tracing.answers import Grade
from tracing.errors import TracingError

Outcome = Literal["candidates", "nobody", "error"]


@dataclass(frozen=True, slots=True)
class Question:
    """One row of a batch.

    row: its number in the batch, from 1 on, growing. record: a document in the shape of
    docs/record.md, ready-made prints in `prints`; or why the row could not be read. person_id: the
    person on record who is asked about, if any; never among the candidates. without: further
    people who are not to be candidates (excluded pairs).
    """

    row: int
    record: Mapping[str, Any] | TracingError
    person_id: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a candidate's sum of bits: evidence and level by key, the level in Chinese.

    one_in: one stranger in how many comes as close.
    """

    evidence: str
    level: str
    words: str
    bits: float
    one_in: float
    contradiction: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One candidate; the bits of `terms` add up to `bits`."""

    rank: int
    person_id: str
    probability: float
    bits: float
    grade: Grade
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one row.

    outcome: *nobody* where that is likelier than the first candidate or there is none; the listed
    may still be looked at. *error*: `code` and `facts` say what is wrong with this row alone, in
    the words of the messages for that code. people: how many were compared. nobody: chance that
    none of them is the person. protected: hidden people who would have been shown; for the note
    that every search leaves, never for the asker. prints_unread: ready-made prints of a model that
    is not served, or empty. faces_needed: as in a search. faces_off: faces were asked, and the
    impact assessment for them has run out. cpu_ms: CPU time of the comparison.
    """

    row: int
    outcome: Outcome
    code: str | None = None
    facts: Mapping[str, str | int | float | None] | None = None
    people: int = 0
    nobody: float = 1.0
    listed: tuple[Listed, ...] = ()
    protected: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    prints_unread: int = 0
    faces_needed: int | None = None
    faces_uncalibrated: bool = False
    faces_off: bool = False
    model_hash: str = ""
    cpu_ms: float = 0.0

    @classmethod
    def refused(cls, row: int, error: TracingError) -> Self:
        """The row could not be asked."""
        return cls(row=row, outcome="error", code=error.code, facts=dict(error.facts))

    def less(self, gone: Collection[str]) -> Self:
        """Without people who may not be shown any more; the others keep their shares."""
        if not any(one.person_id in gone for one in self.listed):
            return self
        kept = [one for one in self.listed if one.person_id not in gone]
        listed = tuple(replace(one, rank=rank) for rank, one in enumerate(kept, 1))
        likeliest = listed[0].probability if listed else 0.0
        outcome: Outcome = "candidates" if likeliest >= self.nobody else "nobody"
        return replace(self, listed=listed, outcome=outcome)

    def document(self) -> dict[str, Any]:
        """As JSON-ready data; `from_document` of it gives an equal answer."""
        return asdict(self)

    @classmethod
    def from_document(cls, doc: Mapping[str, Any]) -> Self:
        """What `document` gave."""
        fields = dict(doc)
        fields["listed"] = tuple(
            Listed(**{**one, "terms": tuple(Term(**term) for term in one["terms"])})
            for one in doc["listed"]
        )
        for key in ("protected", "missing"):
            fields[key] = tuple(doc[key])
        return cls(**fields)
