"""Real weights, real pictures: NASA's portrait of Eileen Collins, and LFW where it is present."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from matchers.faces.dlib_onnx import DlibOnnx
from tracing.photos.intake import Intake
from tracing.settings import Settings


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the faces tests share, converted network included."""
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="session")
def encoder(var: Path) -> DlibOnnx:
    """The default encoder."""
    return DlibOnnx(var / "models")


@pytest.fixture(scope="session")
def intake(var: Path, encoder: DlibOnnx) -> Iterator[Intake]:
    """A pool with one worker."""
    with Intake(Settings(data_dir=var)) as pool:
        yield pool


@pytest.fixture(scope="session")
def portrait() -> NDArray[np.uint8]:
    """A portrait, public domain, uint8 [300, 300, 3]."""
    whole: NDArray[np.uint8] = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    picture = whole[0:300, 80:380]
    return np.ascontiguousarray(picture)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The file a camera or a program would have written."""
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()
