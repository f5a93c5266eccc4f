"""A model of the operator's own, all the way: settings, intake, index, search; and back again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from api.cli import main
from indexes.vectors import FlatVectors, Prints, VectorsOfAnotherModel
from matchers.faces.calibration import Calibration
from matchers.faces.contract import RecipeMismatch
from tests.faces.conftest import saved
from tests.faces.test_other_models import models_file, tiny_embedder
from tests.searches.conftest import Town
from tracing.errors import FaceModelsUnusable
from tracing.face_gallery import FaceGallery
from tracing.face_templates import UNDATED, FaceRows
from tracing.photos.calibrations import calibration_in_force
from tracing.photos.keeping import FaceChoice
from tracing.photos.served import ServedFaces, default_faces
from tracing.service import Service
from tracing.settings import Settings

RECIPE = "tiny-1-mirror"


def settings(folder: Path, **more: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder / "data", **more)  # type: ignore[arg-type,call-arg]


def calibration_file(folder: Path, recipe: str = RECIPE) -> Path:
    """The packaged curves under another recipe: what `xunqin calibrate faces` would write."""
    path = folder / "calibration.json"
    path.write_text(json.dumps(Calibration.packaged().document() | {"recipes": [recipe]}))
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a models file and a station that has used the default model so far."""
    folder = tmp_path_factory.mktemp("own")
    models_file(folder, tiny_embedder(), None)
    return folder


@pytest.fixture(scope="module")
def town(own: Path, portrait: NDArray[np.uint8]) -> Iterator[Town]:
    """Somebody photographed under the default model; then the operator changes the model."""
    before = Service(settings(own))
    town = Town(before)
    photo = before.photos.receive(town.worker, saved(Image.fromarray(portrait), "PNG"), "a.png")
    assert photo.chosen == 0
    town.write("register", "柯林斯", photos=[{"file": photo.id, "face": 0}])
    before.close()
    after = Service(
        settings(
            own,
            face_models=own / "models.toml",
            face_calibration=calibration_file(own),
        )
    )
    town.service = after
    yield town
    after.close()


def test_after_a_change_of_model_photos_are_found_once_they_are_encoded_anew(
    town: Town, portrait: NDArray[np.uint8]
) -> None:
    service = town.service
    assert service.intake.served() == ServedFaces(RECIPE, 192, default_faces().detector)
    other = saved(Image.fromarray(portrait).transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")
    asked = service.photos.receive(town.worker, other, "b.png")
    probe = town.heard("无名", names=[])
    choice = (FaceChoice(asked.id, 0),)
    early = town.ask(probe, faces=choice)
    assert (early.candidates, early.faces_left, service.ready().photos_left) == ((), 1, 1)
    assert service.reencoding.batch() == 1
    found = town.ask(probe, faces=choice)
    assert [c.record.names[0].text for c in found.candidates] == ["柯林斯"]
    assert [r.evidence for r in found.candidates[0].reasons] == ["face"]
    assert (found.faces_left, found.faces_uncalibrated) == (0, False)
    assert found.faces_needed == Calibration.packaged().cohort_least
    assert service.searches.get(town.worker, found.search_id) == found


def test_the_default_finder_is_named_as_its_encoder_names_it(
    encoder: object,
) -> None:
    assert default_faces() == ServedFaces(encoder.model_id, encoder.dim, encoder.detector_id)  # type: ignore[attr-defined]


def test_two_models_never_meet_by_type_or_by_index() -> None:
    with pytest.raises(RecipeMismatch):
        FaceGallery.empty("tiny-1-mirror", 192, Calibration.packaged())
    index = FlatVectors(128, default_faces().recipe)
    prints = Prints("tiny-1-mirror", np.eye(1, 128, dtype=np.float32))
    with pytest.raises(VectorsOfAnotherModel):
        index.add(np.zeros(1, np.int64), prints)


def test_without_a_calibration_a_face_weighs_nothing_and_that_is_said() -> None:
    gallery = FaceGallery.empty(RECIPE, 2, None)
    across, along = np.eye(2, dtype=np.float32)
    people = [FaceRows(0, across, UNDATED, 0), FaceRows(1, along, UNDATED, 0)]
    weighed = gallery.changed({}, people).weigh(np.array([0, 1], np.float32), UNDATED, 2)
    assert (weighed.calibrated, weighed.needed, weighed.levels.tolist()) == (False, None, [0, 0])
    assert weighed.distance[1] < weighed.distance[0]


@pytest.mark.parametrize(
    ("harm", "reason", "named"),
    [
        (lambda f: (f / "embedder.onnx").write_bytes(b"other"), "weights_damaged", "embedder.onnx"),
        (lambda f: (f / "embedder.onnx").unlink(), "weights_missing", "embedder.onnx"),
        (lambda f: (f / "models.toml").write_text("[embedder"), "models_invalid", "cannot be read"),
        (lambda f: (f / "models.toml").write_text(""), "models_invalid", "neither"),
        (lambda f: (f / "models.toml").unlink(), "models_invalid", "cannot be read"),
        (
            lambda f: (f / "models.toml").write_text('[embedder]\nstyle = "arcface"\n'),
            "models_invalid",
            "file, sha256, licence, recipe",
        ),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_used_stops_the_start_with_its_reason_in_both_languages(
    tmp_path: Path, harm: object, reason: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = models_file(tmp_path, tiny_embedder(), None)
    harm(tmp_path)  # type: ignore[operator]
    monkeypatch.setenv("XUNQIN_FACE_MODELS", str(models))
    said = CliRunner().invoke(main, ["--data", str(tmp_path / "d"), "faces", "status"])
    assert said.exit_code == 1
    assert "面貌模型不能用" in said.stderr
    assert "The face models cannot be used" in said.stderr
    assert f"reason={reason}" in said.stderr
    assert named in said.stderr


def test_a_calibration_that_is_missing_damaged_or_of_another_model_is_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(FaceModelsUnusable) as missing:
        calibration_in_force(settings(tmp_path, face_calibration=tmp_path / "none.json"), RECIPE)
    assert missing.value.facts["reason"] == "calibration_unreadable"
    other = settings(tmp_path, face_calibration=calibration_file(tmp_path, "sface-mirror"))
    with pytest.raises(FaceModelsUnusable) as wrong:
        calibration_in_force(other, RECIPE)
    assert wrong.value.facts["reason"] == "calibration_of_another_model"
    models = models_file(tmp_path, tiny_embedder(), None)
    text = models.read_text().replace("[embedder]", '[embedder]\ncalibration = "calibration.json"')
    models.write_text(text)
    calibration_file(tmp_path)
    found = calibration_in_force(settings(tmp_path, face_models=models), RECIPE)
    assert found is not None
    assert found.recipes == (RECIPE,)


def test_a_ready_made_print_of_another_length_harms_nobody(town: Town) -> None:
    for vector in ([0.5, 0.5], [0.0] * 192):
        town.register({"side": "register", "prints": [{"model": RECIPE, "vector": vector}]})
        probe = town.heard("无名", prints=[{"model": RECIPE, "vector": vector}])
        assert town.ask(probe).gallery_size > 0
