"""The spoiled files are spoiled, the seeds are not, and a short run finds nothing."""

from __future__ import annotations

import random
from io import BytesIO

from PIL import Image

from tests.fuzz.files import seeds, spoiled


def test_seeds_are_whole_pictures_and_spoiled_ones_differ() -> None:
    originals = seeds()
    for data in originals:
        if data[4:8] != b"ftyp":
            Image.open(BytesIO(data)).load()
    dice = random.Random(7)
    files = {spoiled(dice, originals) for _ in range(200)}
    assert len(files) > 150
    assert not files & set(originals)
