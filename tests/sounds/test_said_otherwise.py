"""Names said swapped, without the surname or with a syllable lost, among 100,000 people."""

from __future__ import annotations

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pypinyin import Style, lazy_pinyin

from matchers.sounds import Hearing, NameTable, SoundEngine, rank
from matchers.sounds.laws.categories import table_rows

PROBES = 300


def _sound(char: str) -> str:
    return lazy_pinyin(char, style=Style.TONE3)[0]


@pytest.fixture(scope="module")
def people(shared_data: Path, engine: SoundEngine) -> tuple[NameTable, dict[str, int]]:
    """The development gallery as distinct names with how many people bear each."""
    path = shared_data / "names" / "heard_dev_100k_gallery.tsv.gz"
    counts: dict[str, int] = defaultdict(int)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            counts[row["name"]] += 1
    return engine.table(list(counts)), counts


@pytest.fixture(scope="module")
def homophones() -> Callable[[str], str]:
    """Writes a name with other characters of the same Mandarin sound and tone."""
    alike: dict[str, list[str]] = defaultdict(list)
    for row in table_rows("name_characters.tsv"):
        alike[_sound(row["char"])].append(row["char"])
    chooser = random.Random(3)
    return lambda name: "".join(chooser.choice(alike[_sound(c)] or [c]) for c in name)


@pytest.mark.parametrize(
    ("said", "at_least"),
    [
        (lambda name: name[1:] + name[:1], (49, 88, 99)),
        (lambda name: name[1:], (6, 37, 91)),
        (lambda name: name[0] + name[2], (0, 10, 90)),
    ],
    ids=["swapped", "given name only", "middle syllable lost"],
)
def test_a_name_said_otherwise_is_found(
    people: tuple[NameTable, dict[str, int]],
    homophones: Callable[[str], str],
    said: Callable[[str], str],
    at_least: tuple[float, float, float],
) -> None:
    table, counts = people
    weights = np.array([counts[name] for name in table.names])
    whole = [i for i, name in enumerate(table.names) if len(name) == 3]
    found = []
    for place in random.Random(5).sample(whole, PROBES):
        heard = Hearing(homophones(said(table.names[place])))
        found.append(rank(table.score([heard]).nats, place, weights))
    got = [100 * float(np.mean([r.recall(k) for r in found])) for k in (1, 10, 100)]
    assert all(have >= want for have, want in zip(got, at_least, strict=True)), got
