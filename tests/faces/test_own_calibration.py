"""Calibrations that an installation made for itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from click.testing import CliRunner

from api.cli import main
from matchers.faces.calibration import Calibration
from tracing.photos.face_calibration import FaceCalibrations

SERVED = "dlib-resnet-v1-mirror"


def test_the_newest_of_the_recipe_is_in_force_and_damaged_files_are_passed_over(
    tmp_path: Path,
) -> None:
    kept = FaceCalibrations(tmp_path)
    shipped = Calibration.packaged()
    assert kept.in_force(SERVED).source == shipped.source
    assert kept.next_version() == 2
    kept.keep(dataclasses.replace(shipped, version=2, source="ours"))
    assert (kept.in_force(SERVED).source, kept.next_version()) == ("ours", 3)
    foreign = dataclasses.replace(shipped, version=3, recipes=("other-model",), source="foreign")
    kept.keep(foreign)
    assert kept.in_force(SERVED).source == "ours"
    assert kept.in_force("other-model").source == "foreign"
    (tmp_path / "faces" / "calibration-0004.json").write_text("{", "utf-8")
    assert kept.in_force(SERVED).source == "ours"


def test_a_folder_without_faces_changes_nothing_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "somebody").mkdir(parents=True)
    (folder / "somebody" / "a.jpg").write_bytes(b"not a picture")
    data = tmp_path / "data"
    done = CliRunner().invoke(main, ["--data", str(data), "calibrate", "faces", str(folder)])
    assert done.exit_code == 1
    assert "照片不够校准" in done.output
    assert not (data / "faces").exists()
