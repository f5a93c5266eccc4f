"""The model file: readable, versioned, refused where it does not fit."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.evidence import LADDERS
from matchers.evidence.model import FLOOR, Model, ModelUnfit, shared_out


def test_the_model_survives_its_own_json(model: Model) -> None:
    again = Model.from_document(json.loads(json.dumps(model.document())))
    assert again.document() == model.document()
    assert again.hash == model.hash


def test_the_hash_follows_every_change(model: Model) -> None:
    assert model.changed(in_gallery=0.4).hash != model.hash


def test_shares_add_up_and_contradictions_stay_finite(model: Model) -> None:
    for key, table in model.tables.items():
        assert table.levels == LADDERS[key]
        assert table.national_bits()[0] == 0
        if table.given:
            continue
        for number in range(1, table.condition.max() + 1):
            here = table.condition == number
            assert table.m[here].sum() == pytest.approx(1.0), key
            assert table.u[here].sum() == pytest.approx(1.0), key
            assert (table.m[here] >= FLOOR - 1e-12).all(), key


def test_every_table_names_its_source() -> None:
    raw = resources.files("matchers.evidence").joinpath("model-1.json").read_text("utf-8")
    assert all(table["source"] for table in json.loads(raw)["evidence"].values())


def test_a_file_with_an_unknown_level_is_refused(model: Model) -> None:
    document = model.document()
    document["evidence"]["sex"]["levels"]["perhaps"] = {"m": 0.1, "u": 0.1}
    with pytest.raises(ModelUnfit, match="perhaps"):
        Model.from_document(document)
    del document["evidence"]["sex"]
    with pytest.raises(ModelUnfit, match="sex"):
        Model.from_document(document)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_sharing_out_keeps_the_floor_and_the_sum(shares: list[float]) -> None:
    condition = np.array([0, *[1] * len(shares)], np.int8)
    out = shared_out(np.array([1.0, *shares]), condition, FLOOR)
    assert out[1:].sum() == pytest.approx(1.0)
    assert (out[1:] >= FLOOR - 1e-9).all()
