"""One engine with the built-in Mandarin and Cantonese for all tests of this folder."""

from __future__ import annotations

import pytest

from matchers.sounds import SoundEngine


@pytest.fixture(scope="session")
def engine() -> SoundEngine:
    return SoundEngine.standard()
