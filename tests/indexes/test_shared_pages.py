"""Two indexes that hold the same vectors share their pages, and trust nothing but the same bytes.

| case | expectation |
|---|---|
| the same vectors in two indexes under two keys | one set of pages |
| other vectors, or the same in another order | pages of their own |
| the index that was there first goes | the other answers as before |
| a symlink, another length, open to others, no links to be had | copied; nothing is taken from it |
| killed between linking and naming | the next copies, and no page of the other is written to |
| the sealed file is damaged while its pages are linked | right answers; verify finds it |
| a whole sealed file of another life under the same number | refused |
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexes.contract import Entries
from indexes.segments import Contents, Segment, SegmentDamaged, SegmentFolder, Streamed
from indexes.segments.memory import in_memory
from tests.indexes.world import COLUMNS, DIM, MODEL, SMALL, Seal, people, some

SHM = Path("/dev/shm")
pytestmark = pytest.mark.skipif(not in_memory(SHM), reason="no memory file system at /dev/shm")


@pytest.fixture
def entries(tmp_path: Path) -> Entries:
    """People of this test alone: nobody else's pages can be linked."""
    seed = hashlib.blake2b(str(tmp_path).encode(), digest_size=4).digest()
    return people(400, seed=int.from_bytes(seed, "big"))


def shelf(folder: Path, key: int = 7) -> SegmentFolder:
    return SegmentFolder(folder, MODEL, DIM, Seal(key), SHM, SMALL)


def contents(entries: Entries) -> Contents:
    return Contents(MODEL, DIM, int(entries.seqs.max()), iter([entries]), COLUMNS)


def gallery(folder: Path, entries: Entries) -> SegmentFolder:
    """An index that keeps these vectors as an array beside, as the gallery does."""
    here = SegmentFolder(folder, "gallery", 1, Seal(9), SHM, SMALL)
    halves = entries.prints.vectors.astype(np.float16)
    parts = Streamed(halves.dtype, halves.shape, lambda: (halves[:100], halves[100:]))
    here.publish(Contents("gallery", 1, 5, iter(()), streams={"templates": parts})).close()
    return here


def pages(segment: Segment, name: str) -> os.stat_result:
    folder = segment.plain.folder
    assert folder is not None
    return (folder / segment.manifest.files[name].plain).lstat()


def test_the_same_vectors_in_two_indexes_lie_in_one_set_of_pages(
    tmp_path: Path, entries: Entries
) -> None:
    one = gallery(tmp_path / "gallery", entries).open()
    two = shelf(tmp_path / "faces").publish(contents(entries))
    ours, theirs = pages(two, "vectors"), pages(one, "extra-templates")
    assert (ours.st_ino, ours.st_nlink) == (theirs.st_ino, 2)
    assert np.array_equal(two.vectors, one.extras["templates"])
    assert not two.vectors.flags.writeable
    turned = some(entries, slice(None, None, -1))
    for number, other in enumerate((some(entries, slice(1, None)), turned)):
        three = shelf(tmp_path / str(number)).publish(contents(other))
        assert pages(three, "vectors").st_nlink == 1
        three.close()
    one.close()
    two.close()


def test_pages_stay_when_the_index_goes_that_had_them_first(
    tmp_path: Path, entries: Entries
) -> None:
    one = gallery(tmp_path / "gallery", entries).open()
    two = shelf(tmp_path / "faces").publish(contents(entries))
    aside = one.plain.folder
    one.close()
    assert aside is not None
    assert not aside.exists()
    shelf(tmp_path / "faces").sweep()
    again = shelf(tmp_path / "faces").open()
    for segment in (two, again):
        assert np.array_equal(segment.vectors, entries.prints.vectors.astype(np.float16))
        assert pages(segment, "vectors").st_nlink == 1
    two.close()
    again.close()


def symlinked(page: Path) -> None:
    page.rename(page.with_name("elsewhere"))
    page.symlink_to(page.with_name("elsewhere"))


def longer(page: Path) -> None:
    with page.open("ab") as file:
        file.write(b"more")


def open_to_others(page: Path) -> None:
    page.chmod(0o644)


def in_an_open_folder(page: Path) -> None:
    page.parent.chmod(0o755)


@pytest.mark.parametrize("how", [symlinked, longer, open_to_others, in_an_open_folder])
def test_what_is_not_ours_alone_is_not_linked(
    tmp_path: Path, entries: Entries, how: Callable[[Path], None]
) -> None:
    one = gallery(tmp_path / "gallery", entries).open()
    folder, facts = one.plain.folder, one.manifest.files["extra-templates"]
    assert folder is not None
    how(folder / facts.plain)
    two = shelf(tmp_path / "faces").publish(contents(entries))
    assert two.plain.shared
    assert pages(two, "vectors").st_nlink == 1
    assert np.array_equal(two.vectors, entries.prints.vectors.astype(np.float16))
    folder.chmod(0o700)
    one.close()
    two.close()


def test_where_links_are_not_to_be_had_each_index_has_its_own(
    tmp_path: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    one = gallery(tmp_path / "gallery", entries).open()
    monkeypatch.setattr("os.link", refused)
    two = shelf(tmp_path / "faces").publish(contents(entries))
    assert pages(two, "vectors").st_nlink == 1
    assert np.array_equal(two.vectors, one.extras["templates"])
    one.close()
    two.close()


def test_a_link_that_a_killed_process_left_is_never_written_through(
    tmp_path: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = gallery(tmp_path / "gallery", entries).open()
    two = shelf(tmp_path / "faces").publish(contents(entries))
    theirs, ours = one.plain.folder, two.plain.folder
    assert theirs is not None
    assert ours is not None
    name = two.manifest.files["vectors"].plain
    two.close()
    ours.mkdir(mode=0o700)
    os.link(theirs / name, ours / f"{name}.part")
    monkeypatch.setattr("indexes.segments.memory._linked", lambda *_: False)
    again = shelf(tmp_path / "faces").open()
    assert again.plain.folder == ours
    halves = entries.prints.vectors.astype(np.float16)
    assert np.array_equal(one.extras["templates"], halves)
    assert np.array_equal(again.vectors, halves)
    assert (theirs / name).lstat().st_ino != (ours / name).lstat().st_ino
    one.close()
    again.close()


def test_damage_behind_linked_pages_is_found_by_verify_and_by_the_next_alone(
    tmp_path: Path,
    entries: Entries,
) -> None:
    one = gallery(tmp_path / "gallery", entries).open()
    here = shelf(tmp_path / "faces")
    here.publish(contents(entries)).close()
    sealed = tmp_path / "faces" / "gen-00000001" / "vectors"
    whole = bytearray(sealed.read_bytes())
    whole[len(whole) // 2] ^= 1
    sealed.write_bytes(whole)
    two = here.open()
    assert np.array_equal(two.vectors, entries.prints.vectors.astype(np.float16))
    with pytest.raises(SegmentDamaged):
        here.verify()
    one.close()
    two.close()
    with pytest.raises(SegmentDamaged):
        here.open()


def test_a_whole_file_of_another_life_under_the_same_number_is_refused(
    tmp_path: Path, entries: Entries
) -> None:
    turned = some(entries, slice(None, None, -1))
    for name, kept in (("faces", entries), ("other", turned)):
        shelf(tmp_path / name).publish(contents(kept)).close()
    victim = tmp_path / "faces" / "gen-00000001" / "vectors"
    shutil.copy(tmp_path / "other" / "gen-00000001" / "vectors", victim)
    with pytest.raises(SegmentDamaged, match="changed"):
        shelf(tmp_path / "faces").open()
