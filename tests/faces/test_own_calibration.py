"""Calibrations that an installation made for itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

from click.testing import CliRunner

from api.cli import main
from matchers.faces.calibration import Calibration
from matchers.faces.reliability import drawing, svg
from tracing.photos.calibrations import FaceCalibrations

SERVED = "dlib-resnet-v1-mirror"


def test_the_newest_of_the_recipe_is_in_force_and_damaged_files_are_passed_over(
    tmp_path: Path,
) -> None:
    kept = FaceCalibrations(tmp_path)
    shipped = Calibration.packaged()
    assert (kept.in_force(SERVED), kept.next_version()) == (None, 2)
    kept.keep(dataclasses.replace(shipped, version=2, source="ours"))
    assert (source(kept, SERVED), kept.next_version()) == ("ours", 3)
    foreign = dataclasses.replace(shipped, version=3, recipes=("other-model",), source="foreign")
    kept.keep(foreign)
    assert source(kept, SERVED) == "ours"
    assert source(kept, "other-model") == "foreign"
    (tmp_path / "faces" / "calibration-0004.json").write_text("{", "utf-8")
    assert source(kept, SERVED) == "ours"


def source(kept: FaceCalibrations, recipe: str) -> str:
    found = kept.in_force(recipe)
    assert found is not None
    return found.source


def test_a_calibration_draws_how_far_its_bits_are_borne_out(tmp_path: Path) -> None:
    shipped = Calibration.packaged()
    rows = shipped.report["reliability"]
    picture = FaceCalibrations(tmp_path).keep(shipped).with_suffix(".svg").read_text("utf-8")
    root = ElementTree.fromstring(picture)  # noqa: S314 written by ourselves a line above
    points = root.findall("{http://www.w3.org/2000/svg}circle")
    assert len(points) == len(rows)
    heights = [float(point.attrib["cy"]) for point in points]
    assert heights == sorted(heights, reverse=True)  # more claimed, more borne out
    lines = drawing([{"claimed": -3.0, "observed": -3.0}, {"claimed": 5.0, "observed": 30.0}])
    first, second = lines.splitlines()
    assert (first.count("●"), first.count("·")) == (1, 0)
    assert second.index("·") < second.index("●")


def test_a_folder_without_faces_changes_nothing_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "somebody").mkdir(parents=True)
    (folder / "somebody" / "a.jpg").write_bytes(b"not a picture")
    data = tmp_path / "data"
    done = CliRunner().invoke(main, ["--data", str(data), "calibrate", "faces", str(folder)])
    assert done.exit_code == 1
    assert "照片不够校准" in done.output
    assert not (data / "faces").exists()


def test_the_picture_in_the_documentation_is_that_of_the_shipped_curves() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "faces-reliability.svg"
    rows = Calibration.packaged().report["reliability"]
    assert page.read_text("utf-8") == svg(rows, "dlib-resnet-v1-mirror")
