"""Questions in a file: JSON, NDJSON, CSV and Excel, each row by itself.

A row that cannot be read is a question too, with what is wrong; it hurts no other. Columns and
their headings are in `question_columns.toml`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from tracing.errors import RecordInvalid
from tracing.police.answers import Question
from tracing.records import PersonRecord

FORMS: Mapping[str, str] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "excel",
    "application/vnd.ms-excel": "excel",
}
ENDINGS: Mapping[str, str] = {
    ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".xlsx": "excel",
    ".xls": "excel", ".ods": "excel",
}  # fmt: skip
_EXACT_DIGITS = 10**15
"""From here on a number in a spreadsheet has lost its last digits."""
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?", re.ASCII)


class FileUnreadable(RecordInvalid):
    """The file of questions cannot be read. Save it as Excel, CSV (UTF-8) or JSON and try again."""

    code = "questions_unreadable"
    status = 422


@dataclass(frozen=True, slots=True)
class Columns:
    """`question_columns.toml`, read: key by heading, and the words of two lists."""

    by_heading: Mapping[str, str]
    sexes: Mapping[str, str]
    sides: Mapping[str, str]
    bytes_most: int
    unpacked_most: int
    rows_most: int
    cell_longest: int


@lru_cache(maxsize=1)
def columns() -> Columns:
    """The packaged table; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("api").joinpath("question_columns.toml").read_text("utf-8")
    )

    def turned(part: str) -> dict[str, str]:
        return {word.lower(): key for key, words in table[part].items() for word in words}

    limits = table["limits"]
    return Columns(
        turned("columns"), turned("sexes"), turned("sides"), limits["bytes"], limits["unpacked"],
        limits["rows"], limits["cell"],
    )  # fmt: skip


def read(data: bytes, form: str) -> list[Question]:
    """The questions of a file; `form` is json, ndjson, csv or excel.

    Raises:
        FileUnreadable: the file as a whole cannot be read, is too large or has too many rows.
    """
    own = columns()
    readers = {"json": _json, "ndjson": _ndjson, "csv": _csv, "excel": _excel}
    if form not in readers:
        raise FileUnreadable(path="file", reason="form_unknown")
    if len(data) > own.bytes_most:
        raise FileUnreadable(path="file", reason="too_large")
    questions: list[Question] = []
    for question in readers[form](data):
        if len(questions) >= own.rows_most:
            raise FileUnreadable(path="file", reason="too_many_rows")
        questions.append(question)
    return questions


def _json(data: bytes) -> Iterator[Question]:
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        raise FileUnreadable(path="file", reason="not_json") from None
    if isinstance(parsed, Mapping):
        parsed = parsed.get("questions", [parsed])
    if not isinstance(parsed, list):
        raise FileUnreadable(path="file", reason="not_a_list")
    for number, item in enumerate(parsed, 1):
        yield _stated(number, item)


def _ndjson(data: bytes) -> Iterator[Question]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            yield Question(str(number), RecordInvalid(path="", reason="not_json"))
            continue
        yield _stated(number, item)


def _stated(number: int, item: object) -> Question:
    """A record, or a record with the asker's own number: `{"ref": …, "record": {…}}`."""
    if not isinstance(item, Mapping):
        return Question(str(number), RecordInvalid(path="", reason="not_an_object"))
    ref, record = str(number), item
    if "record" in item:
        ref, record = str(item.get("ref") or number), item["record"]
        if not isinstance(record, Mapping):
            return Question(ref, RecordInvalid(path="record", reason="not_an_object"))
    elif isinstance(item.get("id"), str):
        ref = item["id"]
    return _checked(ref, record)


def _checked(ref: str, record: Mapping[str, Any]) -> Question:
    if record.get("photos"):
        return Question(ref, RecordInvalid(path="photos", reason="photos_in_list"))
    try:
        return Question(ref, PersonRecord.model_validate(dict(record)).document())
    except RecordInvalid as error:
        return Question(ref, error)


def _csv(data: bytes) -> Iterator[Question]:
    for encoding in ("utf-8-sig", "gb18030"):  # Excel in China saves CSV as GB 18030
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileUnreadable(path="file", reason="encoding_unknown")
    try:
        yield from _table(csv.reader(io.StringIO(text)))
    except csv.Error:
        raise FileUnreadable(path="file", reason="not_csv") from None


def _excel(data: bytes) -> Iterator[Question]:
    if data[:2] == b"PK":
        _require_small(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (CalamineError, OSError, ValueError, IndexError):
        raise FileUnreadable(path="file", reason="not_a_workbook") from None
    yield from _table(sheet)


def _require_small(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileUnreadable(path="file", reason="not_a_workbook") from None
    if size > columns().unpacked_most:
        raise FileUnreadable(path="file", reason="too_large")


def _table(rows: Iterable[Sequence[object]]) -> Iterator[Question]:
    own, keys = columns(), None
    for number, row in enumerate(rows):
        if keys is None:
            keys = [own.by_heading.get(str(cell).strip().lower()) for cell in row]
            if not any(keys):
                raise FileUnreadable(path="file", reason="no_headings")
            continue
        cells = {key: cell for key, cell in zip(keys, row, strict=False) if key and _said(cell)}
        if cells:
            yield _row(str(number), cells)


def _said(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _row(number: str, cells: Mapping[str, object]) -> Question:
    ref = number
    try:
        texts = {key: _text(key, cell) for key, cell in cells.items()}
        ref = texts.pop("ref", number)
        return _checked(ref, _record(texts))
    except RecordInvalid as error:
        return Question(ref, error)


def _text(key: str, cell: object) -> str:
    """A cell as text; a long number that the spreadsheet has rounded is refused."""
    if isinstance(cell, bool):
        raise RecordInvalid(path=key, reason="choose")
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT_DIGITS:
            raise RecordInvalid(path=key, reason="number_cell")
        return str(int(cell)) if cell == int(cell) else str(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    text = str(cell).strip()
    if len(text) > columns().cell_longest:
        raise RecordInvalid(path=key, reason="too_long")
    return text


def _record(texts: Mapping[str, str]) -> dict[str, Any]:
    own = columns()
    doc: dict[str, Any] = {"side": _word("side", texts.get("side", "found"), own.sides)}
    names = []
    if "name" in texts:
        names.append({"text": texts["name"], "kind": "stated"})
    if "heard" in texts or "latin" in texts:
        heard = {k: texts[w] for k, w in (("text", "heard"), ("latin", "latin")) if w in texts}
        names.append({**heard, "kind": "heard", **_some(texts, dialect="dialect")})
    if names:
        doc["names"] = names
    if "sex" in texts:
        doc["sex"] = _word("sex", texts["sex"], own.sexes)
    if birth := _birth(texts):
        doc["birth"] = birth
    places = [
        {"kind": kind, "text": texts[key]}
        for key, kind in (("household", "household"), ("home", "heard_home"))
        if key in texts
    ]
    if places:
        doc["places"] = places
    numbers = [{"kind": key, "text": texts[key]} for key in ("citizen", "phone") if key in texts]
    if numbers:
        doc["numbers"] = numbers
    if "event_at" in texts:
        doc["event_at"] = _days("event_at", texts["event_at"])[0]
    return doc


def _some(texts: Mapping[str, str], **keys: str) -> dict[str, str]:
    return {name: texts[key] for name, key in keys.items() if key in texts}


def _word(path: str, text: str, known: Mapping[str, str]) -> str:
    if text.lower() not in known:
        raise RecordInvalid(path=path, reason="choose")
    return known[text.lower()]


def _birth(texts: Mapping[str, str]) -> dict[str, str] | None:
    if "born" in texts:
        earliest, latest = _days("born", texts["born"])
        return {"earliest": earliest, "latest": latest, "basis": "stated"}
    if "age" not in texts:
        return None
    parts = re.findall(r"\d{1,3}", texts["age"], re.ASCII)
    if not 1 <= len(parts) <= 2:
        raise RecordInvalid(path="age", reason="number")
    youngest, oldest = min(map(int, parts)), max(map(int, parts))
    year = datetime.now(UTC).year
    if oldest > 130:
        raise RecordInvalid(path="age", reason="number")
    first, last = date(year - oldest - 1, 1, 1), date(year - youngest, 12, 31)
    return {"earliest": first.isoformat(), "latest": last.isoformat(), "basis": "apparent"}


def _days(path: str, text: str) -> tuple[str, str]:
    """First and last day that a date, a month or a year may mean."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise RecordInvalid(path=path, reason="date")
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        last = first if day else _last(first, whole_year=month is None)
    except ValueError:
        raise RecordInvalid(path=path, reason="date") from None
    return first.isoformat(), last.isoformat()


def _last(first: date, *, whole_year: bool) -> date:
    if whole_year:
        return date(first.year, 12, 31)
    following = first.replace(day=28).toordinal() + 4
    return date.fromordinal(date.fromordinal(following).replace(day=1).toordinal() - 1)
