"""Who is told of events in other systems, and what is still to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code, Id, Sealed


class WebhookEndpoint(Base):
    """An address that is told; address and signing secret are sealed."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[Id]
    station_id: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    kinds: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[Sealed]
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One message for one address; its id goes along with every attempt."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_state_next_at", "state", "next_at"),)

    id: Mapped[Id]
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoint.id"), index=True)
    kind: Mapped[Code]
    subject_id: Mapped[str] = mapped_column(String(24))
    href: Mapped[str] = mapped_column(String(200))
    occurred_at: Mapped[datetime]
    state: Mapped[Code]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    fault: Mapped[Code | None]
