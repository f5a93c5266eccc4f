"""Which face model this installation serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from matchers.faces.detection_rules import dlib_finder_id


@dataclass(frozen=True, slots=True)
class ServedFaces:
    """Recipe and length of the prints that are made and compared, and what finds the faces."""

    recipe: str
    dim: int
    detector: str

    @classmethod
    def of(cls, head: Mapping[str, Any]) -> Self:
        """Out of a worker's greeting; KeyError when it is none."""
        return cls(str(head["recipe"]), int(head["dim"]), str(head["detector"]))


def default_faces() -> ServedFaces:
    """What the default encoder serves, without opening it."""
    return ServedFaces("dlib-resnet-v1-mirror", 128, dlib_finder_id())
