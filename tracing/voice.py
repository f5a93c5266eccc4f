"""Recordings of a voice: kept sealed for a while, played to those who may, lent out by links.

A clip lies in a file under a key of its own, which lies under the person's key. It is never
decoded here and nothing is computed from it. On its day the key is destroyed and the file goes;
what listeners wrote stays, sealed with the person's record.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tracing import audit
from tracing.access import Actor, require
from tracing.acting import digest_of
from tracing.errors import NotFound, RecordInvalid, VoiceTooLarge
from tracing.photos.files import clip_files
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.settings import Settings
from tracing.store import Store, Tx, people, voices
from tracing.store.ids import is_id, new_id
from tracing.voice_formats import MEDIA_TYPES, format_of

Audience = Literal["staff", "volunteer"]
AUDIENCES: tuple[Audience, ...] = ("staff", "volunteer")
LINK_DAYS_MOST = 30
ANSWERS_MOST = 10
_ORPHAN_MINUTES = 60
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Recording:
    """The bytes of a clip and what to tell a browser they are."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """A link to listen; `open` while it takes answers."""

    id: str
    audience: str
    answers: int
    answers_most: int
    expires_at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class AnswerInfo:
    """What one listener answered; empty texts were left out."""

    at: datetime
    audience: str
    dialect: str = field(repr=False)
    text: str = field(repr=False)
    latin: str = field(repr=False)
    sure: str
    listener: str


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """One clip of a person with its links and answers; `playable` until its day."""

    id: str
    format: str
    size: int
    created_at: datetime
    expires_at: datetime
    playable: bool
    links: tuple[LinkInfo, ...]
    answers: tuple[AnswerInfo, ...]


class VoiceClips:
    """The recordings of one installation; each call is one transaction."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._files = clip_files(store.data_dir)
        self._largest = settings.voice_max_bytes
        self._days = settings.voice_days

    def receive(self, actor: Actor, person_id: str, data: bytes) -> str:
        """Keep a recording of a person within reach; gives the id of the clip.

        Raises:
            VoiceError: too large, too long or no recording; nothing was kept.
        """
        require(actor, "people.write")
        if len(data) > self._largest:
            raise VoiceTooLarge(most=self._largest)
        kind, vault, now = format_of(data), self._store.vault, self._store.now()
        clip_id, key = new_id(), vault.new_key()
        self._files.write(clip_id, "clip", vault.seal(key, data, "clip", clip_id))
        with self._store.write() as tx:
            row = self._person(tx, actor, person_id)
            own = person_key(vault, row.id, row.wrapped)
            values = {
                "id": clip_id,
                "person_id": row.id,
                "account_id": actor.account_id,
                "wrapped": vault.seal(own, key, "voice", clip_id),
                "format": kind,
                "size": len(data),
                "created_at": now,
                "expires_at": now + timedelta(days=self._days),
            }
            voices.insert_clip(tx, values)
            audit.record(tx, actor, "voice.receive", "voice", clip_id, at=now,
                         detail={"person": row.id, "format": kind})  # fmt: skip
        return clip_id

    def of_person(self, actor: Actor, person_id: str) -> tuple[ClipInfo, ...]:
        """The person's clips, newest first, with links and answers."""
        require(actor, "people.read")
        with self._store.read() as tx:
            row = self._person(tx, actor, person_id)
            clips = voices.clips_of(tx, row.id)
            ids = [clip.id for clip in clips]
            links, answers = voices.links_of(tx, ids), voices.answers_of(tx, ids)
            own = person_key(self._store.vault, row.id, row.wrapped)
        return tuple(self._clip_info(clip, links, answers, own) for clip in clips)

    def play(self, actor: Actor, clip_id: str) -> Recording:
        """A clip for its station's staff; each playing is recorded.

        Raises:
            NotFound: absent, out of reach, or past its day.
        """
        require(actor, "people.read")
        with self._store.write() as tx:
            clip, person = self._clip(tx, actor, clip_id)
            recording = self.opened(clip, person)
            audit.record(tx, actor, "voice.play", "voice", clip.id, at=self._store.now(),
                         detail={"person": person.id})  # fmt: skip
        return recording

    def link(
        self, actor: Actor, clip_id: str, audience: Audience, days: int, answers: int
    ) -> tuple[str, str]:
        """A link to listen to one clip: the person it is of and the token, shown once.

        Raises:
            RecordInvalid: audience, days or number of answers out of range.
        """
        require(actor, "people.write")
        if audience not in AUDIENCES:
            raise RecordInvalid(path="audience", reason="choose")
        for path, value, most in (
            ("days", days, LINK_DAYS_MOST),
            ("answers", answers, ANSWERS_MOST),
        ):
            if not 1 <= value <= most:
                raise RecordInvalid(path=path, reason="range", most=most)
        token, now = secrets.token_urlsafe(32), self._store.now()
        with self._store.write() as tx:
            clip, person = self._clip(tx, actor, clip_id)
            if clip.wrapped is None:
                raise NotFound
            values = {
                "id": new_id(),
                "clip_id": clip.id,
                "token_digest": digest_of(token),
                "audience": audience,
                "answers_most": answers,
                "created_by": actor.account_id,
                "created_at": now,
                "expires_at": min(now + timedelta(days=days), clip.expires_at),
            }
            voices.insert_link(tx, values)
            detail: audit.Detail = {"audience": audience, "answers": answers, "days": days}
            audit.record(tx, actor, "voice.link", "voice", clip.id, at=now, detail=detail)
        return person.id, token

    def end_link(self, actor: Actor, clip_id: str, link_id: str) -> str:
        """End a link at once; gives the person. Raises `NotFound` when it is none of this clip."""
        require(actor, "people.write")
        now = self._store.now()
        with self._store.write() as tx:
            clip, person = self._clip(tx, actor, clip_id)
            if not voices.revoke(tx, clip.id, link_id, now):
                raise NotFound
            audit.record(tx, actor, "voice.link_end", "voice", clip.id, at=now)
        return person.id

    def discard(self, actor: Actor, clip_id: str) -> str:
        """Destroy a recording now; gives the person. What listeners wrote stays."""
        require(actor, "people.write")
        with self._store.write() as tx:
            clip, person = self._clip(tx, actor, clip_id)
            voices.destroy(tx, [clip.id])
            audit.record(tx, actor, "voice.discard", "voice", clip.id, at=self._store.now())
        self._files.remove(clip.id)
        return person.id

    def tidy(self) -> int:
        """Destroy clips past their day and remove files without one; gives how many."""
        with self._store.write() as tx:
            now = self._store.now()
            gone = voices.expired(tx, now, _BATCH)
            voices.destroy(tx, gone)
            for clip_id in gone:
                audit.record(tx, None, "voice.expire", "voice", clip_id, at=now)
        left = list(self._files.left_alone(_ORPHAN_MINUTES))
        with self._store.read() as tx:
            living = voices.living(tx, left)
        ended = {*gone, *(clip_id for clip_id in left if clip_id not in living)}
        for clip_id in ended:
            self._files.remove(clip_id)
        return len(ended)

    def opened(self, clip: voices.ClipRow, person: people.PersonRow) -> Recording:
        """The clip's bytes, for a caller that has passed its own gate and records the access."""
        if clip.wrapped is None or clip.expires_at <= self._store.now():
            raise NotFound
        vault = self._store.vault
        own = person_key(vault, person.id, person.wrapped)
        key = vault.open(own, clip.wrapped, "voice", clip.id)
        data = vault.open(key, self._files.read(clip.id, "clip"), "clip", clip.id)
        return Recording(data, MEDIA_TYPES[clip.format])

    def _person(self, tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
        return within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)

    def _clip(self, tx: Tx, actor: Actor, clip_id: str) -> tuple[voices.ClipRow, people.PersonRow]:
        clip = voices.clip(tx, clip_id) if is_id(clip_id) else None
        if clip is None:
            raise NotFound
        return clip, self._person(tx, actor, clip.person_id)

    def _clip_info(
        self,
        clip: voices.ClipRow,
        links: Sequence[voices.LinkRow],
        answers: Sequence[voices.AnswerRow],
        own: bytes,
    ) -> ClipInfo:
        now = self._store.now()
        playable = clip.wrapped is not None and clip.expires_at > now
        return ClipInfo(
            id=clip.id,
            format=clip.format,
            size=clip.size,
            created_at=clip.created_at,
            expires_at=clip.expires_at,
            playable=playable,
            links=tuple(
                LinkInfo(
                    link.id,
                    link.audience,
                    link.answers,
                    link.answers_most,
                    link.expires_at,
                    playable and takes_answers(link, now),
                )
                for link in links
                if link.clip_id == clip.id
            ),
            answers=tuple(self._answer(row, own) for row in answers if row.clip_id == clip.id),
        )

    def _answer(self, row: voices.AnswerRow, own: bytes) -> AnswerInfo:
        said = json.loads(self._store.vault.open(own, row.sealed, "listening", row.id))
        return AnswerInfo(at=row.created_at, audience=row.audience, **said)


def takes_answers(link: voices.LinkRow, now: datetime) -> bool:
    """Whether a link is neither ended, nor past its day, nor used up."""
    return link.revoked_at is None and link.expires_at > now and link.answers < link.answers_most
