"""One contract, every engine: NumPy is the oracle, FAISS in three forms, Milvus as a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.contract import NOBODY, Entries, IndexNotReady, Neighbours, VectorIndex
from indexes.filters import EVERYBODY, Among, Between, Filter, NoSuchColumn
from indexes.milvus import EngineAway, IndexType, IndexTypeUnusable, MilvusVectors, connect
from indexes.segments import Contents, LivingVectors, SegmentFolder
from indexes.vectors import Prints, VectorsOfAnotherModel
from tests.indexes.oracle import Oracle
from tests.indexes.server import milvus_lite
from tests.indexes.world import COLUMNS, DIM, MODEL, SMALL, Seal, people, probes, some, unit

FILTERS = {
    "everybody": EVERYBODY,
    "half": Filter((Among("sex", (1,)),)),
    "a twentieth": Filter((Between("born", 1950, 1953),)),
    "few": Filter((Between("born", 1960, 1960),)),
}
ENGINES = ("delta", "exact", "codes", "shards", "half", "milvus-flat", "milvus-hnsw")
Made = Callable[[Entries], VectorIndex]


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a `milvus-lite server`; skipped where it is not installed."""
    with milvus_lite(tmp_path_factory.mktemp("milvus")) as address:
        yield address


@pytest.fixture(params=ENGINES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """Makes an index that holds the given entries."""
    name: str = request.param
    if name.startswith("milvus"):
        client = connect(request.getfixturevalue("milvus"))
        kind = IndexType.packaged(name.removeprefix("milvus-").upper())
        yield lambda entries: in_milvus(client, kind, entries)
        for collection in client.list_collections():
            for alias in client.list_aliases(collection)["aliases"]:
                client.drop_alias(alias)
            client.drop_collection(collection)
        client.close()
    else:
        opened: list[LivingVectors] = []
        yield lambda entries: living(name, tmp_path, entries, opened)
        for index in opened:
            if index.segment is not None:
                index.segment.close()


def in_milvus(client: object, kind: IndexType, entries: Entries) -> MilvusVectors:
    index = MilvusVectors(client, MODEL, DIM, COLUMNS, kind)
    index.rebuild(iter([entries]), int(entries.seqs.max()))
    return index


def living(name: str, folder: Path, entries: Entries, opened: list[LivingVectors]) -> LivingVectors:
    index = LivingVectors(MODEL, DIM, COLUMNS)
    opened.append(index)
    if name == "delta":
        index.take_up(None)
        index.add(entries)
        return index
    recipe = replace(SMALL, exact_most=10_000) if name == "exact" else SMALL
    recipe = replace(recipe, shard_rows=700) if name == "shards" else recipe
    inside = len(entries) // 2 if name == "half" else len(entries)
    first, rest = some(entries, slice(0, inside)), some(entries, slice(inside, None))
    shelf = SegmentFolder(folder / "index", MODEL, DIM, Seal(), recipe=recipe)
    last = int(first.seqs.max())
    index.take_up(shelf.publish(Contents(MODEL, DIM, last, iter([first]), COLUMNS)))
    index.add(rest)
    return index


def oracle(entries: Entries) -> Oracle:
    true = Oracle(MODEL, DIM)
    true.add(entries)
    return true


def agreeing(found: Neighbours, true: Neighbours) -> None:
    """The nearest equal, and at least 98 % of the people of every list."""
    assert np.array_equal(found.owners[:, 0], true.owners[:, 0])
    assert np.allclose(found.cosines[:, 0], true.cosines[:, 0], atol=2e-3)
    kept = [np.isin(t[t >= 0], f).mean() for f, t in zip(found.owners, true.owners, strict=True)]
    assert np.mean(kept) >= 0.98
    for row in found.owners:
        there = row[row != NOBODY]
        assert len(set(there.tolist())) == len(there)
    assert (np.diff(found.cosines, axis=1)[np.isfinite(found.cosines[:, 1:])] <= 1e-6).all()


@pytest.mark.parametrize("which", FILTERS)
def test_the_nearest_people_are_those_of_the_oracle(made: Made, which: str) -> None:
    entries = people(800)
    asked = probes(entries, 12)
    found = made(entries).search(asked, 10, FILTERS[which])
    agreeing(found, oracle(entries).search(asked, 10, FILTERS[which]))


def test_people_who_said_nothing_pass_every_filter(made: Made) -> None:
    entries = people(400)
    index = made(entries)
    silent = np.flatnonzero(entries.columns["born"] == -1)[:3]
    for row in silent:
        asked = Prints(MODEL, entries.prints.vectors[row : row + 1])
        found = index.search(asked, 1, Filter((Between("born", 1800, 1801),)))
        assert found.ids[0, 0] == entries.ids[row]


def test_nobody_erased_is_found_and_a_later_registration_is(made: Made) -> None:
    entries = people(500)
    index, true = made(entries), oracle(entries)
    end = int(entries.seqs.max())
    gone = [int(entries.owners[0]), int(entries.owners[-1]), 123]
    for each in (index, true):
        each.remove(gone, end + 1)
        each.remove(gone, end + 1)
    assert len(index) == len(true)
    asked = Prints(MODEL, entries.prints.vectors[np.isin(entries.owners, gone)])
    found = index.search(asked, 10)
    assert not np.isin(found.owners, gone).any()
    agreeing(found, true.search(asked, 10))
    back = some(entries, slice(0, 1))
    back = replace(back, ids=np.array([77]), seqs=np.array([end + 2]))
    index.add(back)
    index.remove(gone, end + 1)  # the same change applied once more
    assert index.search(back.prints, 1).ids[0, 0] == 77


def test_an_id_that_comes_again_replaces_its_print(made: Made) -> None:
    entries = people(400)
    index = made(entries)
    moved = replace(
        some(entries, slice(5, 6)),
        prints=Prints(MODEL, unit(-entries.prints.vectors[5:6])),
        seqs=np.array([int(entries.seqs.max()) + 1]),
    )
    index.add(moved)
    assert index.search(moved.prints, 1).ids[0, 0] == moved.ids[0]
    assert moved.ids[0] not in index.search(some(entries, slice(5, 6)).prints, 20).ids
    assert len(index) == len(entries)


def test_a_short_list_ends_with_nobody(made: Made) -> None:
    entries = people(400)
    few = np.unique(entries.owners[entries.columns["born"] == 1960])
    silent = np.unique(entries.owners[entries.columns["born"] == -1])
    found = made(entries).search(probes(entries, 2), 60, Filter((Between("born", 1960, 1960),)))
    there = found.owners != NOBODY
    assert (there.sum(axis=1) == len(np.union1d(few, silent))).all()
    assert np.isneginf(found.cosines[~there]).all()


def test_what_cannot_be_asked_is_refused(made: Made) -> None:
    entries = people(400)
    index = made(entries)
    with pytest.raises(VectorsOfAnotherModel):
        index.search(Prints("sface", entries.prints.vectors[:1]), 1)
    with pytest.raises(NoSuchColumn):
        index.search(some(entries, slice(0, 1)).prints, 1, Filter((Among("height", (1,)),)))
    with pytest.raises(ValueError, match="unit length"):
        index.search(Prints(MODEL, 3 * entries.prints.vectors[:1]), 1)
    with pytest.raises(ValueError, match="twice"):
        index.add(some(entries, np.array([0, 0])))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 39)), max_size=12), st.integers(0, 12))
@settings(max_examples=25, deadline=None)
def test_any_order_of_coming_and_going_ends_as_the_oracle_says(
    steps: list[tuple[bool, int]], published: int
) -> None:
    """A generation is taken up in between, which must not bring anybody back."""
    entries = people(40)
    index, true = LivingVectors(MODEL, DIM, COLUMNS), Oracle(MODEL, DIM)
    index.take_up(None)
    for at, (comes, who) in enumerate(steps):
        own = np.flatnonzero(entries.owners == who + 1)
        each: VectorIndex | Oracle
        for each in (index, true):
            if comes:
                each.add(replace(some(entries, own), seqs=np.full(len(own), at + 1)))
            else:
                each.remove([who + 1], at + 1)
        if at == published:
            index.take_up(None)  # nothing has been published: everything stays in the delta
    asked = probes(entries, 3)
    assert len(index) == len(true)
    assert np.array_equal(index.search(asked, 8).owners, true.search(asked, 8).owners)


def test_an_index_that_was_not_opened_does_not_answer() -> None:
    index = LivingVectors(MODEL, DIM, COLUMNS)
    with pytest.raises(IndexNotReady):
        index.search(probes(people(5), 1), 1)


def test_milvus_without_a_collection_or_with_a_type_it_lacks_says_so(milvus: str) -> None:
    client = connect(milvus)
    entries = people(20)
    with pytest.raises(IndexNotReady):
        MilvusVectors(client, "never filled", DIM, COLUMNS).search(
            Prints("never filled", entries.prints.vectors[:1]), 1
        )
    for name in ("SCANN", "NONSENSE"):
        index = MilvusVectors(client, MODEL, DIM, COLUMNS, IndexType(name))
        before = client.list_collections()
        with pytest.raises(IndexTypeUnusable):
            index.rebuild(iter([entries]), 20)
        assert client.list_collections() == before
    client.close()


def test_a_rebuilt_collection_takes_the_place_of_the_old_one(milvus: str) -> None:
    client = connect(milvus)
    index = MilvusVectors(client, "another", DIM, COLUMNS)
    for count in (30, 50):
        entries = people(count)
        entries = replace(entries, prints=Prints("another", entries.prints.vectors))
        index.rebuild(iter([entries]), count)
        assert (len(index), index.seq) == (len(entries), count)
    index.mark(51)
    assert index.seq == 51
    assert len([c for c in client.list_collections() if c.startswith(index.name)]) == 1
    client.close()


def test_a_milvus_that_is_away_is_told_from_an_empty_one() -> None:
    if find_spec("pymilvus") is None:
        pytest.skip("pymilvus is not installed (extra: milvus)")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with pytest.raises(EngineAway):
        connect("http://127.0.0.1:9", seconds=1.0)
