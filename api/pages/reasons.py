"""A candidate list in words: grades, shares, tiles, reasons as bars with sentences."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api import phrasing
from api.language import Words
from matchers.sounds import MANDARIN
from tracing.answers import (
    Candidate,
    ExcludedCandidate,
    Question,
    Reason,
    SearchResult,
    SyllablePair,
)

LEVELS = {"possible": 1, "probable": 2, "strong": 3}
BEST_SHOWN = 3
FIRST_SHOWN = 3
NOTABLE_SHARE = 0.005
"""Candidates after the third whose share is smaller than this are folded away."""
TELLING_BITS = 0.5
"""Terms for a candidate that are weaker than this are no reason to name first."""
NOTABLE_BITS = 1.0
"""Terms against a candidate that are weaker than this stay in the fold."""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One term of the sum; `side`, `x` and `w` place its bar in a drawing 100 wide."""

    what: str
    words: str
    sentence: str
    signed: str
    bits: float
    contradiction: bool
    side: str
    x: float
    w: float


@dataclass(frozen=True, slots=True)
class Tile:
    """A syllable as heard above the one on record."""

    heard: str
    heard_latin: str
    char: str
    latin: str
    step: int
    word: str
    wide: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One candidate as drawn."""

    rank: int
    person_id: str
    title: str
    meta: tuple[str, ...]
    level: int
    grade: str
    relative: bool
    share: str
    tiles: tuple[Tile, ...]
    sounds: str
    rarity: str
    face: str
    caption: str
    readable: bool
    station: str
    lender: str
    best: tuple[ReasonRow, ...]
    against: tuple[ReasonRow, ...]
    reasons: tuple[ReasonRow, ...]
    axis: float
    total: str
    start: str
    start_words: str
    left: str
    left_words: str
    key_line: str
    reviewed: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """The person asked about, as drawn in the fixed column."""

    person_id: str | None
    title: str
    name: str
    latin: str
    heard: bool
    meta: tuple[str, ...]
    face: str
    caption: str
    facts: tuple[tuple[str, str], ...]
    version: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to ask next."""

    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """Somebody excluded earlier."""

    id: str
    title: str
    reason: str
    note: str
    by: str
    at: object


def face_url(photo: tuple[str, int] | None) -> str:
    """Where the picture of a face is; empty when there is none."""
    return f"/v1/photos/{photo[0]}/faces/{photo[1]}" if photo else ""


def band(reason: Reason) -> str:
    """How strongly a term speaks, as the word that the catalogues know."""
    if reason.contradiction:
        return "clash"
    for word, least in (("very", 6.0), ("well", 2.5), ("some", 0.5), ("even", -0.5)):
        if reason.bits >= least:
            return word
    return "against"


def said(words: Words, reason: Reason) -> str:
    """The term in words: what the comparison gave."""
    if reason.evidence == "names" and reason.level.endswith("_same"):
        return words("band.names.same")
    strength = band(reason)
    return words.first((f"band.{reason.evidence}.{strength}", f"band.any.{strength}"))


def _sentence(words: Words, reason: Reason) -> str:
    parts = []
    if reason.evidence == "looked":
        marks = reason.asked or reason.found
        return words("reason.looked", marks=phrasing.told(words, "looked", marks))
    asked, found = (phrasing.told(words, reason.evidence, t) for t in (reason.asked, reason.found))
    if asked and asked == found:
        parts.append(words("reason.both", found=found))
    elif asked and found:
        parts.append(words("reason.asked_found", asked=asked, found=found))
    elif found:
        parts.append(words("reason.found", found=found))
    if reason.bits > 0 and not reason.contradiction:
        parts.append(phrasing.rarity(words, reason.one_in))
    return words("frame.stop").join(part for part in parts if part)


def rows(words: Words, reasons: Sequence[Reason]) -> tuple[tuple[ReasonRow, ...], float]:
    """The terms as bars around one axis, weightiest first; and where the axis stands."""
    highest = max([reason.bits for reason in reasons] + [4.0])
    lowest = min([reason.bits for reason in reasons] + [-4.0])
    unit = 100.0 / (highest - lowest)
    axis = -lowest * unit
    drawn = []
    for reason in sorted(reasons, key=lambda item: -item.bits):
        width = abs(reason.bits) * unit
        drawn.append(
            ReasonRow(
                what=words.first((f"evidence.{reason.evidence}",)),
                words=said(words, reason),
                sentence=_sentence(words, reason),
                signed=phrasing.signed(reason.bits),
                bits=reason.bits,
                contradiction=reason.contradiction,
                side="up" if reason.bits >= 0 else "dn",
                x=round(axis if reason.bits >= 0 else axis - width, 2),
                w=round(width, 2),
            )
        )
    return tuple(drawn), round(axis, 2)


def tiles(words: Words, pairs: Sequence[SyllablePair], dialect: str | None) -> tuple[Tile, ...]:
    """Syllables heard above those of a name, one tile each."""
    return tuple(
        Tile(
            heard=pair.heard if pair.heard != pair.heard_latin else "",
            heard_latin=pair.heard_latin,
            char=pair.char or "—",
            latin=phrasing.toned(pair.latin, dialect),
            step=min(max(pair.step, 0), 3),
            word=words(f"step.{min(max(pair.step, 0), 3)}"),
            wide=len(pair.char) > 1,
        )
        for pair in pairs
    )


def sounds(words: Words, pairs: Sequence[SyllablePair], dialect: str | None) -> str:
    """The alignment as one sentence: heard ≈ recorded, the accent, and where they differ."""
    if not pairs:
        return ""
    dialect = dialect or ""
    accent = "" if dialect in {"", MANDARIN} else words("cands.accent", dialect=dialect)
    written = "".join(pair.heard for pair in pairs if pair.heard != pair.heard_latin)
    spelt = " ".join(pair.heard_latin for pair in pairs if pair.heard_latin)
    sentence = words(
        "cands.sounds_accent" if accent else "cands.sounds",
        heard=" ".join(part for part in (written, spelt) if part),
        name="".join(pair.char for pair in pairs),
        latin=" ".join(phrasing.toned(p.latin, dialect) for p in pairs if p.latin),
        accent=accent,
    )
    apart = [
        f"{phrasing.toned(pair.latin, dialect)} → {pair.heard_latin}"
        for pair in pairs
        if pair.step > 0 and pair.char and pair.latin and pair.heard_latin
    ]
    if not apart:
        return sentence
    return sentence + words("cands.apart", pairs=words("frame.comma").join(apart))


def shown_first(candidates: Sequence[Candidate]) -> int:
    """How many candidates stand in the open; the rest are folded below them."""
    notable = sum(candidate.probability >= NOTABLE_SHARE for candidate in candidates)
    return max(notable, FIRST_SHOWN)


@dataclass(frozen=True, slots=True)
class Start:
    """Where every candidate starts: bits of the prior against nobody, and one in how many."""

    bits: float
    one_in: float

    @classmethod
    def of(cls, result: SearchResult) -> Start:
        """From the chance of being in the gallery at all, shared by everybody compared."""
        odds = result.prior / (1 - result.prior) / max(result.gallery_size, 1)
        return cls(math.log2(odds), max(result.gallery_size, 1) / result.prior)

    def words(self, words: Words) -> str:
        """The start in words."""
        return words(
            "cands.start_words", count=phrasing.count(words, phrasing.two_figures(self.one_in))
        )


def _left_words(words: Words, bits: float) -> str:
    """What is left of the sum once the start is taken off, against nobody, in words."""
    times = phrasing.count(words, phrasing.two_figures(2 ** min(abs(bits), 40)))
    if abs(bits) < 1:
        return words("cands.left_even")
    return words("cands.left_more" if bits > 0 else "cands.left_less", times=times)


def card(words: Words, candidate: Candidate, start: Start, again: Collection[str] = ()) -> Card:
    """A candidate in words; `again` are those whom an exclusion no longer holds for."""
    doc = candidate.record.document()
    drawn, axis = rows(words, candidate.reasons)
    name = next((r for r in candidate.reasons if r.evidence == "names"), None)
    helping = [row for row in drawn if row.bits >= TELLING_BITS]
    event = phrasing.day(words, doc.get("event_at")) if doc.get("event_at") else ""
    caption = words(f"cands.caption.{candidate.side}", day=event).strip()
    return Card(
        rank=candidate.rank,
        person_id=candidate.person_id,
        title=phrasing.title(words, doc),
        meta=phrasing.meta(words, doc),
        level=LEVELS[candidate.grade],
        grade=words(f"grade.{candidate.grade}"),
        relative=candidate.relative,
        share=phrasing.share(words, candidate.probability),
        tiles=tiles(words, candidate.alignment or (), candidate.dialect),
        sounds=sounds(words, candidate.alignment or (), candidate.dialect),
        rarity=phrasing.rarity(words, name.one_in) if name and name.bits > 0 else "",
        face=face_url(candidate.photo),
        caption=caption,
        readable=candidate.readable,
        station=candidate.station_name,
        lender=candidate.lender,
        best=tuple(helping[:BEST_SHOWN]),
        against=tuple(r for r in drawn if r.contradiction or r.bits <= -NOTABLE_BITS),
        reasons=drawn,
        axis=axis,
        total=phrasing.signed(candidate.bits),
        start=phrasing.signed(start.bits),
        start_words=start.words(words),
        left=phrasing.signed(candidate.bits + start.bits),
        left_words=_left_words(words, candidate.bits + start.bits),
        key_line=candidate.key_line,
        reviewed=candidate.person_id in again,
        missing=tuple(words.first((f"missing.{key}",)) for key in candidate.missing),
    )


def probe(words: Words, result: SearchResult, version: int = 0) -> Probe:
    """The person asked about."""
    doc = result.probe.record.document()
    name = phrasing.called(words, doc)
    return Probe(
        person_id=result.probe.person_id,
        title=phrasing.title(words, doc),
        name=name.text,
        latin=name.latin,
        heard=name.heard,
        meta=phrasing.meta(words, doc)[:2],
        face=face_url(result.probe.photo),
        caption=words(f"cands.probe.{doc['side']}"),
        facts=phrasing.facts(words, doc),
        version=version,
    )


def nobody_words(words: Words, nobody: float) -> str:
    """The share of nobody as a sentence about a hundred such cases."""
    if nobody >= 0.9:
        return words("cands.nobody_sure")
    if nobody < 0.01:
        return words("cands.nobody_rare")
    return words("cands.nobody_words", count=round(nobody * 100))


def questions(words: Words, asked: Sequence[Question]) -> tuple[Asked, ...]:
    """What to ask next, in words."""
    return tuple(
        Asked(
            words.first((f"question.{q.evidence}",)),
            words("question.hint", bits=f"{q.expected_bits:.1f}"),
        )
        for q in asked
        if words.has(f"question.{q.evidence}")
    )


def excluded(words: Words, items: Sequence[ExcludedCandidate]) -> tuple[Excluded, ...]:
    """Those excluded earlier, in words."""
    return tuple(
        Excluded(
            e.exclusion_id,
            phrasing.title(words, e.record.document()),
            words.first((f"exclude.{e.reason_code}", "exclude.other")),
            e.note,
            e.by,
            e.at,
        )
        for e in items
    )
