"""`xunqin calibrate fusion`: from labelled files and from a station's own cases, and back again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main
from matchers.evidence.model import Model
from tests.searches.conftest import Town
from tracing.demo import Population
from tracing.errors import ModelUnreadable, NotFound, RecordInvalid
from tracing.evidence_models import EvidenceModels
from tracing.records import PersonRecord


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A world of 400 and 160 answered questions about it."""
    world, folder = Population.of(400, 11), tmp_path_factory.mktemp("labelled")
    gallery, probes = folder / "gallery.jsonl", folder / "probes.jsonl"
    questions = ({**doc, "true_id": truth} for doc, truth in world.probes(160, 4))
    for path, docs in ((gallery, world.records()), (probes, questions)):
        path.write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in docs), "utf-8")
    return gallery, probes


def run(data: Path, *words: str) -> Any:
    done = CliRunner().invoke(
        main, ["--data", str(data), "calibrate", "fusion", *words, "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.output.splitlines()[-1])


def test_labelled_files_make_a_model_and_one_command_goes_back(
    tmp_path: Path, labelled: tuple[Path, Path]
) -> None:
    words = ("--gallery", str(labelled[0]), "--probes", str(labelled[1]))
    first = run(tmp_path, *words)
    assert first["cases"]["somebody"] + first["cases"]["nobody"] == 160
    models = EvidenceModels(tmp_path)
    if first["changed"]:
        assert models.in_force().hash == first["after"]["hash"]
        assert first["after"]["cllr"] <= first["before"]["cllr"]
        assert first["after"]["brier"] <= first["before"]["brier"]
        assert run(tmp_path, "--back")["retired"] == f"{first['file']}.retired"
    else:
        assert first["reason"] == "worse"
    assert models.in_force().hash == Model.load().hash
    assert run(tmp_path, "--back")["retired"] is None


def test_the_newest_model_that_can_be_read_is_in_force(tmp_path: Path) -> None:
    models, shipped = EvidenceModels(tmp_path), Model.load()
    learned = shipped.changed(temperature=0.8, version="1+0002")
    path = models.keep(
        learned, models.next_version(), datetime(2026, 3, 1, tzinfo=UTC), {"held_out": 40}
    )
    assert models.in_force().hash == learned.hash
    (path.parent / "model-0009.json").write_text("{broken", "utf-8")
    assert models.in_force().hash == learned.hash
    assert models.next_version() == 10
    pinned = EvidenceModels(tmp_path, path)
    models.back()
    assert models.back() == path.with_name(f"{path.name}.retired")
    with pytest.raises(ModelUnreadable):
        pinned.in_force()


def test_a_line_that_is_no_record_is_named(town: Town, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"side": "register"}\nnot json\n', "utf-8")
    with pytest.raises(RecordInvalid) as caught:
        town.service.searches.labelled_cases(bad, bad)
    assert caught.value.facts == {"path": "bad.jsonl:2", "reason": "not_json"}


def test_what_became_of_a_stations_searches_is_what_it_learns_from(town: Town) -> None:
    service, worker = town.service, town.worker
    found, home = town.write("found", "南宫问天"), town.write("sought", "南宫问天")
    wrong, lost = town.write("sought", "南宫文田"), town.write("found", "百里奚")
    service.searches.for_person(worker, found)
    service.searches.exclude(worker, found, wrong, "age_impossible")
    with service.store.write() as tx:
        kept = service.outcomes.remember(tx, worker, found, home)
        service.outcomes.remember(tx, worker, lost, None)
        with pytest.raises(NotFound):
            service.outcomes.remember(tx, worker, found, "0" * 24)
        with pytest.raises(RecordInvalid):
            service.outcomes.remember(tx, worker, found, found)
    # what was learned about him afterwards is not what he was found by
    later = PersonRecord.model_validate({"side": "found", "names": [{"text": "改了名"}]})
    service.people.change(worker, found, later, 1)
    cases = _of(service.searches.own_cases(worker), (found, lost))
    him = cases[found]
    assert him.settled
    assert him.truth is not None
    assert len(him.rejected) == 1
    names = Model.load().tables["names"].levels
    assert names[him.levels["names"][him.truth]].words == "姓名(同字)"
    assert (cases[lost].settled, cases[lost].truth) == (True, None)
    with service.store.write() as tx:
        service.outcomes.undo(tx, worker, kept)
        with pytest.raises(NotFound):
            service.outcomes.undo(tx, worker, kept)
    assert not _of(service.searches.own_cases(worker), (found,))[found].settled


def _of(cases: Sequence[Any], people: Sequence[str]) -> dict[str, Any]:
    return {case.person: case for case in cases if case.person in people}
