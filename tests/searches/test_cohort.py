"""The cohort: drawn once, kept with its version, taken up at the next start, never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexes.layered import Layered
from tests.searches.conftest import Town, a_face
from tracing.face_cohort import CohortKeeping
from tracing.face_gallery import FaceGallery
from tracing.face_templates import UNDATED, FaceRows
from tracing.gallery import Gallery
from tracing.photos.served import default_faces
from tracing.store import cohorts

MODEL, DIM, _ = (default_faces().recipe, default_faces().dim, "")


class Files:
    """The faces of a house, as a process that has just been started reads them."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def gallery(self) -> Gallery:
        with self.town.service.store.read() as tx:
            stored = cohorts.newest(tx, MODEL)
        faces = FaceGallery.empty(MODEL, DIM, None, stored)
        gallery = Gallery((), faces, self.town.service.people.documents)
        gallery.follow()
        return gallery

    def keep(self, gallery: Gallery) -> int:
        keeping, steps = CohortKeeping(self.town.service.store, lambda: gallery), 0
        while keeping.step():
            steps += 1
        return steps

    def person(self, seed: int) -> str:
        made = {"model": MODEL, "vector": a_face(seed)}
        return self.town.register({"side": "register", "prints": [made]})


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    from tracing.service import Service
    from tracing.settings import Settings

    service = Service(Settings(_env_file=None, data_dir=tmp_path))  # type: ignore[call-arg]
    files = Files(Town(service))
    for seed in range(20):
        files.person(seed)
    yield files
    service.close()


def test_a_start_takes_up_the_draw_and_its_means_and_takes_only_new_ones(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = files.gallery()
    assert files.keep(first) == 2
    assert files.keep(first) == 0
    faces = first.view.faces
    assert faces.cohort is not None
    assert (faces.cohort.version, faces.stamped.all()) == (1, True)
    files.person(21)
    taken: list[int] = []
    from tracing import face_gallery

    plain = face_gallery.cohort_means

    def counted(prints: Any, *rest: Any) -> Any:
        taken.append(len(prints))
        return plain(prints, *rest)

    monkeypatch.setattr(face_gallery, "cohort_means", counted)
    second = files.gallery().view.faces
    assert taken == [1]
    assert second.cohort is not None
    assert (second.cohort.version, second.stamped.tolist()) == (1, [True] * 20 + [False])
    assert np.allclose(second.means[:20], faces.means, atol=1e-6)
    assert np.array_equal(np.sort(second.cohort.owners), np.sort(faces.cohort.owners))


def test_an_erased_person_takes_the_draw_along(files: Files) -> None:
    gone = files.person(30)
    gallery = files.gallery()
    files.keep(gallery)
    files.town.erase(gone)
    for now in (gallery.follow(), files.gallery().view):
        assert now.faces.cohort is not None
        assert now.faces.cohort.version == 0  # drawn anew, not kept yet
        assert len(now.faces.cohort) == 20
    files.keep(gallery)
    with files.town.service.store.read() as tx:
        stored = cohorts.newest(tx, MODEL)
    assert stored is not None
    assert stored.version == 2
    assert gone not in stored.people


def test_in_a_large_gallery_the_erased_leave_at_once_and_the_draw_follows_in_the_background(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = files.person(30)
    gallery = files.gallery()
    files.keep(gallery)
    monkeypatch.setattr("tracing.face_gallery.AT_ONCE", 5)
    files.town.erase(gone)
    waiting = gallery.follow().faces
    assert waiting.cohort is not None
    assert (waiting.due, len(waiting.cohort)) == (True, 20)
    assert files.keep(gallery) == 3  # drawn, numbered, means kept
    done = gallery.view.faces
    assert done.cohort is not None
    assert (done.due, done.cohort.version, done.stamped.all()) == (False, 2, True)


def test_a_draw_made_beside_the_searches_fits_what_came_meanwhile_or_is_made_again() -> None:
    people = [_row(i) for i in range(12)]
    before = FaceGallery.empty(MODEL, DIM, None).changed({}, people)
    later = before.changed({0: 12}, [_row(12), _row(13)])
    assert later.adopting(before) is None  # somebody in the cohort has changed
    grown = before.changed({}, [_row(12)])
    adopted = grown.adopting(before.redrawn())
    assert adopted is not None
    assert not np.isnan(adopted.means).any()
    packed = grown.taken(np.arange(1, 13))
    assert packed.rows.tolist() == list(range(12))
    assert packed.adopting(before.redrawn()) is None
    assert packed.cohort is not None
    assert packed.cohort.owners.tolist() == [-1, *range(11)]


def test_a_mean_that_no_longer_holds_is_taken_anew_and_many_of_them_draw_anew(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = files.gallery()
    files.keep(gallery)
    person = next(iter(files.town.service.people.documents()))
    assert person.prints[0].cohort_version == 1
    with files.town.service.store.write() as tx:
        cohorts.clear_means(tx, person.person_id)
    drawn = files.gallery().view.faces
    assert drawn.cohort is not None
    assert drawn.cohort.version == 0  # one in twenty is too many
    monkeypatch.setattr("tracing.face_gallery.CHANGED_SHARE", 0.1)
    assert np.count_nonzero(~files.gallery().view.faces.stamped) == 1


def test_two_processes_never_store_two_draws_at_once(files: Files) -> None:
    ours, theirs = files.gallery(), files.gallery()
    assert (files.keep(ours), files.keep(theirs)) == (2, 0)
    assert theirs.view.faces.cohort is not None
    assert theirs.view.faces.cohort.version == 0
    assert np.allclose(ours.view.faces.means, theirs.view.faces.means)


def _row(seed: int) -> FaceRows:
    return FaceRows(seed, np.array(a_face(seed), np.float32), UNDATED, 0, str(seed))


def test_a_changed_face_weighs_as_if_all_were_read_anew_and_copies_no_other() -> None:
    people = [_row(i) for i in range(40)]
    read = FaceGallery.empty(MODEL, DIM, None).changed({}, people)
    pages = read.vectors[:]
    pages.flags.writeable = False
    opened = replace(read, vectors=Layered.of(pages))
    gone: dict[int, int | None] = {3: 40, 17: None, 39: None}
    changed = [replace(_row(3), row=40), replace(_row(77), row=41)]
    one, other = opened.changed(gone, changed), read.changed(gone, changed)
    assert one.vectors.base is pages
    asked = np.array(a_face(500, np.array(a_face(20), np.float32), 0.3), np.float32)
    for kept, anew in ((one, other), (one.taken(np.arange(1, 42)), other.taken(np.arange(1, 42)))):
        assert np.array_equal(kept.vectors[:], anew.vectors[:])
        assert np.array_equal(kept.rows, anew.rows)
        assert np.array_equal(kept.means, anew.means)
        ours, theirs = (each.weigh(asked, UNDATED, 42) for each in (kept, anew))
        assert np.allclose(ours.apart, theirs.apart, atol=1e-6)
        assert np.array_equal(ours.levels, theirs.levels)
