"""The long form: from what was typed to a record, and back onto the page with what is wrong."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from api.forms import EMPTY, Form
from api.language import Words

Kind = Literal["arrival", "report", "search"]
SIDES: Mapping[Kind, str] = {"arrival": "found", "report": "sought", "search": "found"}
AGE_MAX = 120
HEIGHT_MIN, HEIGHT_MAX = 20, 280


@dataclass(frozen=True, slots=True)
class FormView:
    """A form on a page: its values, what is wrong by field, and notices."""

    form: Form = EMPTY
    wrong: Mapping[str, str] = field(default_factory=dict)
    notices: Sequence[str] = ()
    once: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    draft: str = ""

    def nth(self, name: str, index: int) -> str:
        """The value of the index-th field of a name."""
        values = self.form.every(name)
        return values[index] if index < len(values) else ""

    def filled(self, *names: str) -> bool:
        """Whether any of the fields holds something."""
        return any(value for name in names for value in self.form.every(name))

    def wrong_among(self, *names: str) -> bool:
        """Whether any of the fields is wrong."""
        return any(name in self.wrong for name in names)

    def rows(self, *names: str, least: int, most: int) -> int:
        """How many rows a repeated group shows: those filled, and one more when asked for."""
        used = max((len(self.form.every(name)) for name in names), default=0)
        more = 1 if self.form.one("do") == "more_marks" else 0
        return max(least, min(used + more, most))


class Reader:
    """Reads one posted form into a document of docs/record.md and keeps what is wrong by field."""

    def __init__(self, words: Words, form: Form, kind: Kind) -> None:
        self.words = words
        self.form = form
        self.kind = kind
        self.wrong: dict[str, str] = {}
        self.event = self._day("event_date")

    def document(self) -> dict[str, Any]:
        """The record as a document; only what was filled in."""
        form = self.form
        side = form.one("side") if self.kind == "search" else ""
        doc: dict[str, Any] = {"side": {"found": "sought", "sought": "found"}.get(side, "")}
        if not doc["side"]:
            doc["side"] = SIDES[self.kind]
        doc["names"] = self._names()
        doc["sex"] = form.one("sex")
        doc["birth"] = self._birth()
        doc["places"] = self._places()
        doc["numbers"] = [
            {"kind": kind, "text": form.one(kind).replace("？", "?")}
            for kind in ("citizen", "phone", "card")
            if form.one(kind)
        ]
        doc["relatives"] = self._relatives()
        doc["dialects"] = [{"name": form.one("spoken"), "basis": "listener"}] * bool(
            form.one("spoken")
        )
        doc["marks"] = self._marks()
        doc["build"] = self._build()
        doc["belongings"] = _lines(form.one("belongings"))
        # the story changes from day to day: what is written down today was said today
        today = datetime.now().astimezone().date().isoformat()
        said = _lines(form.one("utterance"))
        doc["utterances"] = [{"text": text, "at": today} for text in said]
        doc["contact_wish"] = form.one("contact_wish")
        doc["event_at"] = self.event.isoformat() if self.event else ""
        return {key: value for key, value in doc.items() if value}

    def _names(self) -> list[dict[str, str]]:
        form = self.form
        names: list[dict[str, str]] = []
        for field_name, kind in (
            ("registered_name", "registered"),
            ("stated_name", "stated"),
            ("nickname", "nickname"),
            ("alias", "alias"),
        ):
            if form.one(field_name):
                names.append({"text": form.one(field_name), "kind": kind})
        texts, latins = form.every("heard_text"), form.every("heard_latin")
        for index in range(max(len(texts), len(latins))):
            text = texts[index] if index < len(texts) else ""
            latin = latins[index] if index < len(latins) else ""
            heard = {"text": text, "latin": latin, "dialect": form.one("dialect")}
            heard["listener"] = form.one("listener") if index == 0 else ""
            if text or latin:
                names.append({k: v for k, v in heard.items() if v} | {"kind": "heard"})
        return names

    def _birth(self) -> dict[str, str]:
        known = self._day("birth_date")
        if known is not None:
            return {"earliest": str(known), "latest": str(known), "basis": "stated"}
        low, high = (
            self._number("age_from", 0, AGE_MAX, "age"),
            self._number("age_to", 0, AGE_MAX, "age"),
        )
        if low is None and high is None:
            return {}
        low, high = low if low is not None else high, high if high is not None else low
        if low is None or high is None or low > high:
            self.wrong["age_from"] = self.words("invalid.age_order")
            return {}
        year = (self.event or datetime.now().astimezone().date()).year
        basis = "stated" if self.kind == "report" else "apparent"
        return {
            "earliest": f"{year - high - (basis == 'stated')}-01-01",
            "latest": f"{year - low}-12-31",
            "basis": basis,
        }

    def _places(self) -> list[dict[str, str]]:
        form = self.form
        places: list[dict[str, str]] = []
        when = self._moment()
        for name, kind in (("found_text", "found"), ("last_text", "last_seen")):
            if form.one(name):
                places.append(
                    {"kind": kind, "text": form.one(name)} | ({"at": when} if when else {})
                )
        if form.one("household_text"):
            places.append({"kind": "household", "text": form.one("household_text")})
        home = {"text": form.one("home_text"), "heard": form.one("home_heard")}
        if any(home.values()):
            places.append({"kind": "heard_home"} | {k: v for k, v in home.items() if v})
        return places

    def _moment(self) -> str:
        if self.event is None:
            return ""
        clock = self.form.one("event_time")
        try:
            moment = datetime.fromisoformat(f"{self.event.isoformat()}T{clock}")
        except ValueError:
            return self.event.isoformat()
        return moment.astimezone().isoformat() if clock else self.event.isoformat()

    def _relatives(self) -> list[dict[str, Any]]:
        columns = [self.form.every(f"rel_{part}") for part in ("relation", "name", "phone")]
        relatives: list[dict[str, Any]] = []
        for index in range(max(map(len, columns))):
            relation, name, phone = (c[index] if index < len(c) else "" for c in columns)
            entry = {
                "relation": relation or ("other" if name or phone else ""),
                "names": [{"text": name}] if name else [],
                "phone": phone.replace("？", "?"),
            }
            if any(entry.values()):
                relatives.append({key: value for key, value in entry.items() if value})
        return relatives

    def _marks(self) -> list[dict[str, str]]:
        columns = {part: self.form.every(f"mark_{part}") for part in ("site", "kind", "text")}
        marks = []
        for index in range(max(map(len, columns.values()))):
            mark = {part: c[index] for part, c in columns.items() if index < len(c) and c[index]}
            if mark:
                marks.append(mark)
        return marks

    def _build(self) -> dict[str, Any]:
        low = self._number("height_from", HEIGHT_MIN, HEIGHT_MAX, "height")
        high = self._number("height_to", HEIGHT_MIN, HEIGHT_MAX, "height")
        build: dict[str, Any] = {}
        pair = [value for value in (low, high) if value is not None]
        if pair:
            build["height_cm"] = [pair[0], pair[-1]]
            if pair[0] > pair[-1]:
                self.wrong["height_from"] = self.words("invalid.lowest_after_highest")
        if self.form.one("build_text"):
            build["text"] = self.form.one("build_text")
        return build

    def _number(self, name: str, low: int, high: int, key: str) -> int | None:
        text = self.form.one(name)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 3 and low <= int(text) <= high:
            return int(text)
        self.wrong[{"age_to": "age_from", "height_to": "height_from"}.get(name, name)] = self.words(
            f"invalid.{key}"
        )
        return None

    def _day(self, name: str) -> date | None:
        text = self.form.one(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.wrong[name] = self.words("invalid.date")
            return None
        if day > datetime.now().astimezone().date():
            self.wrong[name] = self.words("invalid.future")
        return day


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


FIELD_OF: tuple[tuple[str, str], ...] = (
    ("birth", "birth_date"),
    ("event_at", "event_date"),
    ("sex", "sex"),
    ("relatives", "rel_name"),
    ("marks", "mark_text"),
    ("build", "height_from"),
    ("belongings", "belongings"),
    ("utterances", "utterance"),
    ("dialects", "spoken"),
)


def field_of(path: str, doc: Mapping[str, Any]) -> str:
    """The form field behind a path of the record such as `numbers[0].text`."""
    head, _, rest = path.partition("[")
    index = int(rest.partition("]")[0]) if rest.partition("]")[0].isdigit() else 0
    items = doc.get(head)
    item = items[index] if isinstance(items, list) and index < len(items) else {}
    kind = item.get("kind", "") if isinstance(item, Mapping) else ""
    if head == "numbers":
        return str(kind)
    if head == "names":
        named = {"registered": "registered_name", "stated": "stated_name"}
        heard = "heard_latin" if path.endswith("latin") else "heard_text"
        return named.get(kind, heard if kind == "heard" else str(kind))
    if head == "places":
        ends = {"found": "found_text", "last_seen": "last_text", "household": "household_text"}
        return ends.get(kind, "home_heard" if path.endswith("heard") else "home_text")
    bare = head.partition(".")[0]
    return next((name for key, name in FIELD_OF if key == bare), bare)
