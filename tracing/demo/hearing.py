"""What a listener writes down when a name is said in dialect: the error process of the world.

Independent of the matcher: the confusions are a few coarse rules per dialect group from general
descriptions (`tables/hearing.toml`), applied to Mandarin syllables, and characters are chosen from
the first level of GB 2312 by a listener who has only the sound. Only the readings of characters in
Mandarin, which are facts, come from the same library (pypinyin) that the matcher uses.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from pypinyin import Style, lazy_pinyin

from tracing.demo.dice import Dice
from tracing.demo.packaged import table_text

INITIALS = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
    "r", "z", "c", "s", "y", "w",
)  # fmt: skip
SOUNDED_U = frozenset("jqxy")
"""After these letters pinyin writes u for ü."""

NAME_WEIGHT = 3
"""A listener who hears a name thinks of characters that stand in names, each so much more often."""


class Rule(NamedTuple):
    """In the dialect's mouth `old` comes out as `new`, in this share of syllables."""

    part: str
    old: str
    new: str
    chance: float


class Heard(NamedTuple):
    """What was written: characters, Latin letters or both, and what became of the name."""

    text: str | None
    latin: str | None
    shape: str


@dataclass(frozen=True, slots=True)
class Ear:
    """Listeners who write what they hear; make it once with `load()`."""

    _groups: dict[str, tuple[Rule, ...]]
    _shape: dict[str, float]
    _words: dict[str, list[str]]
    _syllable: dict[str, tuple[str, str]]
    _written: dict[str, dict[str, tuple[str, ...]]]
    _surnames: dict[str, tuple[str, ...]]

    @classmethod
    def load(
        cls,
        surnames: Iterable[str],
        names: str,
        places: str = "",
        shape: Mapping[str, float] | None = None,
    ) -> Self:
        """`surnames` commonest first; characters of `names` weigh more when one is chosen.

        `places` are characters that are said but seldom written: those of county names. `shape`
        replaces the table's shares of what a whole name turns into.
        """
        table: dict[str, Any] = tomllib.loads(table_text("hearing.toml"))
        usual = tuple(dict.fromkeys(name for name in surnames if len(name) == 1))
        characters = dict.fromkeys((*_common_characters(), *names, *"".join(surnames), *places))
        syllables = _readings(characters)
        return cls(
            _groups={
                group: tuple(Rule(*rule) for rule in rules)
                for group, rules in table["groups"].items()
            },
            _shape=dict(shape or table["shape"]),
            _words=table["words"],
            _syllable=syllables,
            _written=_by_sound([*_common_characters(), *names * NAME_WEIGHT], syllables),
            _surnames={
                sound: tuple(tones["any"]) for sound, tones in _by_sound(usual, syllables).items()
            },
        )

    def hear(
        self, dice: Dice, surname: str, given: str, group: str, sex: str, *, latin: float
    ) -> Heard:
        """One hearing of surname and given name; `latin` is the share written in letters too."""
        shape, parts = self._shaped(dice, surname, given, sex)
        rules = self._groups[
            "mandarin" if dice.chance(self._shape["mandarin_after_all"]) else group
        ]
        sounds = [self._spoken(dice, character, rules) for character, _ in parts]
        if dice.chance(self._shape["slip"]) and sounds:
            at = dice.below(len(sounds))
            sounds[at] = (self._slip(dice, sounds[at][0]), sounds[at][1])
        text = "".join(
            character if is_word else self._write(dice, sound, is_surname=character in surname)
            for (character, is_word), sound in zip(parts, sounds, strict=True)
        )
        letters = " ".join(sound for sound, _ in sounds) if dice.chance(latin) else None
        if letters and dice.chance(0.3):
            return Heard(None, letters, shape)
        return Heard(text, letters, shape)

    def place(self, dice: Dice, name: str, group: str) -> Heard:
        """One hearing of a place name of two or more characters, its class word left out."""
        rules = self._groups[group]
        sounds = [self._spoken(dice, character, rules) for character in name]
        text = "".join(self._write(dice, sound, is_surname=False) for sound in sounds)
        return Heard(text, " ".join(sound for sound, _ in sounds), "full")

    def homophone(self, dice: Dice, name: str) -> str:
        """The name with one character of the same sound and tone for another."""
        at = dice.below(len(name))
        sound, tone = self._syllable.get(name[at], ("", ""))
        others = self._written.get(sound, {}).get(tone)
        return name[:at] + dice.pick(others) + name[at + 1 :] if others else name

    def _shaped(
        self, dice: Dice, surname: str, given: str, sex: str
    ) -> tuple[str, list[tuple[str, bool]]]:
        """The name as it is said: (character, is an added word that is written rightly)."""
        first, rest = [(c, False) for c in surname], [(c, False) for c in given]
        at = dice.unit()
        for shape, parts in (
            ("order_swapped", [*rest, *first]),
            ("given_name_only", rest if len(given) > 1 else [*first, *rest]),
            ("nickname", self._nickname(dice, given)),
            ("title", [*first, *((c, True) for c in dice.pick(self._words[f"title_{sex}"]))]),
            ("syllable_lost", [*first, rest[-1]]),
        ):
            at -= self._shape[shape]
            if at < 0:
                return shape, parts
        return "full", [*first, *rest]

    def _nickname(self, dice: Dice, given: str) -> list[tuple[str, bool]]:
        """阿明, 明娃: the last character of the given name with a word before or after it."""
        last = (given[-1], False)
        if dice.chance(0.6):
            return [(dice.pick(self._words["nickname_before"]), True), last]
        return [last, (dice.pick(self._words["nickname_after"]), True)]

    def _spoken(self, dice: Dice, character: str, rules: Sequence[Rule]) -> tuple[str, str]:
        """Syllable and tone after the dialect's rules; each part changes at most once."""
        sound, tone = self._syllable.get(character, ("", ""))
        for part in ("initial", "final"):
            for rule in rules:
                initial, final = _split(sound)
                if rule.part != part or rule.old != (initial if part == "initial" else final):
                    continue
                if dice.chance(rule.chance):
                    new = (rule.new, final) if part == "initial" else (initial, rule.new)
                    changed = _joined(*new)
                    if changed in self._written:
                        sound = changed
                        break
        return sound, tone

    def _slip(self, dice: Dice, sound: str) -> str:
        """Any syllable with the same final."""
        final = _split(sound)[1]
        near = [_joined(initial, final) for initial in ("", *INITIALS)]
        return dice.pick([other for other in near if other in self._written] or [sound])

    def _write(self, dice: Dice, spoken: tuple[str, str], *, is_surname: bool) -> str:
        """A character with that sound: a common surname, or one with the right tone, or any."""
        sound, tone = spoken
        if is_surname and sound in self._surnames and dice.chance(self._shape["surname_kept"]):
            usual = self._surnames[sound]
            return usual[int(len(usual) * dice.unit() ** 2)]
        tones = self._written.get(sound)
        if not tones:
            return "某"
        kept = dice.chance(self._shape["tone_kept"]) and tones.get(tone)
        return dice.pick(kept or tones["any"])


def _common_characters() -> list[str]:
    """The 3,755 characters of GB 2312-1980, level 1."""
    rows = range(0xB0, 0xD8)
    pairs = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    return [pair.decode("gb2312", "ignore") for pair in pairs if pair < b"\xd7\xfa"]


def _readings(characters: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Character → (syllable with v for ü as pinyin writes it, tone digit or '')."""
    table = {}
    for character in characters:
        reading = lazy_pinyin(character, style=Style.TONE3, errors="ignore", v_to_u=False)
        if reading:
            tone = reading[0][-1] if reading[0][-1].isdigit() else ""
            table[character] = (reading[0].rstrip("12345"), tone)
    return table


def _by_sound(
    characters: Iterable[str], syllables: dict[str, tuple[str, str]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Syllable → tone (and 'any') → characters; one named twice weighs twice."""
    table: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for character in characters:
        if character in syllables:
            sound, tone = syllables[character]
            table[sound][tone].append(character)
            table[sound]["any"].append(character)
    return {
        sound: {tone: tuple(all_) for tone, all_ in tones.items()} for sound, tones in table.items()
    }


def _split(sound: str) -> tuple[str, str]:
    """Initial and final, ü written as ü: ju → j, ü; yuan → y, üan."""
    initial = next((i for i in INITIALS if sound.startswith(i)), "")
    final = sound[len(initial) :].replace("v", "ü")
    if initial in SOUNDED_U and final.startswith("u") and (initial, final) != ("y", "ou"):
        final = "ü" + final[1:]
    return initial, final


def _joined(initial: str, final: str) -> str:
    """Pinyin of initial and final; y and w are written as pinyin asks."""
    if initial in SOUNDED_U:
        final = final.replace("ü", "u")
    if initial == "y" and final.startswith("i") and final not in ("i", "in", "ing"):
        final = final[1:]
    if initial == "w" and final.startswith("u") and final != "u":
        final = final[1:]
    return initial + final.replace("ü", "v")
