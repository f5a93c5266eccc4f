"""People: register, change, read, page, follow, import. Each call is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

from tracing import audit, running_clocks
from tracing.access import Actor, require
from tracing.cases import case_file
from tracing.cursors import read_cursor, write_cursor
from tracing.errors import Conflict, NotFound, RecordInvalid, VersionConflict
from tracing.person_files import (
    GalleryRow,
    PersonFile,
    States,
    StationRef,
    follow,
    gallery_rows,
    open_document,
)
from tracing.photos.album import Photos, require_faces
from tracing.photos.keeping import FaceChoice, attach, person_key, put_choice
from tracing.record_changes import Counts, import_batch, replace_record, within_reach
from tracing.records import PersonRecord
from tracing.registration import Entry, enter, station_of
from tracing.retries import answered_before, keep_answer
from tracing.sealing import exact_keys
from tracing.store import Store, Tx, checkpoints
from tracing.store import cases as case_rows
from tracing.store import people as rows
from tracing.store import photos as photo_rows
from tracing.store.ids import is_id

_BATCH = 1000
_SHOWN_A_ROW = 100
"""So many ids fit into one row of the audit trail."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a registration; `created` is False when this key was answered before."""

    person_id: str
    case_id: str | None
    case_number: str | None
    created: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went, and how many records its checkpoint has passed in all."""

    created: int
    changed: int
    skipped: int
    position: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some files, newest first, and where to go on."""

    items: tuple[PersonFile, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SharedNumber:
    """A person who has a complete number in common with a record."""

    person_id: str
    kind: str
    own: Literal["self", "relative"]
    theirs: Literal["self", "relative"]
    assigned: bool


class People:
    """The people of one installation."""

    def __init__(self, store: Store, photos: Photos) -> None:
        self._store = store
        self._photos = photos

    def register(
        self,
        actor: Actor,
        record: PersonRecord,
        *,
        faces: Sequence[FaceChoice] = (),
        idempotency_key: str | None = None,
    ) -> Registered:
        """Write a new person, whole or not at all; found and sought ones open their case.

        `record.photos` whose `file` is the id of a received photo count as `faces` too.

        Raises:
            Conflict: this external id is recorded already, or a photo belongs to somebody.
            IdempotencyMismatch: the key was used for other content.
            RecordInvalid: a station or photo that does not exist or is out of reach.
        """
        require(actor, "people.write")
        choices = _choices(record, faces)
        with self._store.write() as tx:
            if idempotency_key is not None:
                content = (record.to_json(), repr(choices))
                before = answered_before(tx, self._store, actor, idempotency_key, *content)
                if before is not None:
                    return Registered(**{**before, "created": False})
            entry = enter(tx, self._store, actor, [record])[0]
            self._attach_all(tx, actor, entry, choices)
            self._start_clocks(tx, actor, record, entry)
            audit.record(tx, actor, "person.register", "person", entry.person_id,
                         at=self._store.now(), case_id=entry.case_id,
                         detail={"side": record.side, "photos": len(choices)})  # fmt: skip
            answer = Registered(entry.person_id, entry.case_id, entry.case_number, created=True)
            if idempotency_key is not None:
                keep_answer(tx, self._store, actor, idempotency_key, asdict(answer))
            return answer

    def change(
        self,
        actor: Actor,
        person_id: str,
        record: PersonRecord,
        expected_version: int,
        *,
        faces: Sequence[FaceChoice] = (),
    ) -> PersonFile:
        """Put a new record in place of the one read as `expected_version`; the old one is kept.

        New `faces` are added, photos attached before stay; ready-made prints are replaced only
        when the record brings some.

        Raises:
            VersionConflict: somebody changed it meanwhile; `version` is the present one.
            RecordInvalid: another side, or a station out of reach.
        """
        require(actor, "people.write")
        with self._store.write() as tx:
            old = within_reach(actor, rows.hold(tx, person_id) if is_id(person_id) else None)
            if old.version != expected_version:
                raise VersionConflict(version=old.version)
            self.put(tx, actor, old, record, faces)
            return self._files(tx, [_present(rows.find(tx, old.id))])[0]

    def put(
        self,
        tx: Tx,
        actor: Actor,
        old: rows.PersonRow,
        record: PersonRecord,
        faces: Sequence[FaceChoice] = (),
    ) -> None:
        """`change` within a transaction that holds the person, as part of another deed."""
        require(actor, "people.write")
        replace_record(tx, self._store, actor, old, record)
        entry = Entry(old.id, self._key(old), None, None)
        self._attach_all(tx, actor, entry, _choices(record, faces))
        audit.record(tx, actor, "person.change", "person", old.id, at=self._store.now(),
                     detail={"version": old.version + 1})  # fmt: skip

    def get(self, actor: Actor, person_id: str) -> PersonFile:
        """The file of a person within reach; the reading is recorded.

        Raises:
            NotFound: absent, out of reach or erased; which of them is not said.
        """
        require(actor, "people.read")
        with self._store.write() as tx:
            row = within_reach(actor, rows.find(tx, person_id) if is_id(person_id) else None)
            file = self._files(tx, [row])[0]
            audit.record(tx, actor, "person.read", "person", row.id, at=self._store.now(),
                         case_id=file.case.id if file.case else None)  # fmt: skip
            return file

    def page(
        self, actor: Actor, side: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page:
        """Files within reach, newest first; the ids shown are recorded."""
        require(actor, "people.read")
        limit = max(1, min(limit, 200))
        listed = ("people", actor.station_id, side or "")
        before = read_cursor(self._store.vault, cursor, *listed)
        with self._store.write() as tx:
            found = rows.page(tx, actor.station_path, side, before, limit + 1)
            files = self._files(tx, found[:limit])
            for start in range(0, len(files), _SHOWN_A_ROW):
                shown = [file.id for file in files[start : start + _SHOWN_A_ROW]]
                audit.record(tx, actor, "person.list", "person", None, at=self._store.now(),
                             detail={"shown": shown})  # fmt: skip
        if len(found) <= limit:
            return Page(tuple(files), None)
        return Page(tuple(files), write_cursor(self._store.vault, files[-1].id, *listed))

    def documents(self, after_seq: int = 0) -> Iterator[GalleryRow]:
        """Everybody above a sequence number, opened, for the gallery; no gate is passed here."""
        return follow(self._store, after_seq)

    def rows_of(self, person_ids: Sequence[str]) -> dict[str, GalleryRow]:
        """These persons, opened, by id; for a caller that has passed its own gate."""
        with self._store.read() as tx:
            return gallery_rows(tx, self._store.vault, person_ids)

    def rows_now(self, person_ids: Sequence[str]) -> Iterator[GalleryRow]:
        """The same of any number of persons, for the gallery; no gate is passed here."""
        for start in range(0, len(person_ids), 200):
            yield from self.rows_of(person_ids[start : start + 200]).values()

    def standing(self, upto: int) -> tuple[int, int]:
        """Records not changed after a sequence number: how many, and the sum of their numbers."""
        with self._store.read() as tx:
            return rows.standing(tx, upto)

    def sharing_numbers(self, document: Mapping[str, Any]) -> tuple[SharedNumber, ...]:
        """Who has a complete number in common with the document; no gate is passed here."""
        found: list[SharedNumber] = []
        with self._store.read() as tx:
            for key in exact_keys(document):
                digest = self._store.vault.digest("exact", key.kind, key.text)
                for hit in rows.with_exact(tx, key.kind, [digest]).get(digest, ()):
                    theirs: Literal["self", "relative"] = (
                        "relative" if hit.owner == "relative" else "self"
                    )
                    assigned = hit.assigned or key.assigned
                    found.append(SharedNumber(hit.person_id, key.kind, key.owner, theirs, assigned))
        return tuple(found)

    def register_many(
        self,
        actor: Actor,
        records: Iterable[PersonRecord],
        *,
        checkpoint: str | None = None,
        on_existing: Literal["skip", "change"] = "skip",
    ) -> Imported:
        """Write many records in batches, by external id no more than once each.

        With `checkpoint`, the name of the import, as many leading records are passed over as
        earlier runs have written; the mark moves in the transaction of its records.
        """
        require(actor, "people.write")
        position = self._position(checkpoint)
        rest, total = islice(records, position, None), Counts()
        while batch := list(islice(rest, _BATCH)):
            with self._store.write() as tx:
                counts = import_batch(tx, self._store, actor, batch, change=on_existing == "change")
                position += len(batch)
                if checkpoint is not None:
                    checkpoints.put(tx, checkpoint, position, self._store.now())
                audit.record(tx, actor, "person.import", "person", None, at=self._store.now(),
                             detail=asdict(counts))  # fmt: skip
            total += counts
        return Imported(total.created, total.changed, total.skipped, position)

    def _start_clocks(self, tx: Tx, actor: Actor, record: PersonRecord, entry: Entry) -> None:
        """An admission at the counter starts its clocks; an imported ledger tells of the past."""
        if record.side == "found":
            division = station_of(tx, actor, record.station).division
            at = self._store.now()
            running_clocks.start(tx, entry.person_id, "admission", at, division=division)

    def _attach_all(
        self, tx: Tx, actor: Actor, entry: Entry, choices: Sequence[FaceChoice]
    ) -> None:
        vault = self._store.vault
        for position, choice in enumerate(choices):
            row = photo_rows.hold(tx, choice.photo_id) if is_id(choice.photo_id) else None
            if row is None or not actor.reaches(row.station_path):
                raise RecordInvalid(path=f"photos[{position}]", reason="photo_unknown")
            if row.person_id not in (None, entry.person_id):
                raise Conflict(path=f"photos[{position}]")
            if choice.ordinal is not None:
                require_faces(tx, row.id, {choice.ordinal})
            chosen = row.chosen if choice.ordinal is None else choice.ordinal
            if row.person_id is None:
                attach(tx, vault, row, entry.person_id, entry.key,
                       position=position, chosen=chosen, at=self._store.now())  # fmt: skip
            else:
                put_choice(tx, vault, row, chosen, entry.key)

    def _files(self, tx: Tx, found: Sequence[rows.PersonRow]) -> list[PersonFile]:
        ids = [row.id for row in found]
        photos = self._photos.infos(tx, ids)
        cases = case_rows.of_people(tx, ids)
        return [
            PersonFile(
                id=row.id,
                side=row.side,
                station=StationRef(row.station_id, row.station_code, row.station_name),
                record=PersonRecord.model_validate(open_document(self._store.vault, row)),
                photos=photos.get(row.id, ()),
                version=row.version,
                states=States(row.identity_status, row.stay_status, row.tracing_result),
                created_at=row.created_at,
                changed_at=row.changed_at,
                case=case_file(cases[row.id]) if row.id in cases else None,
            )
            for row in found
        ]

    def _key(self, row: rows.PersonRow) -> bytes:
        return person_key(self._store.vault, row.id, row.wrapped)

    def _position(self, checkpoint: str | None) -> int:
        if checkpoint is None:
            return 0
        with self._store.read() as tx:
            return checkpoints.get(tx, checkpoint)


def _choices(record: PersonRecord, faces: Sequence[FaceChoice]) -> tuple[FaceChoice, ...]:
    """`faces`, and uploaded photos that the record itself names; each photo once."""
    named = [FaceChoice(p.file, p.face) for p in record.photos if is_id(p.file)]
    return tuple({choice.photo_id: choice for choice in (*named, *faces)}.values())


def _present(row: rows.PersonRow | None) -> rows.PersonRow:
    if row is None:
        raise NotFound
    return row
