"""The face index of an installation: whole after a restart, red when damaged, never a ghost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli.main import main
from indexes.milvus import collection_name
from tests.indexes.server import milvus_lite
from tests.searches.conftest import Town, a_face
from tracing.demo import check as prove
from tracing.errors import IndexUnusable
from tracing.face_candidates import weighed
from tracing.face_index import FaceIndex
from tracing.face_templates import UNDATED
from tracing.index_engines import SegmentEngine
from tracing.person_files import GalleryPrint, GalleryRow
from tracing.photos.served import default_faces
from tracing.sealing.segment_cipher import IndexKeys
from tracing.service import Service
from tracing.settings import Settings

MODEL, DIM = default_faces().recipe, default_faces().dim
PEOPLE = 30


def settings(folder: Path) -> Settings:
    return Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation with a face of each of thirty people."""
    folder = tmp_path_factory.mktemp("prepared")
    service = Service(settings(folder))
    town = Town(service)
    for number in range(PEOPLE):
        town.write("register", "王建国", prints=[{"vector": a_face(number), "model": MODEL}])
    service.close()
    return folder


@pytest.fixture
def house(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(prepared, tmp_path / "house")
    return tmp_path / "house"


@contextmanager
def opened(folder: Path, **more: Any) -> Iterator[Service]:
    """The installation, its face index read but no gallery."""
    service = Service(settings(folder), **more)
    follow(service)
    try:
        yield service
    finally:
        service.close()


def follow(service: Service) -> None:
    assert list(service.face_index.following(service.people.documents)(0))


def segments(folder: Path) -> Path:
    return folder / "indexes" / collection_name(MODEL, DIM)


def nearest(service: Service, number: int, k: int = 1) -> list[str]:
    return list(service.face_index.nearest(np.array(a_face(number), np.float32), k))


def published(folder: Path) -> list[str]:
    """Publish, and say who is nearest to each face."""
    with opened(folder) as service:
        service.face_index.rebuild()
        return [nearest(service, number)[0] for number in range(PEOPLE)]


def test_a_restart_finds_everybody_from_segments_and_what_came_after(house: Path) -> None:
    expected = published(house)
    assert len(set(expected)) == PEOPLE
    with opened(house) as again:
        assert [nearest(again, number)[0] for number in range(PEOPLE)] == expected
        old = next(iter(again.people.documents()))
        late = replace(old, person_id="late", seq=10**6, prints=(face(99),))
        list(again.face_index.following(lambda after: iter([late]))(10**5))
        assert nearest(again, 99) == ["late"]


def face(number: int) -> GalleryPrint:
    vector = np.array(a_face(number), np.float32)
    return GalleryPrint("p", MODEL, vector, None, None, None, None, None, None, None)


def test_the_command_rebuilds_verifies_and_tells(house: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["--data", str(house), "index", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert '"rows": 0' in run("status", "--json")
    assert '"whole": true' in run("verify", "--json")
    assert f'"rows": {PEOPLE}' in run("rebuild", "--json")
    assert "whole" in run("verify")
    assert '"search": "exact"' in run("status", "--json")


def test_a_damaged_index_is_refused_by_the_check_and_made_good_by_a_start(house: Path) -> None:
    expected = published(house)
    victim = segments(house) / "gen-00000001" / "owners"
    whole = bytearray(victim.read_bytes())
    whole[100] ^= 1
    victim.write_bytes(whole)
    done = CliRunner().invoke(main, ["--data", str(house), "index", "verify"])
    assert done.exit_code == 1
    assert "索引已损坏" in done.output
    assert "rebuild" in done.output
    with opened(house) as again:
        assert nearest(again, 3) == [expected[3]]
        again.face_index.rebuild()
        assert again.face_index.verify().whole
        assert len(again.face_index.state().facts["damaged"]) == 1


def test_while_a_damaged_index_is_read_anew_the_server_says_why_it_is_not_ready(
    house: Path,
) -> None:
    published(house)
    (segments(house) / "gen-00000001" / "ids").write_bytes(b"")
    again = Service(settings(house))
    seen: list[str | None] = []

    def changes(after: int) -> Iterator[GalleryRow]:
        for row in again.people.documents(after):
            seen.append(again.ready().reason)
            yield row

    list(again.face_index.following(changes)(0))
    assert set(seen) == {"index_damaged"}
    assert again.face_index.damaged is None
    again.close()


def test_a_generation_from_a_later_life_of_the_database_is_not_believed(house: Path) -> None:
    """An old backup was put back: its people count, not those of the index."""
    published(house)
    with opened(house) as service:
        rows = list(service.people.documents())[:5]
        engine = SegmentEngine(settings(house), service.store.vault, MODEL, DIM)
        index = FaceIndex(engine, MODEL, DIM, lambda after: iter(rows), service.store.now)
        list(index.following(lambda after: iter(rows))(0))
        near = index.nearest(np.array(a_face(20), np.float32), PEOPLE)
        assert sorted(near) == sorted(row.person_id for row in rows)
        engine.close()


def test_without_the_index_key_the_segments_are_noise_and_are_made_anew(house: Path) -> None:
    expected = published(house)
    key = segments(house) / "KEY"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(key.read_bytes()[:-1] + bytes([key.read_bytes()[-1] ^ 1]))
    with opened(house) as again:
        assert nearest(again, 3) == [expected[3]]


def test_the_data_folder_shows_no_vector_of_the_index(house: Path) -> None:
    published(house)
    whole = b"".join(p.read_bytes() for p in house.rglob("*") if p.is_file())
    for number in range(PEOPLE):
        vector = np.array(a_face(number), np.float32)
        for plain in (vector, vector / np.linalg.norm(vector), vector.astype(np.float16)):
            assert plain.tobytes()[:64] not in whole


def test_two_processes_that_start_at_once_have_one_key(house: Path) -> None:
    with opened(house) as service:
        vault = service.store.vault
        one, two = (IndexKeys(vault, house / "a").cipher() for _ in range(2))
        assert two.open(one.seal(b"x", b"place"), b"place") == b"x"


def test_a_new_index_key_is_taken_up_by_processes_that_know_only_the_old(house: Path) -> None:
    expected = published(house)
    with opened(house) as running:
        assert nearest(running, 3) == [expected[3]]
        with opened(house) as operator:
            operator.face_index.rebuild(new_key=True)
        assert sorted(p.name for p in segments(house).glob("KEY*")) == ["KEY", "KEY-000002"]
        running.face_index.tidy()
        assert running.face_index.state().facts["generation"] == 2
        assert nearest(running, 3) == [expected[3]]
        for old in segments(house).glob("gen-*1"):
            shutil.rmtree(old)  # its grace has ended
        running.face_index.tidy()
        assert [p.name for p in segments(house).glob("KEY*")] == ["KEY-000002"]
    with opened(house) as again:
        assert again.face_index.verify().whole
        assert again.face_index.state().facts["generation"] == 2


def test_changing_the_master_key_wraps_the_index_key_anew(house: Path) -> None:
    expected = published(house)
    with opened(house) as service:
        before = (segments(house) / "KEY").read_bytes()
        state = service.master.begin()
        assert state.left
        while service.master.step():
            pass
        after = (segments(house) / "KEY").read_bytes()
        assert int.from_bytes(after[:4], "big") == state.current
        assert after != before
        assert service.master.state().left == 0
    with opened(house) as again:
        assert again.face_index.damaged is None
        assert nearest(again, 3) == [expected[3]]


def test_an_erased_person_is_no_neighbour_from_that_moment(house: Path) -> None:
    published(house)
    with opened(house) as service:
        gone = nearest(service, 7)[0]
        row = next(r for r in service.people.documents() if r.person_id == gone)
        erased = replace(row, seq=row.seq + 1000, erased=True, prints=(), document={})
        list(service.face_index.following(lambda after: iter([erased]))(row.seq))
        near = nearest(service, 7, PEOPLE)
        assert gone not in near
        assert len(near) == PEOPLE - 1


def test_a_day_after_somebody_went_housekeeping_makes_a_new_generation(house: Path) -> None:
    published(house)
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    with opened(house, now=lambda: clock[0]) as service:
        assert service.face_index.tidy() is False
        row = next(iter(service.people.documents()))
        faceless = replace(row, person_id="new", seq=row.seq + 999, prints=())
        list(service.face_index.following(lambda after: iter([faceless]))(row.seq))
        clock[0] += timedelta(days=1)
        assert service.face_index.tidy() is False
        bare = replace(row, seq=row.seq + 1000, prints=())
        list(service.face_index.following(lambda after: iter([bare]))(row.seq))
        assert service.face_index.tidy() is False
        clock[0] += timedelta(days=1)
        assert service.face_index.tidy() is True
        assert service.face_index.tidy() is False
        assert service.face_index.state().facts["generation"] == 2


def test_a_milvus_that_is_away_is_an_error_and_no_empty_answer(house: Path) -> None:
    pytest.importorskip("pymilvus")
    told = settings(house).model_copy(
        update={"index_engine": "milvus", "milvus_uri": "http://127.0.0.1:9"}
    )
    service = Service(told)
    with pytest.raises(IndexUnusable):
        follow(service)
    service.close()


def test_milvus_keeps_the_faces_and_takes_over_without_stopping(
    house: Path, tmp_path: Path
) -> None:
    """Filled and verified by the same commands; what came since is applied before an answer."""
    expected = published(house)
    with milvus_lite(tmp_path / "milvus") as address:
        told = {"XUNQIN_INDEX_ENGINE": "milvus", "XUNQIN_MILVUS_URI": address}
        for words, answer in (("rebuild", f'"rows": {PEOPLE}'), ("verify", '"whole": true')):
            command = ["--data", str(house), "index", words, "--json"]
            done = CliRunner(env=told).invoke(main, command)
            assert done.exit_code == 0, done.output
            assert answer in done.output
        update = {"index_engine": "milvus", "milvus_uri": address}
        service = Service(settings(house).model_copy(update=update))
        follow(service)
        assert service.face_index.narrows(1)
        assert [nearest(service, number)[0] for number in range(PEOPLE)] == expected
        row = next(iter(service.people.documents()))
        late = replace(row, person_id="late", seq=row.seq + 1000, prints=(face(99),))
        gone = replace(row, seq=row.seq + 1001, erased=True, prints=(), document={})
        list(service.face_index.following(lambda after: iter([late, gone]))(row.seq))
        assert nearest(service, 99) == ["late"]
        assert row.person_id not in nearest(service, 0, PEOPLE)
        assert service.face_index.state().applied == row.seq + 1001
        service.close()


def test_with_milvus_the_demo_proves_itself_and_another_house_beside_it_is_left_alone(
    house: Path, tmp_path: Path
) -> None:
    with milvus_lite(tmp_path / "milvus") as address:
        update = {"index_engine": "milvus", "milvus_uri": address}
        first = Service(settings(house).model_copy(update=update))
        follow(first)
        demo = Service(settings(tmp_path / "demo").model_copy(update=update))
        report = prove(demo, None, 300)
        assert report.ok, report.lines
        assert (
            demo.face_index.state().facts["collection"]
            != (first.face_index.state().facts["collection"])
        )
        assert first.face_index.verify().rows == PEOPLE
        demo.close()
        first.close()


def test_the_narrowed_comparison_lists_whom_the_full_one_lists(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbours, the best by other evidence and a sample; everybody else is a stranger."""
    for name in ("NEIGHBOURS", "SUPPORTED", "SAMPLED"):
        monkeypatch.setattr(f"tracing.face_candidates.{name}", 8)
    service = Service(settings(house))
    view = service.searches._gallery.follow()
    assert service.face_index.narrows(len(view.faces)) is False
    template = np.array(a_face(500, np.array(a_face(4), np.float32), 0.3), np.float32)
    full = view.faces.weigh(template, UNDATED, len(view.ids))
    nobody = np.zeros(len(view.ids))
    found = weighed(view, template, UNDATED, service.face_index.nearest, lambda: nobody)
    best = np.argsort(full.distance)[:5]
    assert np.array_equal(np.argsort(np.nan_to_num(found.distance, nan=9.0))[:5], best)
    assert np.array_equal(found.levels[best], full.levels[best])
    assert (found.levels == 0).sum() == (full.levels == 0).sum()
    service.close()
