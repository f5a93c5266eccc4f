"""The benchmark of whole records runs on files and keeps to its contract."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import fused
from benchmarks.fused.face_pairs import PairScale
from benchmarks.fused.figures import Answer, figures, strata
from benchmarks.fused.kin import Kin
from benchmarks.fused.peers import Task, answer, compared
from benchmarks.fused.peers.flat import flattened
from benchmarks.fused.worlds import World
from matchers.places import Divisions

KEYS = ("recall@1", "recall@10", "first_stage_recall", "mrr", "ece_top1", "brier_top1", "cllr_hard")


def write(path: Path, documents: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents), "utf-8")
    return path


def unit(rng: np.random.Generator) -> list[float]:
    x = rng.normal(size=128)
    return [float(v) for v in x / np.linalg.norm(x)]


def test_a_small_world_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    prints = [unit(rng) for _ in range(3)]
    people: list[dict[str, Any]] = [
        {
            "id": f"g{i}",
            "side": "sought",
            "names": [{"text": name, "kind": "registered"}],
            "sex": "male",
            "prints": [{"model": "sim-128", "vector": prints[i], "age": 50}],
        }
        for i, name in enumerate(("王建国", "李大山", "陈明"))
    ]
    probes: list[dict[str, Any]] = [
        {"names": [{"text": "望见过", "kind": "heard"}], "sex": "male", "true_id": "g0"},
        {"prints": people[1]["prints"], "true_id": "g1"},
        {"names": [{"text": "欧阳青", "kind": "stated"}], "sex": "female", "true_id": None},
    ]
    pairs = tmp_path / "pairs.tsv"
    rows = [f"{rng.normal(0.6, 0.1)}\t1\t50\t51" for _ in range(300)]
    rows += [f"{rng.normal(0.0, 0.1)}\t0\t50\t51" for _ in range(300)]
    pairs.write_text("cosine\tsame\tage_a\tage_b\n" + "\n".join(rows) + "\n", "utf-8")
    ranks = tmp_path / "ranks.tsv"
    files = {
        "--gallery": write(tmp_path / "g.jsonl", people),
        "--probes": write(tmp_path / "p.jsonl", probes),
        "--face-pairs": pairs,
        "--ranks": ranks,
    }
    options = [str(word) for option in files.items() for word in option]
    code = fused.main([*options, "--no-laws"])
    assert code == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(KEYS) <= set(result)
    assert result["recall@1"] == 1.0
    assert result["first_stage_recall"] == 1.0
    assert ranks.read_text("utf-8").splitlines()[1].startswith("0\t1\t")


def test_ties_are_counted_fairly() -> None:
    tie = Answer(True, True, 0, 4, 0.2, False, 0.1, 0.0)
    lost = Answer(True, False, 0, 1, 0.2, False, 0.1, 0.0)
    found = figures([tie, lost])
    assert found["recall@1"] == pytest.approx(0.125)
    assert found["recall@10"] == 0.5
    assert found["first_stage_recall"] == 0.5


def test_the_scale_of_faces_rises_and_stays_within_its_sample() -> None:
    rng = np.random.default_rng(2)
    cosines = np.concatenate([rng.normal(0.5, 0.12, 400), rng.normal(0, 0.09, 2000)])
    same = np.arange(2400) < 400
    ages = np.full(2400, 40.0)
    scale = PairScale.fit(cosines, same, ages, ages)
    bits = scale.bits(np.linspace(-1, 1, 50, dtype=np.float32), 40.0, np.full(50, 42, np.float32))
    assert (np.diff(bits) >= -1e-9).all()
    assert bits.max() <= np.log2(2000)
    unknown = scale.bits(np.array([0.5], np.float32), float("nan"), np.array([40], np.float32))
    assert np.isfinite(unknown).all()


def test_the_weighted_sum_finds_a_plain_record_and_others_say_why_they_are_absent(
    divisions: Divisions,
) -> None:
    people = [
        {"id": f"g{i}", "names": [{"text": name}], "sex": "male", "birth": {"earliest": str(year)}}
        for i, (name, year) in enumerate((("王建国", 1950), ("李大山", 1961), ("陈明", 1972)))
    ]
    probes = [
        {"names": [{"text": "李大山"}], "sex": "male", "true_id": "g1"},
        {"names": [{"text": "欧阳青"}], "true_id": None},
    ]
    task = Task(
        flattened(people, divisions),
        flattened(probes, divisions),
        [1, None],
        Path("/nowhere/python"),
    )
    told = compared(("rapidfuzz",), task)
    assert told["rapidfuzz"]["recall@1"] == 1.0
    assert task.gallery[1]["surname_pinyin"] == "li"
    absent = compared(("splink",), replace(task, python=None))
    assert "make peers" in absent["splink"]["skipped"]


def test_a_truth_beyond_a_peers_candidates_was_not_found() -> None:
    beyond = answer([(4, 0.9), (2, 0.5)], 7, 0.0)
    assert (beyond.listed, beyond.first_is_true, beyond.nobody) == (
        False,
        False,
        pytest.approx(0.1),
    )
    second = answer([(4, 0.9), (2, 0.5)], 2, 0.0)
    assert (second.listed, second.better, second.equal) == (True, 1, 1)
    assert (0.5, True) in second.hard


def test_a_made_world_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    world = World.made("hard", 150, 12, 4)
    world.write(tmp_path)
    assert [dict(d) for d in fused.records(tmp_path / "gallery.jsonl.gz")] == world.gallery
    assert [dict(d) for d in fused.records(tmp_path / "probes.jsonl.gz")] == world.probes
    from_file, made = PairScale.read(tmp_path / "face-pairs.tsv.gz"), world.scale()
    assert made is not None
    cosines = np.linspace(-0.2, 0.8, 20, dtype=np.float32)
    ages = np.full(20, 40, np.float32)
    assert np.allclose(from_file.bits(cosines, 41, ages), made.bits(cosines, 41, ages), atol=0.01)


def test_without_faces_a_made_world_has_none() -> None:
    world = World.made("ordinary", 60, 6, 4, faces="none")
    assert not any("prints" in d for d in [*world.gallery, *world.probes])
    assert world.scale() is None


def test_hard_impostors_are_relatives_namesakes_and_neighbours() -> None:
    def person(name: str, county: str, *relatives: str) -> dict[str, Any]:
        return {
            "names": [{"text": name}],
            "places": [{"kind": "household", "code": county}],
            "relatives": [{"names": [{"text": r}]} for r in relatives],
        }

    gallery = [
        person("王建国", "320412", "王大山"),
        person("王大山", "440103"),
        person("王建国", "110105"),
        person("李明", "320412"),
        person("赵勇", "510107"),
    ]
    assert Kin.of(gallery).rows(0) == [1, 2, 3]


def test_figures_are_told_by_what_there_was_to_compare() -> None:
    right = Answer(True, True, 0, 1, 0.9, True, 0.1, 0.01, pieces=7, face=True)
    wrong = Answer(True, True, 3, 1, 0.4, False, 0.5, 0.01, pieces=3, thin=True)
    told = strata([right, wrong])
    assert told["face"]["recall@1"] == 1.0
    assert told["faceless"]["recall@1"] == 0.0
    assert told["rich"]["probes"] == told["poor"]["probes"] == told["thin"]["probes"] == 1
