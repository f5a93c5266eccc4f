"""What a request holds, in words: the same lines for its page and for its printed sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pypinyin import Style, pinyin

from api import phrasing
from api.language import Words
from tracing.crosschecks.files import Contents

Document = Mapping[str, Any]
DAY = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of fact with its values, one a line."""

    label: str
    values: tuple[str, ...]


def lines(words: Words, contents: Contents, *, marks: bool = True) -> tuple[Line, ...]:
    """Everything that a request tells, in the order in which people ask.

    Without `marks` tones are told by numbers, for fonts that set marked letters apart.
    """
    doc = contents.record.document()
    found = (
        ("crosscheck.line.names", [name(words, n, marks=marks) for n in doc.get("names", ())]),
        ("crosscheck.line.sex", [phrasing.sex(words, doc)]),
        ("crosscheck.line.age", [phrasing.age(words, doc)]),
        ("crosscheck.line.ethnicity", [str(doc.get("ethnicity") or "")]),
        ("fact.dialect", [phrasing.dialects(words, doc)]),
        ("crosscheck.line.places", [_place(words, p) for p in doc.get("places", ())]),
        ("crosscheck.line.numbers", [_number(words, n) for n in doc.get("numbers", ())]),
        ("fact.relatives", [_relative(words, r) for r in doc.get("relatives", ())]),
        ("fact.marks", [phrasing.mark(words, m) for m in doc.get("marks", ())]),
        ("fact.build", [phrasing.build(doc)]),
        ("fact.belongings", [_belonging(b) for b in doc.get("belongings", ())]),
        ("fact.said", [_said(u) for u in doc.get("utterances", ())]),
        ("crosscheck.line.excluded", [_excluded(words, *e) for e in contents.excluded]),
        (f"fact.event.{doc.get('side')}", [phrasing.day(words, doc.get("event_at"))]),
    )
    return tuple(
        Line(words(label), tuple(value for value in values if value))
        for label, values in found
        if any(values)
    )


def name(words: Words, item: Document, *, marks: bool = True) -> str:
    """A name as it was heard or written, how it was spelt, how it reads, in whose speech."""
    text, latin = str(item.get("text") or ""), str(item.get("latin") or "")
    if not text and not latin:
        return ""
    kind = words(f"name.{item.get('kind', 'stated')}")
    parts = [
        kind,
        words("crosscheck.spelt", latin=latin) if text and latin else "",
        words("crosscheck.reads", pinyin=reading(text, marks=marks)) if text else "",
        words("name.dialect", dialect=item["dialect"]) if item.get("dialect") else "",
        words(f"name.listener.{item['listener']}") if item.get("listener") else "",
    ]
    return f"{text or latin}（{_joined(words, parts)}）"


def reading(text: str, *, marks: bool = True) -> str:
    """How the characters are read in Mandarin, surnames as surnames are; pypinyin's tables."""
    style = Style.TONE if marks else Style.TONE3
    found = pinyin(text, style=style, heteronym=False, errors="ignore")
    return " ".join(part[0] for part in found)


def _place(words: Words, item: Document) -> str:
    where = " · ".join(str(item[key]) for key in ("text", "heard") if item.get(key))
    where = where or str(item.get("code") or "")
    if not where:
        return ""
    at = phrasing.moment(words, item["at"]) if item.get("at") else ""
    return f"{words('place.' + str(item['kind']))}：{_joined(words, [where, at])}"


def _number(words: Words, item: Document) -> str:
    text = str(item.get("text") or "")
    return f"{words('crosscheck.number.' + str(item['kind']))}：{text}" if text else ""


def _relative(words: Words, item: Document) -> str:
    names = [str(n.get("text") or n.get("latin") or "") for n in item.get("names", ())]
    head = words(f"relation.{item['relation']}") if item.get("relation") else ""
    return " ".join(part for part in (head, *names, str(item.get("phone") or "")) if part)


def _belonging(item: object) -> str:
    return str(item.get("text") or "") if isinstance(item, Mapping) else str(item)


def _said(item: Document) -> str:
    text = str(item.get("text") or "")
    return f"“{text}”{str(item.get('at') or '')[:DAY]}" if text else ""


def _excluded(words: Words, reason: str, at: str) -> str:
    why = words.first((f"exclude.{reason}", f"crosscheck.excluded.{reason}", "exclude.other"))
    return _joined(words, [why, phrasing.day(words, at)])


def _joined(words: Words, parts: Iterable[str]) -> str:
    return words("frame.comma").join(part for part in parts if part)
