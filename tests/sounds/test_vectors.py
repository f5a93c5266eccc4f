"""The shared token embedding and its index, with exact lookup as the oracle."""

from __future__ import annotations

import random

import numpy as np
import pytest

from indexes.names import NameIndex
from matchers.sounds import Hearing, Hypothesis, NameTable, SoundEngine
from matchers.sounds.vectors import NameVectors


@pytest.fixture(scope="module")
def table(engine: SoundEngine) -> NameTable:
    chooser = random.Random(11)
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    given = "国秀英伟洋静志强敏金菊杰磊丽涛红佳靖婷翔燕永爽宏达芳丹建华平海云梅春明文军玉兰"
    names = {
        chooser.choice(surnames) + "".join(chooser.choices(given, k=chooser.choice((1, 2, 2, 2))))
        for _ in range(9000)
    }
    return engine.table([*sorted(names), "欧阳国强", "阿卜杜拉·买买提", "😀"])


def test_the_index_keeps_what_exact_lookup_finds(table: NameTable) -> None:
    vectors = NameVectors.of(table, rank=24)
    index = NameIndex.build(vectors.vectors())
    kept = []
    for heard in ("汪金果", "黄静菊", "李雪应", "张玮", "周吉文"):
        hearing = Hearing(heard)
        exact = table.score([hearing], ways_said=[Hypothesis.FULL]).best(50)
        found = np.sort(index.nearest(vectors.query(hearing), 1000))
        nats = table.score_some([hearing], found, ways_said=[Hypothesis.FULL])
        best = found[np.argsort(nats, kind="stable")][:50]
        kept.append(len(set(best.tolist()) & set(exact.tolist())) / 50)
    assert np.mean(kept) >= 0.9


def test_vectors_and_queries_have_one_size(table: NameTable) -> None:
    vectors = NameVectors.of(table, rank=8)
    matrix = vectors.vectors()
    assert matrix.shape == (len(table.names), vectors.size)
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    query = vectors.query(Hearing(latin="wong gam gwo", dialect="香港"))
    assert query.shape == (vectors.size,)
    np.testing.assert_array_equal(NameVectors.of(table, rank=8).vectors(), matrix)


def test_an_index_refuses_what_is_no_query_of_its_own() -> None:
    index = NameIndex.build(np.eye(4, dtype=np.float32))
    assert index.nearest(np.array([0, 1, 0, 0], np.float32), 9)[0] == 1
    with pytest.raises(ValueError, match="4 numbers"):
        index.nearest(np.zeros(3, np.float32), 1)
    with pytest.raises(ValueError, match="matrix"):
        NameIndex.build(np.zeros(3, np.float32))
