"""Cases to learn the model of evidence from: a station's own, or labelled files."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matchers.claims import PersonClaims
from matchers.evidence import Comparator
from matchers.evidence.promotion import Case
from tracing import audit
from tracing.access import Actor, require
from tracing.comparing import Probe, scan
from tracing.errors import RecordInvalid
from tracing.face_gallery import FaceGallery
from tracing.face_templates import FaceTimes, template
from tracing.gallery import SIDES, Gallery, View
from tracing.person_files import GalleryRow, gallery_rows
from tracing.photos.keeping import person_key
from tracing.sealing import Vault
from tracing.store import Store, Tx, outcomes

MOST_CASES = 600
"""The newest cases of each kind; older ones speak of an older way of working."""
MOST_PEOPLE = 20_000
"""People whom a case is judged among; of more a sample is drawn, always the same."""


def own_cases(store: Store, gallery: Gallery, actor: Actor) -> list[Case]:
    """Confirmed, rejected and open cases of the actor's stations; the reading is recorded."""
    require(actor, "people.read")
    view = gallery.follow()
    with store.write() as tx:
        known = _known(tx, actor)
        found = [
            case
            for (person_id, version), answer in known.items()
            if (case := _own_case(tx, store.vault, gallery, view, person_id, version, answer))
        ]
        audit.record(tx, actor, "case.learn", "person", None, at=store.now(),
                     detail={"cases": len(found)})  # fmt: skip
    return found


def labelled_cases(
    comparators: Sequence[Comparator], faces: FaceGallery, people: Path, questions: Path
) -> list[Case]:
    """From files of person records, one a line; each question has `true_id`, an id or null.

    Raises:
        RecordInvalid: a line that is no record; its number is named.
    """
    rows = [_row(number, doc) for number, doc in enumerate(_lines(people), 1)]
    gallery = Gallery(comparators, faces, lambda after: rows if not after else ())
    view, found = gallery.follow(), []
    for number, doc in enumerate(_lines(questions), 1):
        side = _side(doc, number, str(questions.name))
        truth = None if doc.get("true_id") is None else view.at.get(str(doc["true_id"]))
        probe = Probe(side, PersonClaims.from_document(doc))
        person = str(doc.get("true_id") or doc.get("id") or number)
        found.append(_case(gallery, view, probe, person, _Answer(settled=True, truth=truth)))
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of one case's answer, as rows of the view."""

    settled: bool
    truth: int | None = None
    rejected: tuple[int, ...] = ()


Known = dict[tuple[str, int | None], tuple[bool, str | None, tuple[str, ...]]]
"""(person, version) -> settled, who it was, who it was not."""


def _known(tx: Tx, actor: Actor) -> Known:
    path = actor.station_path
    settled: dict[tuple[str, int | None], str | None] = {
        (row.probe_person_id, row.probe_version): row.person_id
        for row in outcomes.below(tx, path, MOST_CASES)
    }
    versions: dict[str, int | None] = dict(settled)
    wrong: defaultdict[tuple[str, int | None], list[str]] = defaultdict(list)
    for row in outcomes.rejections(tx, path, MOST_CASES):
        version = versions.get(row.probe_person_id, row.probe_version)
        wrong[row.probe_person_id, version].append(row.person_id)
    known: Known = {
        key: (True, person_id, tuple(wrong.pop(key, ()))) for key, person_id in settled.items()
    }
    known |= {key: (False, None, tuple(others)) for key, others in wrong.items()}
    seen = {person_id for person_id, _ in known}
    for person_id in outcomes.searched(tx, path, MOST_CASES):
        if person_id not in seen:
            known[person_id, None] = (False, None, ())
    return known


def _own_case(
    tx: Tx,
    vault: Vault,
    gallery: Gallery,
    view: View,
    person_id: str,
    version: int | None,
    answer: tuple[bool, str | None, tuple[str, ...]],
) -> Case | None:
    """The case as it was when it was answered; None where one of its people is gone since."""
    now = gallery_rows(tx, vault, [person_id]).get(person_id)
    if now is None or now.erased:
        return None
    document: dict[str, Any] | None = now.document
    if version is not None and version != now.version:
        document = _document_at(tx, vault, person_id, version)
    settled, truth, rejected = answer
    row = None if truth is None else view.at.get(truth)
    if document is None or (truth is not None and row is None):
        return None
    own = gallery.faces.comparable(now.prints)
    claims = PersonClaims.from_document(document)
    probe = Probe(now.side, claims)
    if own:
        probe = Probe(now.side, claims, template(own), FaceTimes.of(own, document))
    wrong = [view.at[other] for other in rejected if other in view.at]
    return _case(gallery, view, probe, person_id, _Answer(settled, row, tuple(wrong)))


def _document_at(tx: Tx, vault: Vault, person_id: str, version: int) -> dict[str, Any] | None:
    """What a person's record said at a version; None where that is no longer known."""
    sealed = outcomes.document_at(tx, person_id, version)
    if sealed is None:
        return None
    key = person_key(vault, person_id, sealed.wrapped)
    text = vault.open(key, sealed.document, "document", person_id, version)
    document: dict[str, Any] = json.loads(text)
    return document


def _case(gallery: Gallery, view: View, probe: Probe, person: str, answer: _Answer) -> Case:
    """Levels against those whom the probe may be looked for among, or against a sample of them."""
    allowed = view.allowed(probe.side, [person], view.lenders)
    rows = np.flatnonzero(allowed)
    if len(rows) > MOST_PEOPLE:
        rows = np.sort(np.random.default_rng(len(rows)).choice(rows, MOST_PEOPLE, replace=False))
    known = [row for row in (answer.truth, *answer.rejected) if row is not None]
    rows = np.union1d(rows, np.array(known, np.int64))
    found = scan(view, gallery.comparators, probe)
    place = {int(row): i for i, row in enumerate(rows) if row in known}
    return Case(
        person=person,
        levels={key: codes[rows] for key, codes in found.levels.items()},
        settled=answer.settled,
        truth=None if answer.truth is None else place[answer.truth],
        rejected=tuple(place[row] for row in answer.rejected),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    doc = json.loads(line)
                except ValueError:
                    raise RecordInvalid(path=f"{path.name}:{number}", reason="not_json") from None
                if not isinstance(doc, dict):
                    raise RecordInvalid(path=f"{path.name}:{number}", reason="not_an_object")
                yield doc


def _side(doc: dict[str, Any], number: int, name: str) -> str:
    side = str(doc.get("side") or "")
    if side not in SIDES:
        raise RecordInvalid(path=f"{name}:{number}.side", reason="unknown_value")
    return side


def _row(number: int, doc: dict[str, Any]) -> GalleryRow:
    """A record of a file as a row of a gallery that only this run knows."""
    return GalleryRow(
        person_id=str(doc.get("id") or number),
        side=_side(doc, number, "gallery"),
        station_id="", station_code="", station_name="", station_path="",
        seq=number, version=1, document=doc, prints=(), photo=None,
        erased=False, protected=False,
    )  # fmt: skip
