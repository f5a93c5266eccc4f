"""人像使用台账: every use of faces, as a page and as a spreadsheet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import phrasing
from api.language import Words
from api.pages.answers import draw
from api.sheets import MEDIA_TYPE, sheet
from api.visit import Entered, Visit
from tracing.errors import RecordInvalid
from tracing.face_ledger import LedgerEntry

router = APIRouter(include_in_schema=False)
COLUMNS = ("at", "why", "person", "case", "result", "operator", "approvers")
DAYS_SHOWN = 31
DAYS_MOST = 366


def _day(text: str, path: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RecordInvalid(path=path, reason="date") from None


def _span(request: Request) -> tuple[date, date]:
    today = datetime.now().astimezone().date()
    last = _day(request.query_params.get("to", ""), "to", today)
    first = _day(
        request.query_params.get("from", ""), "from", last - timedelta(days=DAYS_SHOWN - 1)
    )
    if not timedelta() <= last - first < timedelta(days=DAYS_MOST):
        raise RecordInvalid(path="from", reason="date")
    return first, last


def _entries(visit: Visit, span: tuple[date, date]) -> tuple[LedgerEntry, ...]:
    """Whole days by the station's own clock."""
    since, until = (
        datetime.combine(day, time.min).astimezone()
        for day in (span[0], span[1] + timedelta(days=1))
    )
    return visit.service.face_ledger.entries(visit.actor, since, until)


def _reason(words: Words, text: str) -> str:
    code, _, more = text.partition(": ")
    head = words.first((f"search_reason.{code}", f"ledger.reason.{code}", "ledger.reason.other"))
    return f"{head}: {more}" if more else head


def row(words: Words, entry: LedgerEntry) -> tuple[str, ...]:
    """An entry by column."""
    person = words("ledger.erased")
    if entry.record is not None:
        doc = entry.record.document()
        person = " · ".join((phrasing.title(words, doc), *phrasing.meta(words, doc)[:2]))
    result = words("ledger.shown", count=entry.shown)
    if entry.outcome:
        result = f"{result}{words('frame.comma')}{words(f'ledger.outcome.{entry.outcome}')}"
    why = " · ".join(
        (
            words(f"purpose.{entry.purpose}"),
            words(f"basis.{entry.legal_basis}"),
            _reason(words, entry.reason),
        )
    )
    return (
        phrasing.moment(words, entry.at),
        why,
        person,
        entry.case_number or words("ledger.no_case"),
        result,
        f"{entry.operator} · {entry.station_name}",
        words("frame.comma").join(entry.approvers),
    )


@router.get("/face-ledger")
def ledger(request: Request, visit: Entered) -> Response:
    """The ledger of some days."""
    span = _span(request)
    entries = _entries(visit, span)
    return draw(
        request,
        visit,
        "face_ledger.html",
        first=span[0].isoformat(),
        last=span[1].isoformat(),
        header=[visit.words(f"ledger.column.{name}") for name in COLUMNS],
        rows=[row(visit.words, entry) for entry in entries],
    )


@router.get("/face-ledger.xlsx")
def spreadsheet(request: Request, visit: Entered) -> Response:
    """The same as a spreadsheet."""
    span = _span(request)
    words = visit.words
    header = [words(f"ledger.column.{name}") for name in COLUMNS]
    data = sheet(words("ledger.title"), header, [row(words, e) for e in _entries(visit, span)])
    name = f"face-ledger-{span[0]:%Y%m%d}-{span[1]:%Y%m%d}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)
