"""Who is easily taken for whom: relatives, namesakes and people of the same county."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOMES = ("household", "birthplace", "living", "heard_home")
MOST = 200
"""Of so many at most that share one thing; a big county has more."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kin:
    """Rows of a gallery by what they share: a household, a name of somebody, a county."""

    shared: Mapping[str, Sequence[int]]
    of_row: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Kin:
        """Of a gallery of person records."""
        of_row = [tuple(dict.fromkeys(_marks(document))) for document in documents]
        shared: defaultdict[str, list[int]] = defaultdict(list)
        for row, marks in enumerate(of_row):
            for mark in marks:
                if len(shared[mark]) < MOST:
                    shared[mark].append(row)
        return cls(shared, of_row)

    def rows(self, row: int) -> list[int]:
        """Rows that share anything with this one, itself left out."""
        found = {other for mark in self.of_row[row] for other in self.shared[mark]}
        return sorted(found - {row})


def _marks(document: Document) -> list[str]:
    """Own and relatives' names stand in one list: a relative's own record bears that name."""
    people = [document, *(document.get("relatives") or ())]
    names = [n.get("text") for person in people for n in person.get("names") or ()]
    counties = [
        place["code"][:6]
        for place in document.get("places") or ()
        if place.get("kind") in HOMES and len(place.get("code") or "") >= 6
    ]
    house = document.get("household")
    return [
        *(f"name {name}" for name in names if name),
        *(f"county {code}" for code in counties),
        *([f"house {house}"] if house else []),
    ]
