"""Records that come again: changed by hand, or renewed and passed over by an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracing.access import Actor
from tracing.errors import CloneFixed, NotFound, NotPermitted, RecordInvalid
from tracing.facets import facets
from tracing.person_files import open_document, seal_document
from tracing.photos.keeping import person_key
from tracing.records import PersonRecord
from tracing.registration import enter, exact_rows, print_rows, stored_document, stored_text
from tracing.sealing import Vault, external_key
from tracing.store import Store, Tx, origins, people, photos


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of some records of an import."""

    created: int = 0
    changed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.changed + other.changed,
            self.skipped + other.skipped,
        )


def within_reach(
    actor: Actor, row: people.PersonRow | None, *, stored: bool = False
) -> people.PersonRow:
    """The person; raises `NotFound` when absent, erased or out of the actor's reach.

    A record that is stored only raises `NotPermitted`, unless `stored` says that it may be one.
    """
    if row is None or row.erased_at is not None or not actor.reaches(row.station_path):
        raise NotFound
    if row.stored_only_at is not None and not stored:
        raise NotPermitted(reason="stored_only")
    return row


def require_in_use(actor: Actor, row: people.PersonRow) -> None:
    """Raise for a record that is stored only: `NotPermitted` to its stations, else `NotFound`."""
    if row.stored_only_at is not None:
        raise NotPermitted(reason="stored_only") if actor.reaches(row.station_path) else NotFound


def replace_record(
    tx: Tx,
    store: Store,
    actor: Actor,
    old: people.PersonRow,
    record: PersonRecord,
    *,
    imported: bool = False,
) -> None:
    """Put `record` in place of a held person's; the old document is kept, sealed.

    Raises:
        RecordInvalid: the side or the station is another.
        CloneFixed: it belongs to another site, and this is not `imported` from there.
    """
    if not imported and origins.is_clone(tx, old.id):
        raise CloneFixed
    if record.side != old.side:
        raise RecordInvalid(path="side", reason="fixed")
    if record.station not in (None, old.station_code):
        raise RecordInvalid(path="station", reason="fixed")
    vault, version = store.vault, old.version + 1
    key, document = person_key(vault, old.id, old.wrapped), stored_document(record)
    values = {
        **facets(document),
        "document": seal_document(vault, key, old.id, version, stored_text(record)),
        "version": version,
        "seq": tx.next_seq(),
        "changed_at": store.now(),
    }
    people.replace(tx, old, values, actor.account_id, store.now())
    people.replace_exact(tx, old.id, exact_rows(vault, old.id, document))
    if record.prints:
        photos.forget_prints(tx, old.id, ready_made=True)
        photos.insert_prints(tx, print_rows(vault, old.id, key, record.prints))


def import_batch(
    tx: Tx, store: Store, actor: Actor, batch: Sequence[PersonRecord], *, change: bool
) -> Counts:
    """Insert what is new by external id; with `change`, renew what is known and differs.

    The first of several records with one external id counts, the others are passed over.
    """
    digests = [_external_digest(store.vault, record) for record in batch]
    hits = people.with_exact(tx, "external", [d for d in digests if d is not None])
    fresh: list[PersonRecord] = []
    changed, seen = 0, set[bytes]()
    for record, digest in zip(batch, digests, strict=True):
        if digest is None or not (digest in seen or digest in hits):
            fresh.append(record)
        elif change and digest in hits and digest not in seen:
            changed += _renew(tx, store, actor, hits[digest][0].person_id, record)
        if digest is not None:
            seen.add(digest)
    enter(tx, store, actor, fresh)
    return Counts(len(fresh), changed, len(batch) - len(fresh) - changed)


def _renew(tx: Tx, store: Store, actor: Actor, person_id: str, record: PersonRecord) -> int:
    old = within_reach(actor, people.hold(tx, person_id))
    if not record.prints and open_document(store.vault, old) == stored_document(record):
        return 0
    replace_record(tx, store, actor, old, record)
    return 1


def _external_digest(vault: Vault, record: PersonRecord) -> bytes | None:
    if record.id is None:
        return None
    key = external_key(record.source, record.id)
    return vault.digest("exact", key.kind, key.text)
