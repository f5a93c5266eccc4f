"""A verification as its readers see it, and how it is sealed.

Its key lies under both persons' keys, so that erasing either makes facts and answers unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from tracing.person_files import GalleryRow
from tracing.photos.keeping import person_key
from tracing.records import PersonRecord
from tracing.sealing import Vault
from tracing.store import people
from tracing.store import verifications as rows
from tracing.verification_rules import Finding, may_be_minor

Part = Literal["first", "second", "approval", "watch"]
Contact = Literal["free", "ask_first", "guardian", "refused", "protected"]
CONTACT_BARRED: tuple[Contact, ...] = ("refused", "protected")
HOLDABLE = ("marks", "belongings", "relatives", "places", "build")
_HOMES = ("household", "birthplace", "living", "heard_home")


@dataclass(frozen=True, slots=True)
class FactEntry:
    """What somebody writes down as a fact: its kind, who answered, when, number called, result."""

    kind: str
    who: str = field(repr=False)
    at: str
    number: str = field(repr=False)
    result: str
    text: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in the file; `struck` when it was written by mistake."""

    id: str
    entry: FactEntry
    by: str
    written_at: datetime
    struck: bool


@dataclass(frozen=True, slots=True)
class Given:
    """One person's answer: place (first, second, approval, reopen, withdraw, result), reason."""

    round: int
    place: str
    conclusion: str
    reason: str = field(repr=False)
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two records; `readable`: the reader's station holds it."""

    person_id: str
    side: str
    station_name: str
    readable: bool
    record: PersonRecord
    photo: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A fact about the person that may be kept back: section of the record and the item itself."""

    key: str
    section: str
    item: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerificationFile:
    """A verification as one reader may see it now.

    answers: those the reader may see; before both have answered nobody sees another's. part: what
    the reader may do. lacking: codes of what bars the conclusion "the same person". contact: what
    may be said to a family.
    """

    id: str
    case_id: str
    case_number: str
    search_id: str | None
    station_name: str
    called_name: str | None
    state: str
    round: int
    opened_by: str
    opened_at: datetime
    part: Part
    own: bool
    probe: Party
    person: Party
    groups: tuple[str, ...] | None
    minor: bool
    facts: tuple[Fact, ...]
    answers: tuple[Given, ...]
    lacking: tuple[str, ...]
    contact: Contact
    held_back: tuple[HeldBack, ...]
    result: str | None

    @property
    def described(self) -> Party:
        """Whom a family is asked about: the person in the station, else the one asked about."""
        return self.person if self.probe.side != "found" == self.person.side else self.probe


@dataclass(frozen=True, slots=True)
class Listed:
    """A verification in a list."""

    id: str
    case_number: str
    state: str
    part: Part
    called_name: str | None
    opened_by: str
    changed_at: datetime
    probe: PersonRecord
    person: PersonRecord


@dataclass(frozen=True, slots=True)
class Contents:
    """An opened verification: its row, key, the two persons and what was stated about them."""

    row: rows.VerificationRow
    key: bytes = field(repr=False)
    probe: GalleryRow = field(repr=False)
    person: GalleryRow = field(repr=False)
    groups: frozenset[str] | None
    held_back: tuple[HeldBack, ...]

    def minor(self, today: date) -> bool:
        """Whether either record leaves room for a minor."""
        return may_be_minor((self.probe.document, self.person.document), today)

    def strict(self, today: date) -> frozenset[str] | None:
        """The groups whose rules hold: as stated, and minors by their records."""
        if self.groups is None:
            return None
        return self.groups | ({"minor"} if self.minor(today) else set())

    def contact(self, today: date) -> Contact:
        """What may be said to a family of the person in the station."""
        inside = next((p for p in (self.probe, self.person) if p.side == "found"), None)
        if inside is None:
            return "free"
        if inside.protected:
            return "protected"
        wish = inside.document.get("contact_wish")
        if wish == "no":
            strict = self.strict(today) or frozenset()
            return "guardian" if strict & {"minor", "impaired"} else "refused"
        return "free" if wish in ("yes", "cannot_say") else "ask_first"


def wrapped(vault: Vault, key: bytes, number: str, pair: Sequence[people.PersonRow]) -> bytes:
    """The verification's key under both persons' keys."""
    sealed = key
    for person in pair:
        own = person_key(vault, person.id, person.wrapped)
        sealed = vault.seal(own, sealed, "verification", number)
    return sealed


def key_of(vault: Vault, row: rows.VerificationRow, known: Mapping[str, people.PersonRow]) -> bytes:
    """The key again; raises `NotFound` once either person is erased."""
    sealed = row.wrapped
    for person_id in (row.person_id, row.probe_person_id):
        own = person_key(vault, person_id, known[person_id].wrapped)
        sealed = vault.open(own, sealed, "verification", row.id)
    return sealed


def seal_payload(
    vault: Vault,
    key: bytes,
    number: str,
    groups: frozenset[str] | None,
    held_back: Sequence[HeldBack],
) -> bytes:
    """What was stated about the pair, sealed."""
    doc = {
        "groups": None if groups is None else sorted(groups),
        "held_back": [[held.key, held.section, held.item] for held in held_back],
    }
    return vault.seal(key, _packed(doc), "verification_payload", number)


def contents(
    vault: Vault,
    row: rows.VerificationRow,
    known: Mapping[str, people.PersonRow],
    opened: Mapping[str, GalleryRow],
) -> Contents:
    """The verification opened."""
    key = key_of(vault, row, known)
    doc = json.loads(vault.open(key, row.payload, "verification_payload", row.id))
    return Contents(
        row=row,
        key=key,
        probe=opened[row.probe_person_id],
        person=opened[row.person_id],
        groups=None if doc["groups"] is None else frozenset(doc["groups"]),
        held_back=tuple(HeldBack(*held) for held in doc["held_back"]),
    )


def seal_fact(vault: Vault, key: bytes, number: str, entry: FactEntry) -> bytes:
    """A fact, sealed."""
    doc = {
        "kind": entry.kind,
        "who": entry.who,
        "at": entry.at,
        "number": entry.number,
        "result": entry.result,
        "text": entry.text,
    }
    return vault.seal(key, _packed(doc), "verification_fact", number)


def open_fact(vault: Vault, key: bytes, row: rows.FactRow, by: str) -> Fact:
    """A stored fact, opened."""
    doc = json.loads(vault.open(key, row.sealed, "verification_fact", row.id))
    return Fact(row.id, FactEntry(**doc), by, row.created_at, row.struck_at is not None)


def findings(facts: Sequence[Fact]) -> list[Finding]:
    """What the rules look at: the facts that stand."""
    return [Finding(f.entry.kind, f.entry.result) for f in facts if not f.struck]


def seal_answer(vault: Vault, key: bytes, number: str, conclusion: str, reason: str) -> bytes:
    """An answer, sealed."""
    doc = {"conclusion": conclusion, "reason": reason}
    return vault.seal(key, _packed(doc), "verification_answer", number)


def open_answer(vault: Vault, key: bytes, row: rows.AnswerRow, by: str) -> Given:
    """A stored answer, opened."""
    doc = json.loads(vault.open(key, row.sealed, "verification_answer", row.id))
    return Given(row.round, row.place, doc["conclusion"], doc["reason"], by, row.created_at)


def holdable(document: Mapping[str, Any]) -> tuple[HeldBack, ...]:
    """Facts of a record that a family could be asked about without being told."""
    found = []
    for name in HOLDABLE:
        value = document.get(name)
        items = value if isinstance(value, (list, tuple)) else [value] if value else []
        for index, item in enumerate(items):
            if name != "places" or item.get("kind") in _HOMES:
                found.append(HeldBack(f"{name}.{index}", name, item))
    return tuple(found)


def _packed(doc: Mapping[str, Any]) -> bytes:
    return json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode()
