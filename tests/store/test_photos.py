"""Photos stay with those who took them until they have a person, and leave no file behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.store.conftest import Clock
from tests.store.office import Office, record
from tracing.errors import FaceUnknown, NotFound, NotPermitted, RecordInvalid
from tracing.photos.files import PhotoFiles
from tracing.store.ids import new_id


def files(office: Office) -> list[Path]:
    return sorted((office.store.data_dir / "photos").glob("*/*"))


def test_the_only_face_is_chosen_and_a_picture_without_one_is_kept(small_office: Office) -> None:
    one = small_office.photos.receive(small_office.worker, b"faces:1 a", "a.jpg")
    none = small_office.photos.receive(small_office.worker, b"faces:0 b", "b.jpg")
    assert (one.state, one.chosen, one.faces[0].advice) == ("ready", 0, ())
    assert (none.state, none.chosen, none.advice) == ("no_face", None, ("no_face",))
    assert small_office.photos.picture(small_office.worker, none.id).endswith(b"faces:0 b")


def test_a_crop_is_of_the_face_asked_for_and_of_sane_size(small_office: Office) -> None:
    photo = small_office.photos.receive(small_office.worker, b"faces:2 a", "a.jpg")
    crop = small_office.photos.crop(small_office.worker, photo.id, 1, 10_000)
    assert crop.endswith(b"(11, 20, 61, 80) 512")
    with pytest.raises(FaceUnknown):
        small_office.photos.crop(small_office.worker, photo.id, 2)
    with pytest.raises(FaceUnknown):
        small_office.photos.choose(small_office.worker, photo.id, 0, {7: "mother"})
    with pytest.raises(RecordInvalid):
        small_office.photos.choose(small_office.worker, photo.id, 0, {1: "王大山"})


def test_other_stations_and_other_roles_do_not_see_a_photo(small_office: Office) -> None:
    office = small_office
    office.stations.add(office.admin, "3204", "市站")
    photo = office.photos.receive(office.worker, b"faces:1 a", "a.jpg")
    other = office.hire("other", "city_station", "3204")
    for photo_id in (photo.id, new_id(), "../../keys/master"):
        with pytest.raises(NotFound):
            office.photos.picture(other, photo_id)
    with pytest.raises(NotPermitted):
        office.photos.picture(office.admin, photo.id)
    with pytest.raises(NotFound):
        office.photos.choose(other, photo.id, None)


def test_looking_twice_leaves_one_row_in_the_trail(small_office: Office, clock: Clock) -> None:
    office = small_office
    auditor = office.hire("auditor", "auditor")
    photo = office.photos.receive(office.worker, b"faces:1 a", "a.jpg")
    office.photos.picture(office.worker, photo.id)
    office.photos.crop(office.worker, photo.id, 0)
    clock.forward(minutes=11)
    office.photos.picture(office.worker, photo.id)
    seen = office.audit.page(auditor, object_kind="photo", object_id=photo.id).items
    assert [row.action for row in seen] == ["photo.read", "photo.read", "photo.receive"]


def test_what_nobody_attached_is_forgotten_and_drafts_keep_theirs(
    small_office: Office, clock: Clock
) -> None:
    office = small_office
    taken = [office.photos.receive(office.worker, b"faces:1 a", "a.jpg").id for _ in range(3)]
    office.people.register(office.worker, record(photos=[{"file": taken[0]}]))
    clock.forward(days=5)
    office.drafts.save(office.worker, "admission", {}, photos=[taken[1]])
    clock.forward(days=3)
    assert office.photos.tidy() == 1
    assert {path.stem for path in files(office)} == set(taken[:2])
    clock.forward(days=8)
    assert office.photos.tidy() == 1
    assert {path.stem for path in files(office)} == {taken[0]}


def test_files_without_a_row_are_collected_when_they_are_old(small_office: Office) -> None:
    stray = PhotoFiles(small_office.store.data_dir)
    old, young = new_id(), new_id()
    for photo_id in (old, young):
        stray.write(photo_id, "original", b"sealed")
    path = stray._path(old, "original")
    half = path.with_suffix(".picture.part")
    half.write_bytes(b"half")
    for one in (path, half):
        os.utime(one, (time.time() - 7200, time.time() - 7200))
    assert small_office.photos.tidy() == 1
    assert {one.stem for one in files(small_office)} == {young}


def test_a_draft_is_its_accounts_own_and_expires(small_office: Office, clock: Clock) -> None:
    office = small_office
    colleague = office.hire("colleague", "city_station")
    own = office.drafts.save(office.worker, "admission", {"name": "阿婆", "n": 1})
    assert office.drafts.save(office.worker, "admission", {"n": 2}, draft_id=own) == own
    loaded = office.drafts.load(office.worker, own)
    assert loaded is not None
    assert loaded.data == {"n": 2}
    assert office.drafts.load(colleague, own) is None
    with pytest.raises(NotFound):
        office.drafts.save(colleague, "admission", {}, draft_id=own)
    office.drafts.forget(colleague, own)
    assert [draft.id for draft in office.drafts.mine(office.worker, "admission")] == [own]
    clock.forward(days=8)
    assert office.drafts.mine(office.worker) == ()
    other = office.drafts.save(office.worker, "report", {})
    office.drafts.forget(office.worker, other)
    assert office.drafts.load(office.worker, other) is None
