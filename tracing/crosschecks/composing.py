"""Putting a request together: what may leave of the record as it is now, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tracing import audit
from tracing.access import Actor, require
from tracing.clocks import CHINA
from tracing.crosschecks import files
from tracing.crosschecks.contents import Allowed, allowed, leaving, require_allowed
from tracing.crosschecks.files import Contents, Heading
from tracing.crosschecks.holding import SEND, refusals
from tracing.crosschecks.replies import new_code
from tracing.crosschecks.rules import Kind, crosscheck_rules
from tracing.errors import ContactRefused, PurposeMissing, RecordInvalid
from tracing.person_files import open_document
from tracing.photos.album import Photos
from tracing.record_changes import within_reach
from tracing.records import PersonRecord
from tracing.registers import switched_off
from tracing.store import Store, Tx, people, searches, stations
from tracing.store import cases as case_rows
from tracing.store import crosschecks as rows
from tracing.store.ids import is_id, new_id

CONNECTOR = "connector"
"""The scope of impact assessments that covers sending to other systems."""


@dataclass(frozen=True, slots=True)
class Composing:
    """What the form of a new request needs: what may leave, whom to ask, how many photos."""

    allowed: Allowed
    protected: bool
    stations: tuple[tuple[str, str], ...]
    photos: int
    off: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: kind, ticked sections, a station's code or somebody by name."""

    kind: str
    sections: frozenset[str]
    station: str | None = None
    to_name: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


class Composer:
    """Composes the requests of one installation."""

    def __init__(self, store: Store, photos: Photos) -> None:
        self._store = store
        self._photos = photos

    def composing(self, actor: Actor, person_id: str) -> Composing:
        """What a request about a person within reach could hold."""
        require(actor, SEND)
        with self._store.read() as tx:
            row = within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)
            document = open_document(self._store.vault, row)
            photos = self._faces(tx, row.id)
            excluded = _standing(tx, row.id)
            known = [name for name, has in (("photos", photos), ("exclusions", excluded)) if has]
            near = stations.below(tx, stations.root(tx).path)
            return Composing(
                allowed=allowed(document, self._today(), known),
                protected=row.protected,
                stations=tuple((s.code, s.name) for s in near if s.id != actor.station_id),
                photos=min(len(photos), crosscheck_rules().photos_most),
                off=switched_off(tx, CONNECTOR, self._store.now()),
            )

    def compose(self, actor: Actor, person_id: str, asked: Asked) -> str:
        """Put a request together from the record as it is now; gives its id, as a draft.

        Raises:
            ContactRefused: the person is protected, or a capable adult refuses that their family
                hears of it.
            PurposeMissing: the person has no case (a register entry).
            RecordInvalid: an unknown kind, a section that may not leave, nobody to ask.
        """
        require(actor, SEND)
        own, now, vault = crosscheck_rules(), self._store.now(), self._store.vault
        kind = own.kinds.get(asked.kind)
        if kind is None:
            raise RecordInvalid(path="kind", reason="choose")
        _require_texts(asked)
        with self._store.read() as tx:
            row = within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)
            faces = self._faces(tx, row.id) if "photos" in asked.sections else []
        photos = self._photos_of(actor, faces)
        with refusals(self._store, actor, "compose", row.id), self._store.write() as tx:
            row = within_reach(actor, people.hold(tx, person_id))
            contents, refused = self._contents(tx, row, kind, asked, photos)
            case = case_rows.of_people(tx, [row.id]).get(row.id)
            if case is None:
                raise PurposeMissing
            to_id, to_name = _addressee(tx, actor, asked)
            number, key = new_id(), vault.unwrap(row.wrapped or b"", "person", row.id)
            heading = Heading(
                to_name, row.station_name, new_code(), asked.note.strip(), tell_no_family=refused
            )
            values = {
                "id": number, "number": rows.next_number(tx, row.station_code, now.year),
                "kind": kind.kind, "state": "draft", "person_id": row.id, "case_id": case.id,
                "from_station_id": row.station_id, "to_station_id": to_id,
                "purpose": case.purpose, "legal_basis": case.legal_basis,
                **files.seal_contents(vault, key, heading, contents, number),
                "made_by": actor.account_id, "made_at": now,
            }  # fmt: skip
            rows.insert_crosscheck(tx, values)
            audit.record(tx, actor, "crosscheck.compose", "person", row.id, at=now,
                         case_id=case.id, purpose=case.purpose,
                         detail={"request": number, "kind": kind.kind,
                                 "legal_basis": case.legal_basis, "photos": len(photos),
                                 "sections": sorted(asked.sections)})  # fmt: skip
        return number

    def _contents(
        self,
        tx: Tx,
        row: people.PersonRow,
        kind: Kind,
        asked: Asked,
        photos: Sequence[bytes],
    ) -> tuple[Contents, bool]:
        """What goes in, and whether no family may be told."""
        if row.protected:
            raise ContactRefused
        document = open_document(self._store.vault, row)
        excluded = _standing(tx, row.id) if "exclusions" in asked.sections else []
        outside = [name for name in ("photos", "exclusions") if name in asked.sections]
        may = allowed(document, self._today(), outside)
        require_allowed(kind, may, asked.sections)
        record = PersonRecord.model_validate(leaving(document, asked.sections))
        return Contents(record, tuple(photos), tuple(excluded)), may.refused

    def _faces(self, tx: Tx, person_id: str) -> list[tuple[str, int]]:
        infos = self._photos.infos(tx, [person_id]).get(person_id, ())
        return [(photo.id, photo.chosen) for photo in infos if photo.chosen is not None]

    def _photos_of(self, actor: Actor, faces: Sequence[tuple[str, int]]) -> list[bytes]:
        """The person's face alone: whoever stands beside them stays here."""
        own = crosscheck_rules()
        return [
            self._photos.crop(actor, photo, ordinal, own.photo_pixels)
            for photo, ordinal in faces[: own.photos_most]
        ]

    def _today(self) -> date:
        return self._store.now().astimezone(CHINA).date()


def _addressee(tx: Tx, actor: Actor, asked: Asked) -> tuple[str | None, str]:
    if asked.station:
        found = stations.by_code(tx, asked.station)
        if found is None or found.id == actor.station_id:
            raise RecordInvalid(path="station", reason="station_unknown")
        return found.id, found.name
    if not asked.to_name.strip():
        raise RecordInvalid(path="to_name", reason="value_missing")
    return None, asked.to_name.strip()


def _require_texts(asked: Asked) -> None:
    longest = crosscheck_rules().longest
    if len(asked.to_name) > longest["name"]:
        raise RecordInvalid(path="to_name", reason="too_long")
    if len(asked.note) > longest["note"]:
        raise RecordInvalid(path="note", reason="too_long")


def _standing(tx: Tx, person_id: str) -> list[tuple[str, str]]:
    """Why and on which day others were excluded; who they are stays in the station."""
    found = [row for row in searches.exclusions_of(tx, person_id) if row.restored_at is None]
    return [(row.reason_code, row.at.astimezone(CHINA).date().isoformat()) for row in found]
