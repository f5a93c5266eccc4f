"""What was heard: recordings of a voice, links to listen, answers of listeners, confirmed pairs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class HearingPair(Base):
    """What was heard for a name that was confirmed later; sealed under the person's key."""

    __tablename__ = "hearing_pair"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[Sealed]
    created_at: Mapped[datetime]


class Clip(Base):
    """A recording of a person's voice; its key, under the person's key, is NULL once destroyed."""

    __tablename__ = "voice_clip"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    wrapped: Mapped[bytes | None]
    format: Mapped[Code]
    size: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ListeningLink(Base):
    """A link to one clip, for so many answers until then; only a digest of its token is kept."""

    __tablename__ = "listening_link"

    id: Mapped[Id]
    clip_id: Mapped[str] = mapped_column(ForeignKey("voice_clip.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    audience: Mapped[Code]
    answers_most: Mapped[int]
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Listening(Base):
    """One listener's answer, sealed under the person's key; staff answer once for each clip."""

    __tablename__ = "listening"
    __table_args__ = (Index("uq_listening_clip_account", "clip_id", "account_id", unique=True),)

    id: Mapped[Id]
    clip_id: Mapped[str] = mapped_column(ForeignKey("voice_clip.id"))
    link_id: Mapped[str] = mapped_column(ForeignKey("listening_link.id"), index=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[Sealed]
    created_at: Mapped[datetime]
