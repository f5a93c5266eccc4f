"""Where a record comes from, opened for those who may read the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracing.access import Actor, require
from tracing.exchange.upsert import open_origin
from tracing.record_changes import within_reach
from tracing.sealing import external_key
from tracing.store import Store, Tx, galleries, origins, people
from tracing.store.ids import is_id


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    """Another record that the source holds for the same person; a claim of theirs, no verdict.

    `person_id` is None while that record is not here or out of reach.
    """

    external_id: str = field(repr=False)
    person_id: str | None


@dataclass(frozen=True, slots=True)
class OriginFile:
    """Source, author, dates, what stayed text, notes of others, and links."""

    source: str
    author: str = field(repr=False)
    clone: bool
    dated_at: datetime | None
    expires_at: datetime | None
    received_at: datetime
    held: Mapping[str, str] = field(repr=False)
    notes: tuple[Mapping[str, str], ...] = field(repr=False)
    links: tuple[LinkedRecord, ...] = ()
    gallery: str = ""


class Origins:
    """Reading origins; nothing here writes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_person(self, actor: Actor, person_id: str) -> OriginFile | None:
        """The origin of a person within reach; None when the record was written here."""
        require(actor, "people.read")
        with self._store.read() as tx:
            person = people.find(tx, person_id) if is_id(person_id) else None
            row = within_reach(actor, person)
            origin = origins.find(tx, row.id)
            if origin is None:
                return None
            said = open_origin(self._store, row, origin)
            lent = galleries.titles(tx, [row.gallery_id])
            links = tuple(self._link(tx, actor, row.id, link) for link in said["links"])
        return OriginFile(
            source=said["source"],
            author=said["author"],
            clone=origin.clone,
            dated_at=origin.dated_at,
            expires_at=origin.expires_at,
            received_at=origin.received_at,
            held=said["held"],
            notes=tuple(said["notes"]),
            links=links,
            gallery=lent.get(row.gallery_id or "", ""),
        )

    def _link(self, tx: Tx, actor: Actor, own_id: str, external_id: str) -> LinkedRecord:
        """A record of PFIF is known by its domain and its whole id."""
        key = external_key(external_id.partition("/")[0].lower(), external_id)
        digest = self._store.vault.digest("exact", key.kind, key.text)
        for hit in people.with_exact(tx, "external", [digest]).get(digest, []):
            other = people.find(tx, hit.person_id)
            if other is not None and other.id != own_id and actor.reaches(other.station_path):
                return LinkedRecord(external_id, None if other.hidden else other.id)
        return LinkedRecord(external_id, None)
