"""What a fragment may name and in which ways it may have been said, before any place is looked at.

朱马院村 is 朱马院 with a word behind it, or a name of four syllables; 武进县 hints at a county. A
path that was written in one breath (江苏省武进县) is several fragments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matchers.places.echoes import PlaceSounds, Way
from matchers.places.locating import Fragment
from matchers.places.stems import Endings
from matchers.places.weighing import LEVELS, Shares, Weights
from matchers.sounds import Hearing, HearingError
from matchers.sounds.characters import is_han
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Slot

SHORTEST = 2
_PATH = re.compile(
    r"(.{1,6}?(?:特别行政区|自治区|自治州|自治县|地区|省|市|县|旗|乡|镇|公社))(?![省市县区旗])(?=.{2})"
)
_LANDMARKS = re.compile(
    r"(?:自治区|大桥|水库|森林公园|风景区|长江|黄河|[江河湖海山岭峰溪港沟泉潭洞塔庙寺桥])+$"
)
_SPARE = re.compile(r"[\s,，。;；、·]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A version of a fragment ready for the ear: `number` is its place in the question.

    `ways` are the stems heard with their cost rows float32 [D, m, T] and `shares` what it may be.
    """

    number: int
    fragment: Fragment
    ways: tuple[tuple[Way, Floats], ...]
    shares: Shares


def pieces(
    fragments: Sequence[Fragment], is_division: Callable[[str], bool]
) -> list[tuple[int, Fragment]]:
    """Fragments with their numbers, written paths taken apart.

    A path begins with a division that is or was: 主镇鸭村 is no town 主镇, but a name misheard.
    """
    found = []
    for number, fragment in enumerate(fragments):
        text = _SPARE.sub("", fragment.text or "")
        parts = _parts(text, is_division) if text and not fragment.latin else [text]
        if len(parts) < SHORTEST:
            found.append((number, fragment))
        else:
            found += [
                (number, replace(fragment, text=part, level=None, group="")) for part in parts[:-1]
            ]
            found.append((number, replace(fragment, text=parts[-1])))
    return found


def landmark(text: str) -> Fragment:
    """A river, mountain or lake as a fragment: the name without what it is."""
    plain = _SPARE.sub("", text)
    if not any(is_han(char) for char in plain):
        return Fragment(latin=text.strip(), sure="unsure")
    bare = _LANDMARKS.sub("", plain)
    return Fragment(text=bare if len(bare) >= SHORTEST else plain, sure="unsure")


def said(
    number: int,
    fragment: Fragment,
    sounds: PlaceSounds,
    points: Sequence[str],
    endings: Endings,
    weights: Weights,
    *,
    kind: str = "",
) -> Said | None:
    """A fragment as the ear has it; None where nothing in it can be read."""
    text = "".join(char for char in fragment.text or "" if is_han(char))
    hearing = Hearing(fragment.text or None, fragment.latin or None)
    try:
        heard = sounds.heard(hearing)
    except HearingError:
        return None
    hints, word = _hints(text, endings)
    ways: list[tuple[Way, Floats]] = []
    for cut in heard:
        rows = sounds.rows(cut.slots, points)
        charge = cut.charge + (weights.fragment["word_is_name"] if word else 0.0)
        ways.append((Way(cut.slots, charge), rows))
        ways += _without_word(cut.slots, cut.charge, rows, word, sounds, endings, weights)
    stated = [weights.levels[kind or fragment.level or "unstated"]]
    if hints and not fragment.level and not kind:
        stated = [weights.levels[level] for level in hints]
    shares = Shares.mixed(stated)
    if fragment.sure == "unsure" and not kind:
        shares = shares.noisier(max(shares.noise, weights.fragment["unsure_noise"]))
    return Said(number, fragment, tuple(ways), shares)


def _parts(text: str, is_division: Callable[[str], bool]) -> list[str]:
    parts: list[str] = []
    rest = text
    while (found := _PATH.match(rest)) is not None and len(found.group(1)) >= SHORTEST:
        if not parts and not is_division(found.group(1)):
            break
        parts.append(found.group(1))
        rest = rest[len(found.group(1)) :]
    return [*parts, rest]


def _hints(text: str, endings: Endings) -> tuple[list[str], str]:
    """Levels that the written word behind the name may mean, and that word."""
    longest = ""
    for words in endings.said.values():
        for word in words:
            if text.endswith(word) and len(text) - len(word) >= SHORTEST:
                longest = max(longest, word, key=len)
    return [level for level in LEVELS if longest and longest in endings.said[level]], longest


def _without_word(
    slots: tuple[Slot, ...],
    charge: float,
    rows: Floats,
    word: str,
    sounds: PlaceSounds,
    endings: Endings,
    weights: Weights,
) -> list[tuple[Way, Floats]]:
    """The name without an administrative word behind it, where one was written or is heard."""
    found = []
    for length in (1, 2):
        keep = len(slots) - length
        if keep < SHORTEST:
            continue
        if word:
            nats = weights.fragment["with_word"] if len(word) == length else np.inf
        else:
            words = {w for level in LEVELS for w in endings.said[level] if len(w) == length}
            heard = sounds.word(rows, sorted(words))
            nats = heard + weights.fragment["with_word"] + np.log(len(words))
            # a word heard badly is no word: the name is longer than that
            nats = nats if heard < length * 3.0 else np.inf
        if np.isfinite(nats):
            way = Way(slots[:keep], charge + float(nats))
            found.append((way, rows[:, :keep]))
    return found
