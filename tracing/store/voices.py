"""Statements about voice clips, links to listen and answers; keys and answers are sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Clip, Listening, ListeningLink


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip as stored; `wrapped` is its key under the person's, None once destroyed."""

    id: str
    person_id: str
    account_id: str
    wrapped: bytes | None
    format: str
    size: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link to one clip; `answers` is how many it has brought."""

    id: str
    clip_id: str
    audience: str
    answers_most: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    answers: int


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A listener's sealed answer; `audience` is that of its link."""

    id: str
    clip_id: str
    link_id: str
    audience: str
    sealed: bytes
    created_at: datetime


_CLIP = (
    Clip.id,
    Clip.person_id,
    Clip.account_id,
    Clip.wrapped,
    Clip.format,
    Clip.size,
    Clip.created_at,
    Clip.expires_at,
)
_ANSWERS = (
    select(func.count())
    .select_from(Listening)
    .where(Listening.link_id == ListeningLink.id)
    .correlate(ListeningLink)
    .scalar_subquery()
)
_LINK = (
    ListeningLink.id,
    ListeningLink.clip_id,
    ListeningLink.audience,
    ListeningLink.answers_most,
    ListeningLink.created_by,
    ListeningLink.created_at,
    ListeningLink.expires_at,
    ListeningLink.revoked_at,
    _ANSWERS,
)


def insert_clip(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new clip."""
    tx.insert(insert(Clip), [values])


def clip(tx: Tx, clip_id: str) -> ClipRow | None:
    """The clip with that id, of whatever station."""
    row = tx.run(select(*_CLIP).where(Clip.id == clip_id)).first()
    return None if row is None else ClipRow(*row)


def clips_of(tx: Tx, person_id: str) -> list[ClipRow]:
    """All clips of a person, newest first."""
    statement = select(*_CLIP).where(Clip.person_id == person_id).order_by(Clip.id.desc())
    return [ClipRow(*row) for row in tx.run(statement)]


def destroy(tx: Tx, clip_ids: Sequence[str]) -> None:
    """Destroy the keys of clips and end their links; what listeners wrote stays."""
    tx.run(update(Clip).where(Clip.id.in_(clip_ids)).values(wrapped=None))


def expired(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Clips past their day that still have a key."""
    statement = (
        select(Clip.id).where(Clip.expires_at <= now, Clip.wrapped.is_not(None)).limit(limit)
    )
    return list(tx.run(statement).scalars())


def living(tx: Tx, clip_ids: Sequence[str]) -> set[str]:
    """Which of these clips still have a key."""
    found: set[str] = set()
    for start in range(0, len(clip_ids), 500):
        part = clip_ids[start : start + 500]
        statement = select(Clip.id).where(Clip.id.in_(part), Clip.wrapped.is_not(None))
        found.update(tx.run(statement).scalars())
    return found


def forget(tx: Tx, person_id: str) -> list[str]:
    """Delete clips, links and answers of an erased person; gives the ids of the clips."""
    ids = [row.id for row in clips_of(tx, person_id)]
    tx.run(delete(Listening).where(Listening.clip_id.in_(ids)))
    tx.run(delete(ListeningLink).where(ListeningLink.clip_id.in_(ids)))
    tx.run(delete(Clip).where(Clip.id.in_(ids)))
    return ids


def insert_link(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new link."""
    tx.insert(insert(ListeningLink), [values])


def link_by_token(tx: Tx, digest: bytes, *, hold: bool = False) -> LinkRow | None:
    """The link whose token has this digest; with `hold`, nobody else answers through it now."""
    if hold:
        held = select(ListeningLink.id).where(ListeningLink.token_digest == digest)
        tx.run(held.with_for_update())
    row = tx.run(select(*_LINK).where(ListeningLink.token_digest == digest)).first()
    return None if row is None else LinkRow(*row)


def links_of(tx: Tx, clip_ids: Sequence[str]) -> list[LinkRow]:
    """Links to these clips, oldest first."""
    statement = select(*_LINK).where(ListeningLink.clip_id.in_(clip_ids)).order_by(ListeningLink.id)
    return [LinkRow(*row) for row in tx.run(statement)]


def revoke(tx: Tx, clip_id: str, link_id: str, at: datetime) -> bool:
    """End a link of this clip; False when there is none."""
    statement = (
        update(ListeningLink)
        .where(ListeningLink.id == link_id, ListeningLink.clip_id == clip_id)
        .where(ListeningLink.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return tx.changed(statement) > 0


def answered(tx: Tx, clip_id: str, account_id: str) -> bool:
    """Whether this account has answered for this clip."""
    statement = select(Listening.id).where(
        Listening.clip_id == clip_id, Listening.account_id == account_id
    )
    return tx.run(statement).first() is not None


def insert_answer(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new answer."""
    tx.insert(insert(Listening), [values])


def answers_of(tx: Tx, clip_ids: Sequence[str]) -> list[AnswerRow]:
    """Answers to these clips, oldest first."""
    statement = (
        select(
            Listening.id,
            Listening.clip_id,
            Listening.link_id,
            ListeningLink.audience,
            Listening.sealed,
            Listening.created_at,
        )
        .join(ListeningLink, ListeningLink.id == Listening.link_id)
        .where(Listening.clip_id.in_(clip_ids))
        .order_by(Listening.id)
    )
    return [AnswerRow(*row) for row in tx.run(statement)]
