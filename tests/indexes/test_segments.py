"""Segments on the disk: what is published opens again, sealed, shared, and kept apart by model."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexes.contract import Entries
from indexes.filters import Among, Filter
from indexes.segments import (
    Contents,
    LivingVectors,
    Recipe,
    SegmentAbsent,
    SegmentBusy,
    SegmentDamaged,
    SegmentFolder,
    SegmentForeign,
)
from indexes.segments.memory import in_memory
from indexes.vectors import Prints, VectorsOfAnotherModel
from tests.indexes.world import COLUMNS, DIM, MODEL, SMALL, Seal, people, probes, some

SHM = Path("/dev/shm")


def shelf(folder: Path, **more: object) -> SegmentFolder:
    found = SegmentFolder(folder, MODEL, DIM, Seal(), recipe=SMALL)
    return replace(found, **more)  # type: ignore[arg-type]


def contents(entries: Entries, **more: object) -> Contents:
    last = int(entries.seqs.max(initial=0))
    found = Contents(MODEL, DIM, last, iter([entries]), COLUMNS)
    return replace(found, **more)  # type: ignore[arg-type]


def test_a_generation_opens_as_it_was_published(tmp_path: Path) -> None:
    entries = people(400)
    extra = {"taken": np.arange(7, dtype=np.float32), "who": np.array(["a", "b"], "S24")}
    here = shelf(tmp_path / "faces")
    here.publish(contents(entries, extras=extra, note={"cohort": 3})).close()
    segment = here.open()
    assert np.array_equal(segment.ids, entries.ids)
    assert np.array_equal(segment.columns["sex"], entries.columns["sex"])
    assert np.array_equal(segment.extras["who"], extra["who"])
    assert np.allclose(segment.vectors, entries.prints.vectors, atol=1e-3)
    manifest = segment.manifest
    assert manifest.note == {"cohort": 3}
    assert (manifest.rows, manifest.max_seq) == (len(entries), int(entries.seqs.max()))
    assert manifest.self_recall == 1.0
    assert here.verify().rank1 == 1.0


def test_size_alone_chooses_between_exact_search_and_codes(tmp_path: Path) -> None:
    for count, exact in ((60, True), (300, False)):
        segment = shelf(tmp_path / str(count)).publish(contents(people(count)))
        assert segment.manifest.exact is exact
        assert segment.vectors.dtype == (np.float32 if exact else np.float16)
    rows = np.array([50_000, 100_000, 100_001])
    assert [n <= Recipe.packaged().exact_most for n in rows] == [True, True, False]


def test_an_empty_gallery_can_be_published_and_answers_nobody(tmp_path: Path) -> None:
    here = shelf(tmp_path)
    segment = here.publish(contents(some(people(5), slice(0, 0))))
    assert (segment.search(probes(people(5), 1).vectors, 3).owners == -1).all()


def test_nothing_on_the_disk_is_in_the_clear(tmp_path: Path) -> None:
    entries = people(400)
    shelf(tmp_path).publish(contents(entries, note={"station": "plainly"})).close()
    whole = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for plain in (
        entries.prints.vectors[0].tobytes(),
        entries.prints.vectors[0].astype(np.float16).tobytes(),
        entries.owners[:2].tobytes(),
        MODEL.encode(),
        b"plainly",
    ):
        assert plain not in whole


def test_another_key_model_or_length_does_not_open_it(tmp_path: Path) -> None:
    here = shelf(tmp_path)
    here.publish(contents(people(50))).close()
    with pytest.raises(SegmentDamaged):
        replace(here, cipher=Seal(8)).open()
    for other in (replace(here, model="sface"), replace(here, dim=32)):
        with pytest.raises(SegmentForeign):
            other.open()
    with pytest.raises(VectorsOfAnotherModel):
        LivingVectors("sface", DIM, COLUMNS).take_up(here.open())
    with pytest.raises(SegmentAbsent):
        shelf(tmp_path / "nothing").open()


def test_an_id_twice_prints_of_two_models_or_missing_columns_are_refused(tmp_path: Path) -> None:
    here, entries = shelf(tmp_path), people(20)
    twice = replace(entries, ids=np.full(len(entries), 4))
    mixed = replace(entries, prints=Prints("sface", entries.prints.vectors))
    for wrong in (twice, mixed, replace(entries, columns={})):
        with pytest.raises(ValueError, match=r"twice|prints for|columns"):
            here.publish(contents(wrong))
    with pytest.raises(SegmentAbsent):
        here.open()
    assert [p.name for p in tmp_path.iterdir()] == ["LOCK"]


def test_a_filter_that_leaves_few_is_answered_exactly_whatever_the_codes_say(
    tmp_path: Path,
) -> None:
    entries = people(3000)
    rng = np.random.default_rng(2)
    sex = np.where(rng.random(len(entries)) < 0.005, 3, 4).astype(np.int32)
    entries = replace(entries, columns={**entries.columns, "sex": sex})
    recipe = replace(SMALL, rerank_least=20, rank1_least=0.0, self_recall_least=0.0)
    segment = shelf(tmp_path, recipe=recipe).publish(contents(entries))
    rows = np.flatnonzero(sex == 3)
    asked = probes(entries, 5)
    found = segment.search(asked.vectors, 5, Filter((Among("sex", (3,)),)))
    for query, owners in zip(asked.vectors, found.owners, strict=True):
        order = rows[np.argsort(-(segment.vectors[rows].astype(np.float32) @ query))]
        true = list(dict.fromkeys(entries.owners[order].tolist()))[:5]
        assert owners.tolist() == true


def test_old_generations_stay_for_the_grace_period_and_then_go(tmp_path: Path) -> None:
    here = shelf(tmp_path, grace=100.0)
    for seed in (1, 2, 3):
        here.publish(contents(people(30, seed=seed)), now=0.0).close()
    assert here.state().kept == (1, 2)
    here.publish(contents(people(30)), now=1e12).close()
    state = here.state()
    assert state.kept == ()
    assert state.manifest is not None
    assert state.manifest.generation == 4


def test_what_was_replaced_or_set_aside_goes_without_another_publication(tmp_path: Path) -> None:
    """Both may hold people who were erased since: they must be gone within 7 days."""
    here = shelf(tmp_path, grace=100.0)
    for seed in (1, 2):
        here.publish(contents(people(30, seed=seed))).close()
    aside = here.quarantine()
    here.publish(contents(people(30, seed=3))).close()
    here.sweep()
    assert here.state().kept == (1,)
    assert here.state().damaged == (aside,)
    here.sweep(time.time() + 101)
    assert here.state().kept == ()
    here.sweep(time.time() + 5 * 86_400)
    assert here.state().damaged == ()
    assert here.open().manifest.generation == 3


def test_a_reader_keeps_its_generation_while_the_next_ones_come_and_old_ones_go(
    tmp_path: Path,
) -> None:
    """Nothing that is mapped is ever written to or cut: a cut would kill the reader."""
    memory = SHM if in_memory(SHM) else None
    here = shelf(tmp_path, grace=0.0, memory=memory)
    entries = people(400)
    old = here.publish(contents(entries))
    asked = probes(entries, 4)
    before = old.search(asked.vectors, 5)
    for seed in (5, 6):
        here.publish(contents(people(400, seed=seed)), now=1e12).close()
    assert not (tmp_path / "gen-00000001").exists()
    assert np.array_equal(old.search(asked.vectors, 5).ids, before.ids)
    old.close()


def test_processes_map_the_same_pages_and_the_last_one_clears_them_away(tmp_path: Path) -> None:
    if not in_memory(SHM):
        pytest.skip("no memory file system at /dev/shm")
    here = shelf(tmp_path, memory=SHM)
    first = here.publish(contents(people(400)))
    folder = first.plain.folder
    assert folder is not None
    assert (folder.stat().st_mode & 0o777) == 0o700
    second = here.open()
    assert second.plain.folder == folder
    first.close()
    assert folder.exists()
    assert second.search(probes(people(400), 1).vectors, 1).owners[0, 0] > 0
    second.close()
    assert not folder.exists()


def test_plain_pages_never_go_to_a_folder_on_a_disk(tmp_path: Path) -> None:
    if in_memory(tmp_path):
        pytest.skip("the tests' own folder is in memory")
    (tmp_path / "memory").mkdir()
    segment = shelf(tmp_path / "x", memory=tmp_path / "memory").publish(contents(people(30)))
    assert not segment.plain.shared
    assert list((tmp_path / "memory").iterdir()) == []


def test_somebody_elses_folder_in_memory_is_not_trusted(tmp_path: Path) -> None:
    if not in_memory(SHM):
        pytest.skip("no memory file system at /dev/shm")
    here = shelf(tmp_path, memory=SHM)
    first = here.publish(contents(people(30)))
    folder = first.plain.folder
    assert folder is not None
    first.close()
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    try:
        assert not here.open().plain.shared
    finally:
        folder.rmdir()


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    here = shelf(tmp_path)

    def second(point: str) -> None:
        if point == "filled":
            with pytest.raises(SegmentBusy):
                here.publish(contents(people(5)))
            with pytest.raises(SegmentBusy):
                here.quarantine()

    here.publish(contents(people(30)), at=second).close()
    assert here.open().manifest.rows == len(people(30))


def test_a_generation_that_does_not_find_its_own_people_is_not_published(tmp_path: Path) -> None:
    here = shelf(tmp_path)
    here.publish(contents(people(30))).close()
    blind = replace(SMALL, rerank_least=1, self_recall_least=1.01)
    with pytest.raises(SegmentDamaged, match="find themselves"):
        replace(here, recipe=blind).publish(contents(people(400)))
    assert here.manifest().generation == 1


def test_what_came_and_went_while_a_generation_was_made_is_kept(tmp_path: Path) -> None:
    """Made of the records up to 100; meanwhile one person came, one went, one changed."""
    entries = people(40, seq=1)
    entries = replace(entries, seqs=np.arange(1, len(entries) + 1))
    last = int(entries.seqs.max())
    index = LivingVectors(MODEL, DIM, COLUMNS)
    index.take_up(None)
    index.add(entries)
    segment = shelf(tmp_path).publish(contents(entries, max_seq=last))
    index.remove([3], last + 1)
    newer = people(1, seed=8, first_id=900, seq=last + 2)
    index.add(newer)
    changed = np.flatnonzero(entries.owners == 5)
    index.remove([5], last + 9)
    index.add(replace(some(entries, changed), seqs=np.full(len(changed), last + 9)))
    expected = len(index)
    index.take_up(segment)
    assert len(index) == expected
    asked = Prints(MODEL, np.concatenate([entries.prints.vectors, newer.prints.vectors]))
    found = index.search(asked, 60).owners
    assert 3 not in found
    assert {5, 900} <= set(found.ravel().tolist())


def test_truncating_a_mapped_file_would_kill_the_process_so_nothing_ever_does(
    tmp_path: Path,
) -> None:
    """The hazard itself, kept as a regression test."""
    code = (
        "import mmap,os,sys\n"
        "f=open(sys.argv[1],'w+b'); f.write(b'x'*8192); f.flush()\n"
        "m=mmap.mmap(f.fileno(),8192,prot=mmap.PROT_READ)\n"
        "os.truncate(sys.argv[1],0)\n"
        "m[4096]\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path / "f")], check=False)
    assert died.returncode == -7  # SIGBUS


def test_adding_to_a_mapped_faiss_index_would_abort_so_codes_are_only_ever_read() -> None:
    """The hazard itself: why a generation's codes are loaded from checked bytes and not mapped."""
    code = (
        "import faiss,numpy as np,sys,resource\n"
        "resource.setrlimit(resource.RLIMIT_CORE,(0,0))\n"
        "x=np.random.default_rng(0).normal(size=(500,16)).astype('f4')\n"
        "i=faiss.IndexFlatIP(16)\n"
        "i.add(x); faiss.write_index(i,sys.argv[1])\n"
        "faiss.read_index(sys.argv[1],faiss.IO_FLAG_MMAP_IFC).add(x)\n"
    )
    with tempfile.NamedTemporaryFile() as file:
        died = subprocess.run(
            [sys.executable, "-c", code, file.name], check=False, stderr=subprocess.DEVNULL
        )
    assert died.returncode != 0
