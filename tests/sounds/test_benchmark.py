"""`python -m benchmarks names`, on a part of the development data and on files of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import names, protocol
from benchmarks.__main__ import main as dispatch
from matchers.sounds import SoundEngine

GALLERY = "id\tname\tcount\n1\t王建国\t3\n2\t汪建国\t1\n3\t李秀英\t2\n4\t单雄\t1\n"
PROBES = (
    "heard\ttrue_id\tdialect\tlistener\n"
    "王建国\t1\t广州\tstandard\nli xiu ying\t3\t火星\tlocal\n善雄\t4\t\t\n😀\t1\t\t\n"
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gallery, probes = tmp_path / "g.tsv", tmp_path / "p.tsv"
    gallery.write_text(GALLERY, "utf-8")
    probes.write_text(PROBES, "utf-8")
    return gallery, probes


def test_the_last_line_is_one_object_with_the_agreed_keys(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ranks = tmp_path / "ranks.tsv"
    arguments = ["--gallery", str(files[0]), "--probes", str(files[1]), "--no-laws"]
    arguments += ["--ranks", str(ranks), "--vs", "rapidfuzz"]
    assert dispatch(["names", *arguments]) == 0
    printed = capsys.readouterr().out.splitlines()
    result = json.loads(printed[-1])
    wanted = {"machine", "versions", "seed", "recall@1", "recall@10", "recall@100", "mrr"}
    assert wanted | {"cpu_ms_median", "cpu_ms_p99", "per_dialect", "vs"} <= set(result)
    assert result["vs"]["rapidfuzz"]["recall@100"] >= 0.75
    # three bearers of one name share the first three places
    assert result["per_dialect"]["广州"]["recall@1"] == pytest.approx(1 / 3, abs=1e-4)
    assert result["recall@10"] == 0.75
    assert any(line.startswith("火星: ") for line in printed)
    assert ranks.read_text("utf-8").splitlines()[1] == "王建国\t广州\t0\t3"


def test_a_file_without_the_columns_is_refused(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = names.main(["--gallery", str(files[1]), "--probes", str(files[1]), "--no-laws"])
    assert code == 2
    assert "lacks the column" in capsys.readouterr().err


def test_an_unknown_benchmark_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["nothing"]) == 2
    assert "names" in capsys.readouterr().err


def test_percentiles_of_few_values() -> None:
    assert protocol.percentile([], 0.5) == 0
    assert protocol.percentile([3.0], 0.99) == 3
    assert protocol.percentile([1.0, 2.0, 3.0], 0.5) == pytest.approx(2, abs=0.01)


def test_names_heard_in_dialect_are_found_among_others(
    shared_data: Path, engine: SoundEngine
) -> None:
    """A tenth of the people, a twentieth of the probes: easier than the whole."""
    folder = shared_data / "names"
    whole = names.read_gallery(folder / "heard_dev_100k_gallery.tsv.gz")
    probes = names.read_probes(folder / "heard_dev_100k_probes.tsv", whole)[::20]
    truths = {probe.truth for probe in probes}
    kept = [i for i in range(len(whole.names)) if i % 10 == 0 or i in truths]
    place = {old: new for new, old in enumerate(kept)}
    probes = [
        names.Probe(p.heard, None if p.truth is None else place[p.truth], p.dialect, p.listener)
        for p in probes
    ]
    table = engine.table([whole.names[i] for i in kept])
    outcomes = names.run(
        probes, lambda p: names.sound_scores(table, p, known=False), whole.counts[kept]
    )
    found = names.summary(outcomes)["per_dialect"]
    assert found["homophone"]["recall@10"] >= 0.95
    assert found["rule:东北"]["recall@10"] >= 0.95
    points = [row for name, row in found.items() if not name.startswith(("rule:", "homophone"))]
    assert sum(row["recall@100"] for row in points) / len(points) >= 0.6
