"""Replies: what was found, by whom, when and under which number; as a form and as a signed file."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tracing.crosschecks import signing
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import (
    PackageAltered,
    PackageUnreadable,
    RecordInvalid,
    ReplyForAnother,
)
from tracing.sealing import Vault

FORMAT = "xunqin-reply/1"
LARGEST = 100_000
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CLOCKS_APART = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the answer names: a lead, to be verified; empty where it names nobody."""

    name: str = field(default="", repr=False)
    sex: str = ""
    birth: str = field(default="", repr=False)
    place: str = field(default="", repr=False)
    citizen: str = field(default="", repr=False)

    @property
    def anybody(self) -> bool:
        """Whether there is enough to put somebody up for verification."""
        return bool(self.name or self.citizen)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it was given: result, kind of evidence, who answered when, under which number.

    number: of the telephone or of the paper, so that the answer can be asked back.
    """

    result: str
    evidence: str
    who: str = field(repr=False)
    at: str
    number: str = field(repr=False)
    text: str = field(default="", repr=False)
    named: Named = field(default_factory=Named)


@dataclass(frozen=True, slots=True)
class SignedReply:
    """A reply that came as a file: for which request, by which code, and who signed it."""

    request_id: str
    reply_code: str = field(repr=False)
    reply: Reply
    installation: str
    key: bytes
    signature: str


def new_code() -> str:
    """A reply code that can be told by telephone: two groups of four, no 0, 1, I, L, O."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def same_code(given: str, code: str) -> bool:
    """Whether it is that code, however it was typed."""
    letters = "".join(c for c in given.upper() if c.isalnum())
    return hmac.compare_digest(letters.encode(), code.replace("-", "").encode())


def check(reply: Reply, evidence: tuple[str, ...], now: datetime) -> None:
    """Raise `RecordInvalid` unless who, when, number and result are there and may be."""
    rules = crosscheck_rules()
    if reply.result not in rules.results:
        raise RecordInvalid(path="result", reason="choose")
    if reply.evidence not in evidence:
        raise RecordInvalid(path="evidence", reason="choose")
    for path, text in (("who", reply.who), ("number", reply.number)):
        if not text.strip():
            raise RecordInvalid(path=path, reason="value_missing")
    texts = (("who", reply.who), ("number", reply.number), ("text", reply.text))
    for path, text in (*texts, *asdict(reply.named).items()):
        if len(text) > rules.longest.get(path, rules.longest["who"]):
            raise RecordInvalid(path=path, reason="too_long")
    if reply.named.sex not in ("", "male", "female"):
        raise RecordInvalid(path="sex", reason="unknown_value")
    if reply.named.birth and not _is_year(reply.named.birth):
        raise RecordInvalid(path="birth", reason="date")
    _check_moment(reply.at, now)


def blank(request_id: str, number: str, code: str) -> dict[str, Any]:
    """The form of a reply, to fill in; what it asks is what `check` asks."""
    return {
        "format": FORMAT,
        "request_id": request_id,
        "request_number": number,
        "reply_code": code,
        "reply": {**asdict(Reply("", "", "", "", "")), "named": asdict(Named())},
    }


def signed(
    vault: Vault, installation: str, request_id: str, number: str, code: str, reply: Reply
) -> bytes:
    """The reply as a signed file of JSON."""
    doc = {
        **blank(request_id, number, code),
        "reply": asdict(reply),
        "installation": installation,
        "key": signing.as_text(vault.verifying_key),
    }
    doc["signature"] = signing.sign(vault, FORMAT, signing.canonical(doc))
    return json.dumps(doc, ensure_ascii=False, indent=1, sort_keys=True).encode()


def read(data: bytes) -> SignedReply:
    """A reply that came as a file.

    Raises:
        PackageUnreadable: no reply, too large, a field missing, or nobody signed it.
        PackageAltered: the signature does not hold.
    """
    doc = _document(data)
    signature = doc.pop("signature", None)
    if not isinstance(signature, str) or not doc.get("key"):
        raise PackageUnreadable(path="signature", reason="reply_unsigned")
    try:
        key = signing.public_key(doc["key"])
    except RecordInvalid:
        raise PackageAltered(path="key") from None
    if not signing.is_signed(key, FORMAT, signing.canonical(doc), signature):
        raise PackageAltered(path="signature")
    try:
        return SignedReply(
            request_id=_text(doc, "request_id"),
            reply_code=_text(doc, "reply_code"),
            reply=reply_of(dict(doc["reply"])),
            installation=_text(doc, "installation")[:200],
            key=key,
            signature=signature,
        )
    except (KeyError, TypeError, ValueError):
        raise PackageUnreadable(path="reply", reason="format") from None


def reply_of(doc: Mapping[str, Any]) -> Reply:
    """A reply from its fields; raises `KeyError`, `TypeError` or `ValueError`."""
    named = doc.get("named") or {}
    if not isinstance(named, Mapping):
        raise TypeError("named")
    return Reply(
        **{name: _text(doc, name) for name in ("result", "evidence", "who", "at", "number")},
        text=_text(doc, "text"),
        named=Named(**{name: _text(named, name) for name in named}),
    )


def require_for(reply: SignedReply, request_id: str, code: str) -> None:
    """Raise `ReplyForAnother` unless it answers this request under its code."""
    if reply.request_id != request_id or not same_code(reply.reply_code, code):
        raise ReplyForAnother


def _document(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise PackageUnreadable(path="file", reason="too_long")
    try:
        doc = signing.document(data)
    except ValueError:
        raise PackageUnreadable(path="file", reason="format") from None
    if doc.get("format") != FORMAT:
        raise PackageUnreadable(path="file", reason="format")
    return doc


def _text(doc: Mapping[str, Any], name: str) -> str:
    value = doc.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdigit() and text > "1880"


def _check_moment(text: str, now: datetime) -> None:
    """A day or a minute, not in the future; without a zone it is the station's own clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RecordInvalid(path="at", reason="date") from None
    if (moment if moment.tzinfo else moment.astimezone()) > now + _CLOCKS_APART:
        raise RecordInvalid(path="at", reason="future")
