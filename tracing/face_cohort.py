"""Keeping the cohort: drawn anew where that is due, stored with its version, means beside prints.

Done in the background, in batches of one transaction each; a crash repeats one batch. One process
keeps the cohort of an installation: another that finds a later draw in the store works on with its
own, in memory, until it is started again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tracing.gallery import Gallery, View
from tracing.store import Store, cohorts

BATCH = 1000


class CohortKeeping:
    """The cohort of one process; `step` is called until it gives 0."""

    def __init__(self, store: Store, gallery: Callable[[], Gallery | None]) -> None:
        """`gallery` gives None until it is there."""
        self._store = store
        self._gallery = gallery
        self._outdone = False

    def step(self) -> int:
        """Do a piece of the work; 0 when nothing is to be done."""
        gallery = self._gallery()
        if gallery is None:
            return 0
        if gallery.recentre():
            return 1
        view = gallery.view
        if view.faces.cohort is None or view.faces.due or self._outdone:
            return 0
        if view.faces.cohort.version == 0:
            return self._put(gallery, view)
        return self._put_means(gallery, view)

    def _put(self, gallery: Gallery, view: View) -> int:
        faces = view.faces
        assert faces.cohort is not None  # noqa: S101 the caller looked
        people = [view.ids[row] for row in faces.cohort.owners]
        with self._store.write() as tx:
            after = 0 if faces.stored is None else faces.stored.version
            version = cohorts.put(tx, faces.model, after, faces.drawn, people, self._store.now())
        if version is None:
            self._outdone = True
            return 0
        kept = cohorts.StoredCohort(version, faces.drawn, frozenset(people))
        gallery.number_cohort(faces.cohort, kept)
        return 1

    def _put_means(self, gallery: Gallery, view: View) -> int:
        faces = view.faces
        assert faces.cohort is not None  # noqa: S101 the caller looked
        batch = np.flatnonzero(~faces.stamped)[:BATCH]
        if not len(batch):
            return 0
        rows = faces.rows[batch]
        means = {
            view.ids[row]: float(mean)
            for row, mean in zip(rows.tolist(), faces.means[batch], strict=True)
            if not np.isnan(mean)
        }
        with self._store.write() as tx:
            cohorts.put_means(tx, faces.model, faces.cohort.version, means, view.seq)
        gallery.stamp_means(faces.cohort.version, rows)
        return len(batch)
