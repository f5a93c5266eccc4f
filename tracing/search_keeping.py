"""Searches kept and read back: sealed so that erasing a person takes them out of every list.

A search has a key of its own, wrapped by the key of the person it was about, or by the master key
when it was about nobody on record. What it showed of a candidate is sealed by the search's key and
then by the candidate's, so that either's erasure makes it unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracing.access import Actor
from tracing.answers import Candidate, SearchResult, head_of, opened_head, opened_part, part_of
from tracing.cases import Purpose
from tracing.photos.keeping import person_key
from tracing.sealing import Vault
from tracing.store import Tx, galleries, people, searches


@dataclass(frozen=True, slots=True)
class Kept:
    """A search and whom it showed, as they are written."""

    search: Mapping[str, Any]
    shown: Sequence[Mapping[str, Any]]


def keep(
    tx: Tx,
    vault: Vault,
    actor: Actor,
    result: SearchResult,
    purpose: Purpose,
    *,
    faces: int,
    seq: int,
) -> None:
    """Write a search and whom it showed, in the transaction of its audit row."""
    ids = [c.person_id for c in result.candidates]
    if result.probe.person_id is not None:
        ids.append(result.probe.person_id)
    known = people.find_many(tx, ids)
    keep_all(tx, [sealed(vault, actor, result, purpose, known, faces=faces, seq=seq)])


def keep_all(tx: Tx, kept: Sequence[Kept]) -> None:
    """Write many searches and whom they showed, in the transaction of their audit rows."""
    searches.insert_searches(
        tx, [one.search for one in kept], [row for one in kept for row in one.shown]
    )


def sealed(
    vault: Vault,
    actor: Actor,
    result: SearchResult,
    purpose: Purpose,
    known: Mapping[str, people.PersonRow],
    *,
    faces: int,
    seq: int,
) -> Kept:
    """A search as it is kept; `known` has its person and all candidates."""
    key = vault.new_key()
    head = {"reason": purpose.reason, "head": json.loads(head_of(result))}
    row: dict[str, Any] = {
        "id": result.search_id,
        "at": result.at,
        "account_id": actor.account_id,
        "station_id": actor.station_id,
        "via": actor.via,
        "case_id": result.case_id,
        "probe_person_id": result.probe.person_id,
        "purpose": purpose.purpose,
        "legal_basis": purpose.legal_basis,
        "faces": faces,
        "gallery_size": result.gallery_size,
        "gallery_seq": seq,
        "model_hash": result.model_hash,
        "nobody": result.nobody,
        "cpu_ms": result.cpu_ms,
        "wrapped": _wrapped(vault, key, result, known),
        "payload": vault.seal(key, json.dumps(head).encode(), "search_head", result.search_id),
    }
    shown = [_candidate_row(vault, key, result, c, known[c.person_id]) for c in result.candidates]
    return Kept(row, shown)


def _wrapped(
    vault: Vault, key: bytes, result: SearchResult, known: Mapping[str, people.PersonRow]
) -> bytes:
    probe_id = result.probe.person_id
    if probe_id is None:
        return vault.wrap(key, "search", result.search_id)
    own = person_key(vault, probe_id, known[probe_id].wrapped)
    return vault.seal(own, key, "search", result.search_id)


def _candidate_row(
    vault: Vault, key: bytes, result: SearchResult, candidate: Candidate, person: people.PersonRow
) -> dict[str, Any]:
    bound = ("candidate", result.search_id, candidate.person_id)
    inner = vault.seal(key, part_of(candidate), *bound)
    own = person_key(vault, person.id, person.wrapped)
    return {
        "search_id": result.search_id,
        "rank": candidate.rank,
        "person_id": candidate.person_id,
        "person_version": person.version,
        "probability": candidate.probability,
        "bits": candidate.bits,
        "grade": candidate.grade,
        "payload": vault.seal(own, inner, *bound),
    }


def search_key(vault: Vault, row: searches.SearchRow) -> bytes:
    """The key of a kept search; raises `NotFound` once its person is erased."""
    if row.probe_person_id is None:
        return vault.unwrap(row.wrapped, "search", row.id)
    own = person_key(vault, row.probe_person_id, row.probe_wrapped)
    return vault.open(own, row.wrapped, "search", row.id)


def head(vault: Vault, key: bytes, row: searches.SearchRow) -> dict[str, Any]:
    """What belongs to the search itself, as fields of `SearchResult`."""
    doc = json.loads(vault.open(key, row.payload, "search_head", row.id))
    return opened_head(json.dumps(doc["head"]).encode())


def reason(vault: Vault, key: bytes, row: searches.SearchRow) -> str:
    """The reason that was stated for a kept search."""
    return str(json.loads(vault.open(key, row.payload, "search_head", row.id))["reason"])


@dataclass(frozen=True, slots=True)
class Held:
    """People as the store holds them, and the borrowed galleries they lie in, both by id."""

    persons: Mapping[str, people.PersonRow]
    lenders: Mapping[str, str]

    @classmethod
    def of(cls, tx: Tx, person_ids: Sequence[str]) -> Held:
        """Read together; who is not there is left out."""
        persons = people.find_many(tx, person_ids)
        return cls(persons, galleries.titles(tx, (p.gallery_id for p in persons.values())))


def candidates(
    tx: Tx,
    vault: Vault,
    key: bytes,
    row: searches.SearchRow,
    actor: Actor,
    without: Sequence[str],
) -> tuple[Candidate, ...]:
    """Whom the search showed, by rank, less the erased and `without`."""
    kept = searches.candidates(tx, row.id)
    held = Held.of(tx, [c.person_id for c in kept])
    return opened_candidates(vault, key, row, kept, held, actor, without)


def opened_candidates(
    vault: Vault,
    key: bytes,
    row: searches.SearchRow,
    kept: Sequence[searches.CandidateRow],
    held: Held,
    actor: Actor,
    without: Sequence[str],
) -> tuple[Candidate, ...]:
    """The same from what the store holds of them."""
    out: list[Candidate] = []
    for entry in kept:
        person = held.persons.get(entry.person_id)
        if person is None or entry.person_wrapped is None:
            continue
        if entry.person_id in without or person.hidden:
            continue
        bound = ("candidate", row.id, entry.person_id)
        own = person_key(vault, entry.person_id, entry.person_wrapped)
        fields = opened_part(vault.open(key, vault.open(own, entry.payload, *bound), *bound))
        out.append(
            Candidate(
                rank=len(out) + 1,
                person_id=entry.person_id,
                station_code=person.station_code,
                station_name=person.station_name,
                readable=actor.reaches(person.station_path),
                probability=entry.probability,
                bits=entry.bits,
                grade=_grade(entry.grade),
                lender=held.lenders.get(person.gallery_id or "", ""),
                **fields,
            )
        )
    return tuple(out)


def _grade(text: str) -> Any:
    return text if text in ("probable", "strong") else "possible"
