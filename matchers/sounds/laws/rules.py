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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

SUFFIXES = {
    "母": "母", "組": "組", "音": "音", "口": "呼", "等": "等", "類": "類", "韻": "韻", "攝": "攝",
    "聲": "聲", "尾": "韻別",
}  # fmt: skip
NAMED = ("普聲", "普韻", "普調", "基聲", "基韻", "基調", "介", "自聲", "自韻", "自調")
Syllable = tuple[str, str, str]
PARTS = ("聲", "韻", "調")
FOUND = ("介", "自聲", "自韻", "自調")
"""Attributes of the syllable itself, known only when laws before have decided."""
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
    of a category's integers has the deciding law as its lowest bit. Conditions on what is only
    FOUND on the way are asked of that law alone.
    """

    def __init__(self, laws: Sequence[Law]) -> None:
        self.laws = tuple(laws)
        self._all = (1 << len(self.laws)) - 1
        self._late = {
            1 << place: late
            for place, one in enumerate(self.laws)
            if (late := tuple(c for c in one.when if c.attribute in FOUND))
        }
        attributes = {c.attribute for one in self.laws for c in one.when} - set(FOUND)
        self._masks = tuple((name, *self._index(name)) for name in sorted(attributes))

    def _index(self, attribute: str) -> tuple[dict[str, int], int]:
        """Bits by value, and the bits of any value that no law names."""
        asked = [
            (1 << place, [c for c in one.when if c.attribute == attribute])
            for place, one in enumerate(self.laws)
        ]
        asked = [(bit, conditions) for bit, conditions in asked if conditions]
        free = self._all & ~sum(bit for bit, _conditions in asked)
        masks = {v: free for _bit, conditions in asked for c in conditions for v in c.values}
        others = free
        for bit, conditions in asked:
            if all(c.denied for c in conditions):
                others |= bit
                for value in masks:
                    masks[value] |= bit
            named = {value for c in conditions for value in c.values}
            for value in named:
                holds = all(c.holds(value) for c in conditions)
                masks[value] = masks[value] | bit if holds else masks[value] & ~bit
        return masks, others

    def permitted(self, values: Mapping[str, str]) -> int:
        """Give the bits of the laws that these attribute values permit, FOUND ones apart."""
        fitting = self._all
        for attribute, masks, others in self._masks:
            fitting &= masks.get(values.get(attribute, ""), others)
        return fitting

    def first(self, fitting: int, found: Mapping[str, str]) -> Law | None:
        """Give the first of the laws with these bits that what was FOUND permits as well."""
        while fitting:
            lowest = fitting & -fitting
            late = self._late.get(lowest)
            if late is None or all(c.holds(found.get(c.attribute, "")) for c in late):
                return self.laws[lowest.bit_length() - 1]
            fitting ^= lowest
        return None

    def deciding(self, values: Mapping[str, str]) -> Law | None:
        """Give the first law that fits these attribute values, None when none does."""
        return self.first(self.permitted(values), values)


class LawTable:
    """All laws of one point; `among` has the bits of those on a part in a layer."""

    def __init__(self, laws: Sequence[Law]) -> None:
        self.laws = tuple(laws)
        self._decision = Decision(laws)
        self.first = self._decision.first
        self.among = {
            (part, layer): _bits_of(self.laws, part, layer)
            for part in (*PARTS, SHARE, LATER)
            for layer in {"", *(x.layer for x in laws)}
        }

    def at(self, values: Mapping[str, str]) -> "Standing":
        """Give a category with these attribute values, to be asked part by part."""
        return Standing(self, values, self._decision.permitted(values))

    def deciding(self, part: str, layer: str, values: Mapping[str, str]) -> Law | None:
        """Give the law that decides this part of a category in this layer."""
        return self.at(values).deciding(part, layer)

    def syllable(self, values: Mapping[str, str]) -> Syllable | None:
        """Give initial, final and tone by the main layer; None when a part has no law."""
        return self.at(values).syllable()


class Standing:
    """One category before one table: which laws fit it is worked out once for all parts."""

    __slots__ = ("_fitting", "_table", "_values")

    def __init__(self, table: LawTable, values: Mapping[str, str], fitting: int) -> None:
        self._table, self._values, self._fitting = table, values, fitting

    def deciding(self, part: str, layer: str, found: Mapping[str, str] | None = None) -> Law | None:
        """Give the law that decides this part in this layer; `found` are 介 and 自聲 自韻 自調."""
        fitting = self._fitting & self._table.among.get((part, layer), 0)
        return self._table.first(fitting, self._values if found is None else found)

    def syllable(self) -> Syllable | None:
        """Give initial, final and tone by the main layer; None when a part has no law."""
        values = self._values
        final = self.deciding("韻", "")
        if final is None:
            return None
        sound = values.get("基韻", "") if final.gives == SAME else final.gives
        head = {"介": head_of(sound)}
        initial, tone = self.deciding("聲", "", head), self.deciding("調", "", head)
        if initial is None or tone is None:
            return None
        said = (
            values.get("基聲", "") if initial.gives == SAME else initial.gives,
            sound,
            values.get("基調", "") if tone.gives == SAME else tone.gives,
        )
        return said[0], self._changed_final(said), said[2]

    def _changed_final(self, said: Syllable) -> str:
        """Apply the laws on finished syllables (變), such as Fuzhou's finals under low tones."""
        if not self._table.among[LATER, ""]:
            return said[1]
        later = self.deciding(LATER, "", dict(zip(("自聲", "自韻", "自調"), said, strict=True)))
        return later.gives if later else said[1]


def _bits_of(laws: Sequence[Law], part: str, layer: str) -> int:
    return sum(1 << n for n, one in enumerate(laws) if (one.part, one.layer) == (part, layer))


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
