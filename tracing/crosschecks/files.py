"""A request as its readers see it, and how it is sealed: under its person's key, if it has one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tracing.crosschecks.replies import Reply, reply_of
from tracing.errors import NotFound
from tracing.photos.keeping import person_key
from tracing.records import PersonRecord
from tracing.running_clocks import Clock
from tracing.sealing import Vault
from tracing.store.crosschecks import AnswerRow, CrosscheckRow, DeedRow

ASKING, ADDRESSED = "asking", "addressed"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands on top of a request and is sealed: addressee, reply code, note, who sent it.

    foreign: number, id and installation of a request from elsewhere; key_known: whether the key
    that signed it was trusted when it came, None where nobody signed it.
    """

    to_name: str
    from_name: str
    reply_code: str = field(repr=False)
    note: str = field(default="", repr=False)
    tell_no_family: bool = False
    foreign_id: str = ""
    foreign_number: str = ""
    installation: str = ""
    key_known: bool | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What was put together: the record's ticked parts, photos (JPEG), reasons of exclusions."""

    record: PersonRecord = field(repr=False)
    photos: tuple[bytes, ...] = field(repr=False)
    excluded: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeedDone:
    """A deed in the file; `mine`: the reader's side did it last and may undo it."""

    id: str
    deed: str
    by: str
    station_name: str
    at: datetime
    channel: str
    number: str = field(repr=False)
    note: str = field(repr=False)
    reason: str
    undone: bool


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An answer in the file; `source`: hand (typed in), file (signed) or desk (on their page)."""

    id: str
    source: str
    reply: Reply
    by: str
    at: datetime
    struck: bool
    verification_id: str | None
    key_known: bool | None = None


@dataclass(frozen=True, slots=True)
class CrosscheckFile:
    """A request as one reader may see it now; `side`: asking or addressed.

    abroad: another installation, or somebody without one, has a part in it.
    """

    id: str
    number: str
    kind: str
    state: str
    person_id: str | None
    case_number: str | None
    purpose: str
    legal_basis: str
    side: str
    abroad: bool
    protected: bool
    heading: Heading
    contents: Contents
    made_by: str
    made_at: datetime
    sent_at: datetime | None
    reminded_at: datetime | None
    escalated_at: datetime | None
    clocks: tuple[Clock, ...]
    deeds: tuple[DeedDone, ...]
    answers: tuple[AnswerGiven, ...]
    may: tuple[str, ...]
    may_answer: bool
    may_undo: str | None

    @property
    def received(self) -> bool:
        """Whether the reader's side is the addressed one."""
        return self.side == ADDRESSED


@dataclass(frozen=True, slots=True)
class Listed:
    """A request in a list."""

    id: str
    number: str
    kind: str
    state: str
    received: bool
    person_id: str | None
    from_name: str
    to_name: str
    record: PersonRecord = field(repr=False)
    made_at: datetime
    sent_at: datetime | None
    due: Clock | None
    late: bool
    reminded: bool
    escalated: bool
    result: str | None
    unverified: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for the reader's answer."""

    id: str
    number: str
    kind: str
    state: str
    from_name: str
    sent_at: datetime | None
    due_at: datetime | None
    overdue: bool
    reminded: bool


def key_of(vault: Vault, row: CrosscheckRow) -> bytes | None:
    """The person's key, None for a request about nobody on record; `NotFound` once erased."""
    return None if row.person_id is None else person_key(vault, row.person_id, row.wrapped)


def seal(vault: Vault, key: bytes | None, doc: Mapping[str, Any], what: str, number: str) -> bytes:
    """A part of a request, sealed."""
    text = json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode()
    bound = (f"crosscheck_{what}", number)
    return vault.seal_desk(text, *bound) if key is None else vault.seal(key, text, *bound)


def unseal(vault: Vault, key: bytes | None, sealed: bytes, what: str, number: str) -> Any:
    """The part again; raises `NotFound` once it was blanked."""
    if not sealed:
        raise NotFound
    bound = (f"crosscheck_{what}", number)
    text = vault.open_desk(sealed, *bound) if key is None else vault.open(key, sealed, *bound)
    return json.loads(text)


def heading_of(vault: Vault, row: CrosscheckRow) -> Heading:
    """The heading, opened."""
    return Heading(**_told(vault, row)["heading"])


def record_of(vault: Vault, row: CrosscheckRow) -> PersonRecord:
    """The ticked parts of the record, opened; without the photos, so that lists stay quick."""
    return PersonRecord.model_validate(_told(vault, row)["record"])


def seal_contents(
    vault: Vault, key: bytes | None, heading: Heading, contents: Contents, number: str
) -> dict[str, bytes]:
    """The columns of what was put together, sealed: what is told, and the photos apart."""
    told = {
        "heading": asdict(heading),
        "record": contents.record.document(),
        "excluded": [list(pair) for pair in contents.excluded],
    }
    photos = [base64.b64encode(data).decode("ascii") for data in contents.photos]
    return {
        "heading": seal(vault, key, told, "heading", number),
        "package": seal(vault, key, {"photos": photos}, "package", number),
    }


def contents_of(vault: Vault, row: CrosscheckRow, sealed: bytes) -> Contents:
    """What was put together, opened; `sealed` are its photos."""
    told = _told(vault, row)
    photos = unseal(vault, key_of(vault, row), sealed, "package", row.id)["photos"]
    return Contents(
        PersonRecord.model_validate(told["record"]),
        tuple(base64.b64decode(data) for data in photos),
        tuple((reason, at) for reason, at in told["excluded"]),
    )


def _told(vault: Vault, row: CrosscheckRow) -> Any:
    return unseal(vault, key_of(vault, row), row.heading, "heading", row.id)


def seal_reply(
    vault: Vault, key: bytes | None, reply: Reply, number: str, key_known: bool | None
) -> bytes:
    """An answer, sealed."""
    return seal(vault, key, {**asdict(reply), "key_known": key_known}, "answer", number)


def answer_of(vault: Vault, key: bytes | None, row: AnswerRow, by: str) -> AnswerGiven:
    """A stored answer, opened."""
    doc = unseal(vault, key, row.sealed, "answer", row.id)
    known = doc.pop("key_known")
    return AnswerGiven(
        row.id, row.source, reply_of(doc), by, row.at, row.struck_at is not None,
        row.verification_id, known,
    )  # fmt: skip


def deed_of(vault: Vault, key: bytes | None, row: DeedRow, by: str, station: str) -> DeedDone:
    """A stored deed, opened."""
    doc = unseal(vault, key, row.sealed, "deed", row.id)
    return DeedDone(
        row.id, row.deed, by, station, row.at, doc["channel"], doc["number"], doc["note"],
        doc["reason"], row.undone_at is not None,
    )  # fmt: skip


def last_standing(deeds: Sequence[DeedRow]) -> DeedRow | None:
    """The latest deed that was not undone."""
    return next((deed for deed in reversed(deeds) if deed.undone_at is None), None)
