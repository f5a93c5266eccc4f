"""Facts of a record in words: names, ages, places, dates, shares; for pages and the terminal.

Records come in the shape of docs/record.md (`PersonRecord.document()`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pypinyin.contrib.tone_convert import to_tone

from api.language import Words

Document = Mapping[str, Any]
NAME_ORDER = ("registered", "stated", "heard", "alias", "nickname", "given_by_station")
HOME_KINDS = ("household", "birthplace", "living", "heard_home", "settled")
EVENT_KINDS = ("found", "last_seen")
PINYIN = re.compile(r"[a-zü]+[1-5]")
WHOLE_YEARS = re.compile(r"(\d{4})-01-01\D+(\d{4})-12-31")
CODE = re.compile(r"[a-z_]{3,}")
CODED: Mapping[str, tuple[str, ...]] = {
    "sex": ("sex",),
    "marks": ("site", "mark"),
    "looked": ("site", "mark"),
    "relatives": ("relation",),
}
NOT_PINYIN = frozenset({"广州", "香港"})


@dataclass(frozen=True, slots=True)
class Called:
    """How a person is called on a page: characters or Latin, and whether it is only as heard."""

    text: str
    latin: str
    heard: bool
    known: bool


def called(words: Words, doc: Document) -> Called:
    """The name to show first: registered, then stated, then as heard."""
    for kind in NAME_ORDER:
        for name in doc.get("names", ()):
            if name.get("kind", "stated") == kind and (name.get("text") or name.get("latin")):
                latin = str(name.get("latin") or "")
                text = str(name.get("text") or latin)
                return Called(text, latin if text != latin else "", kind == "heard", True)
    return Called(words("person.unnamed"), "", False, False)


def title(words: Words, doc: Document) -> str:
    """The name in one string; a name that was only heard says so."""
    name = called(words, doc)
    return words("person.heard_name", name=name.text) if name.heard else name.text


def sex(words: Words, doc: Document) -> str:
    """Sex in a word; empty when it was not recorded."""
    value = doc.get("sex")
    value = value.get("value") if isinstance(value, Mapping) else value
    return words(f"sex.{value}") if value in {"male", "female", "unknown", "not_stated"} else ""


def _year(text: object) -> int | None:
    head = str(text or "")[:4]
    return int(head) if len(head) == 4 and head.isdigit() else None


def age(words: Words, doc: Document, today: date | None = None) -> str:
    """Birth in words: a year when it is known to the year, an age range otherwise."""
    birth = doc.get("birth") or {}
    first, last = _year(birth.get("earliest")), _year(birth.get("latest"))
    if first is None and last is None:
        return ""
    low, high = first or last, last or first
    if low is None or high is None:
        return ""
    if low == high and birth.get("basis") != "apparent":
        return words("person.born", year=low)
    year = _year(doc.get("event_at")) or (today or datetime.now().astimezone().date()).year
    key = "person.looks" if birth.get("basis") == "apparent" else "person.aged"
    low, high = max(year - high, 0), max(year - low, 0)
    return words(key, ages=str(low) if low == high else f"{low}–{high}")


def place(doc: Document, kinds: Sequence[str]) -> str:
    """The first place of these kinds, in characters, or as it sounded."""
    for kind in kinds:
        for item in doc.get("places", ()):
            if item.get("kind") == kind:
                text = item.get("text") or item.get("heard") or item.get("code")
                if text:
                    return str(text)
    return ""


def meta(words: Words, doc: Document) -> tuple[str, ...]:
    """One line about a person: sex, age, home; only what is recorded."""
    return tuple(
        part for part in (sex(words, doc), age(words, doc), place(doc, HOME_KINDS)) if part
    )


def share(words: Words, probability: float) -> str:
    """A probability in whole percent, never 0 and never 100."""
    if probability < 0.01:
        return words("share.below")
    if probability > 0.99:
        return words("share.above")
    return words("share.about", percent=round(probability * 100))


def rarity(words: Words, one_in: float | None) -> str:
    """How many people share what speaks for someone, to two figures; empty when it says little."""
    if one_in is None or one_in < 1.5:
        return ""
    return words("reason.one_in", count=count(words, two_figures(one_in)))


def two_figures(value: float) -> int:
    """A number to two significant figures: 5,437 becomes 5,400."""
    whole = round(value)
    step: int = 10 ** max(len(str(abs(whole))) - 2, 0)
    return round(whole / step) * step


def count(words: Words, number: int) -> str:
    """A count with separators; in Chinese by 万 and 亿 where it is round enough."""
    if words.code == "zh" and number >= 100_000_000:
        return f"{number / 100_000_000:g} 亿"
    if words.code == "zh" and number >= 10_000 and number % 1_000 == 0:
        return f"{number / 10_000:g} 万"
    return f"{number:,}"


def signed(bits: float) -> str:
    """Bits with their sign, one decimal, with a true minus."""
    rounded = round(bits, 1)
    if rounded == 0:
        return "0"
    return f"+{rounded:.1f}" if rounded > 0 else f"−{-rounded:.1f}"


def _as_date(value: object) -> datetime | date | None:
    if isinstance(value, datetime | date):
        return value
    text = str(value or "")
    try:
        return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        return None


def day(words: Words, value: object) -> str:
    """A date in words; what cannot be read as a full date is given as it is (a year)."""
    found = _as_date(value)
    if found is None:
        return str(value or "")
    if isinstance(value, datetime) and value.tzinfo is not None:
        found = value.astimezone()  # ours is kept in UTC; what people wrote keeps its own hour
    key = "date.day" if found.year == datetime.now().astimezone().year else "date.full"
    return words(key, year=found.year, month=found.month, day=found.day)


def moment(words: Words, value: object) -> str:
    """A date with its time of day."""
    found = _as_date(value)
    if not isinstance(found, datetime):
        return day(words, value)
    local = found.astimezone() if isinstance(value, datetime) else found
    return f"{day(words, local)} {local:%H:%M}"


def ago(words: Words, value: object) -> str:
    """When something happened, as people say it: just now, 5 minutes ago, today 08:19."""
    found = _as_date(value)
    if not isinstance(found, datetime):
        return day(words, value)
    local = found.astimezone()
    now = datetime.now().astimezone()
    seconds = (now - local).total_seconds()
    if 0 <= seconds < 60:
        return words("date.now")
    if 0 <= seconds < 3600:
        return words("date.minutes", count=int(seconds // 60))
    days = (now.date() - local.date()).days
    if days in {0, 1}:
        return words("date.today" if days == 0 else "date.yesterday", time=f"{local:%H:%M}")
    return moment(words, local)


def mark(words: Words, item: Document) -> str:
    """A mark on the body: site, kind and look."""
    site, kind = str(item.get("site") or ""), str(item.get("kind") or "")
    head = words.first((f"site.{site}", site)) if site else ""
    head += words(f"mark.{kind}") if kind and words.has(f"mark.{kind}") else ""
    text = str(item.get("text") or "")
    told = words("frame.comma").join(part for part in (head, text) if part)
    return words("look.absent", mark=told) if item.get("absent") else told


def build(doc: Document) -> str:
    """Height and build."""
    item = doc.get("build") or {}
    height = item.get("height_cm") or ()
    span = "–".join(str(value) for value in dict.fromkeys(height))
    return " ".join(part for part in (f"{span} cm" if span else "", item.get("text") or "") if part)


def _listed(words: Words, items: Sequence[str], most: int = 4) -> str:
    return words("frame.comma").join([item for item in items if item][:most])


def _counted(dialects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Dialects, those with most voices first, with their number where there are several."""
    voices = Counter(str(d["name"]) for d in dialects if d.get("name"))
    return [name if n == 1 else f"{name} ×{n}" for name, n in voices.most_common()]


def dialects(words: Words, doc: Document) -> str:
    """The dialects on a record in one line, those with most voices first."""
    return _listed(words, _counted(doc.get("dialects", ())))


def facts(words: Words, doc: Document) -> tuple[tuple[str, str], ...]:
    """What else is recorded, as label and value; only what is there."""
    relatives = [
        " ".join(
            part
            for part in (
                words(f"relation.{item['relation']}") if item.get("relation") else "",
                *(str(n.get("text") or n.get("latin") or "") for n in item.get("names", ())),
            )
            if part
        )
        for item in doc.get("relatives", ())
    ]
    belongings = [
        item if isinstance(item, str) else str(item.get("text") or "")
        for item in doc.get("belongings", ())
    ]
    found = (
        ("found", place(doc, ("found",))),
        ("last_seen", place(doc, ("last_seen",))),
        ("home", place(doc, HOME_KINDS)),
        ("marks", _listed(words, [mark(words, item) for item in doc.get("marks", ())])),
        ("build", build(doc)),
        ("dialect", dialects(words, doc)),
        ("belongings", _listed(words, belongings)),
        ("relatives", _listed(words, relatives)),
        ("said", " ".join(f"“{u['text']}”" for u in doc.get("utterances", ()) if u.get("text"))),
    )
    return tuple((words(f"fact.{key}"), value) for key, value in found if value)


def toned(latin: str, dialect: str | None) -> str:
    """Pinyin with its tone as a mark (zhu1 as zhū); other spellings as they are."""
    if dialect in NOT_PINYIN or not PINYIN.fullmatch(latin):
        return latin
    return str(to_tone(latin))


def told(words: Words, evidence: str, text: str) -> str:
    """What a record says, as the comparators describe it, in words of the page."""
    if evidence in CODED:
        return CODE.sub(lambda found: _decoded(words, CODED[evidence], found.group()), text)
    years = WHOLE_YEARS.fullmatch(text)
    if years is None:
        return text
    first, last = years.groups()
    return words("person.born", year=first if first == last else f"{first}–{last}")


def _decoded(words: Words, families: Sequence[str], code: str) -> str:
    for family in families:
        if words.has(f"{family}.{code}"):
            return words(f"{family}.{code}")
    return code
