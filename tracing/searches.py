"""Searches: who may this be? Asked with a purpose, answered with reasons, kept with what was shown.

Two gates stand where a search starts: the purpose, and whom the probe may be looked for among.
Everything that is counted (the gallery's size, how rare a likeness is, nobody's share) is counted
behind the second gate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from matchers.evidence.promotion import Case
from tracing import audit, protections, reviews, search_keeping
from tracing.access import Actor, require, rules
from tracing.answers import Candidate, ExcludedCandidate, ProbeView, SearchResult
from tracing.batch_workers import BatchWorkers
from tracing.batches import Batches
from tracing.candidate_index import CandidateIndexes
from tracing.candidate_stage import compare_narrowed
from tracing.cases import Cases, Purpose, case_rules, require_purpose
from tracing.comparing import Comparison, Probe, compare
from tracing.errors import NotFound, PurposeForbidden, PurposeMissing
from tracing.exchange import galleries
from tracing.exclusions import Exclusions, held
from tracing.face_candidates import Nearest
from tracing.face_index import FaceIndex
from tracing.fusion_calibration import labelled_cases, own_cases
from tracing.gallery import Gallery, View
from tracing.narrowed_faces import NarrowedFaces
from tracing.person_files import GalleryPrint, GalleryRow, gallery_rows
from tracing.photos.keeping import FaceChoice
from tracing.police.rules import police_rules
from tracing.police.urgent import UrgentGate
from tracing.record_changes import within_reach
from tracing.records import PersonRecord
from tracing.registers import switched_off
from tracing.reviews import Emergency
from tracing.search_probes import chosen_prints, probe_of, ready_made
from tracing.shown import shown_photo, shown_record
from tracing.store import Store, Tx, people, searches
from tracing.store import cases as case_rows
from tracing.store import galleries as lent_rows
from tracing.store.ids import is_id, new_id
from tracing.telling import Teller


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search is about and under which case, after both gates."""

    person_id: str | None
    record: PersonRecord
    photo: tuple[str, int] | None
    probe: Probe
    faces: int
    purpose: Purpose
    case: tuple[str, str] | None
    emergency: Emergency | None = None
    faces_off: bool = False


@dataclass(frozen=True, slots=True)
class PastSearch:
    """A search in a list of searches; `candidates` is how many it showed."""

    search_id: str
    at: datetime
    record: PersonRecord
    purpose: str
    case_number: str | None
    candidates: int


class Searches:
    """Searching people, reading searches again, and staff's exclusions."""

    def __init__(
        self,
        store: Store,
        cases: Cases,
        gallery: Gallery,
        teller: Teller,
        longest: int,
        photos_left: Callable[[], int] = lambda: 0,
        face_index: FaceIndex | None = None,
        indexes: CandidateIndexes | None = None,
        workers: BatchWorkers | None = None,
    ) -> None:
        """`photos_left` tells how many photos the face model has not encoded yet.

        indexes: for another size than usual from which on candidates are compared. workers:
        processes for long batches.
        """
        self._photos_left = photos_left
        self._store = store
        self._cases = cases
        self._gallery = gallery
        self._teller = teller
        self._longest = longest
        self._face_index = face_index
        self._indexes = indexes or CandidateIndexes(gallery.comparators)
        self._exclusions = Exclusions(store, teller.model.hash)
        self._urgent = UrgentGate(store)
        self.batches = Batches(store, gallery, teller.model, longest, workers)

    @property
    def people(self) -> int | None:
        """How many people can be found; None until the gallery has been read."""
        return self._gallery.people

    def _nearest(self, view: View) -> Nearest | None:
        """Whom to ask for face neighbours; None while everybody's face is compared."""
        index = self._face_index
        return index.nearest if index is not None and index.narrows(len(view.faces)) else None

    def follow(self) -> None:
        """Bring the gallery up to date, without a search."""
        self._indexes.of(self._gallery.follow())

    def own_cases(self, actor: Actor) -> list[Case]:
        """What became of the searches of the actor's stations, to learn from."""
        return own_cases(self._store, self._gallery, actor)

    def labelled_cases(self, people: Path, questions: Path) -> list[Case]:
        """The same from labelled files; see `fusion_calibration.labelled_cases`."""
        faces = self._gallery.follow().faces.taken(np.zeros(0, np.int64))
        return labelled_cases(self._gallery.comparators, faces, people, questions)

    def for_person(self, actor: Actor, person_id: str, limit: int = 20) -> SearchResult:
        """Look for a person on record; their case supplies purpose, legal basis and reason.

        Raises:
            NotFound: absent, out of reach or erased.
            PurposeMissing: the person has no case (a register entry): use `ask`.
        """
        require(actor, "search")
        with self._store.read() as tx:
            person, case = self._person(tx, actor, person_id)
        stated = (case.purpose, case.legal_basis, case.reason) if case else ("", "", "")
        purpose = self._purpose(actor, *stated)
        asked = Asked(
            person_id=person_id,
            record=shown_record(person.document, readable=True),
            photo=shown_photo(person),
            probe=self._probe(person.side, person.document, person.prints),
            faces=len(person.prints),
            purpose=purpose,
            case=(case.id, case.number) if case else None,
        )
        return self._search(actor, asked, limit)

    def ask(
        self,
        actor: Actor,
        record: PersonRecord,
        purpose: str = "",
        legal_basis: str = "",
        reason: str = "",
        *,
        faces: Sequence[FaceChoice] = (),
        case_id: str | None = None,
        emergency: Emergency | None = None,
        limit: int = 20,
    ) -> SearchResult:
        """Look for somebody who is not on record; nothing of them is registered.

        With `case_id` that case supplies the purpose; with `emergency` the person stands here,
        the rules for urgent searches supply it and another person reviews afterwards.

        Raises:
            RecordInvalid: an emergency without its incident number.
            PurposeMissing: purpose, legal basis or reason is empty.
            PurposeForbidden: the purpose is neither tracing nor aid.
            PoliceError: an officer asks for more than one person who is there now, or too often.
        """
        require(actor, "search")
        why, case = case_rules().emergency, None
        if actor.outside:
            self._urgent.require(actor, record.side, emergency)
        if emergency is not None:
            emergency.check()
        elif case_id is None:
            why = self._purpose(actor, purpose, legal_basis, reason)
        with self._store.read() as tx:
            if case_id is not None and emergency is None:
                found, why = self._cases.purpose_of(tx, actor, case_id)
                case = (found.id, found.number)
            prints = chosen_prints(tx, self._store.vault, actor, faces)
        document = record.document()
        given = [*prints, *ready_made(record)]
        first = next(((f.photo_id, f.ordinal) for f in faces if f.ordinal is not None), None)
        asked = Asked(
            person_id=None,
            record=PersonRecord.model_validate(
                {k: v for k, v in document.items() if k != "prints"}
            ),
            photo=first,
            probe=self._probe(record.side, document, given),
            faces=len(given),
            purpose=why,
            case=case,
            emergency=emergency,
        )
        return self._search(actor, asked, limit)

    def get(self, actor: Actor, search_id: str) -> SearchResult:
        """A search as it was answered, less people erased or excluded since.

        Raises:
            NotFound: absent, or asked at a station out of reach.
        """
        require(actor, "search")
        with self._store.write() as tx:
            row = searches.find(tx, search_id) if is_id(search_id) else None
            if row is None or not self._may_read(tx, actor, row):
                raise NotFound
            if row.probe_person_id is not None:
                within_reach(actor, people.find(tx, row.probe_person_id))
            result = self._read(tx, actor, row)
            audit.record(tx, actor, "search.read", "search", row.id, at=self._store.now(),
                         case_id=row.case_id, purpose=row.purpose)  # fmt: skip
            return result

    def latest(self, actor: Actor, person_id: str) -> str | None:
        """The id of the latest search for a person within reach; None when there was none."""
        require(actor, "search")
        with self._store.read() as tx:
            self._person(tx, actor, person_id)
            return next(iter(searches.of_person(tx, person_id, 1)), None)

    def recent(self, actor: Actor, limit: int = 10) -> tuple[PastSearch, ...]:
        """The latest searches of this account, newest first."""
        require(actor, "search")
        vault, out = self._store.vault, []
        with self._store.read() as tx:
            for row in searches.latest_of(tx, actor.account_id, min(limit, 50)):
                if row.probe_person_id is not None and row.probe_wrapped is None:
                    continue  # its person was erased
                if row.probe_person_id and _hidden(tx, row.probe_person_id):
                    continue
                if not self._may_read(tx, actor, row):
                    continue
                fields = search_keeping.head(vault, search_keeping.search_key(vault, row), row)
                case = case_rows.find(tx, row.case_id) if row.case_id else None
                shown = searches.shown_now(tx, row.id)
                out.append(
                    PastSearch(
                        search_id=row.id,
                        at=row.at,
                        record=fields["probe"][0],
                        purpose=row.purpose,
                        case_number=case.number if case else None,
                        candidates=shown,
                    )
                )
        return tuple(out)

    def exclude(
        self, actor: Actor, probe_person_id: str, person_id: str, reason_code: str, note: str = ""
    ) -> str:
        """Say that these two are not one person; see `Exclusions.exclude`."""
        return self._exclusions.exclude(actor, probe_person_id, person_id, reason_code, note)

    def restore(self, actor: Actor, exclusion_id: str) -> None:
        """Take an exclusion back; see `Exclusions.restore`."""
        self._exclusions.restore(actor, exclusion_id)

    def exclusions(self, actor: Actor, probe_person_id: str) -> tuple[ExcludedCandidate, ...]:
        """Whom staff have excluded for a person within reach; see `Exclusions.of`."""
        return self._exclusions.of(actor, probe_person_id)

    def _search(self, actor: Actor, asked: Asked, limit: int) -> SearchResult:
        limit = max(1, min(limit, self._longest))
        if actor.outside:
            limit = min(limit, police_rules().urgent.listed)
        view = self._gallery.follow()
        with self._store.read() as tx:
            if asked.faces and switched_off(tx, "faces", self._store.now()):
                blind = replace(asked.probe, template=None)
                asked = replace(asked, probe=blind, faces=0, faces_off=True)
            excluded = self._exclusions.in_force(tx, actor, asked.person_id)
            reviews = self._exclusions.to_review(tx, actor, asked.person_id)
            closed = galleries.closed(tx, asked.purpose.purpose, self._store.now())
        out = [e.person_id for e in excluded]
        if asked.person_id is not None:
            out.append(asked.person_id)
        found = self._compared(view, asked.probe, out, closed, limit)
        with self._store.write() as tx:
            records = self._gate(tx, view, found)
            result = self._result(actor, asked, found, records, excluded, reviews)
            search_keeping.keep(
                tx, self._store.vault, actor, result, asked.purpose,
                faces=asked.faces, seq=view.seq,
            )  # fmt: skip
            echo = protections.would_show(
                view, found.fused, asked.probe.side, asked.person_id, found.rows
            )
            protections.keep_notes(tx, self._store.vault, {result.search_id: echo})
            self._let_review(tx, asked, result.search_id)
            audit.record(
                tx, actor, "search.ask", "search", result.search_id, at=result.at,
                case_id=result.case_id, purpose=asked.purpose.purpose,
                detail={
                    "legal_basis": asked.purpose.legal_basis,
                    "probe": asked.person_id,
                    "faces": asked.faces,
                    "gallery": result.gallery_size,
                    "shown": [c.person_id for c in result.candidates],
                    "emergency": asked.emergency is not None,
                },
            )  # fmt: skip
        return result

    def _compared(
        self,
        view: View,
        probe: Probe,
        without: Sequence[str],
        closed: Collection[str],
        limit: int,
    ) -> Comparison:
        """Everybody compared, or in a large gallery the candidates and a sample of the others."""
        known, model, nearest = self._gallery.comparators, self._teller.model, self._nearest(view)
        index = self._indexes.of(view)
        if index is None:
            allowed = view.allowed(probe.side, without, closed)
            return compare(view, known, model, probe, allowed, limit, nearest)
        faces = None
        if probe.template is not None:
            faces = NarrowedFaces(view, probe.template, probe.times, nearest, index.faces)
        return compare_narrowed(
            view, index, known, model, probe, limit, without, faces, closed=closed
        )

    def _may_read(self, tx: Tx, actor: Actor, row: searches.SearchRow) -> bool:
        """Staff read the searches of their stations; others their own, for some days."""
        if not actor.outside:
            return actor.reaches(row.station_path)
        now, last = self._store.now(), row.at + timedelta(days=rules().outside_days)
        own = row.account_id == actor.account_id and now <= last
        return own and searches.still_open(tx, row.id, now)

    def _purpose(self, actor: Actor, purpose: str, legal_basis: str, reason: str) -> Purpose:
        """`require_purpose`, and a key's own; a refusal leaves its row in the trail."""
        try:
            if actor.purpose is not None and purpose not in ("", actor.purpose):
                raise PurposeForbidden
            return require_purpose(purpose, legal_basis, reason)
        except (PurposeForbidden, PurposeMissing) as error:
            known = purpose in case_rules().forbidden_purposes | case_rules().purposes
            with self._store.write() as tx:
                audit.record(tx, actor, "search.refuse", "search", None, at=self._store.now(),
                             purpose=purpose if known else None, outcome="refused",
                             detail={"code": error.code})  # fmt: skip
            raise

    def _let_review(self, tx: Tx, asked: Asked, search_id: str) -> None:
        row = searches.find(tx, search_id) if asked.emergency else None
        if row is not None and asked.emergency is not None:
            reviews.keep(tx, self._store.vault, row, asked.emergency)

    def _gate(self, tx: Tx, view: View, found: Comparison) -> Mapping[str, GalleryRow]:
        """The candidates' records as they are now; the erased and the protected are not there."""
        ids = [view.ids[row] for row in found.order]
        records = gallery_rows(tx, self._store.vault, ids)
        return {key: row for key, row in records.items() if not (row.erased or row.protected)}

    def _result(
        self,
        actor: Actor,
        asked: Asked,
        found: Comparison,
        records: Mapping[str, GalleryRow],
        excluded: tuple[ExcludedCandidate, ...],
        reviews: tuple[ExcludedCandidate, ...],
    ) -> SearchResult:
        with self._store.read() as tx:
            lenders = lent_rows.titles(tx, (row.gallery_id for row in records.values()))
        return SearchResult(
            search_id=new_id(),
            at=self._store.now(),
            case_id=asked.case[0] if asked.case else None,
            case_number=asked.case[1] if asked.case else None,
            purpose=asked.purpose.purpose,
            gallery_size=found.fused.people,
            prior=self._teller.model.in_gallery,
            nobody=found.fused.nobody,
            cpu_ms=found.cpu_ms,
            model_hash=self._teller.model.hash,
            probe=ProbeView(asked.person_id, asked.record, asked.photo),
            candidates=_few(self._teller.candidates(found, records, lenders, actor), actor),
            excluded=excluded,
            missing=self._teller.missing(found),
            questions=self._teller.questions(found),
            faces_needed=None if found.faces is None else found.faces.needed,
            faces_left=self._photos_left() if asked.faces else 0,
            faces_uncalibrated=found.faces is not None and not found.faces.calibrated,
            faces_off=asked.faces_off,
            reviews=reviews,
        )

    def _read(self, tx: Tx, actor: Actor, row: searches.SearchRow) -> SearchResult:
        vault = self._store.vault
        key = search_keeping.search_key(vault, row)
        fields = search_keeping.head(vault, key, row)
        record, photo = fields.pop("probe")
        excluded = self._exclusions.in_force(tx, actor, row.probe_person_id)
        out = [e.person_id for e in excluded]
        case = case_rows.find(tx, row.case_id) if row.case_id else None
        return SearchResult(
            search_id=row.id,
            at=row.at,
            case_id=row.case_id,
            case_number=case.number if case else None,
            purpose=row.purpose,
            gallery_size=row.gallery_size,
            nobody=row.nobody,
            cpu_ms=row.cpu_ms,
            model_hash=row.model_hash,
            probe=ProbeView(row.probe_person_id, record, photo),
            candidates=search_keeping.candidates(tx, vault, key, row, actor, out),
            excluded=excluded,
            reviews=self._exclusions.to_review(tx, actor, row.probe_person_id),
            **fields,
        )

    def _probe(
        self, side: str, document: Mapping[str, object], prints: Sequence[GalleryPrint]
    ) -> Probe:
        today = self._store.now().date()
        return probe_of(self._gallery.faces, side, document, prints, today)

    def _person(
        self, tx: Tx, actor: Actor, person_id: str
    ) -> tuple[GalleryRow, case_rows.CaseRow | None]:
        held(tx, actor, person_id)
        row = gallery_rows(tx, self._store.vault, [person_id])[person_id]
        return row, case_rows.of_people(tx, [person_id]).get(person_id)


def _few(candidates: tuple[Candidate, ...], actor: Actor) -> tuple[Candidate, ...]:
    """Whom the answer shows: to whoever is outside, nobody without a share worth a look."""
    least = police_rules().urgent.share if actor.outside else 0.0
    return tuple(c for c in candidates if c.probability >= least)


def _hidden(tx: Tx, person_id: str) -> bool:
    person = people.find(tx, person_id)
    return person is None or person.stored_only_at is not None
