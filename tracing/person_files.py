"""A person's file, opened: the record with what stands around it, and the reading for galleries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracing.cases import CaseFile
from tracing.photos.album import PhotoInfo
from tracing.photos.keeping import person_key
from tracing.records import PersonRecord
from tracing.sealing import Vault
from tracing.store import Store, Tx
from tracing.store import people as rows
from tracing.store import photos as photo_rows

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class StationRef:
    """The station that holds a record."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class States:
    """Three separate facts: who it is, where they stay, how the tracing ended."""

    identity_status: str
    stay_status: str
    tracing_result: str


@dataclass(frozen=True, slots=True)
class PersonFile:
    """One person's file; `record` is without the vectors of ready-made prints."""

    id: str
    side: str
    station: StationRef
    record: PersonRecord
    photos: tuple[PhotoInfo, ...]
    version: int
    states: States
    created_at: datetime
    changed_at: datetime
    case: CaseFile | None


@dataclass(frozen=True, slots=True)
class GalleryPrint:
    """A face print of a person: `vector` float32 [dim] as its model gave it."""

    id: str
    model: str
    vector: NDArray[np.float32] = field(repr=False)
    photo_id: str | None
    ordinal: int | None
    quality: float | None
    taken: str | None
    age: int | None
    cohort_version: int | None
    cohort_mean: float | None


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """What a gallery needs of one person; an erased one has an empty document and no prints."""

    person_id: str
    side: str
    station_id: str
    station_code: str
    station_name: str
    station_path: str
    seq: int
    version: int
    document: dict[str, Any] = field(repr=False)
    prints: tuple[GalleryPrint, ...] = field(repr=False)
    photo: tuple[str, int | None] | None
    erased: bool
    protected: bool
    gallery_id: str | None = None


def seal_document(vault: Vault, key: bytes, person_id: str, version: int, text: bytes) -> bytes:
    """The document under the person's key, bound to person and version."""
    return vault.seal(key, text, "document", person_id, version)


def open_document(vault: Vault, row: rows.PersonRow) -> dict[str, Any]:
    """The document of a stored person; raises `NotFound` once the key is destroyed."""
    key = person_key(vault, row.id, row.wrapped)
    text = vault.open(key, row.document, "document", row.id, row.version)
    document: dict[str, Any] = json.loads(text)
    return document


def follow(store: Store, after_seq: int = 0) -> Iterator[GalleryRow]:
    """Everybody whose sequence number is above `after_seq`, lowest first, in batches.

    Remember the last row's `seq`; a later call goes on from there and misses nobody.
    """
    while True:
        with store.read() as tx:
            batch = rows.changes(tx, after_seq, _BATCH)
            opened = _gallery_rows(tx, store.vault, batch)
        yield from opened
        if len(batch) < _BATCH:
            return
        after_seq = batch[-1].seq


def gallery_rows(tx: Tx, vault: Vault, person_ids: Sequence[str]) -> dict[str, GalleryRow]:
    """These persons as a gallery sees them, by id; at most a few hundred ids."""
    found = list(rows.find_many(tx, person_ids).values())
    return {row.person_id: row for row in _gallery_rows(tx, vault, found)}


def _gallery_rows(tx: Tx, vault: Vault, batch: Sequence[rows.PersonRow]) -> list[GalleryRow]:
    ids = [row.id for row in batch]
    prints = photo_rows.prints_of_people(tx, ids)
    first = photo_rows.chosen_of_people(tx, ids)
    return [_gallery_row(vault, row, prints, first) for row in batch]


def _gallery_row(
    vault: Vault,
    row: rows.PersonRow,
    prints: Mapping[str, Sequence[photo_rows.PrintRow]],
    first: Mapping[str, tuple[str, int | None]],
) -> GalleryRow:
    erased = row.wrapped is None
    own: tuple[GalleryPrint, ...] = ()
    document: dict[str, Any] = {}
    if not erased:
        key = person_key(vault, row.id, row.wrapped)
        document = json.loads(vault.open(key, row.document, "document", row.id, row.version))
        own = tuple(opened_print(vault, key, print_) for print_ in prints.get(row.id, ()))
    return GalleryRow(
        person_id=row.id,
        side=row.side,
        station_id=row.station_id,
        station_code=row.station_code,
        station_name=row.station_name,
        station_path=row.station_path,
        seq=row.seq,
        version=row.version,
        document=document,
        prints=own,
        photo=first.get(row.id),
        erased=erased,
        protected=row.hidden,
        gallery_id=row.gallery_id,
    )


def opened_print(vault: Vault, key: bytes, row: photo_rows.PrintRow) -> GalleryPrint:
    """A stored print, opened with the key it lies under: the person's, or the photo's."""
    return GalleryPrint(
        id=row.id,
        model=row.model,
        vector=np.frombuffer(vault.open(key, row.vector, "print", row.id), "<f4"),
        photo_id=row.photo_id,
        ordinal=row.ordinal,
        quality=row.quality,
        taken=row.taken,
        age=row.age,
        cohort_version=row.cohort_version,
        cohort_mean=row.cohort_mean,
    )
