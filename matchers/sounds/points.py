"""From a place or a dialect as people name it to the points whose readings we have.

``resolve("香港")`` is 广州, ``resolve("東北話")`` the points of the Northeast, ``resolve("江苏省
无锡市江阴县")`` both sides of a dialect border. The table of places is packaged with the laws.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import opencc

from matchers.sounds import packaged
from matchers.sounds.laws.categories import table_rows
from matchers.sounds.laws.towns import MANDARIN, all_points

OWN, NEAREST, GROUP, INSIDE, UNKNOWN = "own", "nearest", "group", "inside", "unknown"
_ENDINGS = (
    "特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治州", "自治县", "自治区", "地区",
    "方言", "官话", "口音", "土话", "话", "腔", "语", "人", "市", "县", "省", "区",
)  # fmt: skip
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Resolved:
    """The points a place is read as: weights sum to 1, the likeliest first.

    ``exact`` says the place has a table of its own. ``note`` is ``own``, ``nearest`` (a town read
    as its neighbours), ``group`` (a dialect group or province), ``inside`` (told by a larger
    division named with it) or ``unknown`` (every point alike); ``taken_as`` is the entry used.
    """

    points: Mapping[str, float]
    exact: bool
    note: str
    taken_as: str


@cache
def _simplify() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _entries() -> Mapping[str, tuple[str, Mapping[str, float]]]:
    """Place -> (note, points with weights)."""
    found: dict[str, tuple[str, Mapping[str, float]]] = {}
    for row in table_rows("places.tsv"):
        pairs = (part.split(":") for part in row["points"].split())
        note = GROUP if row["kind"] == "group" else NEAREST
        found[row["place"]] = (note, _shares({point: float(weight) for point, weight in pairs}))
    for row in packaged.rows("regions"):
        if row["place"] not in found:
            near = _of_cluster(row["group"], row["cluster"])
            if near:
                found[row["place"]] = (NEAREST, near)
    for point in (MANDARIN, *all_points()):
        found[point] = (OWN, {point: 1.0})
    return found


@cache
def _of_cluster(group: str, cluster: str) -> Mapping[str, float]:
    """Points of the same dialect cluster, or failing that of the same group, all alike."""
    rows = [row for row in packaged.rows("regions") if row["place"] in all_points()]
    near = [r["place"] for r in rows if (r["group"], r["cluster"]) == (group, cluster)]
    same = [r["place"] for r in rows if r["group"] == group]
    return _shares(dict.fromkeys(near or same, 1.0))


def _shares(weights: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(weights.values())
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return {point: weight / total for point, weight in ordered}


def resolve(place: str) -> Resolved:
    """Give the points that a stated place or dialect is read as.

    Accepts traditional characters, administrative endings and words such as 话 or 口音, and a
    chain of divisions from the largest to the smallest; the smallest one known decides.
    """
    text = _simplify().convert(place).strip().replace(" ", "")
    for candidate in _shortened(text):
        if candidate in _entries():
            return _found(candidate, inside=False)
    named = [entry for entry in _entries() if len(entry) >= _SHORTEST and entry in text]
    if named:
        smallest = max(named, key=lambda entry: (text.rfind(entry) + len(entry), len(entry)))
        whole = text.endswith(tuple(smallest + ending for ending in ("", *_ENDINGS)))
        return _found(smallest, inside=not whole)
    everywhere = dict.fromkeys((MANDARIN, *all_points()), 1.0)
    return Resolved(_shares(everywhere), False, UNKNOWN, "")


def _shortened(text: str) -> tuple[str, ...]:
    """The name as it stands and without its endings, one after the other."""
    found = [text]
    for _ in range(3):
        ending = next((end for end in _ENDINGS if found[-1].endswith(end)), "")
        if not ending or len(found[-1]) - len(ending) < _SHORTEST:
            break
        found.append(found[-1].removesuffix(ending))
    return tuple(found)


def _found(entry: str, *, inside: bool) -> Resolved:
    note, points = _entries()[entry]
    if inside:
        return Resolved(points, False, INSIDE, entry)
    return Resolved(points, note == OWN, note, entry)
