"""A station's ledger: which column is what, and each row as a record or with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Any

from tracing.clocks import CHINA
from tracing.errors import FileRefused, RecordInvalid
from tracing.exchange.cells import (
    Cell,
    CellUnreadable,
    as_day,
    as_days,
    as_span,
    as_text,
    as_word,
)
from tracing.exchange.incoming import Fault, Incoming, Provenance
from tracing.exchange.layout import Layout, LayoutColumn, cell_words, fitting_layout
from tracing.exchange.pfif_record import born_between
from tracing.exchange.sheet import Row, sheets
from tracing.records import PersonRecord

_HEADER_WITHIN = 15
_KNOWN_LEAST = 2


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """A column of the file: its heading, and what it is taken for; None: it is kept as text."""

    at: int
    heading: str
    column: LayoutColumn | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table whose headings were understood; `rows` with their numbers in the file, from 1."""

    layout: Layout
    source: str
    columns: tuple[LedgerColumn, ...]
    rows: tuple[tuple[int, Row], ...] = field(repr=False)

    def incoming(self, today: date, *, side: str | None = None) -> Iterator[Incoming]:
        """Each row as a record, or with its fault; empty rows are passed over."""
        for number, row in self.rows:
            yield _Taken(self, number, row, today, side or self.layout.side).incoming()


def read_ledger(data: bytes, layout: Layout | None = None, source: str = "") -> Ledger:
    """The table of a file, with the given layout or the packaged one that fits best.

    Raises:
        FileRefused: no table, or no row in which enough headings are known.
    """
    best: tuple[int, int, Layout, list[str], list[Row]] | None = None
    for table in sheets(data):
        for start, headings in _headers(table):
            chosen = layout or fitting_layout(headings)
            known = chosen.known(headings)
            if known >= _KNOWN_LEAST and (best is None or known > best[0]):
                best = (known, start, chosen, headings, table)
    if best is None:
        raise FileRefused(reason="headings_unknown")
    _, start, chosen, headings, table = best
    columns = tuple(
        LedgerColumn(at, heading, chosen.column(heading))
        for at, heading in enumerate(headings)
        if heading
    )
    if not any(c.column and c.column.to in ("name", "heard") for c in columns):
        raise FileRefused(reason="headings_unknown", path="姓名")
    rows = tuple(
        (number, row)
        for number, row in enumerate(table[start:], start + 1)
        if any(as_text(cell) for cell in row)
    )
    return Ledger(chosen, source or chosen.source, columns, rows)


def _headers(table: Sequence[Row]) -> Iterator[tuple[int, list[str]]]:
    """Rows that may be the headings, alone or two together (a group above its parts)."""
    for at, row in enumerate(table[:_HEADER_WITHIN]):
        own = [as_text(cell) for cell in row]
        yield at + 1, own
        if at + 1 < len(table):
            below = [as_text(cell) for cell in table[at + 1]]
            below += [""] * (len(own) - len(below))
            own += [""] * (len(below) - len(own))
            yield at + 2, [low or high for high, low in zip(own, below, strict=True)]


class _Taken:
    """One row: each cell goes where its column says; the rest stays text."""

    def __init__(self, ledger: Ledger, number: int, row: Row, today: date, side: str) -> None:
        self._ledger = ledger
        self._number = number
        self._row = row
        self._today = today
        self._doc: dict[str, Any] = {"side": side, "source": ledger.source}
        self._held: dict[str, str] = {}
        self._dated: datetime | None = None
        self._aged: list[tuple[Cell, LayoutColumn, str]] = []

    def incoming(self) -> Incoming:
        """The record, or the first fault."""
        heading = ""
        try:
            for own in self._ledger.columns:
                heading = own.heading
                cell = self._row[own.at] if own.at < len(self._row) else None
                self._take(cell, own)
            for cell, column, heading in self._aged:
                self._age(cell, column, heading)
        except CellUnreadable as error:
            return Incoming(self._number, fault=Fault(heading, str(error)))
        if not self._doc.get("names"):
            return Incoming(self._number, fault=Fault("姓名", "required"))
        self._doc.setdefault("id", self._digest())
        return self._checked()

    def _checked(self) -> Incoming:
        try:
            record = PersonRecord.model_validate(self._doc)
        except RecordInvalid as error:
            path = str(error.facts.get("path"))
            return Incoming(self._number, fault=Fault(path, str(error.facts.get("reason"))))
        return Incoming(
            self._number,
            record=record,
            external=(self._ledger.source, self._doc["id"]),
            provenance=Provenance(self._ledger.source, held=self._held),
            dated_at=self._dated,
        )

    def _digest(self) -> str:
        """An id for a row without one: the same row is the same person."""
        text = "\x1f".join(as_text(cell) for cell in self._row)
        return f"行-{blake2b(text.encode(), digest_size=12).hexdigest()}"

    def _take(self, cell: Cell, own: LedgerColumn) -> None:
        words, text = cell_words(), as_text(cell)
        if text in words["nothing"]["words"]:
            return
        column = own.column
        if column is None or column.to == "text":
            self._held[own.heading] = text
            return
        for status in ("unknown", "refused"):
            if text in words["unknown"][status] and column.to not in ("sex", "wish"):
                self._ask_in_vain(column, status)
                return
        if column.to == "age":
            self._aged.append((cell, column, own.heading))
            return
        getattr(self, f"_take_{column.to}")(cell, text, column)

    def _ask_in_vain(self, column: LayoutColumn, status: str) -> None:
        if column.to in ("name", "number", "place"):
            self._add(f"{column.to}s", {"kind": column.kind, "status": status})
        elif column.to == "birth":
            self._doc.setdefault("birth", {"status": status})

    def _add(self, part: str, value: dict[str, Any]) -> None:
        self._doc.setdefault(part, []).append(value)

    def _take_id(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        self._doc["id"] = text

    def _take_name(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell
        for part in _parts(text):
            self._add("names", {"text": part, "kind": column.kind})

    def _take_heard(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        written = "latin" if text.isascii() else "text"
        self._add("names", {written: text, "kind": "heard", "listener": "unknown"})

    def _take_sex(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text
        self._doc["sex"] = as_word(cell, column.words)

    def _take_birth(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text, column
        first, last = as_days(cell)
        self._doc["birth"] = {
            "earliest": first.isoformat(), "latest": last.isoformat(), "basis": "stated"
        }  # fmt: skip

    def _age(self, cell: Cell, column: LayoutColumn, heading: str) -> None:
        """An age on the day of the event counts only where no birthday was given."""
        if self._doc.get("birth", {}).get("earliest"):
            self._held[heading] = as_text(cell)
            return
        low, high = as_span(cell, column.slack)
        event = self._doc.get("event_at")
        born = born_between(low, high, date.fromisoformat(event) if event else self._today)
        if born is None:
            raise CellUnreadable("not_a_number")
        self._doc["birth"] = {
            "earliest": born[0].isoformat(), "latest": born[1].isoformat(), "basis": column.basis
        }  # fmt: skip

    def _take_ethnicity(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text
        self._doc["ethnicity"] = as_word(cell, column.words)

    def _take_number(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell
        for part in _parts(text):
            plain = part.replace("*", "?").replace("＊", "?").replace("？", "?")
            self._add("numbers", {"kind": column.kind, "text": plain})

    def _take_place(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell
        self._add("places", {"kind": column.kind, "text": " ".join(text.split())})

    def _take_relative(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell
        for part in _parts(text):
            self._add("relatives", {"relation": column.relation, "names": [{"text": part}]})

    def _take_relative_phone(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        """The phone goes to the relative before it, as ledgers have them side by side."""
        del cell
        phones, known = _parts(text), self._doc.get("relatives", [])
        if len(phones) == 1 and len(known) == 1 and "phone" not in known[0]:
            known[0]["phone"] = phones[0]
            return
        for phone in phones:
            self._add("relatives", {"relation": column.relation, "phone": phone})

    def _take_dialect(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        place = text.removesuffix("口音").removesuffix("方言").removesuffix("话") or text
        self._add("dialects", {"name": place, "basis": "listener"})

    def _take_mark(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        self._add("marks", {"text": text})

    def _take_height(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text
        low, high = as_span(cell, column.slack)
        self._doc.setdefault("build", {})["height_cm"] = [low, high]

    def _take_build(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        self._doc.setdefault("build", {})["text"] = text

    def _take_belonging(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        self._doc.setdefault("belongings", []).extend(_parts(text))

    def _take_utterance(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del cell, column
        self._add("utterances", {"text": text})

    def _take_event(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del column
        self._doc["event_at"] = as_day(cell if not isinstance(cell, str) else text[:11])

    def _take_wish(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text
        self._doc["contact_wish"] = as_word(cell, column.words)

    def _take_side(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text
        self._doc["side"] = as_word(cell, column.words)

    def _take_dated(self, cell: Cell, text: str, column: LayoutColumn) -> None:
        del text, column
        if isinstance(cell, datetime):
            self._dated = cell.replace(tzinfo=CHINA).astimezone(UTC)
            return
        day = as_days(cell)[1]
        self._dated = datetime.combine(day, time(), CHINA).astimezone(UTC)


def _parts(text: str) -> list[str]:
    """Several in one cell, as people write them."""
    for mark in "、;；,，/\n":
        text = text.replace(mark, "\x1f")
    return [part.strip() for part in text.split("\x1f") if part.strip()]
