"""What the face index is told: one template a person, under a number that stands for the id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries
from indexes.vectors import Prints as IndexedPrints
from matchers.faces.contract import Prints
from matchers.faces.templates import fused
from tracing.gallery import View
from tracing.gallery_ids import PersonIds
from tracing.person_files import GalleryRow

Owners = NDArray[np.int64]
BATCH = 10_000


def entries_of_rows(rows: Sequence[GalleryRow], model: str, dim: int) -> Entries | None:
    """The templates of those who have one of this model; None where nobody has."""
    found = [(row, vector) for row in rows if (vector := _template(row, model, dim)) is not None]
    if not found:
        return None
    owners = np.array([owner_of(row.person_id) for row, _ in found], np.int64)
    seqs = np.array([row.seq for row, _ in found], np.int64)
    vectors = np.stack([vector for _, vector in found])
    return Entries(owners, owners, seqs, IndexedPrints(model, vectors))


def entries_of_view(view: View) -> Iterator[Entries]:
    """The templates of a generation of the gallery, in its order, some at a time."""
    faces, by_row = view.faces, np.empty(len(view.ids), np.uint64)
    by_row[view.ids.by_digest.places] = view.ids.by_digest.digests
    for start in range(0, len(faces), BATCH):
        rows = faces.rows[start : start + BATCH]
        owners = (by_row[rows] >> np.uint64(1)).astype(np.int64)
        prints = IndexedPrints(faces.model, faces.vectors[start : start + BATCH])
        yield Entries(owners, owners, view.seqs.now[rows], prints)


def owners_among(ids: PersonIds, owners: Owners) -> Owners:
    """Where among the digests of a generation's ids each owner stands, -1 where it does not."""
    digests = ids.by_digest.digests
    if not len(digests):
        return np.full(len(owners), -1, np.int64)
    at = np.searchsorted(digests, owners.astype(np.uint64) << np.uint64(1))
    at = np.minimum(at, len(digests) - 1)
    return np.where(digests[at] >> np.uint64(1) == owners.astype(np.uint64), at, -1)


def owner_of(person_id: str) -> int:
    """63 bits of the digest of a person's id, as `Sorted` has it; any two of 30 million share them
    with a chance of 1 in 20,000."""
    digest = hashlib.blake2b(person_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _template(row: GalleryRow, model: str, dim: int) -> NDArray[np.float32] | None:
    own = [
        p.vector for p in row.prints if p.model == model and len(p.vector) == dim and p.vector.any()
    ]
    if row.erased or not own:
        return None
    prints = Prints(model, np.stack(own).astype(np.float32))
    return np.asarray(fused(prints).vectors[0], np.float32)
