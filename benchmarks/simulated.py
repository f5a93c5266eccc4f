"""Hearings whose sounds do not come from the matcher: an independent check of its ear.

Names, confusions and listeners are those of `tracing.demo`: coarse textbook rules for each dialect
group, applied to Mandarin syllables. `python -m benchmarks names --simulated N`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracing.demo.dice import Dice
from tracing.demo.hearing import Ear
from tracing.demo.names import GivenNames, Surnames

SPEAKERS = {
    "northeast": ("沈阳", "21"), "jilu": ("济南", "37"), "jiaoliao": ("烟台", "37"),
    "zhongyuan": ("郑州", "41"), "northwest": ("西安", "61"), "jin": ("太原", "14"),
    "southwest": ("成都", "51"), "jianghuai": ("扬州", "32"), "wu": ("苏州", "32"),
    "xiang": ("长沙", "43"), "gan": ("南昌", "36"), "hakka": ("梅县", "44"),
    "min": ("厦门", "35"), "cantonese": ("广州", "44"),
}  # fmt: skip
"""Group of the demo's error process: a town of it, and the code of a province for its surnames."""


@dataclass(frozen=True, slots=True)
class Hearings:
    """`people` are names with repeats; each probe is (heard, place among people, town)."""

    people: tuple[str, ...]
    probes: tuple[tuple[str, int, str], ...]


def simulated(probes: int, people: int, seed: int) -> Hearings:
    """`people` persons of all provinces, `probes` of them heard once, in characters."""
    dice, surnames, given = Dice(seed), Surnames.load(), GivenNames.load()
    ear = Ear.load(surnames.shares, given.characters())
    names, parts = [], []
    groups = list(SPEAKERS)
    for place in range(people):
        sex = "male" if place % 2 else "female"
        province = SPEAKERS[groups[place % len(groups)]][1]
        surname, rest = surnames.draw(dice, province), given.draw(dice, 1930 + place % 80, sex)
        names.append(surname + rest)
        parts.append((surname, rest, sex))
    asked = np.linspace(0, people - 1, probes).astype(int)
    found = []
    for number, place in enumerate(asked.tolist()):
        group = groups[number % len(groups)]
        surname, rest, sex = parts[place]
        heard = ear.hear(dice, surname, rest, group, sex, latin=0.0)
        found.append((heard.text or "", place, SPEAKERS[group][0]))
    return Hearings(tuple(names), tuple(found))
