"""How many people have a face on record, against the number from which one files."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.visit import Entered

router = APIRouter(prefix="/v1", tags=["registers"])


class FaceRecords(BaseModel):
    """The count and its clock."""

    model_config = ConfigDict(extra="forbid")

    people: int = Field(description="people on record who have a face print")
    filing: int = Field(description="people from which on the installation has to be filed")
    share: float
    state: str = Field(description="below, near (from 80 %) or over")
    due_at: datetime | None = Field(description="until when it has to be filed, while that runs")


@router.get("/registers/faces")
def faces(visit: Entered) -> FaceRecords:
    """How many people have a face on record."""
    found = visit.service.registers.faces(visit.actor)
    running = found.clock if found.clock and found.clock.stopped_at is None else None
    return FaceRecords(
        people=found.people,
        filing=found.filing,
        share=found.share,
        state=found.state,
        due_at=running.due_at if running else None,
    )
