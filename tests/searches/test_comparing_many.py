"""Many questions through one scan get the answers that each of them gets alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from indexes.vectors import TOGETHER, FlatVectors, Prints
from matchers.claims import NameClaim, PersonClaims
from matchers.fusion import Model
from matchers.sounds.parts import Postings
from matchers.sounds.recent import MOST_BYTES, Recent
from tests.searches.conftest import Town, a_face
from tracing.comparing import Probe, compare, compare_many
from tracing.face_templates import UNDATED
from tracing.photos.served import default_faces


def units(count: int, seed: int = 0) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def test_questions_asked_together_are_answered_as_if_asked_alone(town: Town) -> None:
    for seed in range(3):
        made = {"model": default_faces().recipe, "vector": a_face(seed)}
        town.register({"side": "register", "prints": [made]})
    gallery = town.service.searches._gallery
    view, model = gallery.follow(), Model.load(None)
    allowed = view.allowed("found")
    heard = ["王建国", "黄建国", "李秀英", "陈海燕", "杨国花", "王建国", "张智强"]
    asked = [
        Probe(
            "found",
            PersonClaims(names=(NameClaim(text, None, "heard"),), sex="male" if i % 2 else None),
            np.array(a_face(i), np.float32) if i % 3 == 0 else None,
            UNDATED,
        )
        for i, text in enumerate(heard)
    ]
    together = compare_many(view, gallery.comparators, model, [(p, allowed) for p in asked], 10)
    for probe, found in zip(asked, together, strict=True):
        alone = compare(view, gallery.comparators, model, probe, allowed, 10)
        assert found.probe is probe
        assert_array_equal(found.order, alone.order)
        everybody = np.arange(len(view.ids))
        assert_allclose(found.fused.bits_of(everybody), alone.fused.bits, atol=1e-9)
        assert found.fused.nobody == pytest.approx(alone.fused.nobody, abs=1e-9)
        said = {key for key, codes in alone.fused.levels.items() if codes.any()}
        assert found.fused.levels.keys() == said


def test_nobody_asks_and_nobody_is_answered(town: Town) -> None:
    gallery = town.service.searches._gallery
    assert not list(compare_many(gallery.follow(), gallery.comparators, Model.load(None), [], 10))


def test_a_print_is_as_like_others_in_company_as_alone() -> None:
    index = FlatVectors(128, "m")
    index.add(np.arange(1000), Prints("m", units(1000)))
    asked = units(TOGETHER + 3, 1)
    together = list(index.similarities(Prints("m", asked)))
    assert len(together) == len(asked)
    for row, one in zip(together, asked, strict=True):
        (alone,) = index.similarities(Prints("m", one[None, :]))
        assert_allclose(row, alone, atol=1e-6)
    assert np.allclose(np.stack(together), asked @ index.matrix().T, atol=1e-6)


def test_removed_prints_are_like_nobody_any_more() -> None:
    index = FlatVectors(128, "m")
    index.add(np.arange(5), Prints("m", units(5)))
    index.remove([1, 3])
    left = np.stack(list(index.similarities(Prints("m", units(5)))))
    assert left.shape == (5, 3)
    assert_allclose(left[:, 1], units(5) @ units(5)[2], atol=1e-6)


def test_the_way_back_from_a_part_leads_to_all_who_have_it() -> None:
    codes = np.array([2, 0, 2, 4, 0, 2], np.int32)
    back = Postings.of(codes, 5)
    assert back.having(np.array([0, 1, 2])).tolist() == [1, 4, 0, 2, 5]
    assert back.having(np.zeros(0, np.intp)).tolist() == []


def test_what_is_remembered_of_syllables_is_bounded() -> None:
    recent = Recent()
    size = MOST_BYTES // 4 // 4
    for number in range(6):
        recent.keep(((bytes([number]), 0, 0.0),), np.zeros(size, np.float32))
    assert len(recent.kept) == 4
    assert recent.get(((bytes([0]), 0, 0.0),)) is None
    assert recent.get(((bytes([5]), 0, 0.0),)) is not None


def test_words_of_home_are_forgotten_once_they_are_read(town: Town) -> None:
    place = {"kind": "household", "text": "江苏省常州市武进区雪堰镇某个没听说过的小村"}
    town.write("register", "谢村民", places=[place])
    gallery = town.service.searches._gallery
    gallery.follow()
    using: Any = gallery.comparators
    for comparator in using:
        if comparator.key in ("places", "dialect"):
            assert getattr(comparator, "own", comparator).known == {}
