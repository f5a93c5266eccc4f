"""The flat index against NumPy, which is the oracle."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.vectors import NOBODY, FlatVectors, Prints, VectorsOfAnotherModel

DIM = 16
MODEL = "dlib-resnet-v1-mirror"


def unit(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    x = rng.normal(size=(n, DIM)).astype(np.float32)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


def oracle(
    stored: NDArray[np.float32], ids: NDArray[np.int64], asked: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    scores = asked @ stored.T
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return ids[best], np.take_along_axis(scores, best, axis=1)


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 0.05, 0.001])
def test_search_equals_numpy_under_filters_of_any_width(share: float) -> None:
    rng = np.random.default_rng(7)
    stored, asked = unit(rng, 3000), unit(rng, 12)
    ids = rng.permutation(10_000)[:3000].astype(np.int64)
    index = FlatVectors(DIM, MODEL)
    index.add(ids, Prints(MODEL, stored))
    keep = rng.random(3000) < share
    keep[0] = True
    allowed = None if share == 1.0 else ids[keep]
    if share == 1.0:
        keep[:] = True
    found, cosines = index.search(Prints(MODEL, asked), 10, allowed)
    true_ids, true_cosines = oracle(stored[keep], ids[keep], asked, 10)
    width = true_ids.shape[1]
    assert np.array_equal(found[:, :width], true_ids)
    assert np.allclose(cosines[:, :width], true_cosines, atol=1e-6)
    assert (found[:, width:] == NOBODY).all()


def test_an_erased_print_is_never_found_and_later_ones_are() -> None:
    rng = np.random.default_rng(8)
    stored = unit(rng, 50)
    index = FlatVectors(DIM, MODEL)
    index.add(np.arange(50), Prints(MODEL, stored))
    assert index.remove([7]) == 1
    assert index.remove([7]) == 0
    late = unit(rng, 1)
    index.add(np.array([99]), Prints(MODEL, late))
    for asked, expected in ((stored[7:8], None), (late, 99)):
        ids, _ = index.search(Prints(MODEL, asked), 60)
        assert 7 not in ids
        assert expected is None or ids[0, 0] == expected
    assert len(index) == 50
    assert index.tombstones == 1
    assert np.array_equal(index.matrix(), np.concatenate([np.delete(stored, 7, 0), late]))
    assert np.array_equal(index.ids, np.array([*range(7), *range(8, 50), 99]))


def test_prints_of_another_model_are_refused() -> None:
    index = FlatVectors(DIM, MODEL)
    with pytest.raises(VectorsOfAnotherModel):
        index.search(Prints("sface", np.eye(1, DIM, dtype=np.float32)), 1)
    with pytest.raises(ValueError, match="unit length"):
        index.add(np.array([1]), Prints(MODEL, np.full((1, DIM), 3, np.float32)))


def test_an_empty_index_answers_nobody() -> None:
    ids, cosines = FlatVectors(DIM, MODEL).search(
        Prints(MODEL, np.eye(2, DIM, dtype=np.float32)), 3
    )
    assert (ids == NOBODY).all()
    assert np.isneginf(cosines).all()


def test_rows_added_after_remove_ids_are_lost_in_fast_scan_so_we_never_call_it() -> None:
    """The reason for tombstones, kept as a regression test of the hazard itself."""
    rng = np.random.default_rng(9)
    stored = unit(rng, 2000)
    index = faiss.index_factory(DIM, "IVF1,PQ8x4fs", faiss.METRIC_INNER_PRODUCT)
    index.train(stored)
    index.add(stored)
    index.remove_ids(faiss.IDSelectorRange(0, 10))
    index.add(stored[:10])
    _, found = index.search(stored[:10], 20)
    lost = [i for i in range(10) if not (found[i] >= 1990).any()]
    assert lost, "faiss has mended remove_ids on IVF-FastScan: tombstones may be reconsidered"
