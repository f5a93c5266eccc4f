"""Sound laws read off a survey: general laws first, an exception only where it pays.

For each part of the syllable the templates below are gone through from the general to the
specific. In each group of characters that a template singles out, the commonest sound becomes a
law if it corrects at least ``gain`` more characters than it spoils. The result is a short table,
the specific laws before the general ones, to be read and corrected by hand. A station's own
sheet of its town (a sound pack) is turned into laws for the characters it lacks by the same road.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matchers.sounds.laws.rules import (
    COLLOQUIAL,
    NOTHING,
    PARTS,
    SAME,
    SHARE,
    SUFFIXES,
    Decision,
    Law,
    LawTable,
    head_of,
)
from matchers.sounds.laws.rules import condition as read_condition

Syllable = tuple[str, str, str]
Template = tuple[str, ...]
Spare = tuple[Syllable, float]
TEMPLATES: Mapping[str, tuple[Template, ...]] = {
    "韻": (
        ("韻別",), ("攝", "韻別"), ("攝", "等", "韻別"), ("普韻", "韻別"),
        ("韻", "韻別"), ("韻", "等", "韻別"), ("韻", "呼", "韻別"), ("韻", "等", "呼", "韻別"),
        ("普韻", "攝", "韻別"), ("普韻", "韻", "韻別"),
        ("韻", "等", "呼", "韻別", "音"), ("韻", "等", "呼", "韻別", "組"),
        ("普韻", "攝", "韻別", "音"), ("普韻", "韻", "韻別", "組"), ("普韻", "普聲", "韻別"),
        ("普韻", "普聲", "攝", "韻別"), ("韻", "等", "呼", "韻別", "母"),
        ("韻", "等", "呼", "聲", "組"), ("普韻", "韻", "韻別", "母"),
        ("韻", "等", "呼", "聲"), ("韻", "等", "呼", "聲", "清濁"), ("韻", "聲", "母", "普韻"),
    ),
    "聲": (
        ("母",), ("母", "介"), ("母", "呼"), ("母", "等"), ("母", "普聲"), ("母", "聲"),
        ("母", "攝"), ("母", "等", "呼"), ("母", "介", "普聲"), ("母", "聲", "普聲"),
        ("母", "攝", "呼"), ("母", "攝", "普聲"), ("母", "韻"), ("母", "等", "介"),
        ("母", "韻", "等"), ("母", "韻", "呼"), ("母", "韻", "聲"), ("母", "韻", "普聲"),
        ("母", "韻", "等", "呼", "聲", "普聲"),
    ),
    "調": (
        ("聲",), ("聲", "清濁"), ("聲", "清濁", "普調"), ("聲", "普調"), ("聲", "母"),
        ("聲", "母", "普調"), ("聲", "清濁", "攝"), ("聲", "清濁", "普調", "攝"),
        ("聲", "清濁", "組", "韻別"), ("聲", "母", "韻"), ("聲", "母", "韻", "普調"),
    ),
}  # fmt: skip
DOUBLETS: tuple[Template, ...] = (
    ("韻", "韻別"), ("韻", "等", "呼", "韻別"), ("韻", "等", "呼", "韻別", "音"),
    ("韻", "等", "呼", "韻別", "組"), ("母", "等", "攝"), ("母", "韻", "呼", "韻別"),
)  # fmt: skip


@dataclass(slots=True)
class Example:
    """One character of a survey in one standing, with all syllables the survey gives it."""

    char: str
    values: Mapping[str, str]
    truths: tuple[Syllable, ...]
    weight: float = 1.0
    heads: dict[str, str] = field(default_factory=dict)

    def value(self, attribute: str) -> str:
        """Give an attribute, the head of the final found so far included."""
        return self.heads.get(attribute) or self.values.get(attribute, "")


@dataclass(frozen=True, slots=True)
class Found:
    """One law before it is written down: template, the group's values, sound, characters."""

    template: Template
    key: tuple[str, ...]
    gives: str
    chars: str


def induced(examples: Sequence[Example], *, gain: float = 2.0, source: str = "") -> list[Law]:
    """Give the laws of one point, most specific first, second readings (白) included."""
    laws = main_laws(examples, gain=gain, source=source)
    table = LawTable(laws)
    main = [table.syllable(example.values) for example in examples]
    spare = [_spare(example, said) for example, said in zip(examples, main, strict=True)]
    shares = written(SHARE, _shares(examples, spare), COLLOQUIAL, source)
    if not shares:
        return laws
    usual = Decision(shares)
    doublets = [
        Example(example.char, example.values, (_changes(other[0], said),), example.weight)
        for example, said, other in zip(examples, main, spare, strict=True)
        if said and other and (share := usual.deciding(example.values)) and share.gives != "0"
    ]
    return laws + shares + _layer(doublets, 1.5, COLLOQUIAL, source)


def main_laws(examples: Sequence[Example], *, gain: float = 2.0, source: str = "") -> list[Law]:
    """Give the laws of one point without second readings."""
    return _layer(examples, gain, "", source)


def _layer(examples: Sequence[Example], gain: float, layer: str, source: str) -> list[Law]:
    laws: list[Law] = []
    for part in ("韻", "聲", "調"):
        found, said = _main_laws(examples, part, gain)
        laws += written(part, found, layer, source)
        if part == "韻":
            for example, final in zip(examples, said, strict=True):
                example.heads["介"] = head_of(final or "")
    return laws


def _changes(other: Syllable, main: Syllable) -> Syllable:
    """A doublet as what it changes of the main reading."""
    initial, final, tone = (SAME if a == b else a for a, b in zip(other, main, strict=True))
    return initial, final, tone


def _place(part: str) -> int:
    return PARTS.index(part)


def _main_laws(
    examples: Sequence[Example], part: str, gain: float
) -> tuple[list[Found], list[str | None]]:
    place = _place(part)
    truths = [frozenset(t[place] for t in example.truths) for example in examples]
    firsts = [example.truths[0][place] for example in examples]
    said: list[str | None] = [None] * len(examples)
    found: list[Found] = []
    for number, template in enumerate(TEMPLATES[part]):
        for key, group in _groups(examples, template).items():
            tally: defaultdict[str, float] = defaultdict(float)
            for i in group:
                for sound in sorted(truths[i]):
                    tally[sound] += examples[i].weight * (1.0 if sound == firsts[i] else 0.9)
            best = max(tally, key=lambda sound: (tally[sound], sound))
            right = sum(examples[i].weight for i in group if best in truths[i])
            now = sum(examples[i].weight for i in group if said[i] in truths[i])
            if number and right - now < gain:
                continue
            chars = "".join(examples[i].char for i in group if best in truths[i])
            found.append(Found(template, key, best, chars))
            for i in group:
                said[i] = best
    return found, said


def _groups(examples: Sequence[Example], template: Template) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        key = tuple(example.value(attribute) for attribute in template)
        if all(value or name in ("呼", "類") for name, value in zip(template, key, strict=True)):
            groups[key].append(i)
    return groups


_LEAST_SHARE = 0.25
_LEAST_CHARS = 4
_TOLD_APART = 0.25


def _shares(examples: Sequence[Example], spare: Sequence[Spare | None]) -> list[Found]:
    """Where a second reading is usual: groups of which a good part has one."""
    found: list[Found] = []
    so_far = [0.0] * len(examples)
    for template in DOUBLETS:
        for key, group in _groups(examples, template).items():
            having = [(examples[i].char, other[1]) for i in group if (other := spare[i])]
            share = round(10 * sum(part for _, part in having) / len(group)) / 10
            now = sum(so_far[i] for i in group) / len(group)
            enough = len(having) >= _LEAST_CHARS and share >= _LEAST_SHARE
            none = len(group) >= _LEAST_CHARS and not having
            if (enough or none) and abs(share - now) >= _TOLD_APART:
                chars = "".join(char for char, _ in having)
                found.append(Found(template, key, f"{share:g}", chars))
                for i in group:
                    so_far[i] = share
    return found


def _spare(example: Example, said: Syllable | None) -> Spare | None:
    """The reading the main laws do not give, and how far it stands in for theirs.

    Of a doublet the survey's other reading, for half of the use; of a character that went its
    own way the survey's reading, for all of it.
    """
    if said is None:
        return None

    def nearness(truth: Syllable) -> int:
        return sum(a == b for a, b in zip(truth, said, strict=True))

    if said not in example.truths:
        return max(example.truths, key=nearness), 1.0
    others = [truth for truth in example.truths if truth != said]
    return (max(others, key=nearness), 0.5) if others else None


_SUFFIX_OF = {attribute: suffix for suffix, attribute in SUFFIXES.items()}
_JOINED = ("普聲", "普韻", "普調", "基聲", "基韻", "基調", "介", "自聲", "自韻", "自調")


def written(part: str, found: Iterable[Found], layer: str, source: str) -> list[Law]:
    """Write laws down, later (more specific) templates first, equal outcomes joined."""
    by_template: dict[Template, list[Found]] = defaultdict(list)
    for one in found:
        by_template[one.template].append(one)
    laws: list[Law] = []
    for template in reversed(list(by_template)):
        rows = [
            ({a: frozenset((v,)) for a, v in zip(template, one.key, strict=True)}, one)
            for one in by_template[template]
        ]
        for values, one in _joined_rows(rows):
            when = " ".join(token(name, values[name]) for name in template)
            laws.append(
                Law(
                    part,
                    tuple(read_condition(text) for text in when.split()),
                    one.gives,
                    layer,
                    one.chars[:6],
                    source,
                )
            )
    return laws


Row = tuple[dict[str, frozenset[str]], Found]


def _joined_rows(rows: list[Row]) -> list[Row]:
    """Join rows that give the same and differ in one attribute only."""
    if not rows:
        return rows
    for name in list(rows[0][0]):
        merged: dict[tuple[object, ...], Row] = {}
        for values, one in rows:
            rest = tuple(sorted((k, tuple(sorted(v))) for k, v in values.items() if k != name))
            free = "" in values[name]
            key = (rest, one.gives, free)
            if key in merged:
                before, kept = merged[key]
                joined = {**before, name: before[name] | values[name]}
                both = Found(kept.template, kept.key, kept.gives, kept.chars + one.chars)
                merged[key] = (joined, both)
            else:
                merged[key] = (values, one)
        rows = list(merged.values())
    return rows


_ORDER = "幫滂並明端透定泥來知徹澄孃精清從心邪莊初崇生俟章昌船書常日見溪羣疑影曉匣云以"


def token(attribute: str, values: frozenset[str]) -> str:
    """Write one condition; the reverse of ``rules.condition``."""
    if values == {""}:
        return "無" + ("呼" if attribute == "呼" else "類")
    if attribute in _JOINED:
        return f"{attribute}={','.join(sorted(values))}"
    listed = "".join(sorted(values, key=lambda v: (_ORDER.find(v[0]), v)))
    return listed if attribute == "清濁" else listed + _SUFFIX_OF[attribute]


def tsv(laws: Iterable[Law]) -> str:
    """Write laws as the rows of a table, header first."""
    lines = ["part\twhen\tgives\tlayer\texamples\tsource"]
    for one in laws:
        when = " ".join(("非" if c.denied else "") + token(c.attribute, c.values) for c in one.when)
        lines.append(
            "\t".join((one.part, when, one.gives or NOTHING, one.layer, one.examples, one.source))
        )
    return "\n".join(lines) + "\n"
