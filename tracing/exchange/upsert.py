"""Taking rows in by external id: never doubled, never an older version over a newer one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from tracing.access import Actor
from tracing.errors import RecordInvalid
from tracing.exchange.incoming import Fault, Incoming, Provenance
from tracing.exchange.leaving import destroy_person, may_go, write_down
from tracing.photos.keeping import person_key
from tracing.record_changes import replace_record
from tracing.records import PersonRecord
from tracing.registration import Entry, enter, station_of
from tracing.sealing import external_key
from tracing.store import Store, Tx, galleries, origins, people
from tracing.store.erasures import Destroyed
from tracing.store.origins import OriginRow

OUTCOMES = ("created", "changed", "unchanged", "older", "edited_here", "erased_here", "gone",
            "faulty")  # fmt: skip


@dataclass(slots=True)
class Taken:
    """What became of a batch; `destroyed` have files to drop after the commit."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    destroyed: list[Destroyed] = field(default_factory=list)

    def fault(self, row: int, fault: Fault) -> None:
        """Count and keep what is wrong with a row."""
        self.counts["faulty"] += 1
        self.faults.append((row, fault))


class Upsert:
    """Takes batches of one import in, inside the caller's transactions."""

    def __init__(
        self, store: Store, actor: Actor, import_id: str, gallery_id: str | None = None
    ) -> None:
        self._store = store
        self._actor = actor
        self._import_id = import_id
        self._gallery_id = gallery_id

    def take(self, tx: Tx, batch: Sequence[Incoming]) -> Taken:
        """Write a batch in its order; a faulty row is told and hurts no other."""
        taken = Taken()
        sound = [item for item in batch if item.fault is None]
        for item in batch:
            if item.fault is not None:
                taken.fault(item.row, item.fault)
        for part in self._apart(sound):
            self._take_part(tx, part, taken)
        return taken

    def _apart(self, items: Sequence[Incoming]) -> Iterator[list[tuple[bytes, Incoming]]]:
        """Stretches in which no external id comes twice."""
        part: dict[bytes, Incoming] = {}
        for item in items:
            digest = self._digest(item)
            if digest in part:
                yield list(part.items())
                part = {}
            part[digest] = item
        if part:
            yield list(part.items())

    def _digest(self, item: Incoming) -> bytes:
        source, external_id = item.external or ("", "")
        key = external_key(self.source(source), external_id)
        return self._store.vault.digest("exact", key.kind, key.text)

    def source(self, source: str) -> str:
        """The source of a record; in a lent gallery it cannot meet the station's own."""
        return f"{self._gallery_id}:{source}"[:200] if self._gallery_id else source

    def _take_part(self, tx: Tx, part: list[tuple[bytes, Incoming]], taken: Taken) -> None:
        digests = [digest for digest, _ in part]
        hits = people.with_exact(tx, "external", digests)
        erased = origins.erased(tx, digests)
        ids = [found[0].person_id for found in hits.values()]
        held, known = origins.of_people(tx, ids), people.hold_many(tx, ids)
        fresh: list[tuple[Incoming, PersonRecord]] = []
        for digest, item in part:
            if digest in hits:
                person_id = hits[digest][0].person_id
                self._known(tx, known.get(person_id), held.get(person_id), item, taken)
            elif item.gone or digest in erased:
                taken.counts["erased_here" if not item.gone else "unchanged"] += 1
            elif item.record is None:
                taken.fault(item.row, Fault("person_record_id", "record_unknown"))
            else:
                record = self._fitted(tx, item, taken)
                if record is not None:
                    fresh.append((item, record))
        self._enter(tx, fresh, taken)

    def _fitted(self, tx: Tx, item: Incoming, taken: Taken) -> PersonRecord | None:
        """The record as it is written here; None, told as a fault, where its station is none."""
        record = item.record
        if record is None:
            return None
        if self._gallery_id is not None:
            own = {"side": "register", "station": None, "source": self.source(record.source or "")}
            return record.model_copy(update=own)
        try:
            station_of(tx, self._actor, record.station)
        except RecordInvalid:
            taken.fault(item.row, Fault("station", "station_unknown"))
            return None
        return record

    def _enter(self, tx: Tx, fresh: Sequence[tuple[Incoming, PersonRecord]], taken: Taken) -> None:
        if not fresh:
            return
        entries = enter(tx, self._store, self._actor, [record for _, record in fresh])
        if self._gallery_id is not None:
            galleries.put_in(tx, [entry.person_id for entry in entries], self._gallery_id)
        rows = [
            self._origin(entry, item, record, 1)
            for entry, (item, record) in zip(entries, fresh, strict=True)
        ]
        origins.insert_origins(tx, rows)
        taken.counts["created"] += len(fresh)

    def _known(
        self,
        tx: Tx,
        old: people.PersonRow | None,
        origin: OriginRow | None,
        item: Incoming,
        taken: Taken,
    ) -> None:
        if (
            old is None
            or not self._actor.reaches(old.station_path)
            or old.gallery_id != self._gallery_id
        ):
            taken.fault(item.row, Fault("id", "held_elsewhere"))
        elif old.stored_only_at is not None:
            taken.fault(item.row, Fault("id", "stored_only"))
        elif item.notes_only:
            self._note(tx, old, origin, item, taken)
        elif (stale := _stale(old, origin, item)) is not None:
            taken.counts[stale] += 1
        elif item.gone:
            self._end(tx, old, origin, item, taken)
        else:
            self._renew(tx, old, origin, item, taken)

    def _renew(
        self, tx: Tx, old: people.PersonRow, origin: OriginRow | None, item: Incoming, taken: Taken
    ) -> None:
        record = self._fitted(tx, item, taken)
        if record is None:
            return
        record = record.model_copy(update={"side": old.side, "station": None})
        said = self._said(old, origin)
        if (
            origin is not None
            and origin.version == old.version
            and said.get("digest") == _digest_of(item, record)
        ):
            self._redate(tx, origin, item, taken)
            return
        replace_record(tx, self._store, self._actor, old, record, imported=True)
        entry = Entry(old.id, person_key(self._store.vault, old.id, old.wrapped), None, None)
        origins.put(tx, self._origin(entry, item, record, old.version + 1))
        taken.counts["changed"] += 1

    def _redate(self, tx: Tx, origin: OriginRow, item: Incoming, taken: Taken) -> None:
        """The same text under another date, or with a later end."""
        dates = {"dated_at": item.dated_at or origin.dated_at, "expires_at": item.expires_at}
        if dates == {name: getattr(origin, name) for name in dates}:
            taken.counts["unchanged"] += 1
            return
        known = {**_dates(origin), **dates}
        origins.put(tx, {"person_id": origin.person_id, "sealed": origin.sealed, **known})
        taken.counts["changed"] += 1

    def _note(
        self, tx: Tx, old: people.PersonRow, origin: OriginRow | None, item: Incoming, taken: Taken
    ) -> None:
        """Notes that came without their record are added to those that are known."""
        if origin is None or item.provenance is None:
            taken.counts["edited_here"] += 1
            return
        said = self._said(old, origin)
        known = {note.get("note_record_id"): note for note in said["notes"]}
        fresh = [note for note in item.provenance.notes if note not in known.values()]
        if not fresh:
            taken.counts["unchanged"] += 1
            return
        known.update({note.get("note_record_id"): dict(note) for note in fresh})
        said["notes"] = list(known.values())
        said["links"] = list(dict.fromkeys([*said["links"], *item.provenance.links]))
        key = person_key(self._store.vault, old.id, old.wrapped)
        origins.put(tx, {"person_id": old.id, "sealed": self._sealed(old.id, key, said),
                         **_dates(origin)})  # fmt: skip
        people.touch(tx, old.id, self._store.now())
        taken.counts["changed"] += 1

    def _end(
        self, tx: Tx, old: people.PersonRow, origin: OriginRow | None, item: Incoming, taken: Taken
    ) -> None:
        """Its site says that the record is over: what came from there goes."""
        if origin is None:
            taken.counts["edited_here"] += 1
        elif not may_go(tx, old.id):
            taken.fault(item.row, Fault("id", "legal_hold"))
        else:
            digests = origins.external_of(tx, old.id)
            gone = destroy_person(tx, self._store, self._actor, old.id, "person.erase.expired")
            origins.may_return(tx, digests)  # its site may publish it again
            write_down(self._store, self._actor, [old])
            taken.destroyed.append(gone)
            taken.counts["gone"] += 1

    def _said(self, old: people.PersonRow, origin: OriginRow | None) -> dict[str, Any]:
        if origin is None:
            return {}
        return open_origin(self._store, old, origin)

    def _origin(
        self, entry: Entry, item: Incoming, record: PersonRecord, version: int
    ) -> dict[str, Any]:
        said = (item.provenance or Provenance("")).document()
        said["digest"] = _digest_of(item, record)
        return {
            "person_id": entry.person_id,
            "import_id": self._import_id,
            "clone": item.clone,
            "dated_at": item.dated_at,
            "expires_at": item.expires_at,
            "version": version,
            "received_at": self._store.now(),
            "sealed": self._sealed(entry.person_id, entry.key, said),
        }

    def _sealed(self, person_id: str, key: bytes, said: dict[str, Any]) -> bytes:
        text = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
        return self._store.vault.seal(key, text, "origin", person_id)


def open_origin(store: Store, person: people.PersonRow, origin: OriginRow) -> dict[str, Any]:
    """What the source said, opened: source, author, held, notes, links."""
    key = person_key(store.vault, person.id, person.wrapped)
    said: dict[str, Any] = json.loads(store.vault.open(key, origin.sealed, "origin", person.id))
    return said


def _dates(origin: OriginRow) -> dict[str, Any]:
    names = ("import_id", "clone", "dated_at", "expires_at", "version", "received_at")
    return {name: getattr(origin, name) for name in names}


def _stale(old: people.PersonRow, origin: OriginRow | None, item: Incoming) -> str | None:
    """Why this version is not written over the one there is: `older`, `edited_here`, or None."""
    dated = item.dated_at
    if origin is None:
        return "edited_here" if dated is None or dated <= old.changed_at else None
    if _before(dated, origin.dated_at):
        return "older"
    edited = origin.version != old.version and not origin.clone
    return "edited_here" if edited and (dated is None or dated <= old.changed_at) else None


def _before(dated: datetime | None, known: datetime | None) -> bool:
    return dated is not None and known is not None and dated < known


def _digest_of(item: Incoming, record: PersonRecord) -> str:
    """What the row says, in short, wherever it is put: the record and what stays text."""
    told = (item.provenance or Provenance("")).document()
    bare = record.model_copy(update={"side": "register", "station": None})
    text = bare.to_json() + json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    return blake2b(text, digest_size=16).hexdigest()
