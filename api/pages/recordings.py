"""Recordings as a page shows them, and their bytes as a browser plays them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from api.language import Words
from api.visit import Visit
from tracing.voice import (
    ANSWERS_MOST,
    AUDIENCES,
    LINK_DAYS_MOST,
    AnswerInfo,
    ClipInfo,
    LinkInfo,
    Recording,
)
from tracing.voice_formats import SECONDS_MOST

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link in words."""

    id: str
    audience: str
    used: str
    until: object
    open: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One listener's answer in words."""

    dialect: str
    text: str
    latin: str
    hint: str
    at: object


@dataclass(frozen=True, slots=True)
class Vote:
    """How many listeners voted for a dialect, and their share in per cent of all votes."""

    dialect: str
    count: int
    words: str
    share: int


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip with everything that stands around it."""

    id: str
    at: object
    until: object
    playable: bool
    links: tuple[LinkRow, ...]
    answers: tuple[AnswerRow, ...]
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page needs to know to record and to lend."""

    seconds: int
    bytes: int
    keep_days: int
    days: int
    answers: int
    audiences: tuple[tuple[str, str], ...]


def limits(visit: Visit) -> Limits:
    """The limits of this installation, and whom a link may be for."""
    settings = visit.house.settings
    return Limits(
        seconds=SECONDS_MOST,
        bytes=settings.voice_max_bytes,
        keep_days=settings.voice_days,
        days=LINK_DAYS_MOST,
        answers=ANSWERS_MOST,
        audiences=tuple((name, visit.words(f"voice.audience.{name}")) for name in AUDIENCES),
    )


def clips(words: Words, found: Sequence[ClipInfo]) -> list[ClipRow]:
    """Clips in words, newest first."""
    return [
        ClipRow(
            id=clip.id,
            at=clip.created_at,
            until=clip.expires_at,
            playable=clip.playable,
            links=tuple(_link(words, link) for link in clip.links),
            answers=tuple(_answer(words, answer) for answer in clip.answers),
            votes=_votes(words, clip.answers),
        )
        for clip in found
    ]


def _link(words: Words, link: LinkInfo) -> LinkRow:
    used = words("voice.link_used", count=link.answers, most=link.answers_most)
    audience = words(f"voice.by.{link.audience}")
    return LinkRow(link.id, audience, used, link.expires_at, link.open)


def _answer(words: Words, answer: AnswerInfo) -> AnswerRow:
    parts = (
        words(f"listen.sure.{answer.sure}"),
        words(f"name.listener.{answer.listener}"),
        words(f"voice.by.{answer.audience}"),
    )
    hint = words("frame.comma").join(part for part in parts if part)
    return AnswerRow(answer.dialect, answer.text, answer.latin, hint, answer.at)


def _votes(words: Words, answers: Sequence[AnswerInfo]) -> tuple[Vote, ...]:
    counted = Counter(answer.dialect for answer in answers if answer.dialect)
    total = counted.total()
    return tuple(
        Vote(dialect, count, words("voice.votes", count=count), round(100 * count / total))
        for dialect, count in counted.most_common()
    )


def played(request: Request, recording: Recording) -> Response:
    """The bytes, whole or the one range that a player asks for; not kept by the browser."""
    data, size = recording.data, len(recording.data)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": "inline",
        "Accept-Ranges": "bytes",
    }
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or not any(asked.groups()):
        return Response(data, 200, headers, recording.media_type)
    first, last = _span(asked.group(1), asked.group(2), size)
    if first > last:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(data[first : last + 1], 206, headers, recording.media_type)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte of a range (RFC 9110, section 14.1.2): `-500` means the last 500."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
