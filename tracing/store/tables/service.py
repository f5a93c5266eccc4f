"""What the installation keeps about itself: wrapped service keys, counters, import checkpoints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from tracing.store.tables.base import Base, Code


class ServiceKey(Base):
    """A key of the service, wrapped by the master key; its presence says that data exists."""

    __tablename__ = "service_key"

    purpose: Mapped[Code] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]


class Counter(Base):
    """A number that only grows: the change sequence (SQLite), its base (PostgreSQL), cases."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int]


class Checkpoint(Base):
    """How far an import came; written in the transaction of the rows it counts."""

    __tablename__ = "checkpoint"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int]
    changed_at: Mapped[datetime]
