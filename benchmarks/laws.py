"""How far sound laws carry: each point's table against a survey of the town.

``python -m benchmarks laws --pack DIR`` reads the CLDF edition of 漢語方音字彙 (Beijing Daxue 1962)
from DIR and gives, per point, the share of its characters whose initial, final, whole syllable
and syllable with tone the laws predict: once by laws induced afresh with the characters held out
(k folds over characters), once by the packaged table as it stands, which has seen the survey.
``--write`` induces the tables anew; rows of other sources than the survey are kept on top.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from matchers.sounds.laws import zihui
from matchers.sounds.laws.categories import forms_of, joined, positions_of, table_rows
from matchers.sounds.laws.induce import Example, Syllable, induced, tsv
from matchers.sounds.laws.mandarin import Mandarin, taken_apart
from matchers.sounds.laws.rules import LATER, Law, LawTable
from matchers.sounds.laws.syllables import halves
from matchers.sounds.laws.towns import Point, all_points, applied, descent, law_table, spoken

_TABLES = Path(__file__).parents[1] / "matchers" / "sounds" / "laws" / "tables"
SURVEY = "字彙1962"
_SEED = 1962
Pair = tuple[Example, tuple[Syllable, ...]]
Survey = Mapping[str, Mapping[tuple[str, str], tuple[Syllable, ...]]]


@dataclass(frozen=True, slots=True)
class Share:
    """Shares in per cent of characters whose part is predicted, weighted by use in names."""

    initial: float
    final: float
    tone: float
    syllable: float
    with_tone: float
    any_syllable: float
    characters: int


def read_survey(folder: Path) -> Survey:
    """Point -> (character, standard reading) -> syllables as (initial, final, tone)."""
    found: dict[str, dict[tuple[str, str], list[Syllable]]] = defaultdict(lambda: defaultdict(list))
    lines = zihui.survey(
        (folder / "characters.tsv").read_text("utf-8"),
        (folder / "languages.csv").read_text("utf-8"),
    )
    for line in lines:
        known = found[line.point][line.char, line.pinyin]
        syllable = (*halves(line.ipa), line.tone)
        if syllable not in known:
            known.append(syllable)
    return {
        point: {key: tuple(said) for key, said in chars.items()} for point, chars in found.items()
    }


def examples_of(survey: Survey, point: str) -> list[Example]:
    """The survey's characters of one point in their Middle Chinese standings."""
    fits: dict[tuple[str, Mandarin], float] = {}

    def fit(position: str, reading: Mandarin) -> float:
        if (position, reading) not in fits:
            fits[position, reading] = descent(position, reading)
        return fits[position, reading]

    found: list[Example] = []
    for (char, pinyin), truths in survey[point].items():
        positions = positions_of(char)
        reading = taken_apart(zihui.numbered(pinyin))
        if not positions or reading is None:
            continue
        standings = joined(positions, {reading: 1.0}, fit)
        found += [Example(char, one.attributes(), truths, one.weight) for one in standings]
    return found


def share_of(pairs: Iterable[Pair], use: Mapping[str, float]) -> Share:
    """Count what is predicted; a character with several readings is right with any of them."""
    right = [0.0] * 6
    total = 0.0
    chars = set()
    for example, readings in pairs:
        weight = example.weight * (use[example.char] if use else 1.0)
        total += weight
        chars.add(example.char)
        toneless = {truth[:2] for truth in example.truths}
        right[5] += weight * any(said[:2] in toneless for said in readings)
        if not readings:
            continue
        said = readings[0]
        for place in range(3):
            right[place] += weight * any(said[place] == truth[place] for truth in example.truths)
        right[3] += weight * (said[:2] in toneless)
        right[4] += weight * (said in example.truths)
    initial, final, tone, whole, toned, possible = (round(100 * n / total, 1) for n in right)
    return Share(initial, final, tone, whole, toned, possible, len(chars))


def unchanged(examples: Iterable[Example], later: Sequence[Law]) -> list[Example]:
    """The examples with their finals as they stand before the laws on finished syllables (變)."""
    before: dict[tuple[str, str], str] = {}
    for one in later:
        values = {condition.attribute: condition.values for condition in one.when}
        for tone in values["自調"]:
            before.update(dict.fromkeys([(one.gives, tone)], next(iter(values["自韻"]))))
    return [
        replace(
            example,
            truths=tuple((a, before.get((b, tone), b), tone) for a, b, tone in example.truths),
            heads={},
        )
        for example in examples
    ]


def later_laws(point: Point) -> list[Law]:
    """The hand-written laws on finished syllables (變) of a point."""
    return [one for one in law_table(point.table).laws if one.part == LATER]


def held_out(
    examples: Sequence[Example], folds: int, gain: float, later: Sequence[Law] = ()
) -> list[Pair]:
    """Each example with what laws induced from the other folds' characters say."""
    chars = sorted({example.char for example in examples})
    random.Random(_SEED).shuffle(chars)
    fold = {char: number % folds for number, char in enumerate(chars)}
    pairs: list[Pair] = []
    for number in range(folds):
        seen = unchanged((e for e in examples if fold[e.char] != number), later)
        table = LawTable([*later, *induced(seen, gain=gain)])
        left = [example for example in examples if fold[example.char] == number]
        pairs += [(e, tuple(s.syllable for s in applied(table, e.values))) for e in left]
    return pairs


def by_table(point: Point, examples: Sequence[Example]) -> list[Pair]:
    """Each example with what the packaged table of its point says."""
    return [(e, tuple(said.syllable for said in spoken(point, e.values))) for e in examples]


def use_in_names() -> dict[str, float]:
    """Character -> weight by use in names; characters that names hardly use count 0.02."""
    rows = table_rows("name_characters.tsv")
    use = {row["char"]: float(row["surname"]) + 0.06 * float(row["given"]) + 0.02 for row in rows}
    return {form: weight for char, weight in use.items() for form in (*forms_of(char), char)}


_UNUSED = 0.02
_GAIN = 2.0


def measured(
    survey: Survey, point: Point, folds: int, use: Mapping[str, float]
) -> dict[str, object]:
    """One row of the published table."""
    examples = examples_of(survey, point.name)
    fresh = held_out(examples, folds, _GAIN, later_laws(point))
    packaged = by_table(point, examples)
    return {
        "point": point.name,
        "held_out": asdict(share_of(fresh, {})),
        "held_out_in_names": asdict(share_of(fresh, use)),
        "packaged": asdict(share_of(packaged, {})),
        "packaged_in_names": asdict(share_of(packaged, use)),
        "laws": len(law_table(point.table).laws),
    }


def write_table(survey: Survey, point: Point) -> int:
    """Induce a point's table anew, hand-written rows kept on top; gives the number of laws."""
    path = _TABLES / f"{point.table}.tsv"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    remarks = [line for line in lines if line.startswith("#")] or [
        f"# {point.name}: sound laws; columns and conditions are explained in rules.py.",
        *(f"# {source}" for source in point.sources),
    ]
    kept = [line for line in lines[len(remarks) + 1 :] if not line.endswith("\t" + SURVEY)]
    later = later_laws(point) if path.exists() else []
    examples = unchanged(examples_of(survey, point.name), later)
    laws = induced(examples, gain=_GAIN, source=SURVEY)
    header, *rows = tsv(laws).splitlines()
    path.write_text("\n".join([*remarks, header, *kept, *rows]) + "\n", "utf-8")
    return len(kept) + len(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure (and with ``--write`` induce) the tables of the points the survey has."""
    parser = argparse.ArgumentParser(prog="benchmarks laws", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="folder of the CLDF edition")
    parser.add_argument("--points", nargs="*", default=[], help="only these points")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="induce the tables anew")
    options = parser.parse_args(arguments)
    started = time.process_time()
    survey = read_survey(options.pack)
    points = [p for p in all_points().values() if p.name in survey]
    points = [p for p in points if not options.points or p.name in options.points]
    if options.write:
        print({point.name: write_table(survey, point) for point in points if not point.base})
        return 0
    use: Mapping[str, float] = defaultdict(lambda: _UNUSED, use_in_names())
    rows = [measured(survey, point, options.folds, use) for point in points]
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    seconds = round(time.process_time() - started, 1)
    print(json.dumps({"benchmark": "laws", "points": len(rows), "cpu_seconds": seconds}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
