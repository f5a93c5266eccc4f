"""问话单: the question sheet on paper, and the list of villages as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages.answers import draw
from api.pages.locating import title
from api.pages.locating_asks import located, names_aloud, spoken_asks, usual_asks
from api.pages.locating_view import last_calls, plain_name, was_called
from api.pages.locating_words import fragment_words
from api.pages.shared import choices_of
from api.visit import Entered, Visit
from matchers.places.locating import Located
from tracing.locating import LocatingFile
from tracing.locating_deeds import Call

router = APIRouter(include_in_schema=False)
PHONED_MOST, PHONED_LEAST = 16, 6
SMALLEST = 0.002
"""A village with a smaller share is telephoned only to fill the sheet."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Spreadsheets with East Asian settings read the wide forms too."""
COLUMNS = ("county", "town", "village", "was", "share", "phone", "with", "answer", "note")


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """A place to telephone, with the latest call if there was one."""

    name: str
    county: str
    town: str
    was: str
    share: str
    number: str = ""
    spoke_with: str = ""
    answer: str = ""
    note: str = ""

    @property
    def above(self) -> str:
        """What the place lies in, in one string."""
        return f"{self.county}{self.town}"


def phone_rows(words: Words, file: LocatingFile, found: Located | None) -> list[PhoneRow]:
    """Villages of all counties, likeliest first."""
    calls = last_calls(file.state)
    likely = sorted(
        (
            (village, county)
            for county in (found.counties if found else ())
            for village in county.villages
        ),
        key=lambda pair: -pair[0].probability,
    )
    worth = sum(village.probability >= SMALLEST for village, _ in likely)
    rows = []
    for village, county in likely[: max(PHONED_LEAST, min(PHONED_MOST, worth))]:
        deed = calls.get(village.code)
        call = deed.what if deed is not None and isinstance(deed.what, Call) else None
        rows.append(
            PhoneRow(
                name=plain_name(village),
                county=county.path,
                town=village.town if village.name else "",
                was=was_called(words, village),
                share=phrasing.share(words, village.probability),
                number=call.number if call else "",
                spoke_with=call.spoke_with if call else "",
                answer=words(f"locate.answer.{call.answer}") if call else "",
                note=call.note if call else "",
            )
        )
    return rows


def _questions(visit: Visit, found: Located | None) -> list[str]:
    told = spoken_asks(visit.words, found) if found is not None else []
    return list(dict.fromkeys((*told, *usual_asks(visit))))


def _names(found: Located | None) -> list[str]:
    aloud = names_aloud(found)
    return [name.name for name in aloud.names] if aloud is not None else []


@router.get("/locate/{locating_id}/sheet")
def sheet(request: Request, visit: Entered, locating_id: str) -> Response:
    """The sheet to print: what to ask, names to say aloud, villages with room for a number."""
    words = visit.words
    file = visit.service.locatings.get(visit.actor, locating_id)
    found, _ = located(visit, file)
    return draw(
        request,
        visit,
        "locate_sheet.html",
        id=file.id,
        title=title(words, file),
        heard=[fragment_words(deed.what) for deed in file.state.fragments],
        questions=_questions(visit, found),
        names=_names(found),
        villages=phone_rows(words, file, found),
        answers=choices_of(visit).options(words, "call_answers"),
    )


@router.get("/locate/{locating_id}/table")
def table(visit: Entered, locating_id: str) -> Response:
    """The same as CSV that spreadsheets open: UTF-8 with its mark, no cell read as a formula."""
    words = visit.words
    file = visit.service.locatings.export(visit.actor, locating_id)
    found, _ = located(visit, file)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(map(safe, _lines(visit, words, file, found)))
    headers = {
        "Content-Disposition": f'attachment; filename="xunqin-{file.id[-6:]}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(text.getvalue().encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


def _lines(
    visit: Visit, words: Words, file: LocatingFile, found: Located | None
) -> Iterator[Sequence[str]]:
    yield (words("locate.col.question"), words("locate.col.said"))
    for question in _questions(visit, found):
        yield (question, "")
    names = _names(found)
    if names:
        yield (words("locate.sheet_aloud"), words("frame.comma").join(names))
    yield ()
    yield tuple(words(f"locate.col.{column}") for column in COLUMNS)
    for row in phone_rows(words, file, found):
        yield (
            row.county, row.town, row.name, row.was, row.share,
            row.number, row.spoke_with, row.answer, row.note,
        )  # fmt: skip


def safe(cells: Sequence[str]) -> list[str]:
    """Cells that a spreadsheet shows as they are: what it would compute gets a leading quote."""
    return [f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell for cell in cells]
