"""Exclusions: staff say, with a reason, that a candidate is not the person.

An exclusion holds until either record or the model changes, can be taken back, and is never
deleted. It takes the pair out of the gallery of that probe's searches; it is not evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracing import audit
from tracing.access import Actor, require
from tracing.answers import ExcludedCandidate
from tracing.cases import case_rules
from tracing.errors import NotFound, RecordInvalid
from tracing.person_files import GalleryRow, gallery_rows
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.shown import shown_record
from tracing.store import Store, Tx, accounts, people, searches
from tracing.store.ids import is_id, new_id

NOTE_LONGEST = 500


def held(tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
    """The person, if within reach, not erased and not stored only; see `within_reach`."""
    return within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)


class Exclusions:
    """Exclusions of one installation under one model."""

    def __init__(self, store: Store, model_hash: str) -> None:
        self._store = store
        self._model_hash = model_hash

    def exclude(
        self, actor: Actor, probe_person_id: str, person_id: str, reason_code: str, note: str
    ) -> str:
        """Say that these two are not one person; gives the exclusion's id.

        Raises:
            RecordInvalid: an unknown reason, or a person compared with themselves.
            NotFound: the probe is out of reach, or no search has shown the other to this station.
        """
        require(actor, "exclude")
        _check(probe_person_id, person_id, reason_code, note)
        exclusion_id, at = new_id(), self._store.now()
        with self._store.write() as tx:
            probe, other = self._pair(tx, actor, probe_person_id, person_id)
            row = {
                "id": exclusion_id,
                "probe_person_id": probe.id,
                "person_id": other.id,
                "probe_version": probe.version,
                "person_version": other.version,
                "model_hash": self._model_hash,
                "reason_code": reason_code,
                "note": self._sealed(note, exclusion_id, probe, other),
                "station_id": actor.station_id,
                "account_id": actor.account_id,
                "at": at,
            }
            searches.insert_exclusion(tx, row)
            audit.record(tx, actor, "candidate.exclude", "person", probe.id, at=at,
                         detail={"other": other.id, "reason": reason_code})  # fmt: skip
        return exclusion_id

    def restore(self, actor: Actor, exclusion_id: str) -> None:
        """Take an exclusion back; taking it back twice is no error.

        Raises:
            NotFound: absent, or its probe is out of reach.
        """
        require(actor, "exclude")
        with self._store.write() as tx:
            row = searches.exclusion(tx, exclusion_id) if is_id(exclusion_id) else None
            if row is None:
                raise NotFound
            held(tx, actor, row.probe_person_id)
            at = self._store.now()
            if searches.restore(tx, exclusion_id, actor.account_id, at):
                audit.record(tx, actor, "candidate.restore", "person", row.probe_person_id, at=at,
                             detail={"other": row.person_id})  # fmt: skip

    def of(self, actor: Actor, probe_person_id: str) -> tuple[ExcludedCandidate, ...]:
        """Whom staff have excluded for a person within reach, and why; those in force."""
        require(actor, "search")
        with self._store.read() as tx:
            held(tx, actor, probe_person_id)
            return self.in_force(tx, actor, probe_person_id)

    def in_force(self, tx: Tx, actor: Actor, probe_id: str | None) -> tuple[ExcludedCandidate, ...]:
        """Exclusions not taken back, with both records and the model still the same.

        None for a probe that is not on record: nobody was excluded for it.
        """
        return self._opened(
            tx, actor, probe_id, [r for r in _standing(tx, probe_id) if self._holds(r)]
        )

    def to_review(
        self, tx: Tx, actor: Actor, probe_id: str | None
    ) -> tuple[ExcludedCandidate, ...]:
        """Exclusions not taken back that hold no longer, since a record or the model has changed.

        Nobody has excluded the pair anew since: somebody should look again.
        """
        standing = _standing(tx, probe_id)
        anew = {_other(row, str(probe_id)) for row in standing if self._holds(row)}
        latest = {_other(row, str(probe_id)): row for row in standing}
        rows = [row for other, row in latest.items() if other not in anew]
        return self._opened(tx, actor, probe_id, rows)

    def _opened(
        self, tx: Tx, actor: Actor, probe_id: str | None, rows: Sequence[searches.ExclusionRow]
    ) -> tuple[ExcludedCandidate, ...]:
        others = [_other(row, str(probe_id)) for row in rows]
        records = gallery_rows(tx, self._store.vault, others)
        return tuple(
            self._told(tx, actor, row, records[other])
            for row, other in zip(rows, others, strict=True)
            if not (records[other].erased or records[other].protected)
        )

    def _holds(self, row: searches.ExclusionRow) -> bool:
        made_for = (row.probe_version, row.person_version, row.model_hash)
        return made_for == (row.probe_version_now, row.person_version_now, self._model_hash)

    def _told(
        self, tx: Tx, actor: Actor, row: searches.ExclusionRow, person: GalleryRow
    ) -> ExcludedCandidate:
        vault, note = self._store.vault, row.note
        for owner, wrapped in (
            (row.person_id, row.person_wrapped),
            (row.probe_person_id, row.probe_wrapped),
        ):
            note = vault.open(person_key(vault, owner, wrapped), note, "exclusion", row.id)
        by = accounts.find(tx, row.account_id)
        return ExcludedCandidate(
            exclusion_id=row.id,
            person_id=person.person_id,
            record=shown_record(person.document, readable=actor.reaches(person.station_path)),
            reason_code=row.reason_code,
            note=note.decode(),
            by=by.display_name if by else "",
            at=row.at,
        )

    def _sealed(
        self, note: str, exclusion_id: str, probe: people.PersonRow, other: people.PersonRow
    ) -> bytes:
        """Under both persons' keys, so that erasing either makes the note unreadable."""
        vault, sealed = self._store.vault, note.encode()
        for person in (probe, other):
            own = person_key(vault, person.id, person.wrapped)
            sealed = vault.seal(own, sealed, "exclusion", exclusion_id)
        return sealed

    def _pair(
        self, tx: Tx, actor: Actor, probe_id: str, person_id: str
    ) -> tuple[people.PersonRow, people.PersonRow]:
        probe = held(tx, actor, probe_id)
        other = people.find(tx, person_id) if is_id(person_id) else None
        if other is None or other.erased_at is not None:
            raise NotFound
        shown = searches.was_shown(tx, other.id, actor.station_path)
        if not (shown or actor.reaches(other.station_path)):
            raise NotFound
        return probe, other


def _check(probe_person_id: str, person_id: str, reason_code: str, note: str) -> None:
    if reason_code not in case_rules().exclusion_reasons:
        raise RecordInvalid(path="reason_code", reason="unknown_value")
    if probe_person_id == person_id:
        raise RecordInvalid(path="person_id", reason="same_person")
    if len(note) > NOTE_LONGEST:
        raise RecordInvalid(path="note", reason="too_long")


def _standing(tx: Tx, probe_id: str | None) -> list[searches.ExclusionRow]:
    """Exclusions of a person that were not taken back, oldest first; none off the record."""
    if probe_id is None:
        return []
    return [row for row in searches.exclusions_of(tx, probe_id) if row.restored_at is None]


def _other(row: searches.ExclusionRow, person_id: str) -> str:
    return row.person_id if row.probe_person_id == person_id else row.probe_person_id
