"""What the candidate stage of a large gallery reads: indexes, joint cells, a uniform sample.

Made for one state of a gallery and good for the states that follow, as long as rows keep their
numbers: what came since stands behind the rows that are indexed and is compared by every search.
It holds codes and row numbers, no words of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import structlog
from numpy.typing import NDArray

from indexes.cells import Bins, Cells
from indexes.columns import BLOCK
from indexes.postings import Entries, Postings
from matchers.evidence import Comparator
from matchers.evidence.birth import YEAR
from matchers.evidence.narrowing import Narrowing, narrowed
from matchers.evidence.part_wise import pieces
from tracing.gallery import SIDES, View
from tracing.narrowed_faces import SomeFaces

Rows = NDArray[np.int64]

NARROWED_FROM = 1_000_000
"""Up to so many rows every one is compared; above, candidates and a sample of the others."""
SAMPLED = 50_000
"""So many rows stand for the whole gallery; see decision 0074."""
TAIL_MOST, TAIL_SHARE = 20_000, 0.01
"""An index is made anew once more rows than either of these have come since."""
JOINT = ("sex", "birth", "places")
"""Evidence whose values make the joint cells; the last may have several values a record."""
LISTED = ("places", "birth", "marks", "dialect", "belongings")
"""Further evidence of which single values may be telling: a village, a birthday, two marks."""


@dataclass(frozen=True, slots=True)
class CandidateIndex:
    """Over the first `base` rows of a gallery.

    epoch: of the numbering of rows. narrowings: evidence with many distinct values. postings: rows
    by value. sample: int64 [s], ascending; entries: the sample's values; prepared: of evidence with
    many values the sample's, to be compared. standing: int8 [N], the side of whoever may be shown,
    -1 of all others. people: int64 [sides, lenders + 1], how many may be shown of each side and
    lender, the first of no lender. hidden: rows that no search shows, ascending. faces: of the
    sample.
    """

    base: int
    epoch: int
    narrowings: Mapping[str, Narrowing]
    postings: Mapping[str, Postings]
    cells: Cells
    sample: Rows
    entries: Mapping[str, Entries]
    prepared: Mapping[str, Any]
    standing: NDArray[np.int8]
    people: NDArray[np.int64]
    hidden: Rows
    faces: SomeFaces

    @classmethod
    def of(cls, view: View, comparators: Sequence[Comparator], sampled: int = SAMPLED) -> Self:
        """Index everybody; a sample of equal size over an equal gallery is the same sample."""
        base = len(view.ids)
        found = {c.key: narrowed(c, view.prepared[c.key]) for c in comparators}
        narrowings = {key: one for key, one in found.items() if one is not None}
        alive = np.flatnonzero(view.alive)
        if len(alive) > sampled:
            chosen = np.random.default_rng(base).choice(len(alive), sampled, replace=False)
            alive = alive[np.sort(chosen)]
        listed = [key for key in LISTED if key in view.columns]
        entries = {k: Entries.of(column, alive).once() for k, column in view.columns.items()}
        return cls(
            base=base,
            epoch=view.faces.epoch,
            narrowings=narrowings,
            postings={k: Postings.of(view.columns[k]) for k in (*narrowings, *listed)},
            cells=_cells(view),
            sample=alive,
            entries=entries,
            prepared=_prepared(narrowings, entries),
            standing=(standing := _standing(view)),
            people=_people(view, standing),
            hidden=np.flatnonzero(view.alive & view.hidden),
            faces=SomeFaces.of(view.faces, alive),
        )

    def serves(self, view: View) -> bool:
        """Whether rows have the numbers that they had, and not too many are new."""
        tail = len(view.ids) - self.base
        most = max(TAIL_MOST, int(TAIL_SHARE * self.base))
        return self.epoch == view.faces.epoch and 0 <= tail <= most

    def following(self, view: View) -> Self:
        """The same index for a later state."""
        standing = _standing(view)
        narrowings = {k: one.following(view.prepared[k]) for k, one in self.narrowings.items()}
        return replace(
            self,
            narrowings=narrowings,
            prepared=_prepared(narrowings, self.entries),
            standing=standing,
            people=_people(view, standing),
            hidden=np.flatnonzero(view.alive & view.hidden),
            faces=SomeFaces.of(view.faces, self.sample),
        )


class CandidateIndexes:
    """Keeps the index of the present state; one for each process, safe between threads.

    It is made beside the searches, which compare everybody until it is there.
    """

    def __init__(
        self,
        comparators: Sequence[Comparator],
        narrowed_from: int = NARROWED_FROM,
        sampled: int = SAMPLED,
    ) -> None:
        self._comparators = tuple(comparators)
        self._from, self._sampled = narrowed_from, sampled
        self._lock = threading.Lock()
        self._made: tuple[View, CandidateIndex] | None = None
        self._making: threading.Thread | None = None
        self._failed = False

    def of(self, view: View) -> CandidateIndex | None:
        """The index of this state; None while everybody is compared."""
        if len(view) <= self._from:
            return None
        with self._lock:
            if self._made is not None and self._made[1].serves(view):
                if self._made[0] is not view:
                    self._made = (view, self._made[1].following(view))
                return self._made[1]
            if self._making is None and not self._failed:
                self._making = threading.Thread(
                    target=self._make, args=(view,), name="xunqin-candidates", daemon=True
                )
                self._making.start()
            return None

    def settle(self, view: View) -> CandidateIndex | None:
        """The same, made now if it is not there."""
        found = self.of(view)
        making = self._making
        if found is None and making is not None:
            making.join()
            found = self.of(view)
        return found

    def _make(self, view: View) -> None:
        try:
            index = CandidateIndex.of(view, self._comparators, self._sampled)
            with self._lock:
                self._made = (view, index)
        except Exception as error:  # noqa: BLE001 - everybody is compared then, as before
            self._failed = True
            structlog.get_logger("xunqin").warning("candidates", error=type(error).__name__)
        finally:
            self._making = None


def _prepared(
    narrowings: Mapping[str, Narrowing], entries: Mapping[str, Entries]
) -> dict[str, Any]:
    return {key: one.chosen(entries[key].codes) for key, one in narrowings.items()}


def _standing(view: View) -> NDArray[np.int8]:
    return np.where(view.alive & ~view.hidden, view.side, np.int8(-1))


def _people(view: View, standing: NDArray[np.int8]) -> NDArray[np.int64]:
    wide = len(view.lenders) + 1
    people = np.zeros(len(SIDES) * wide, np.int64)
    for start in range(0, len(standing), BLOCK):  # numpy widens what it counts
        side = standing[start : start + BLOCK]
        shown = np.flatnonzero(side >= 0)
        lent = view.lent[start + shown] + 1 if len(view.lent) else 0
        people += np.bincount(side[shown].astype(np.int64) * wide + lent, minlength=len(people))
    return people.reshape(len(SIDES), wide)


def _cells(view: View) -> Cells:
    """Cells of sex, year of birth and how it is known, and county."""
    keys = {
        "sex": np.arange(len(view.columns["sex"].values)),
        "birth": _years(view.prepared["birth"]),
        "places": view.prepared["places"].codes,
    }
    return Cells.of([view.columns[k] for k in JOINT], [Bins.of(keys[k]) for k in JOINT])


def _years(prepared: Any) -> NDArray[np.int64]:
    """Year of each birth, and how it is known, as one number."""
    years = []
    for births, _ in pieces(prepared):
        middle = (births.earliest.astype(np.int64) + births.latest) / (2 * YEAR)
        years.append(middle.astype(np.int64) * 3 + births.known)
    return np.concatenate(years)
