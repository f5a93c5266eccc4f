"""Values of every column as text, and back: what a segment keeps of them.

A text is the same for equal values and another for different ones, so that values can be found
again by their text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from matchers.evidence.belongings import Things
from matchers.evidence.birth import Born
from matchers.evidence.dialect import Speech
from matchers.evidence.marks import Mark
from matchers.evidence.movement import Sighting
from matchers.evidence.numbers import Number
from matchers.evidence.places import Home
from matchers.evidence.relatives import Family

_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Plain = list[Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one comparator are written and read."""

    written: Callable[[Any], str]
    read: Callable[[str], Any]


def _codec(plain: Callable[[Any], Plain], value: Callable[[Plain], Any]) -> Codec:
    """Through a list of numbers and texts, as JSON."""
    return Codec(lambda v: _written(plain(v)), lambda text: value(json.loads(text)))


def _marks(plain: Plain) -> frozenset[Mark]:
    return frozenset((site, kind) for site, kind in plain)


TEXT = Codec(str, str)
CODECS: Mapping[str, Codec] = {
    "names": TEXT,
    "sex": TEXT,
    "birth": _codec(lambda v: [v.earliest, v.latest, v.known], lambda p: Born(*p)),
    "places": _codec(lambda v: [v.code, v.detail], lambda p: Home(*p)),
    "relatives": _codec(
        lambda v: v.members, lambda p: Family(tuple((relation, name) for relation, name in p))
    ),
    "movement": _codec(lambda v: [v.role, v.lat, v.lon, v.day, v.who], lambda p: Sighting(*p)),
    "dialect": _codec(lambda v: [v.point, v.group, v.cluster, v.province], lambda p: Speech(*p)),
    "numbers": _codec(lambda v: [v.kind, v.text], lambda p: Number(*p)),
    "phones": TEXT,
    "marks": _codec(sorted, _marks),
    "looked": _codec(
        lambda v: [sorted(v[0]), sorted(v[1])], lambda p: (_marks(p[0]), _marks(p[1]))
    ),
    "build": _codec(lambda v: [float(v[0]), float(v[1])], tuple),
    "ethnicity": TEXT,
    "belongings": _codec(
        lambda v: [v.day, sorted(v.pairs)], lambda p: Things(p[0], frozenset(p[1]))
    ),
}
"""By the comparator's key."""
