"""The whole trail as a file that proves itself without database or keys.

One JSON object a line: every row of the chain with the hash before it and its own, then the signed
checkpoints, the last of them for the last row. Whoever has the installation's public key, or
compares the one in the file with a copy kept elsewhere, can prove the file anywhere.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.audit import Audit, ChainState
from tracing.audit_chain import START, fault
from tracing.audit_checkpoints import AuditCheckpoint, CheckpointFile
from tracing.errors import AuditFileInvalid, NotPermitted
from tracing.store import Store, stations
from tracing.store import audit as rows

_BATCH = 1000
_LONGEST_LINE = 20_000
_NAMES = tuple(field.name for field in fields(rows.Entry))
_HASHES = ("previous", "hash")
_TEXTS = ("via", "action", "object_kind", "outcome", "detail")
_MAY_LACK = ("account_id", "station_id", "object_id", "case_id", "purpose", "key_prefix")


@dataclass(frozen=True, slots=True)
class FileState:
    """What was found in a file, and the public key (base64) that its checkpoints name."""

    state: ChainState
    key: str | None
    last_at: datetime | None


def export(store: Store, actor: Actor, path: Path) -> int:
    """Write the whole chain to a new file, readable by its owner only; gives how many rows.

    The export is recorded first and is in the file. Nothing half-written stays behind.

    Raises:
        NotPermitted: without the scope, or below the first station: the chain is of all stations.
        FileExistsError: a file is there already.
    """
    require(actor, "audit.read")
    own = Audit(store)
    with store.write() as tx:
        if not actor.reaches(stations.root(tx).path):
            raise NotPermitted(reason="first_station_only")
        audit.record(tx, actor, "audit.export", "audit", None, at=store.now())
    own.checkpoint()
    points = CheckpointFile(store.data_dir).all()
    part = path.with_name(path.name + ".part")
    if path.exists():
        raise FileExistsError(path.name)
    count = 0
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        for row in _chained(store, points[-1].chain):
            out.write(_line(row) + "\n")
            count += 1
        out.writelines(point.line + "\n" for point in points)
        out.flush()
        os.fsync(out.fileno())
    part.rename(path)
    return count


def _chained(store: Store, last: int) -> Iterator[rows.Entry]:
    number = 0
    while number < last:
        with store.read() as tx:
            batch = rows.sealed_after(tx, number, min(_BATCH, last - number))
        if not batch:
            return
        yield from batch
        number = batch[-1].chain or last


def _line(row: rows.Entry) -> str:
    given = asdict(row) | {"at": row.at.isoformat()}
    given |= {name: (given[name] or b"").hex() for name in _HASHES}
    return json.dumps(given, ensure_ascii=True, sort_keys=True)


def proven(
    lines: Iterable[str], others: Sequence[AuditCheckpoint] = (), key: str | None = None
) -> FileState:
    """Recompute the chain of a file; names the first row that does not fit.

    Besides what `Audit.verify` finds: `tail_unsigned`, where the last row has no checkpoint.
    `others` are checkpoints kept elsewhere, `key` the public key to expect (base64).

    Raises:
        AuditFileInvalid: a line is neither a row nor a checkpoint; its number is named.
    """
    previous, number, at = START, 0, None
    hashes: dict[int, tuple[str, int]] = {}
    points = list(others)
    named = key
    for place, line in enumerate(lines, 1):
        found = _read(line, place)
        if isinstance(found, AuditCheckpoint):
            points.append(found)
            named = named or found.key
            continue
        reason = fault(found, number + 1, previous)
        if reason is not None:
            return FileState(ChainState(number, 0, found.id, reason), named, at)
        previous, number, at = found.hash or b"", number + 1, found.at
        hashes[number] = (previous.hex(), found.id)
    return FileState(_signed(points, named, hashes, number), named, at)


def _signed(
    points: Sequence[AuditCheckpoint], key: str | None, hashes: dict[int, tuple[str, int]],
    number: int,
) -> ChainState:  # fmt: skip
    """Whether the checkpoints are of that key, fit the rows, and reach the last one."""
    public = _key(key)
    for point in points:
        if public is None or not point.by(public):
            return ChainState(0, 0, None, "checkpoint_forged", point.chain)
        if point.chain in hashes and hashes[point.chain][0] != point.hash:
            return ChainState(
                point.chain - 1, 0, hashes[point.chain][1], "checkpoint_differs", point.chain
            )
    reached = max((point.chain for point in points), default=0)
    if reached > number:
        return ChainState(number, 0, None, "tail_missing", reached)
    if reached < number or not points:
        return ChainState(number, 0, None, "tail_unsigned", reached)
    return ChainState(number, 0, None, None)


def _key(text: str | None) -> bytes | None:
    try:
        return base64.b64decode(text or "", validate=True) or None
    except (ValueError, binascii.Error):
        return None


def _read(line: str, place: int) -> rows.Entry | AuditCheckpoint:
    """A row or a checkpoint, written exactly as we write it: no byte may be another one."""
    try:
        if len(line) > _LONGEST_LINE:
            raise ValueError("too long")
        given = json.loads(line)
        if "signature" in given:
            texts = (_text(given[name]) for name in ("hash", "at", "key", "signature"))
            point = AuditCheckpoint(int(given["chain"]), *texts)
            if point.line == line:
                return point
        else:
            row = _entry(given)
            if _line(row) == line:
                return row
        raise ValueError("written otherwise")
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise AuditFileInvalid(line=place) from None


def _entry(given: dict[str, Any]) -> rows.Entry:
    if set(given) != set(_NAMES):
        raise ValueError("other fields")
    for name in _TEXTS:
        _text(given[name])
    for name in _MAY_LACK:
        if given[name] is not None:
            _text(given[name])
    if type(given["id"]) is not int or type(given["chain"]) is not int:
        raise ValueError("numbers")
    read = {name: bytes.fromhex(_text(given[name])) for name in _HASHES}
    return rows.Entry(**{**given, **read, "at": datetime.fromisoformat(_text(given["at"]))})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    value.encode()  # half of a character is none
    return value
