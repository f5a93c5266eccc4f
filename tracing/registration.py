"""Writing records: one or a batch, whole in one transaction, sealed before they are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from tracing import cases
from tracing.access import Actor
from tracing.errors import RecordInvalid
from tracing.facets import facets
from tracing.person_files import seal_document
from tracing.record_claims import Print
from tracing.records import PersonRecord
from tracing.sealing import Vault, exact_keys
from tracing.store import Store, Tx, people, photos, stations
from tracing.store import cases as case_rows
from tracing.store.ids import new_id

_APART = {"prints"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that went in: its new id, its key, and the case that it opened."""

    person_id: str
    key: bytes = field(repr=False)
    case_id: str | None
    case_number: str | None


def station_of(tx: Tx, actor: Actor, code: str | None) -> stations.StationRow:
    """The station a record names, else the actor's own; raises `RecordInvalid` out of reach."""
    found = stations.by_code(tx, actor.station_code if code is None else code)
    if found is None or not actor.reaches(found.path):
        raise RecordInvalid(path="station", reason="station_unknown")
    return found


def enter(tx: Tx, store: Store, actor: Actor, records: Sequence[PersonRecord]) -> list[Entry]:
    """Insert records as new persons, found and sought ones with their cases.

    Raises:
        RecordInvalid: a station that does not exist or is out of reach.
        Conflict: an external id that is taken.
    """
    batch = _Batch(store.vault, actor, store.now())
    held = {code: station_of(tx, actor, code) for code in {record.station for record in records}}
    opening = Counter(
        held[record.station].code for record in records if cases.opens_case(record.side)
    )
    numbers: dict[str, Iterator[str]] = {
        code: iter(case_rows.numbers(tx, code, batch.at.year, count))
        for code, count in sorted(opening.items())
    }
    seq = tx.next_seq(len(records))
    for offset, record in enumerate(records):
        station = held[record.station]
        number = next(numbers[station.code]) if cases.opens_case(record.side) else None
        batch.add(record, station.id, seq + offset, number)
    batch.write(tx)
    return batch.entries


def exact_rows(vault: Vault, person_id: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of `exact_key`: the document's complete numbers as keyed digests."""
    return [
        {
            "person_id": person_id,
            "kind": key.kind,
            "digest": vault.digest("exact", key.kind, key.text),
            "owner": key.owner,
            "assigned": key.assigned,
        }
        for key in exact_keys(document)
    ]


def print_rows(
    vault: Vault, person_id: str, key: bytes, prints: Sequence[Print]
) -> list[dict[str, Any]]:
    """Rows of `face_print` for ready-made prints, sealed under the person's key."""
    found = []
    for item in prints:
        print_id = new_id()
        vector = np.asarray(item.vector, "<f4").tobytes()
        found.append(
            {
                "id": print_id,
                "person_id": person_id,
                "model": item.model,
                "vector": vault.seal(key, vector, "print", print_id),
                "taken": item.taken,
                "age": item.age,
            }
        )
    return found


def stored_document(record: PersonRecord) -> dict[str, Any]:
    """What is sealed: the record without vectors, which are kept as prints."""
    return record.model_dump(mode="json", exclude_defaults=True, exclude=_APART)


def stored_text(record: PersonRecord) -> bytes:
    """`stored_document` as it is sealed: compact UTF-8 JSON."""
    return record.model_dump_json(exclude_defaults=True, exclude=_APART).encode()


class _Batch:
    """Rows of several records, gathered to be written in one statement a table."""

    def __init__(self, vault: Vault, actor: Actor, at: datetime) -> None:
        self.entries: list[Entry] = []
        self.at = at
        self._vault = vault
        self._actor = actor
        self._people: list[dict[str, Any]] = []
        self._keys: list[dict[str, Any]] = []
        self._exact: list[dict[str, Any]] = []
        self._prints: list[dict[str, Any]] = []
        self._cases: list[dict[str, Any]] = []

    def add(self, record: PersonRecord, station_id: str, seq: int, case_number: str | None) -> None:
        """Seal one record."""
        person_id, key, document = new_id(), self._vault.new_key(), stored_document(record)
        self._people.append(
            {
                "id": person_id,
                "side": record.side,
                "station_id": station_id,
                **cases.case_rules().begins[record.side],
                **facets(document),
                "protected": False,
                "seq": seq,
                "version": 1,
                "document": seal_document(self._vault, key, person_id, 1, stored_text(record)),
                "created_by": self._actor.account_id,
                "created_at": self.at,
                "changed_at": self.at,
            }
        )
        wrapped = self._vault.wrap(key, "person", person_id)
        self._keys.append({"person_id": person_id, "wrapped": wrapped})
        self._exact.extend(exact_rows(self._vault, person_id, document))
        self._prints.extend(print_rows(self._vault, person_id, key, record.prints))
        case_id = None
        if case_number is not None:
            case_id = self._open_case(record.side, person_id, station_id, case_number)
        self.entries.append(Entry(person_id, key, case_id, case_number))

    def write(self, tx: Tx) -> None:
        """Insert everything gathered."""
        people.insert_people(tx, self._people, self._keys, self._exact)
        photos.insert_prints(tx, self._prints)
        case_rows.insert_cases(tx, self._cases)

    def _open_case(self, side: str, person_id: str, station_id: str, number: str) -> str:
        row = cases.opening(side, person_id, number, station_id, self._actor.account_id, at=self.at)
        self._cases.append(row)
        return str(row["id"])
