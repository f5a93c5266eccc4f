"""What can be wrong with segments on disk.

SegmentError
├── SegmentDamaged   a file is cut off, changed or missing; the generation is set aside
├── SegmentAbsent    nothing has been published yet
├── SegmentForeign   made for another model, length or format than asked for
└── SegmentBusy      another writer is at work
"""

from __future__ import annotations

from indexes.contract import IndexNotReady


class SegmentError(IndexNotReady):
    """A segment cannot be used. Rebuild the index; nobody's record is affected."""


class SegmentDamaged(SegmentError):
    """A file of the segment is cut off, changed or missing. Rebuild the index."""


class SegmentAbsent(SegmentError):
    """No segment has been published yet. Rebuild the index."""


class SegmentForeign(SegmentError):
    """The segment is of another model or format. Rebuild the index."""


class SegmentBusy(SegmentError):
    """Another process is writing this index. Wait until it has finished."""
