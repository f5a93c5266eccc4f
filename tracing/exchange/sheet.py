"""Tables in files: Excel (.xlsx, .xls, .ods through calamine) and CSV, within limits."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from tracing.errors import FileRefused
from tracing.exchange.cells import Cell, as_text
from tracing.exchange.rules import exchange_rules

Row = list[Cell]
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEETS_MOST, _PARTS_MOST = 8, 5_000
_ENCODINGS = ("utf-8-sig", "gb18030")
_MARKED = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def sheets(data: bytes) -> list[list[Row]]:
    """The tables of a file, row by row as they stand; a CSV has one.

    Raises:
        FileRefused: too large, too many rows or columns, or no table that can be read.
    """
    own = exchange_rules().files
    if len(data) > own.bytes:
        raise FileRefused(reason="too_large")
    found = _workbook(data) if data.startswith((_ZIP, _OLE)) else [_csv(data)]
    for table in found:
        if len(table) > own.records + 20:
            raise FileRefused(reason="too_many")
        if any(len(row) > own.columns for row in table):
            raise FileRefused(reason="too_wide")
    return [table for table in found if any(any(as_text(c) for c in row) for row in table)]


def _workbook(data: bytes) -> list[list[Row]]:
    if data.startswith(_ZIP):
        _check_archive(data)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        names = book.sheet_names[:_SHEETS_MOST]
        return [_table(book, name) for name in names]
    except (CalamineError, OSError, ValueError, OverflowError):
        raise FileRefused(reason="not_a_table") from None
    except BaseException as error:  # a panic of the library comes as a BaseException
        if type(error).__name__ == "PanicException":
            raise FileRefused(reason="not_a_table") from None
        raise


def _table(book: Any, name: str) -> list[Row]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > exchange_rules().files.records + 20:
        raise FileRefused(reason="too_many")
    if sheet.total_width > exchange_rules().files.columns:
        raise FileRefused(reason="too_wide")
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def _check_archive(data: bytes) -> None:
    """Refuse an archive that would unpack to far more than a ledger is."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise FileRefused(reason="not_a_table") from None
    if len(parts) > _PARTS_MOST:
        raise FileRefused(reason="too_large")
    if sum(part.file_size for part in parts) > exchange_rules().files.unpacked:
        raise FileRefused(reason="too_large")


def _csv(data: bytes) -> list[Row]:
    text = _decoded(data)
    if "\0" in text:
        raise FileRefused(reason="not_a_table")
    head = text[:4000]
    delimiter = max("\t,;", key=lambda mark: (head.count(mark), mark == ","))
    try:
        return [[*row] for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error:
        raise FileRefused(reason="not_a_table") from None


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or GB 18030, as Excel in China saves CSV."""
    for encoding in (_MARKED.get(data[:2]), *_ENCODINGS):
        if encoding is not None:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise FileRefused(reason="not_a_table")
