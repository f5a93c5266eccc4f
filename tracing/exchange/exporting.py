"""Incremental export: the station's own records one a line, in the order of their changes.

For a system of the same station, through a key that may export. Lent records and clones are their
owners' to give; whoever is protected, stored only or erased is told as ended and nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.cursors import read_cursor, write_cursor
from tracing.errors import NotPermitted
from tracing.person_files import open_document
from tracing.registers import switched_off
from tracing.store import Store, people

_LIST = "export"
_MOST = 1000
_SHOWN_A_ROW = 100
_BY_HAND = frozenset({"key", "system"})


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some lines, lowest change first, and where to go on; `more` when there are others now."""

    lines: tuple[bytes, ...] = field(repr=False)
    cursor: str = ""
    more: bool = False


class Exports:
    """Reads for other systems; what was handed out is recorded."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, actor: Actor, cursor: str | None = None, limit: int = 200) -> ExportPage:
        """The next records that changed since `cursor`, within reach of the key.

        Raises:
            NotPermitted: no key but a person's session, or the assessment of connectors is over.
        """
        require(actor, "exports")
        if actor.via not in _BY_HAND:
            raise NotPermitted(reason="key_only")
        size = max(1, min(limit, _MOST))
        listed = (_LIST, actor.station_id)
        after = int(read_cursor(self._store.vault, cursor, *listed) or 0)
        now = self._store.now()
        with self._store.write() as tx:
            if switched_off(tx, "connector", now):
                raise NotPermitted(reason="assessment_over")
            found = people.changes_within(tx, actor.station_path, after, size + 1)
            shown = found[:size]
            lines = tuple(self._line(row) for row in shown)
            for start in range(0, len(shown), _SHOWN_A_ROW):
                ids = [row.id for row in shown[start : start + _SHOWN_A_ROW]]
                audit.record(tx, actor, "person.export", "person", None, at=now,
                             detail={"shown": ids})  # fmt: skip
        last = shown[-1].seq if shown else after
        mark = write_cursor(self._store.vault, str(last), *listed)
        return ExportPage(lines, mark, len(found) > size)

    def all_pages(self, actor: Actor, cursor: str | None = None) -> Iterator[ExportPage]:
        """Pages until there is nothing more now."""
        while True:
            page = self.page(actor, cursor, _MOST)
            yield page
            if not page.more:
                return
            cursor = page.cursor

    def _line(self, row: people.PersonRow) -> bytes:
        head: dict[str, Any] = {
            "person_id": row.id,
            "changed_at": row.changed_at.isoformat(),
            "version": row.version,
        }
        if row.erased_at is not None or row.hidden:
            return _json({**head, "id": row.id, "source": row.station_code, "deleted": True})
        document = open_document(self._store.vault, row)
        document.setdefault("id", row.id)
        document.setdefault("source", row.station_code)
        document["station"] = row.station_code
        states = {
            "identity_status": row.identity_status,
            "stay_status": row.stay_status,
            "tracing_result": row.tracing_result,
        }
        return _json({**head, "states": states, "record": document})


def _json(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
