"""Boxes around faces."""

from __future__ import annotations

from matchers.faces.contract import Box


def overlap(a: Box, b: Box) -> float:
    """Shared area over the smaller of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / max(1, min(areas))
