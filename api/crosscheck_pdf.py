"""The sheet of a request for people: what is asked, who it may be about, a reply form at its end.

Chinese is set in the PDF's own STSong-Light (Adobe-GB1), which every common reader brings along,
so that a machine without any Chinese font prints it too; or in a font file of the settings, which
is embedded. ReportLab draws it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from api.crosscheck_words import lines
from api.language import Words
from tracing.clocks import CHINA
from tracing.crosschecks.outside import Sheet
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import TracingError

MEDIA_TYPE = "application/pdf"
SONG = "STSong-Light"
OWN = "xunqin-own"
_WIDTH = A4[0] - 40 * mm
_LABEL = 30 * mm
_PHOTO = 38 * mm
_GRID = HexColor("#857e72")
_QUIET = HexColor("#59534a")
_ALARM = HexColor("#a3211a")


class FontUnusable(TracingError):
    """The font of the settings cannot be embedded. Name a TrueType file, or none."""

    code = "font_unusable"
    status = 503


@dataclass(frozen=True, slots=True)
class Styles:
    """How text is set."""

    font: str

    def style(self, size: float, **more: Any) -> ParagraphStyle:
        """A style of that size; lines may break between any two characters."""
        given = {"fontName": self.font, "fontSize": size, "leading": size * 1.5, **more}
        return ParagraphStyle("x", wordWrap="CJK", **given)

    def text(self, text: str, size: float = 10.5, **more: Any) -> Paragraph:
        """A paragraph of plain text."""
        return Paragraph(escape(text, quote=False).replace("\n", "<br/>"), self.style(size, **more))


@lru_cache(maxsize=4)
def font_of(file: Path | None) -> str:
    """The name of the font to set in, registered; the same for the same file."""
    if file is None:
        pdfmetrics.registerFont(UnicodeCIDFont(SONG))
        return SONG
    try:
        pdfmetrics.registerFont(TTFont(OWN, str(file), subfontIndex=0))
    except (TTFError, OSError) as error:
        raise FontUnusable from error
    return OWN


def sheet_pdf(words: Words, sheet: Sheet, font_file: Path | None = None) -> bytes:
    """The request on paper; its last page is the reply form."""
    own, target = Styles(font_of(font_file)), io.BytesIO()
    title = words(f"crosscheck.paper.{sheet.kind}")
    page = SimpleDocTemplate(
        target, pagesize=A4, title=f"{title} {sheet.number}", author=sheet.heading.from_name,
        leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=20 * mm,
        invariant=1,
    )  # fmt: skip
    parts = [*_front(words, sheet, own, title), PageBreak(), *_reply(words, sheet, own)]

    def foot(canvas: Any, document: Any) -> None:
        canvas.setFont(own.font, 8.5)
        canvas.drawString(20 * mm, 12 * mm, words("crosscheck.paper.foot", number=sheet.number))
        canvas.drawRightString(A4[0] - 20 * mm, 12 * mm, f"— {document.page} —")

    page.build(parts, onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


def _front(words: Words, sheet: Sheet, own: Styles, title: str) -> Iterator[Flowable]:
    yield own.text(title, 18, alignment=TA_CENTER, spaceAfter=4 * mm)
    yield _facts(own, _head(words, sheet))
    if sheet.heading.tell_no_family:
        yield Spacer(1, 3 * mm)
        yield own.text(
            words("crosscheck.paper.tell_no_family"), 12, textColor=_ALARM, borderColor=_ALARM,
            borderWidth=1, borderPadding=6, spaceBefore=2 * mm, spaceAfter=3 * mm,
        )  # fmt: skip
    yield own.text(words(f"crosscheck.paper.ask.{sheet.kind}"), 11, spaceBefore=4 * mm)
    if sheet.heading.note:
        yield own.text(words("crosscheck.paper.note", note=sheet.heading.note), 11)
    yield Spacer(1, 4 * mm)
    if sheet.contents.photos:
        yield _photos(sheet.contents.photos)
        yield Spacer(1, 3 * mm)
    told = lines(words, sheet.contents, marks=own.font != SONG)
    yield _facts(own, [(line.label, "\n".join(line.values)) for line in told])
    yield Spacer(1, 4 * mm)
    yield own.text(words("crosscheck.paper.lead"), 9.5)
    yield Spacer(1, 8 * mm)
    yield own.text(words("crosscheck.paper.seal", station=sheet.heading.from_name), 11)


def _head(words: Words, sheet: Sheet) -> list[tuple[str, str]]:
    return [
        (words("crosscheck.paper.number"), sheet.number),
        (words("crosscheck.paper.day"), _full_day(words, sheet.made_at)),
        (words("crosscheck.paper.from"), sheet.heading.from_name),
        (words("crosscheck.paper.to"), sheet.heading.to_name),
        (words("crosscheck.paper.purpose"), words(f"purpose.{sheet.purpose}")),
        (words("crosscheck.paper.basis"), words(f"basis.{sheet.legal_basis}")),
    ]


def _full_day(words: Words, at: datetime) -> str:
    """With its year: paper is read years later."""
    local = at.astimezone(CHINA)
    return words("date.full", year=local.year, month=local.month, day=local.day)


def _facts(own: Styles, rows: Sequence[tuple[str, str]]) -> Table:
    cells = [[own.text(label, 10, textColor=_QUIET), own.text(value)] for label, value in rows]
    return Table(
        cells or [["", ""]],
        colWidths=[_LABEL, _WIDTH - _LABEL],
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _GRID),
            ("LINEABOVE", (0, 0), (-1, 0), 0.4, _GRID),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ],
    )


def _photos(photos: Sequence[bytes]) -> Table:
    row = [Image(io.BytesIO(data), _PHOTO, _PHOTO, kind="proportional") for data in photos]
    return Table([row], colWidths=[_PHOTO + 3 * mm] * len(row), hAlign="LEFT")


def _reply(words: Words, sheet: Sheet, own: Styles) -> Iterator[Flowable]:
    """The form: boxes to tick, lines to write on, the code that says which request it answers."""
    kind = crosscheck_rules().kinds[sheet.kind]
    yield own.text(words("crosscheck.reply.title"), 18, alignment=TA_CENTER, spaceAfter=3 * mm)
    yield _facts(
        own,
        [
            (words("crosscheck.paper.number"), sheet.number),
            (words("crosscheck.reply.code"), sheet.heading.reply_code),
            (words("crosscheck.reply.back_to"), sheet.heading.from_name),
        ],
    )
    yield own.text(words("crosscheck.reply.hint"), 9.5, spaceBefore=2 * mm, spaceAfter=3 * mm)
    results = [words(f"crosscheck.result.{value}") for value in crosscheck_rules().results]
    yield _boxes(own, words("crosscheck.reply.result"), results)
    evidence = [words(f"verify.fact.{value}") for value in kind.evidence]
    yield _boxes(own, words("crosscheck.reply.evidence"), evidence)
    named = ("name", "sex", "birth", "place", "citizen")
    yield own.text(words("crosscheck.reply.named"), 11, spaceBefore=4 * mm, spaceAfter=1 * mm)
    yield _blanks(own, [words(f"crosscheck.reply.named.{field}") for field in named], 9)
    yield own.text(words("crosscheck.reply.text"), 11, spaceBefore=4 * mm, spaceAfter=1 * mm)
    yield _blanks(own, [""], 26)
    signs = ("who", "unit", "number", "at", "seal")
    yield KeepTogether(
        [
            own.text(words("crosscheck.reply.signed"), 11, spaceBefore=4 * mm, spaceAfter=1 * mm),
            _blanks(own, [words(f"crosscheck.reply.sign.{field}") for field in signs], 9),
        ]
    )
    yield own.text(words("crosscheck.reply.caution"), 9.5, spaceBefore=3 * mm)


def _boxes(own: Styles, label: str, options: Sequence[str]) -> Table:
    cells: list[list[Any]] = []
    for number, option in enumerate(options):
        head = own.text(label, 11) if number == 0 else ""
        cells.append([head, _box(), own.text(option, 11)])
    return Table(
        cells, colWidths=[_LABEL, 8 * mm, _WIDTH - _LABEL - 8 * mm],
        rowHeights=[7.5 * mm] * len(cells), style=[("VALIGN", (0, 0), (-1, -1), "MIDDLE")],
        spaceBefore=2 * mm,
    )  # fmt: skip


def _box() -> Table:
    side = 4.6 * mm
    return Table(
        [[""]], colWidths=[side], rowHeights=[side], style=[("BOX", (0, 0), (0, 0), 0.9, _QUIET)]
    )


def _blanks(own: Styles, labels: Sequence[str], height: float) -> Table:
    cells = [[own.text(label, 10, textColor=_QUIET), ""] for label in labels]
    return Table(
        cells, colWidths=[_LABEL, _WIDTH - _LABEL], rowHeights=[height * mm] * len(cells),
        style=[("LINEBELOW", (0, 0), (-1, -1), 0.5, _GRID), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")],
    )  # fmt: skip
