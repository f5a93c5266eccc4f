"""Under which key a photo and its prints lie, and how that changes with the person they are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracing.errors import NotFound
from tracing.sealing import Vault
from tracing.store import Tx, cohorts, photos


@dataclass(frozen=True, slots=True)
class FaceChoice:
    """A photo received before, and which of its faces is the person's (None: as chosen before)."""

    photo_id: str
    ordinal: int | None = None


def person_key(vault: Vault, person_id: str, wrapped: bytes | None) -> bytes:
    """The person's key; raises `NotFound` once it is destroyed."""
    if wrapped is None:
        raise NotFound
    return vault.unwrap(wrapped, "person", person_id)


def photo_key(vault: Vault, row: photos.PhotoRow, person_wrapped: bytes | None) -> bytes:
    """The photo's key; `person_wrapped` is the wrapped key of its person, if it has one."""
    if row.person_id is None:
        return vault.unwrap(row.wrapped, "photo", row.id)
    own = person_key(vault, row.person_id, person_wrapped)
    return vault.open(own, row.wrapped, "photo", row.id)


def attach(
    tx: Tx,
    vault: Vault,
    row: photos.PhotoRow,
    person_id: str,
    own: bytes,
    *,
    position: int,
    chosen: int | None,
    at: datetime,
) -> None:
    """Make a photo the person's: its key goes under the person's key `own`."""
    key = vault.unwrap(row.wrapped, "photo", row.id)
    values = {
        "person_id": person_id,
        "wrapped": vault.seal(own, key, "photo", row.id),
        "position": position,
        "chosen": chosen,
        "attached_at": at,
    }
    photos.set_photo(tx, row.id, values)
    _lay_prints(tx, vault, row.id, _Laying(person_id, own, key, chosen))


def put_choice(
    tx: Tx, vault: Vault, row: photos.PhotoRow, chosen: int | None, own: bytes | None
) -> None:
    """Choose a face; its print becomes the person's, whose key is `own` if there is one."""
    photos.set_photo(tx, row.id, {"chosen": chosen})
    if row.person_id is None or own is None:
        return
    key = vault.open(own, row.wrapped, "photo", row.id)
    _lay_prints(tx, vault, row.id, _Laying(row.person_id, own, key, chosen))


@dataclass(frozen=True, slots=True)
class _Laying:
    person_id: str
    own: bytes
    key: bytes
    chosen: int | None

    def __repr__(self) -> str:
        return f"_Laying(person_id={self.person_id!r})"


def _lay_prints(tx: Tx, vault: Vault, photo_id: str, laying: _Laying) -> None:
    """Seal the chosen print under the person's key, the others under the photo's."""
    for row in photos.prints_of_photo(tx, photo_id):
        wanted = laying.chosen is not None and row.ordinal == laying.chosen
        if wanted == (row.person_id is not None):
            continue
        old, new = (laying.key, laying.own) if wanted else (laying.own, laying.key)
        vector = vault.open(old, row.vector, "print", row.id)
        values = {
            "person_id": laying.person_id if wanted else None,
            "vector": vault.seal(new, vector, "print", row.id),
        }
        photos.set_print(tx, row.id, values)
        cohorts.clear_means(tx, laying.person_id)
