"""What a record says about a person, as plain values that comparators read.

A claim is either a value or a status: *missing* (nobody asked: the claim is absent), *unknown*
(asked, the person did not know) or *refused* (asked, the person would not say). Comparators treat
all three as no evidence, but explanations and questions keep them apart. Shape: a person record as
JSON, the document that every door of the service takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NameClaim:
    """One name as written, said or heard; `text` and `latin` of one claim are one hearing."""

    text: str | None
    latin: str | None
    kind: str
    dialect: str | None = None
    listener: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Birth:
    """Birth as a closed range of days with the basis it rests on."""

    earliest: date | None
    latest: date | None
    basis: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceClaim:
    """One place by division code (GB/T 2260), text, heard sound or coordinates (WGS 84)."""

    kind: str
    code: str | None = None
    text: str | None = None
    heard: str | None = None
    lat: float | None = None
    lon: float | None = None
    at: date | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class NumberClaim:
    """A document, phone or card number; `?` stands for a digit not remembered."""

    kind: str
    text: str | None
    assigned: bool = False
    status: str | None = None


@dataclass(frozen=True, slots=True)
class RelativeClaim:
    """A relative, neighbour or employer by relation, names and phone."""

    relation: str | None
    names: tuple[NameClaim, ...] = ()
    phone: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class MarkClaim:
    """A lasting mark at a body site; `absent` when it was looked for and is not there."""

    site: str | None
    kind: str | None = None
    text: str | None = None
    status: str | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Build:
    """Height range in centimetres and free words."""

    shortest_cm: float | None = None
    tallest_cm: float | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DialectClaim:
    """A dialect by point or place name, stated by the person or judged by a listener."""

    name: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class PersonClaims:
    """Everything comparable that one record says."""

    id: str | None = None
    side: str | None = None
    sex: str | None = None
    birth: Birth | None = None
    names: tuple[NameClaim, ...] = ()
    places: tuple[PlaceClaim, ...] = ()
    numbers: tuple[NumberClaim, ...] = ()
    relatives: tuple[RelativeClaim, ...] = ()
    marks: tuple[MarkClaim, ...] = ()
    build: Build | None = None
    ethnicity: str | None = None
    dialects: tuple[DialectClaim, ...] = ()
    belongings: tuple[str, ...] = ()
    event_at: date | None = None
    household: str | None = None

    @classmethod
    def from_document(cls, doc: Document) -> Self:
        """Read a person record; unknown keys are left alone, since the door has checked them."""
        return cls(
            id=_text(doc.get("id")),
            side=_text(doc.get("side")),
            sex=_plain(doc.get("sex")),
            birth=_birth(doc.get("birth")),
            names=tuple(_name(x) for x in _items(doc, "names")),
            places=tuple(_place(x) for x in _items(doc, "places")),
            numbers=tuple(_number(x) for x in _items(doc, "numbers")),
            relatives=tuple(_relative(x) for x in _items(doc, "relatives")),
            marks=tuple(_mark(x) for x in _items(doc, "marks")),
            build=_build(doc.get("build")),
            ethnicity=_plain(doc.get("ethnicity")),
            dialects=tuple(_dialects(_items(doc, "dialects"))),
            belongings=tuple(x for x in doc.get("belongings") or () if isinstance(x, str)),
            event_at=day(doc.get("event_at")),
            household=_text(doc.get("household")),
        )


def day(value: object) -> date | None:
    """The day of an ISO date, date-time, year-month or year; None where there is none."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if not isinstance(value, str) or not value:
        return None
    parts = value[:10].split("-")
    try:
        year, month, dom = (int(x) for x in (*parts, "1", "1")[:3])
        return date(year, month, dom)
    except ValueError:
        return None


def _items(doc: Document, key: str) -> Iterable[Document]:
    return [x for x in doc.get(key) or () if isinstance(x, Mapping)]


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _plain(value: object) -> str | None:
    """A value that may also be wrapped as a claim ({"value": ..., "status": ...})."""
    return _text(value.get("value")) if isinstance(value, Mapping) else _text(value)


def _number_or_none(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _name(doc: Document) -> NameClaim:
    return NameClaim(
        text=_text(doc.get("text")),
        latin=_text(doc.get("latin")),
        kind=_text(doc.get("kind")) or "stated",
        dialect=_text(doc.get("dialect")),
        listener=_text(doc.get("listener")),
        status=_text(doc.get("status")),
    )


def _birth(doc: object) -> Birth | None:
    if not isinstance(doc, Mapping):
        return None
    earliest, latest = day(doc.get("earliest")), _last_day(doc.get("latest"))
    return Birth(
        earliest=earliest,
        latest=latest,
        basis=_text(doc.get("basis")),
        status=_text(doc.get("status")),
    )


def _last_day(value: object) -> date | None:
    """The last day a shortened date may mean: a bare year ends on 31 December."""
    first = day(value)
    if first is None or not isinstance(value, str):
        return first
    if len(value) == 4:
        return date(first.year, 12, 31)
    if len(value) == 7:
        month = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return date.fromordinal(month.toordinal() - 1)
    return first


def _place(doc: Document) -> PlaceClaim:
    return PlaceClaim(
        kind=_text(doc.get("kind")) or "living",
        code=_text(doc.get("code")),
        text=_text(doc.get("text")),
        heard=_text(doc.get("heard")),
        lat=_number_or_none(doc.get("lat")),
        lon=_number_or_none(doc.get("lon")),
        at=day(doc.get("at")),
        status=_text(doc.get("status")),
    )


def _number(doc: Document) -> NumberClaim:
    return NumberClaim(
        kind=_text(doc.get("kind")) or "other",
        text=_text(doc.get("text")),
        assigned=doc.get("assigned") is True,
        status=_text(doc.get("status")),
    )


def _relative(doc: Document) -> RelativeClaim:
    return RelativeClaim(
        relation=_text(doc.get("relation")),
        names=tuple(_name(x) for x in _items(doc, "names")),
        phone=_text(doc.get("phone")),
        status=_text(doc.get("status")),
    )


def _mark(doc: Document) -> MarkClaim:
    return MarkClaim(
        site=_text(doc.get("site")),
        kind=_text(doc.get("kind")),
        text=_text(doc.get("text")),
        status=_text(doc.get("status")),
        absent=doc.get("absent") is True,
    )


def _build(doc: object) -> Build | None:
    if not isinstance(doc, Mapping):
        return None
    height = doc.get("height_cm")
    low: float | None = None
    high: float | None = None
    if isinstance(height, (list, tuple)) and len(height) == 2:
        low, high = _number_or_none(height[0]), _number_or_none(height[1])
    elif isinstance(height, (int, float)):
        low = high = _number_or_none(height)
    return Build(shortest_cm=low, tallest_cm=high, text=_text(doc.get("text")))


def _dialects(docs: Iterable[Document]) -> Iterable[DialectClaim]:
    for doc in docs:
        name = _text(doc.get("name"))
        if name is not None:
            yield DialectClaim(name=name, basis=_text(doc.get("basis")))
