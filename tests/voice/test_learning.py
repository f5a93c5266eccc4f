"""Every confirmed pair is kept, sealed, and the ear learns from them or is left as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from api.cli import main
from matchers.sounds import MANDARIN, Hearing, Voices, fitting
from matchers.sounds.channel import Ear
from matchers.sounds.fitting import ear_document, ear_from, fit, tuned
from matchers.sounds.pairs import ConfirmedPair
from tests.store.office import Office, record
from tracing.errors import NotFound
from tracing.fitted_ears import FittedEars
from tracing.hearings import Hearings
from tracing.sound_packs import SoundPacks

GIVEN = ("建国", "秀英", "志强", "金凤", "德福", "小兰", "玉珍")
NAMES = [surname + given for surname in "王李张刘陈杨黄周" for given in GIVEN]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def pairs_of(names: Sequence[str]) -> tuple[ConfirmedPair, ...]:
    return tuple(ConfirmedPair(Hearing(name, None, MANDARIN), name) for name in names)


def test_a_confirmed_pair_is_kept_sealed_and_goes_with_its_person(office: Office) -> None:
    hearings = Hearings(office.store)
    person = office.people.register(office.worker, record()).person_id
    with office.store.write() as tx:
        hearings.remember(tx, office.worker, person, "主仁江", "朱仁江", "诸城", latin="ju yin")
    (pair,) = hearings.pairs(office.worker)
    assert (pair.true, pair.heard.latin, pair.heard.dialect) == ("朱仁江", "ju yin", "诸城")
    assert "朱" not in repr(pair)
    elsewhere = office.hire("elsewhere", "county_station", _station(office))
    assert hearings.pairs(elsewhere) == ()
    with office.store.write() as tx, pytest.raises(NotFound):
        hearings.remember(tx, elsewhere, person, "x", "y", None)
    office.erase(person)
    assert hearings.pairs(office.worker) == ()


def _station(office: Office) -> str:
    return office.stations.add(office.admin, "320499", "别处站").code


def test_with_few_pairs_nothing_changes(tmp_path: Path) -> None:
    done = FittedEars(tmp_path).calibrate(pairs_of(NAMES[:49]), SoundPacks(tmp_path), NOW)
    assert (done.version, done.fitted.reason, done.sources) == (None, "too_few_pairs", ())
    assert list(tmp_path.iterdir()) == []
    same = fit(pairs_of(["王建国"] * 60), Voices.standard(), (), Ear.load())
    assert same.reason == "too_few_names"


def test_an_ear_that_is_off_is_brought_nearer_and_kept_as_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "_STEPS", {"temperature": 1.6})
    dull = tuned(Ear.load(), {"temperature": 6.0, "tone": 1.0, "escape": 1.0, "floor": 1.0})
    monkeypatch.setattr(Ear, "load", classmethod(lambda cls: dull))
    monkeypatch.setattr("tracing.fitted_ears.SAMPLE", 60)
    monkeypatch.setattr("tracing.sound_packs.LawReadings", _NoLaws)
    ears = FittedEars(tmp_path)
    done = ears.calibrate(pairs_of(NAMES), SoundPacks(tmp_path), NOW)
    assert (done.version, done.fitted.reason) == (1, None)
    assert done.fitted.before is not None
    assert done.fitted.after is not None
    assert done.fitted.after.bits > done.fitted.before.bits
    ear = ears.newest()
    assert ear is not None
    assert ear.weights[0] > dull.weights[0]
    kept = json.loads((tmp_path / "sounds" / "ear-0001.json").read_text("utf-8"))
    assert (kept["format"], kept["version"], kept["pairs"]) == (1, 1, len(NAMES))


class _NoLaws:
    """Mandarin alone is enough to show learning, and quick."""

    @classmethod
    def load(cls) -> _NoLaws:
        return cls()

    def points(self) -> tuple[str, ...]:
        return ()


def test_pairs_that_teach_nothing_leave_the_ear_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_STEPS", {"escape": 1.4})
    shuffled = [*NAMES[7:], *NAMES[:7]]
    wrong = tuple(
        ConfirmedPair(Hearing(heard, None, MANDARIN), true)
        for heard, true in zip(NAMES, shuffled, strict=True)
    )
    monkeypatch.setattr(fitting, "tuned", lambda ear, factors: ear)
    done = fit(wrong, Voices.standard(), (), Ear.load())
    assert done.reason == "not_better"


def test_a_damaged_ear_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    for text in ("{", "{}", '{"ear": {"weights": [1]}}'):
        (tmp_path / "sounds" / "ear-0001.json").write_text(text, "utf-8")
        assert FittedEars(tmp_path).newest() is None


@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(
    st.fixed_dictionaries(
        {name: st.floats(0.2, 5) for name in ("temperature", "tone", "escape", "floor")}
    )
)
def test_an_ear_comes_back_from_its_document(factors: dict[str, float]) -> None:
    ear = tuned(Ear.load(), factors)
    again = ear_from(json.loads(json.dumps(ear_document(ear))))
    assert np.allclose(again.weights, ear.weights, atol=1e-4)
    assert again.mandarin_escape == ear.mandarin_escape
    assert 0 < again.floor <= 0.3


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    sheet = tmp_path / "pairs.tsv"
    sheet.write_text("heard\ttrue\tdialect\n居银江\t朱仁江\t诸城\n", "utf-8")

    def xunqin(*words: str) -> str:
        done = CliRunner().invoke(main, ["--data", str(tmp_path), "calibrate", "names", *words])
        return f"{done.exit_code} {done.output}"

    assert "50" in xunqin("--pairs", str(sheet))
    told = json.loads(xunqin("--pairs", str(sheet), "--json").split(" ", 1)[1])
    assert (told["pairs"], told["changed"], told["reason"]) == (1, False, "too_few_pairs")
    sheet.write_text("nothing\n", "utf-8")
    assert "对照表" in xunqin("--pairs", str(sheet))
    assert xunqin().startswith("2")
