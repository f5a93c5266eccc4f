"""The installation that the tests of generations start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from matchers.sounds import SoundEngine, Voices
from tests.scale.gallery_house import HOME, MODEL, NAMES, Prepared, settings
from tests.searches.conftest import Town, a_face
from tracing.service import Service


@pytest.fixture(scope="module")
def few_voices() -> Iterator[None]:
    """Few dialects: what is kept and read again is the same, and is made in a fifth of the time."""
    engine = SoundEngine.of(Voices.standard())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracing.service.sound_engine", lambda settings: engine)
        yield


@pytest.fixture(scope="module")
def prepared(few_voices: None, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    service = Service(settings(folder))
    town = Town(service)
    people = {
        name: town.write(
            "register",
            name,
            places=[HOME],
            birth={"earliest": f"19{60 + i}-05-0{i + 1}", "basis": "document"},
            household=f"h{i // 2}",
            prints=[{"vector": a_face(i), "model": MODEL}],
        )
        for i, name in enumerate(NAMES)
    }
    service.gallery.publish()
    service.close()
    return Prepared(folder, people)


@pytest.fixture
def house(prepared: Prepared, tmp_path: Path) -> Prepared:
    """A copy of it."""
    shutil.copytree(prepared.folder, tmp_path / "house")
    return replace(prepared, folder=tmp_path / "house")
