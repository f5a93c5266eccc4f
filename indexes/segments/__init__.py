"""Immutable generations of vectors on disk, sealed, and what searches them."""

from indexes.segments.blocks import Cipher
from indexes.segments.building import Contents, Streamed
from indexes.segments.checking import Measured
from indexes.segments.errors import (
    SegmentAbsent,
    SegmentBusy,
    SegmentDamaged,
    SegmentError,
    SegmentForeign,
)
from indexes.segments.folder import POINTS, SegmentFolder, State
from indexes.segments.living import LivingVectors
from indexes.segments.manifest import Manifest
from indexes.segments.pages import available, give_back
from indexes.segments.recipe import Recipe
from indexes.segments.segment import Segment

__all__ = [
    "POINTS",
    "Cipher",
    "Contents",
    "LivingVectors",
    "Manifest",
    "Measured",
    "Recipe",
    "Segment",
    "SegmentAbsent",
    "SegmentBusy",
    "SegmentDamaged",
    "SegmentError",
    "SegmentFolder",
    "SegmentForeign",
    "State",
    "Streamed",
    "available",
    "give_back",
]
