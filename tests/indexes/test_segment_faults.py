"""Faults, each with its expectation: what is committed stays, what is damaged never answers.

| fault | expectation |
|---|---|
| kill -9 at a point before the pointer is swapped | the old generation opens, whole |
| kill -9 once the pointer is swapped | the new generation opens, whole |
| either | the next publication works and leaves no part behind |
| disk full | an error; the old generation opens; nothing partial is left |
| a file flipped, cut, missing, of another generation | refused, set aside, then "absent" |
| kill -9 while pages are copied into memory | the next process copies them again |
| searches while generations are swapped and entries come | every answer is whole |
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexes.contract import IndexNotReady
from indexes.segments import (
    POINTS,
    Contents,
    LivingVectors,
    SegmentAbsent,
    SegmentDamaged,
    SegmentFolder,
)
from indexes.segments.codes import Codes
from indexes.segments.memory import in_memory
from tests.indexes.world import COLUMNS, DIM, MODEL, SMALL, Seal, people, probes, some

ROOT = Path(__file__).resolve().parent.parent.parent
SHM = Path("/dev/shm")


def shelf(folder: Path, memory: Path | None = None) -> SegmentFolder:
    return SegmentFolder(folder, MODEL, DIM, Seal(), memory, SMALL, grace=0.0)


def published(folder: Path, count: int = 400, seed: int = 1) -> SegmentFolder:
    here = shelf(folder)
    entries = people(count, seed=seed)
    contents = Contents(MODEL, DIM, int(entries.seqs.max()), iter([entries]), COLUMNS)
    here.publish(contents, now=1e12).close()
    return here


def elsewhere(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.indexes.publishing", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_of_a_publication_leaves_one_whole_generation(
    tmp_path: Path, point: str
) -> None:
    here = published(tmp_path)
    assert elsewhere(str(tmp_path), point).returncode == -9
    swapped = POINTS.index(point) >= POINTS.index("swapped")
    true = people(400, seed=2 if swapped else 1)
    segment = here.open()
    assert np.array_equal(segment.ids, true.ids)
    found = segment.search(true.prints.vectors[:20], 1)
    assert np.array_equal(found.owners[:, 0], true.owners[:20])
    assert here.verify().self_recall == 1.0
    segment.close()
    published(tmp_path, seed=3)
    left = sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("damaged"))
    assert left == ["CURRENT", "LOCK", f"gen-{here.manifest().generation:08d}"]


def test_a_full_disk_is_an_error_and_the_old_generation_stays(tmp_path: Path) -> None:
    here = published(tmp_path)
    ended = elsewhere(str(tmp_path), "full")
    assert ended.returncode == 1
    assert "OSError" in ended.stderr
    assert here.manifest().generation == 1
    assert here.verify().self_recall == 1.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["CURRENT", "LOCK", "gen-00000001"]


def flipped(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def missing(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("damage", [flipped, cut, emptied, missing])
@pytest.mark.parametrize(
    "name", ["MANIFEST", "vectors", "ids", "codes-000", "column-sex", "CURRENT"]
)
def test_a_damaged_file_never_answers_and_is_set_aside(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    here = published(tmp_path, 200)
    inside = tmp_path / "gen-00000001" / name
    damage(tmp_path / name if name == "CURRENT" else inside)
    absent = name == "CURRENT" and damage is missing
    with pytest.raises(SegmentAbsent if absent else SegmentDamaged):
        here.open()
    with pytest.raises(SegmentAbsent if absent else SegmentDamaged):
        here.verify()
    aside = here.quarantine()
    assert absent is (aside is None)
    with pytest.raises(SegmentAbsent):
        here.open()
    index = LivingVectors(MODEL, DIM, COLUMNS)
    with pytest.raises(IndexNotReady):
        index.search(probes(people(9), 1), 1)
    published(tmp_path, 200)
    assert here.open().manifest.rows == len(people(200))


def test_files_or_blocks_of_another_generation_do_not_pass_for_this_ones(tmp_path: Path) -> None:
    published(tmp_path / "one", 200)
    here = published(tmp_path / "one2", 200, seed=2)
    published(tmp_path / "one2", 200)
    for name in ("ids", "MANIFEST"):
        target = tmp_path / "one2" / "gen-00000002" / name
        whole = target.read_bytes()
        target.write_bytes((tmp_path / "one" / "gen-00000001" / name).read_bytes())
        with pytest.raises(SegmentDamaged):
            here.open()
        target.write_bytes(whole)
    here.open().close()


def test_a_kill_while_pages_are_copied_is_made_good_by_the_next_process(tmp_path: Path) -> None:
    if not in_memory(SHM):
        pytest.skip("no memory file system at /dev/shm")
    published(tmp_path)
    assert elsewhere(str(tmp_path), "opening", str(SHM)).returncode == -9
    segment = shelf(tmp_path, SHM).open()
    assert segment.plain.shared
    assert np.array_equal(segment.ids, people(400).ids)
    folder = segment.plain.folder
    segment.close()
    assert folder is not None
    assert not folder.exists()


def test_searches_go_on_while_entries_come_and_generations_are_swapped(tmp_path: Path) -> None:
    """FAISS crashes when rows are added during a search; here nobody adds to what is searched."""
    here = published(tmp_path)
    base = people(400)
    index = LivingVectors(MODEL, DIM, COLUMNS)
    index.take_up(here.open())
    index.remove([1], 5_000)
    asked = probes(some(base, base.owners > 1), 4)
    true = index.search(asked, 3).owners
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            found = index.search(asked, 3).owners
            if not np.array_equal(found[:, 0], true[:, 0]) or (found == 1).any():
                wrong.append(found)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for step in range(40):
        newer = people(3, seed=50 + step, first_id=10_000 + 10 * step, seq=5_001 + 10 * step)
        index.add(newer)
        if step % 10 == 9:
            index.take_up(here.open())
    done.set()
    for asker in askers:
        asker.join()
    assert wrong == []


def test_faiss_itself_loads_a_flipped_byte_without_a_word() -> None:
    """The hazard itself: why every block is authenticated before FAISS sees it."""
    entries = people(400)
    codes = Codes.fitted(entries.prints.vectors, 0.95).filled([entries.prints.vectors])
    tables = Codes.fitted(entries.prints.vectors, 0.95).tables()
    plain = codes.packed().copy()
    plain[len(plain) - 2_000] ^= 0x10
    assert len(Codes.load(tables, plain, len(entries))) == len(entries)


def test_faiss_id_maps_take_an_id_twice_so_ids_are_checked_by_us() -> None:
    """The hazard itself."""
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(4))
    index.add_with_ids(np.eye(2, 4, dtype=np.float32), np.array([5, 5]))
    assert index.ntotal == 2


def test_a_search_uses_one_thread_in_whatever_thread_it_runs(tmp_path: Path) -> None:
    segment = published(tmp_path).open()
    seen: list[int] = []

    def ask() -> None:
        segment.search(probes(people(400), 1).vectors, 1)
        seen.append(faiss.omp_get_max_threads())

    asker = threading.Thread(target=ask)
    asker.start()
    asker.join()
    assert seen == [1]
