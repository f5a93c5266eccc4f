"""Sound laws as a table: conditions on a category, and the sound that comes of it.

A table is a TSV file a linguist can read and correct, one law per row, the most specific first;
the first law that fits decides. Columns: ``part`` (聲 initial, 韻 final, 調 tone, 變 the final once
more when the whole syllable is known), ``when``, ``gives``, ``layer`` (empty, or 白 for a second,
colloquial reading; there the part 又 gives the share of use that the second reading has),
``examples``, ``source``.

``when`` joins tokens by spaces, all of which must hold: ``見溪母`` one of these initials,
``知章組``, ``牙喉音``, ``全濁`` or ``全清次清``, ``開口``/``合口``/``無呼``, ``三四等``,
``AB類``/``無類``, ``東鍾韻``, ``通江攝``, ``平上聲``, ``陰尾``/``陽尾``/``入尾`` (rime without
ending, with nasal, with stop), ``普聲=zh,ch`` ``普韻=ian`` ``普調=2`` (standard Mandarin),
``基聲=`` ``基韻=`` ``基調=`` (what the neighbouring point this table starts from has),
``介=i`` (first letter of the final just found; for 聲 and 調 laws), ``自聲= 自韻= 自調=`` (the
finished syllable; for 變 laws). ``非`` before a token denies it. ``gives`` is IPA, Chao digits
for tones, ``∅`` for no initial, ``＝`` for "as the neighbour has", in the layer 白 "as the main
reading has".
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

SUFFIXES = {
    "母": "母", "組": "組", "音": "音", "口": "呼", "等": "等", "類": "類", "韻": "韻", "攝": "攝",
    "聲": "聲", "尾": "韻別",
}  # fmt: skip
NAMED = ("普聲", "普韻", "普調", "基聲", "基韻", "基調", "介", "自聲", "自韻", "自調")
PARTS = ("聲", "韻", "調")
COLLOQUIAL = "白"
SHARE = "又"
LATER = "變"
NOTHING = "∅"
SAME = "＝"
_VOICING = re.compile("^(?:[全次][清濁])+$")


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute must be (or, denied, must not be) among some values."""

    attribute: str
    values: frozenset[str]
    denied: bool = False

    def holds(self, value: str) -> bool:
        """Say whether a category with this value of the attribute meets the condition."""
        return (value in self.values) != self.denied


@dataclass(frozen=True, slots=True)
class Law:
    """One row of a table."""

    part: str
    when: tuple[Condition, ...]
    gives: str
    layer: str
    examples: str
    source: str


def condition(token: str) -> Condition:
    """Read one token of ``when``; raises ``ValueError`` naming the token."""
    denied = token.startswith("非") and len(token) > 1 and token not in ("非母",)
    body = token[1:] if denied else token
    name, equals, listed = body.partition("=")
    if equals and name in NAMED:
        form: Literal["NFC", "NFD"] = "NFC" if name.startswith("普") else "NFD"
        values = unicodedata.normalize(form, listed).split(",")
        return Condition(name, frozenset(values), denied)
    if _VOICING.match(body):
        pairs = frozenset(body[i : i + 2] for i in range(0, len(body), 2))
        return Condition("清濁", pairs, denied)
    if body == "無呼":
        return Condition("呼", frozenset(("",)), denied)
    if body == "無類":
        return Condition("類", frozenset(("",)), denied)
    attribute = SUFFIXES.get(body[-1:])
    if attribute is None or len(body) < 2:
        raise ValueError(f"not a condition: {token!r}")
    return Condition(attribute, frozenset(body[:-1]), denied)


def law(row: Mapping[str, str]) -> Law:
    """Read one row; raises ``ValueError`` saying what is wrong with it."""
    if row["part"] not in (*PARTS, SHARE, LATER):
        raise ValueError(f"part must be one of {(*PARTS, SHARE, LATER)}: {row['part']!r}")
    if not row["gives"]:
        raise ValueError(f"a law must give something: {row['when']!r}")
    return Law(
        part=row["part"],
        when=tuple(condition(token) for token in row["when"].split()),
        gives=_sound(row["gives"]),
        layer=row.get("layer") or "",
        examples=row.get("examples") or "",
        source=row.get("source") or "",
    )


def _sound(text: str) -> str:
    """IPA is compared letter by letter, accents apart; pinyin keeps its ü whole."""
    if text == NOTHING:
        return ""
    return unicodedata.normalize("NFD", text).replace("u\u0308", "ü")


class Decision:
    """Ordered laws, answered by the first that fits.

    Every attribute value keeps one integer whose bits are the laws it permits; the conjunction
    of a category's integers has the deciding law as its lowest bit.
    """

    def __init__(self, laws: Sequence[Law]) -> None:
        self.laws = tuple(laws)
        self._masks: dict[str, dict[str, int]] = {}
        self._others: dict[str, int] = {}
        self._all = (1 << len(self.laws)) - 1
        for attribute in sorted({c.attribute for one in self.laws for c in one.when}):
            self._index(attribute)

    def _index(self, attribute: str) -> None:
        conditions = [[c for c in one.when if c.attribute == attribute] for one in self.laws]
        values = {value for listed in conditions for c in listed for value in c.values}
        self._masks[attribute] = {value: _bits(conditions, value) for value in values}
        self._others[attribute] = _bits(conditions, None)

    def deciding(self, values: Mapping[str, str]) -> Law | None:
        """Give the first law that fits these attribute values, None when none does."""
        fitting = self._all
        for attribute, masks in self._masks.items():
            fitting &= masks.get(values.get(attribute, ""), self._others[attribute])
        return self.laws[(fitting & -fitting).bit_length() - 1] if fitting else None


def _bits(conditions: Iterable[Sequence[Condition]], value: str | None) -> int:
    bits = 0
    for place, listed in enumerate(conditions):
        if all(c.denied if value is None else c.holds(value) for c in listed):
            bits |= 1 << place
    return bits


class LawTable:
    """All laws of one point, by part and layer."""

    def __init__(self, laws: Sequence[Law]) -> None:
        self.laws = tuple(laws)
        self._decisions = {
            (part, layer): Decision([x for x in laws if x.part == part and x.layer == layer])
            for part in (*PARTS, SHARE, LATER)
            for layer in {"", *(x.layer for x in laws)}
        }

    def deciding(self, part: str, layer: str, values: Mapping[str, str]) -> Law | None:
        """Give the law that decides this part of a category in this layer."""
        decision = self._decisions.get((part, layer))
        return None if decision is None else decision.deciding(values)

    def syllable(self, values: Mapping[str, str]) -> tuple[str, str, str] | None:
        """Give initial, final and tone by the main layer; None when a part has no law."""
        final = self.deciding("韻", "", values)
        if final is None:
            return None
        sound = values.get("基韻", "") if final.gives == SAME else final.gives
        known = {**values, "介": head_of(sound)}
        initial, tone = self.deciding("聲", "", known), self.deciding("調", "", known)
        if initial is None or tone is None:
            return None
        said = (
            values.get("基聲", "") if initial.gives == SAME else initial.gives,
            sound,
            values.get("基調", "") if tone.gives == SAME else tone.gives,
        )
        return said[0], self._changed_final(said, values), said[2]

    def _changed_final(self, said: tuple[str, str, str], values: Mapping[str, str]) -> str:
        """Apply the laws on finished syllables (變), such as Fuzhou's finals under low tones."""
        own = dict(zip(("自聲", "自韻", "自調"), said, strict=True))
        later = self.deciding(LATER, "", {**values, **own})
        return later.gives if later else said[1]


def head_of(final: str) -> str:
    """Name what an initial feels of a final: ``i``, ``y``, ``u``, apical ``ɿ`` or open ``a``."""
    first = final[:1]
    if first in ("i", "ɪ"):
        return "i"
    if first in ("y", "ʏ"):
        return "y"
    if first in ("u", "ʊ"):
        return "u"
    return "ɿ" if first in ("ɿ", "ʅ", "ʮ", "ʯ") else "a"
