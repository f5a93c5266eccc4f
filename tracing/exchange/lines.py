"""Records one a line (docs/record.md), bare or as `xunqin export` writes them with their dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from tracing.errors import FileRefused, RecordInvalid
from tracing.exchange.incoming import Fault, Incoming, Provenance
from tracing.exchange.rules import exchange_rules
from tracing.records import PersonRecord

_LINE_LONGEST = 2_000_000


def read_lines(data: bytes, source: str = "") -> Iterator[Incoming]:
    """Each line as a record; `source` is where those come from that do not say.

    A line is a record, or `{"record": …, "changed_at": …}`, or the end of one:
    `{"id": …, "source": …, "deleted": true}`. Photos named in a record stay text: their files are
    not here.

    Raises:
        FileRefused: too large or too many lines.
    """
    own = exchange_rules().files
    if len(data) > own.bytes:
        raise FileRefused(reason="too_large")
    if data.count(b"\n") > own.records:
        raise FileRefused(reason="too_many")
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            yield _line(number, line, source)


def _line(number: int, line: bytes, source: str) -> Incoming:
    try:
        if len(line) > _LINE_LONGEST:
            raise ValueError
        parsed = from_json(line, allow_inf_nan=False)
    except (ValueError, RecursionError):
        return Incoming(number, fault=Fault("", "not_json"))
    if not isinstance(parsed, dict):
        return Incoming(number, fault=Fault("", "not_an_object"))
    if parsed.get("deleted") is True:
        return _end(number, parsed, source)
    document = parsed.get("record") if "record" in parsed else parsed
    if not isinstance(document, dict):
        return Incoming(number, fault=Fault("record", "not_an_object"))
    return _record(number, dict(document), _moment(parsed.get("changed_at")), source)


def _record(number: int, document: dict[str, Any], dated: datetime | None, source: str) -> Incoming:
    photos = document.pop("photos", None)
    if source:
        document.setdefault("source", source)
    try:
        record = PersonRecord.model_validate(document)
    except RecordInvalid as error:
        path, reason = error.facts.get("path"), error.facts.get("reason")
        return Incoming(number, fault=Fault(str(path), str(reason)))
    if record.id is None:
        return Incoming(number, fault=Fault("id", "required"))
    held = {"photos": f"{len(photos)}"} if isinstance(photos, list) and photos else {}
    return Incoming(
        number,
        record=record,
        external=(record.source or "", record.id),
        provenance=Provenance(record.source or "", held=held),
        dated_at=dated,
    )


def _end(number: int, parsed: Mapping[str, Any], source: str) -> Incoming:
    external_id, of = parsed.get("id"), parsed.get("source", source)
    if not isinstance(external_id, str) or not isinstance(of, str) or not external_id:
        return Incoming(number, fault=Fault("id", "required"))
    dated = _moment(parsed.get("changed_at"))
    return Incoming(number, external=(of, external_id), dated_at=dated, gone=True)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
