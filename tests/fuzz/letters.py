"""What other installations and police officers send: packages, replies, lists of questions.

Whoever has a key of their own can sign anything, so what is inside is spoiled before it is signed.
"""

from __future__ import annotations

import json
from io import BytesIO

from xlsxwriter import Workbook

from api.question_files import read as read_questions
from tests.fuzz.sheets import SEEDS
from tracing.crosschecks import packages, replies, signing
from tracing.errors import PackageUnreadable
from tracing.sealing import Vault

_REQUEST = {
    "id": "06h02n4nod3ii4d9m558v148", "number": "320400-XC-2026-00002", "kind": "identity_check",
    "purpose": "tracing", "legal_basis": "police_request", "made_at": "2026-03-01T08:00:00+00:00",
    "from": "江州市救助管理站", "to": "远方救助站", "note": "", "reply_code": "UKWN-52PW",
    "tell_no_family": False, "excluded": [["朱仁江", "family_denies"]],
}  # fmt: skip
_REPLY = replies.Reply("found", "village", "村支书", "2026-03-02T10:00", "0519-110", "有这个人",
                       replies.Named("朱仁江", "male", "1953", "山东省诸城市"))  # fmt: skip
FORMS = ("ndjson", "csv", "excel", "json")


def package_of(vault: Vault, data: bytes) -> packages.Package:
    """A package with these lines inside: the request, then the record; the signature holds."""
    request, _, record = data.partition(b"\n")
    whole = packages.build(vault, "远方救助站", _document(request), _document(record), [b"x"], {})
    return packages.read(whole)


def reply_of(vault: Vault, data: bytes) -> replies.SignedReply:
    """A reply that says this; the signature holds."""
    told = {
        **_document(data),
        "format": replies.FORMAT,
        "key": signing.as_text(vault.verifying_key),
    }
    told.pop("signature", None)
    try:
        signature = signing.sign(vault, replies.FORMAT, signing.canonical(told))
    except (ValueError, RecursionError):
        signature = "AAAA"
    return replies.read(json.dumps({**told, "signature": signature}).encode())


def questions_of(data: bytes) -> object:
    """A list of questions; the first byte says in which form."""
    return read_questions(data[1:], FORMS[data[0] % len(FORMS)]) if data else []


def seeds(vault: Vault) -> dict[str, tuple[bytes, ...]]:
    """Whole ones."""
    request, record = json.dumps(_REQUEST).encode(), SEEDS["record"][1]
    signed = replies.signed(vault, "远方救助站", *("1" * 24, "2", "UKWN-52PW"), _REPLY)
    lines = b'{"ref":"1","record":' + record + b"}\n" + record
    return {
        "package": (packages.build(vault, "远方救助站", _REQUEST, json.loads(record), [b"x"], {}),),
        "package_inside": (request + b"\n" + record,),
        "reply": (signed,),
        "reply_inside": (signed,),
        "questions": (b"\0" + lines, "\1编号,姓名,性别,年龄\n1,居银江,男,70\n".encode(),
                      b"\2" + _excel(), b'\3{"questions":[' + record + b"]}"),
    }  # fmt: skip


def _document(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise PackageUnreadable(path="file", reason="format") from None
    if not isinstance(found, dict):
        raise PackageUnreadable(path="file", reason="format")
    return found


def _excel() -> bytes:
    target = BytesIO()
    book = Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, cells in enumerate((("编号", "姓名", "性别", "年龄"), ("1", "居银江", "男", "70"))):
        sheet.write_row(row, 0, cells)
    book.close()
    return target.getvalue()
