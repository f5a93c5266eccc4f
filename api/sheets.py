"""Spreadsheets for people: plain cells only, so that no text is ever taken for a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_WIDEST = 48
_MARK_LONGEST = 250
"""Excel holds no longer header."""


def sheet(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], mark: str = ""
) -> bytes:
    """An Excel file with one sheet of text cells; `title` is its tab, at most 31 characters.

    `mark` says on every printed page whose copy this is.

    Every cell is written as a string, whatever it begins with; nothing touches the disk.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _PLAIN) as book:
        page = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        widths = [len(text) * 2 for text in header]
        for column, text in enumerate(header):
            page.write_string(0, column, text, bold)
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row):
                page.write_string(number, column, text, plain)
                widths[column] = max(widths[column], len(text) * 2)
        for column, width in enumerate(widths):
            page.set_column(column, column, min(width + 2, _WIDEST))
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.repeat_rows(0)
        if mark:
            line = f"&8{mark.replace('&', '&&')}"[:_MARK_LONGEST]
            page.set_header(line)
            page.set_footer(line)
    return target.getvalue()
