"""From a comparison to what people read: candidates with reasons, sounds, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matchers import explain
from matchers.claims import NameClaim, PersonClaims
from matchers.evidence import Comparator
from matchers.evidence.model import Model
from matchers.evidence.names import usable
from matchers.evidence.sounding import dialect_prior, hearing_of
from matchers.sounds import Alignment, HearingError
from tracing.access import Actor
from tracing.answers import Candidate, Question, Reason, SyllablePair
from tracing.comparing import Comparison
from tracing.person_files import GalleryRow
from tracing.shown import shown_photo, shown_reasons, shown_record

LOOKED = "looked"
"""Asked mark by mark beside each candidate's pictures, so never called missing here."""
Sounds = tuple[tuple[SyllablePair, ...], str]
"""Syllables heard over those on record, and the dialect they sound like."""


CONSIDERED = 50
"""Candidates whom questions are to tell apart."""
CO_RESIDENTS = "同户人员"
"""Stands for the names in other people's records that counted as relatives'."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts a comparison into words that can be kept and shown."""

    comparators: Sequence[Comparator]
    model: Model

    def candidates(
        self,
        found: Comparison,
        people: Mapping[str, GalleryRow],
        lenders: Mapping[str, str],
        actor: Actor,
    ) -> tuple[Candidate, ...]:
        """The candidates in order; `people` are their records, read through the reader's gate.

        `lenders`: borrowed galleries in words, by id.
        """
        rows = [int(row) for row in found.order if found.view.ids[row] in people]
        shares = found.fused.probability[found.places(np.array(rows, np.int64))].tolist()
        margins = explain.margins(shares, found.fused.nobody)
        asked = self._described(found.probe.claims)
        if found.faces is not None:
            asked["face"] = ""
        sounds = self._sounds(found, rows)
        return tuple(
            replace(
                self._candidate(found, row, person, actor, asked, rank, margin, sounds.get(row)),
                lender=lenders.get(person.gallery_id or "", ""),
            )
            for rank, (row, margin) in enumerate(zip(rows, margins, strict=True), 1)
            for person in [people[found.view.ids[row]]]
        )

    def questions(self, found: Comparison) -> tuple[Question, ...]:
        """What to ask next, most telling first: by how likely the answer sets somebody apart."""
        told = explain.next_questions(self.model, found.fused, _telling(found))
        return tuple(Question(q.evidence, q.evidence, q.expected_bits) for q in told)

    def missing(self, found: Comparison) -> tuple[str, ...]:
        """Evidence the probe itself says nothing about."""
        levels = found.fused.levels
        kept = (k for k in self.model.tables if k != LOOKED)
        return tuple(k for k in kept if k not in levels or not levels[k].any())

    def _candidate(
        self,
        found: Comparison,
        row: int,
        person: GalleryRow,
        actor: Actor,
        asked: Mapping[str, str],
        rank: int,
        margin: float,
        sounds: Sounds | None,
    ) -> Candidate:
        claims = PersonClaims.from_document(person.document)
        described = self._described(claims)
        if found.view.households.shared(row):
            described["relatives"] = "、".join(filter(None, (described["relatives"], CO_RESIDENTS)))
        place = int(found.places(np.array([row], np.int64))[0])
        told = explain.reasons(self.model, found.fused, place, asked, described)
        if actor.outside and not any(r.evidence == "names" and r.bits > 0 for r in told):
            sounds = None  # a name that does not agree is not told
        share = float(found.fused.probability[place])
        readable = actor.reaches(person.station_path)
        return Candidate(
            rank=rank,
            person_id=person.person_id,
            external_id=person.document.get("id") if readable else None,
            side=person.side,
            station_code=person.station_code,
            station_name=person.station_name,
            readable=readable,
            record=shown_record(person.document, readable=readable, outside=actor.outside),
            photo=shown_photo(person),
            probability=share,
            bits=float(found.fused.bits[place]),
            grade=explain.grade(self.model.grading, share, margin),
            relative=explain.relative(found.probe.claims, claims, told),
            reasons=shown_reasons(map(_reason, told), outside=actor.outside),
            alignment=sounds[0] if sounds else None,
            dialect=sounds[1] if sounds else None,
            key_line=explain.key_line(told),
            missing=tuple(k for k in explain.missing(found.fused, place) if k != LOOKED),
        )

    def _described(self, claims: PersonClaims) -> dict[str, str]:
        return {c.key: c.describe(claims) for c in self.comparators}

    def _sounds(self, found: Comparison, rows: Sequence[int]) -> dict[int, Sounds]:
        """By row, the hearing beside the nearest of the person's names, and what it sounds like."""
        levels, names = found.by_value["names"], found.view.columns["names"]
        claim = _hearing_shown(found.probe.claims.names)
        if claim is None:
            return {}
        nearest = {}
        for row in rows:
            own = [code for code in names.codes_of(row) if levels[code]]
            if own:
                nearest[row] = max(own, key=lambda code: (levels[code], -code))
        prepared = found.view.prepared["names"]
        prior = dialect_prior(found.probe.claims, prepared.table.engine.regions)
        try:
            aligned = prepared.align(hearing_of(claim), list(nearest.values()), prior)
        except HearingError:
            return {}
        return {row: _pairs(one) for row, one in zip(nearest, aligned, strict=True)}


def _telling(found: Comparison) -> dict[str, float]:
    """By evidence, 0 to 1: the chance that an answer can be compared and is not shared.

    An answer tells nothing between candidates whose records say the very same (two namesakes of
    one county), so each counts by the share of all others, nobody included, who say something else.
    """
    rows = found.order[:CONSIDERED]
    share = found.fused.probability[found.places(rows)]
    total = float(share.sum()) or 1.0
    telling = {}
    for key, column in found.view.columns.items():
        codes = column.first[rows]
        _, group = np.unique(codes, return_inverse=True)
        alike = np.bincount(group, share)[group]
        apart = np.where(codes >= 0, (1 - alike) / np.maximum(1 - share, 1e-9), 0.0)
        telling[key] = float((share * apart).sum()) / total
    telling.pop(LOOKED, None)
    telling["face"] = float(share[np.isin(rows, found.view.faces.rows)].sum()) / total
    return telling


def _pairs(one: Alignment) -> Sounds:
    pairs = (SyllablePair(p.heard, p.heard_reading, p.char, p.pinyin, p.step) for p in one.pairs)
    return tuple(pairs), one.dialect


def _hearing_shown(names: Sequence[NameClaim]) -> NameClaim | None:
    """The hearing that is laid beside a candidate's name: the latest heard, else the first."""
    good = [claim for claim in names if usable(claim)]
    heard = [claim for claim in good if claim.kind == "heard"]
    return heard[-1] if heard else (good[0] if good else None)


def _reason(reason: explain.Reason) -> Reason:
    return Reason(
        evidence=reason.evidence,
        level=reason.level,
        words=reason.words,
        bits=reason.bits,
        asked=reason.asked,
        found=reason.found,
        one_in=reason.one_in,
        contradiction=reason.contradiction,
    )
