"""Frozen pairs: whole, scored alike every time, and true pairs above those of strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import pairs
from matchers.evidence.model import Model
from tests.evidence.conftest import Bench


def test_every_pair_is_frozen_once() -> None:
    known = pairs.read(pairs.FOLDER / "pairs.csv")
    frozen = pairs.frozen(pairs.FOLDER / "pairs_frozen.csv")
    assert len(known) >= 300
    assert {pair.id for pair in known} == set(frozen)
    both = {pair.category for pair in known if pair.same}, {p.category for p in known if not p.same}
    assert min(len(both[0]), len(both[1])) >= 5


def test_true_pairs_weigh_more_than_those_of_strangers(bench: Bench, model: Model) -> None:
    known = pairs.read(pairs.FOLDER / "pairs.csv")
    bits = pairs.scored(known, tuple(bench.using.values()), model)
    area = pairs.told(known, bits)["auc"]
    assert area["name"] > 0.85
    assert area["record"] > 0.85


def test_what_moved_since_is_named(tmp_path: Path) -> None:
    known = pairs.read(pairs.FOLDER / "pairs.csv")[:3]
    file = tmp_path / "frozen.csv"
    pairs.freeze(file, known, [1.0, 2.0, 3.0])
    before = pairs.frozen(file)
    assert pairs.changed(known, [1.1, 1.0, 3.0], before) == [
        f"WORSE    {known[1].id} {known[1].category}: +2.00 -> +1.00"
    ]
    assert pairs.changed(known[:1], [1.0], {**before}) == [f"gone     {p.id}" for p in known[1:]]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "pairs.csv"
    bad.write_text("id,kind,category,same,asked,found\nx,face,a,1,{},{}\n", "utf-8")
    with pytest.raises(ValueError, match="name or record"):
        pairs.read(bad)
    assert pairs.main(["--pairs", str(bad)]) == 2
