"""When the face model changes, every photo is encoded again, once, whoever dies on the way."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.store.conftest import Clock, NewOffice
from tests.store.office import MODEL, DrawnFaces, Office, print_of, record
from tracing.errors import PhotoUnreadable
from tracing.photos.intake import Examined
from tracing.photos.reencoding import CLAIM, Reencoding
from tracing.photos.served import ServedFaces
from tracing.photos.views import Box
from tracing.store import photos

NEWER = ServedFaces("newer-64", 64, "drawn")


class Newer(DrawnFaces):
    """Another model: 64 numbers from the picture and the box; sees a face where none was seen."""

    def __init__(self, served: ServedFaces = NEWER, broken: bytes = b"broken") -> None:
        self._served, self._broken = served, broken
        self.asked = 0

    def served(self) -> ServedFaces:
        return self._served

    def encode(self, jpeg: bytes, boxes: Any) -> NDArray[np.float32]:
        self.asked += 1
        if self._broken in jpeg:
            raise PhotoUnreadable
        return np.stack([self.vector(jpeg, box) for box in boxes])

    def examine(self, data: bytes) -> Examined:
        self.asked += 1
        seen = super().examine(b"faces:1 " + data.rpartition(b" ")[2])
        vector = self.vector(data, seen.faces[0].box)
        return replace(
            seen, recipe=self._served.recipe, detector=self._served.detector, rotation=90,
            faces=(replace(seen.faces[0], vector=vector),),
        )  # fmt: skip

    @staticmethod
    def vector(jpeg: bytes, box: Box) -> NDArray[np.float32]:
        draw = np.random.default_rng([*jpeg, *box]).normal(size=64).astype(np.float32)
        return (draw / np.linalg.norm(draw)).astype(np.float32)


@pytest.fixture
def full(office: Office) -> Office:
    """Two people with a photo each, one photo of nobody yet, one picture without a face."""
    for number, text in enumerate((b"faces:2 a", b"faces:1 b")):
        photo = office.photos.receive(office.worker, text, "a.jpg")
        doc = {"names": [{"text": "王建国"}], "photos": [{"file": photo.id, "face": 0}]}
        office.people.register(office.worker, record(id=str(number), **doc))
    office.photos.receive(office.worker, b"faces:3 c", "c.jpg")
    office.photos.receive(office.worker, b"faces:0 d", "d.jpg")
    return office


def models(office: Office) -> list[str]:
    return sorted(p.model for row in office.people.documents() for p in row.prints)


def test_a_new_model_encodes_every_photo_once_and_only_chosen_faces_are_the_persons(
    full: Office,
) -> None:
    intake = Newer()
    work = Reencoding(full.store, intake, at_once=2)
    before = [row.seq for row in full.people.documents()]
    assert models(full) == [MODEL, MODEL]
    assert work.left().photos == 3  # the picture without a face waits for another detector
    assert (work.batch(2), work.left().photos) == (2, 1)
    assert (work.batch(2), work.batch(2), work.left().photos) == (1, 0, 0)
    assert intake.asked == 3
    rows = list(full.people.documents())
    assert models(full) == [NEWER.recipe, NEWER.recipe]
    assert all(p.vector.shape == (64,) and p.ordinal == 0 for r in rows for p in r.prints)
    assert all(p.taken == "2019-05-01" for r in rows for p in r.prints)
    assert min(row.seq for row in rows) > max(before)  # galleries hear of it
    with full.store.read() as tx:
        every = [p for row in rows for p in photos.prints_of_photo(tx, row.photo[0])]  # type: ignore[index]
    assert sorted((p.model, p.person_id is None) for p in every) == [
        (NEWER.recipe, False), (NEWER.recipe, False), (NEWER.recipe, True)
    ]  # fmt: skip


def test_a_face_chosen_later_comes_with_its_new_print(full: Office) -> None:
    Reencoding(full.store, Newer()).batch()
    row = next(r for r in full.people.documents() if len(r.prints) and r.document["id"] == "0")
    photo_id = row.photo[0] if row.photo else ""
    full.photos.choose(full.worker, photo_id, 1)
    again = next(r for r in full.people.documents() if r.person_id == row.person_id)
    assert [(p.model, p.ordinal) for p in again.prints] == [(NEWER.recipe, 1)]


def test_another_detector_looks_again_at_pictures_without_a_face(full: Office) -> None:
    served = ServedFaces(MODEL, 128, "sharper-2")
    work = Reencoding(full.store, Newer(served))
    none = next(p for p in _all_photos(full) if p.state == "no_face")
    assert (work.batch(), work.left().photos) == (1, 0)
    info = full.photos.info(full.worker, none.id)
    assert (info.state, len(info.faces), info.chosen, info.advice) == ("ready", 1, 0, ())
    assert b"faces:1" in full.photos.picture(full.worker, none.id)  # the upright picture


def test_a_photo_that_cannot_be_read_keeps_its_print_and_is_tried_again_the_next_day(
    full: Office, clock: Clock
) -> None:
    work = Reencoding(full.store, Newer(broken=b"faces:1 b"))
    assert (work.batch(), work.batch(), work.left().photos) == (3, 0, 1)
    assert models(full) == [MODEL, NEWER.recipe]
    clock.forward(hours=25)
    assert (Reencoding(full.store, Newer()).batch(), work.left().photos) == (1, 0)


def test_two_at_work_share_it_and_a_death_repeats_one_batch_at_most(
    full: Office, clock: Clock
) -> None:
    intake = Newer()
    work = Reencoding(full.store, intake)
    with full.store.write() as tx:
        taken = photos.claim(tx, NEWER.recipe, NEWER.detector, clock(), clock() + CLAIM, 1)
    assert len(taken) == 1  # somebody else has it, and dies with it
    assert (work.batch(), work.batch(), intake.asked) == (2, 0, 2)
    clock.forward(minutes=CLAIM / timedelta(minutes=1) + 1)
    assert (work.batch(), intake.asked, work.left().photos) == (1, 3, 0)


def test_killed_at_work_nothing_is_half_done(new_office: NewOffice, clock: Clock) -> None:
    office = new_office()
    for text in (b"faces:1 a", b"faces:1 b"):
        office.photos.receive(office.worker, text, "a.jpg")

    class Dying(Newer):
        def encode(self, jpeg: bytes, boxes: Any) -> NDArray[np.float32]:
            if self.asked == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().encode(jpeg, boxes)

    pid = os.fork()
    if pid == 0:
        Reencoding(office.store, Dying()).batch()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    work = Reencoding(office.store, Newer())
    assert (work.left().photos, work.batch()) == (2, 0)  # still taken by the dead one
    clock.forward(minutes=6)
    assert (work.batch(), work.left().photos) == (2, 0)


def test_a_photo_forgotten_while_it_is_encoded_stays_forgotten(full: Office) -> None:
    class Forgetting(Newer):
        def encode(self, jpeg: bytes, boxes: Any) -> NDArray[np.float32]:
            with full.store.write() as tx:
                photos.forget(tx, [p.id for p in _all_photos(full)])
            return super().encode(jpeg, boxes)

    Reencoding(full.store, Forgetting()).batch()
    assert (models(full), _all_photos(full)) == ([], [])


def test_ready_made_prints_of_another_model_are_counted(office: Office) -> None:
    made = {"model": MODEL, "vector": print_of("x", 0).tolist()}
    office.people.register(office.worker, record(prints=[made]))
    left = Reencoding(office.store, Newer()).left()
    assert (left.photos, left.ready_made) == (0, 1)


def _all_photos(office: Office) -> list[photos.PhotoRow]:
    from sqlalchemy import select

    from tracing.store.tables import Photo

    with office.store.read() as tx:
        found = [photos.find(tx, photo_id) for photo_id in tx.run(select(Photo.id)).scalars()]
    return [row for row in found if row is not None]
