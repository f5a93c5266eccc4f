"""When generations are made: the face index follows the gallery, housekeeping makes what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.scale.gallery_house import MODEL, NAMES, Again, Prepared, template, town
from tests.searches.conftest import a_face
from tracing.index_engines import SegmentEngine


def test_both_indexes_keep_the_same_bytes_whatever_came_and_went(
    house: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bytes_of(one: Again) -> set[str]:
        service = one.service
        faces = service.face_index._engine
        assert isinstance(faces, SegmentEngine)
        kept = service.gallery_segments.shelf.manifest(), faces._shelf.manifest()
        assert kept[0].max_seq == kept[1].max_seq
        return {
            files[name].plain
            for files, name in zip(
                (each.files for each in kept), ("extra-templates", "vectors"), strict=True
            )
        }

    with town(house.folder) as one:
        one.answer()
        one.service._tidy_index()
        before = bytes_of(one)
        assert len(before) == 1
        pages = one.service.gallery.view.faces.vectors.base
        assert not pages.flags.writeable
        gone, near = house.people["欧阳娜"], one.service.face_index.nearest
        one.erase(gone)
        late = one.write(
            "register", "新来人", prints=[{"vector": a_face(99), "model": MODEL}], household="h0"
        )
        one.answer()
        assert one.service.gallery.view.faces.vectors.base is pages
        assert gone not in near(template(3), len(NAMES))
        assert list(near(template(99), 1)) == [late]
        monkeypatch.setattr("tracing.index_engines.PENDING_LEAST", 1)  # due for the face index
        one.service._tidy_index()
        assert len(bytes_of(one)) == 1
        assert bytes_of(one) != before
        assert gone not in near(template(3), len(NAMES))
        assert one.service.face_index._engine.tombstones == 0
        for number in (0, 99):
            assert list(near(template(number), 1)) == [late if number else house.people["王建国"]]
        assert one.service.face_index.tidy() is False
    with town(house.folder) as again:
        again.answer()
        assert len(bytes_of(again)) == 1
        assert gone not in again.service.face_index.nearest(template(3), len(NAMES))


def test_an_index_that_missed_a_generation_of_the_gallery_follows_it_later(
    house: Prepared,
) -> None:
    with town(house.folder) as one:
        one.answer()
        assert one.service.face_index.tidy() is True
        one.write("register", "新来人", prints=[{"vector": a_face(99), "model": MODEL}])
        one.service.gallery.publish()  # and is killed before the face index has followed
    with town(house.folder) as again:
        again.answer()
        assert again.service.face_index.nearest(template(99), 1)
        assert again.service.face_index.tidy() is True
        assert again.service.face_index.state().rows == len(NAMES) + 1
        assert again.service.face_index.tidy() is False


def test_a_face_index_that_is_lost_under_a_running_server_is_made_again_alone(
    house: Prepared,
) -> None:
    with town(house.folder) as one:
        one.answer()
        one.service._tidy_index()
        faces = one.service.face_index._engine
        assert isinstance(faces, SegmentEngine)
        (faces._shelf.root / "gen-00000001" / "MANIFEST").write_bytes(b"")
        one.service._tidy_index()
        one.service._tidy_index()
        assert one.service.face_index.state().facts["generation"] == 2
        assert one.service.gallery_segments.generation == 1
        assert list(one.service.face_index.nearest(template(3), 1)) == [house.people["欧阳娜"]]


def test_housekeeping_publishes_when_much_has_changed_or_somebody_went_a_day_ago(
    house: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    with town(house.folder, now=lambda: clock[0]) as one:
        gallery = one.service.gallery
        gallery.follow()
        assert gallery.tidy() is False
        one.erase(house.people["陈静"])
        gallery.follow()
        assert gallery.tidy() is False
        clock[0] += timedelta(days=1)
        assert gallery.tidy() is True
        assert gallery.tidy() is False
        monkeypatch.setattr("tracing.gallery.PENDING_LEAST", 1)
        one.write("register", "新来人")
        gallery.follow()
        assert gallery.tidy() is True


def test_a_generation_that_finds_no_memory_waits_and_the_old_one_answers(
    house: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.gallery.PENDING_LEAST", 1)
    left = [1_000]
    monkeypatch.setattr("tracing.gallery.available", lambda: left[0])
    with town(house.folder) as one:
        gallery = one.service.gallery
        gallery.follow()
        one.write("register", "新来人")
        gallery.follow()
        before = one.service.gallery_segments.generation
        assert gallery.tidy() is False
        assert one.service.gallery_segments.generation == before
        left[0] = 1 << 34
        assert gallery.tidy() is True
        assert one.service.gallery_segments.generation == before + 1
