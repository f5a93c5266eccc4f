"""A large gallery compares candidates and a sample, and answers as if it had compared everybody.

What is large is lowered here to a few thousand people, and how many are compared with it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from matchers import explain
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.fusion import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine
from tests.searches.conftest import Town, a_face
from tracing.candidate_index import CandidateIndex, CandidateIndexes
from tracing.candidate_stage import Reach, compare_narrowed
from tracing.comparing import Comparison, Probe, compare
from tracing.demo.population import WORLDS, Population
from tracing.face_gallery import FaceGallery
from tracing.gallery import Gallery, View
from tracing.narrowed_faces import NarrowedFaces
from tracing.person_files import GalleryRow
from tracing.photos.served import default_faces

PEOPLE, QUESTIONS, LISTED = 4_000, 16, 10
REACH = Reach(cells=600, narrow=400, wide=4_000, few=400)
"""With what they share, candidates of all kinds come to about a fifth of the people."""


@dataclass(frozen=True, slots=True)
class World:
    view: View
    known: tuple[Comparator, ...]
    model: Model
    index: CandidateIndex
    probes: tuple[tuple[Probe, str | None], ...]

    def everybody(self, probe: Probe, without: tuple[str, ...] = ()) -> Comparison:
        allowed = self.view.allowed(probe.side, without)
        return compare(self.view, self.known, self.model, probe, allowed, LISTED)

    def candidates(self, probe: Probe, without: tuple[str, ...] = ()) -> Comparison:
        return compare_narrowed(
            self.view, self.index, self.known, self.model, probe, LISTED, without, reach=REACH
        )


@cache
def _known() -> tuple[Comparator, ...]:
    return comparators(SoundEngine.standard(), Divisions.load())


@cache
def world(kind: str) -> World:
    population = Population.of(PEOPLE, 7, Divisions.load(), kind)
    rows = [
        GalleryRow(
            str(document["id"]), str(document.get("side", "register")), "s", "0", "s", "s", place,
            1, document, (), None, erased=False, protected=place % 50 == 0,
        )
        for place, document in enumerate(population.records(), 1)
    ]  # fmt: skip
    faces = FaceGallery.empty(default_faces().recipe, 128, None)
    gallery = Gallery(_known(), faces, lambda after: [r for r in rows if r.seq > after])
    view = gallery.follow()
    asked = tuple(
        (Probe("found", PersonClaims.from_document(document)), right)
        for document, right in population.probes(QUESTIONS, 3)
    )
    model, known = Model.load(None), gallery.comparators
    return World(view, known, model, CandidateIndex.of(view, known, 700), asked)


@pytest.mark.parametrize("kind", WORLDS)
def test_the_best_ten_of_everybody_are_among_the_candidates(kind: str) -> None:
    made, kept, compared = world(kind), [], []
    for probe, _ in made.probes:
        best = made.everybody(probe)
        found = made.candidates(probe)
        assert found.rows is not None
        compared.append(len(found.rows))
        kept.append(np.isin(best.order, found.rows).mean() if len(best.order) else 1.0)
    assert np.mean(kept) >= 0.98
    assert np.median(compared) < PEOPLE / 4


@pytest.mark.parametrize("kind", WORLDS)
def test_bits_and_nobody_come_out_close_to_the_full_scan(kind: str) -> None:
    made, bits, nobody = world(kind), [], []
    for probe, _ in made.probes:
        best, found = made.everybody(probe), made.candidates(probe)
        first = int(best.order[0])
        assert found.fused.people == best.fused.people
        assert found.rows is not None
        if first in found.rows:
            place = int(found.places(best.order[:1])[0])
            bits.append(found.fused.bits[place] - best.fused.bits[first])
        nobody.append(found.fused.nobody - best.fused.nobody)
    assert np.median(np.abs(bits)) < 0.2
    assert np.mean(np.abs(nobody)) < 0.02


def test_names_that_few_have_are_as_rare_as_in_the_full_scan() -> None:
    made, told = world("hard"), 0
    for probe, _ in made.probes:
        best, found = made.everybody(probe), made.candidates(probe)
        codes = best.fused.levels["names"]
        held = np.bincount(codes[best.view.allowed(probe.side)], minlength=codes.max() + 1)
        for level in codes[best.order][:3]:
            if level and held[level] <= REACH.few // 10:
                ratio = found.fused.u["names"][level] / best.fused.u["names"][level]
                assert ratio == pytest.approx(1, rel=0.05)
                told += 1
    assert told >= QUESTIONS // 2


def test_reasons_add_up_to_the_bits_of_every_candidate() -> None:
    made = world("hard")
    for probe, _ in made.probes:
        found = made.candidates(probe)
        for place in found.places(found.order).tolist():
            told = explain.reasons(made.model, found.fused, place, {}, {})
            assert sum(r.bits for r in told) == pytest.approx(found.fused.bits[place], abs=1e-9)


def test_the_excluded_and_the_protected_are_neither_listed_nor_counted() -> None:
    made = world("ordinary")
    for probe, _ in made.probes[:8]:
        first = made.view.ids[int(made.candidates(probe).order[0])]
        found = made.candidates(probe, (first,))
        assert first not in [made.view.ids[int(row)] for row in found.order]
        assert not made.view.hidden[found.order].any()
        assert found.fused.people == int(made.view.allowed(probe.side, (first,)).sum())
        hidden = np.flatnonzero(made.view.hidden)
        assert not found.fused.probability[found.places(hidden)].any()


def test_everybody_is_compared_while_the_index_is_being_made_and_where_that_fails(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = town.service.searches._gallery
    view, began, go_on = gallery.follow(), threading.Event(), threading.Event()

    def slowly(*_: object) -> CandidateIndex:
        began.set()
        assert go_on.wait(60)
        raise MemoryError

    monkeypatch.setattr(CandidateIndex, "of", slowly)
    indexes = CandidateIndexes(gallery.comparators, 0)
    assert indexes.of(view) is None
    assert began.wait(60)
    assert indexes.of(view) is None
    go_on.set()
    assert indexes.settle(view) is None
    monkeypatch.undo()
    assert indexes.of(view) is None, "what failed once is not tried at every search"
    assert CandidateIndexes(gallery.comparators, 0).settle(view) is not None


def test_a_large_gallery_is_searched_like_a_small_one_at_the_counter(town: Town) -> None:
    model = default_faces().recipe
    for seed, name in enumerate(("王建国", "李秀英", "陈海燕", "张智强", "黄建国")):
        made = {"model": model, "vector": a_face(seed)}
        claim = {"text": name, "kind": "registered"}
        town.register({"side": "register", "names": [claim], "prints": [made]})
    searches = town.service.searches
    gallery = searches._gallery
    view, index = gallery.follow(), CandidateIndexes(gallery.comparators, 0)
    made_index = index.settle(view)
    assert made_index is not None
    assert index.of(view) is made_index
    probe = Probe(
        "found",
        PersonClaims.from_document({"names": [{"text": "陈海艳", "kind": "heard"}]}),
        np.array(a_face(2), np.float32),
    )
    faces = NarrowedFaces(
        view, np.array(a_face(2), np.float32), probe.times, None, made_index.faces
    )
    known = gallery.comparators
    found = compare_narrowed(
        view, made_index, known, Model.load(None), probe, 5, faces=faces, reach=REACH
    )
    best = compare(view, known, Model.load(None), probe, view.allowed("found"), 5)
    assert found.order.tolist() == best.order.tolist()
    assert found.fused.nobody == pytest.approx(best.fused.nobody, abs=1e-6)
    # a name and a village that nobody had when the index was made
    home = {"kind": "household", "text": "云南省大理市蛤蟆冲"}
    claims = {"names": [{"text": "陈海彦", "kind": "registered"}], "places": [home]}
    later = town.register({"side": "register", **claims})
    view = gallery.follow()
    following = index.of(view)
    assert following is not None
    assert following.base < len(view.ids)
    asked = Probe("found", PersonClaims.from_document(claims))
    found = compare_narrowed(view, following, known, Model.load(None), asked, 6, faces=None)
    assert view.ids[int(found.order[0])] == later
