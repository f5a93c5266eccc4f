"""Drafts: half-filled forms, sealed, kept for their account until sent, dropped or expired."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracing.access import Actor
from tracing.errors import NotFound, RecordInvalid
from tracing.retention import retention_rules
from tracing.store import Store
from tracing.store import drafts as rows
from tracing.store.ids import is_id, new_id

_LARGEST = 500_000
_PHOTOS_MOST = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A half-filled form as it was saved."""

    id: str
    kind: str
    data: dict[str, Any]
    photos: tuple[str, ...]
    changed_at: datetime
    expires_at: datetime


class Drafts:
    """Drafts of one installation; nobody but their account sees them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(
        self,
        actor: Actor,
        kind: str,
        data: Mapping[str, Any],
        *,
        draft_id: str | None = None,
        photos: Sequence[str] = (),
    ) -> str:
        """Keep a form as it stands; gives the draft's id. Its photos are kept with it.

        Raises:
            NotFound: `draft_id` is no living draft of this account and kind.
            RecordInvalid: larger than 500 kB, or more than 50 photos.
        """
        text = json.dumps(dict(data), ensure_ascii=False, separators=(",", ":")).encode()
        if len(text) > _LARGEST:
            raise RecordInvalid(path="", reason="too_large")
        if len(photos) > _PHOTOS_MOST or not all(map(is_id, photos)):
            raise RecordInvalid(path="photos", reason="photo_unknown")
        now, own_id = self._store.now(), draft_id or new_id()
        sealed = self._store.vault.seal_desk(text, "draft", actor.account_id, own_id)
        row = rows.DraftRow(
            own_id, actor.account_id, kind, sealed, " ".join(photos), now, now + _kept()
        )
        with self._store.write() as tx:
            rows.forget_expired(tx, now)
            if not rows.put(tx, row, new=draft_id is None):
                raise NotFound
        return own_id

    def load(self, actor: Actor, draft_id: str) -> Draft | None:
        """The account's own draft, or None when it is gone."""
        with self._store.read() as tx:
            row = rows.find(tx, actor.account_id, draft_id, self._store.now())
        return None if row is None else self._open(row)

    def mine(self, actor: Actor, kind: str | None = None) -> tuple[Draft, ...]:
        """The account's own drafts, latest first."""
        with self._store.read() as tx:
            found = rows.of_account(tx, actor.account_id, kind, self._store.now())
        return tuple(map(self._open, found))

    def forget(self, actor: Actor, draft_id: str) -> None:
        """Drop a draft; one that is gone already is no error."""
        with self._store.write() as tx:
            rows.forget(tx, actor.account_id, draft_id)

    def _open(self, row: rows.DraftRow) -> Draft:
        text = self._store.vault.open_desk(row.sealed, "draft", row.account_id, row.id)
        return Draft(
            id=row.id,
            kind=row.kind,
            data=json.loads(text),
            photos=tuple(row.photo_ids.split()),
            changed_at=row.changed_at,
            expires_at=row.expires_at,
        )


def _kept() -> timedelta:
    return timedelta(days=retention_rules().classes["draft"].days)
