"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# no test depends on the clock; whatever else the environment chose stays
hypothesis.settings.register_profile("without a clock", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("without a clock")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data beside the checkout; the test is skipped where it is absent."""
    folder = Path(os.environ.get("XUNQIN_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("development data (../shared/data) is not here")
    return folder
