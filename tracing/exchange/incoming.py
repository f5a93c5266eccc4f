"""One record on its way in, from whatever kind of file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tracing.records import PersonRecord


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken: the column or field, and a code; never the value."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is kept of a record beside the record itself, as text, under the person's key.

    held: what has no place in a record, by its name there. notes: what others said about it.
    links: external ids of which the source says that they are the same person.
    """

    source: str
    author: str = field(default="", repr=False)
    held: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: Sequence[Mapping[str, str]] = field(default=(), repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)

    def document(self) -> dict[str, Any]:
        """As it is sealed."""
        return {
            "source": self.source,
            "author": self.author,
            "held": dict(self.held),
            "notes": [dict(note) for note in self.notes],
            "links": list(self.links),
        }


@dataclass(frozen=True, slots=True)
class Incoming:
    """One row of a file: a record, or the end of one, or what is wrong with the row.

    `row` counts from 1 as the file's reader shows it. `dated_at` is the date that the author gave
    this version. `clone`: it belongs to another domain. `notes_only`: nothing but notes about a
    record that came before.
    """

    row: int
    record: PersonRecord | None = None
    external: tuple[str, str] | None = field(default=None, repr=False)
    provenance: Provenance | None = None
    dated_at: datetime | None = None
    expires_at: datetime | None = None
    clone: bool = False
    gone: bool = False
    notes_only: bool = False
    fault: Fault | None = None
