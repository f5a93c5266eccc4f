"""Publishes a gallery and dies at each point of it; says what opens afterwards.

`python -m tests.scale.gallery_kills FOLDER` prints one JSON line, by point "old" or "new". The
children are forked: nothing here has threads, and starting Python eight times takes longer.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from indexes.segments import POINTS, Contents, Segment, SegmentFolder
from matchers.evidence.names import Names
from matchers.evidence.sex import Sex
from matchers.sounds import SoundEngine, Voices
from tests.indexes.world import Seal
from tracing.face_gallery import FaceGallery
from tracing.gallery import Gallery, Records
from tracing.gallery_segments import GallerySegments
from tracing.person_files import GalleryRow


def people(count: int) -> list[GalleryRow]:
    """So many of the register."""
    names = ("王建国", "李秀英", "欧阳娜")
    rows = []
    for seq in range(1, count + 1):
        name = {"text": names[seq % 3] + "甲乙丙"[seq // 3 % 3], "kind": "registered"}
        row = GalleryRow(
            f"person-{seq}", "register", "s", "0", "s", "s", seq, 1,
            {"names": [name], "sex": "female"}, (), None, erased=False, protected=False,
        )  # fmt: skip
        rows.append(row)
    return rows


class Dying(SegmentFolder):
    """Its process is killed at one point of a publication."""

    __slots__ = ()

    def publish(self, contents: Contents, **_: object) -> Segment:
        def at(point: str) -> None:
            if point == os.environ["DIE_AT"]:
                os.kill(os.getpid(), signal.SIGKILL)

        return super().publish(contents, at=at)


def gallery(count: int, segments: GallerySegments) -> Gallery:
    """The gallery of so many people, begun from the segments where there are any."""
    held = people(count)
    numbers = range(1, count + 1)
    records = Records(
        segments,
        lambda ids: [row for row in held if row.person_id in ids],
        lambda upto: (min(upto, count), sum(n for n in numbers if n <= upto)),
        lambda: datetime.now(UTC),
    )
    using = (Names(segments.engine), Sex())
    return Gallery(using, segments.faces, lambda after: held[after:], records)


def main(folder: Path) -> None:
    """Old and new differ in one person; the folder is as before at each point."""
    engine = SoundEngine.of(Voices.standard())
    faces = FaceGallery.empty("m", 4, None)
    told = {}
    for place, point in enumerate(POINTS):
        root = folder / f"{place}"

        def segments(kind: type[SegmentFolder], root: Path = root) -> GallerySegments:
            return GallerySegments(kind(root, "gallery", 1, Seal()), engine, faces)

        gallery(5, segments(SegmentFolder)).publish()
        child = os.fork()
        if not child:
            os.environ["DIE_AT"] = point
            gallery(6, segments(Dying)).publish()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"nothing died at {point}")
        opened = segments(SegmentFolder).open()
        if opened is None:
            raise SystemExit(f"nothing opens after {point}")
        told[point] = {5: "old", 6: "new"}[len(opened)]
        after = gallery(7, segments(SegmentFolder))
        after.publish()
        left = [p.name for p in root.iterdir() if p.name.startswith(".")]
        if len(after.view) != 7 or left:
            raise SystemExit(f"after {point}: {len(after.view)} people, {left}")
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
