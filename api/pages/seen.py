"""我见到了一个人: the public door. Whatever is sent, the answer is "received" and nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.answers import draw
from api.visit import Entered, Visit, address_of
from tracing.clues import FIELDS, LONGEST
from tracing.clues import receipt as new_receipt

router = APIRouter(include_in_schema=False)


def _received(request: Request, visit: Visit, number: str) -> Response:
    answer = draw(request, visit, "seen.html", done=True, receipt=number, longest=LONGEST)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@router.get("/seen")
def seen(request: Request, visit: Entered) -> Response:
    """A few fields and a photo; no account, no cookie."""
    return draw(request, visit, "seen.html", done=False, receipt="", longest=LONGEST)


@router.post("/seen")
def report(request: Request, visit: Entered) -> Response:
    """Take it in: one sealed row, whatever it says and whoever is on record."""
    visit.house.pace.count("clue", address_of(request))
    photos = visit.form.uploads("photo_file")
    said = {name: visit.form.one(name) for name in FIELDS}
    number = visit.service.clues.receive(said, photos[0].data if photos else b"")
    return _received(request, visit, number)


@router.get("/seen/{receipt}")
def received(request: Request, visit: Entered, receipt: str) -> Response:
    """What a receipt number is good for: "received", for every number there could be."""
    known = receipt if len(receipt) == len(new_receipt()) and receipt.isalnum() else ""
    return _received(request, visit, known if known.isascii() else "")
