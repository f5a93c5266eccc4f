"""家属账号 on the person's file: who may see the record, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass

from api.visit import Visit
from tracing.families import FamilyAccount, family_rules


@dataclass(frozen=True, slots=True)
class StepView:
    """One of the fixed steps; `here` is the one that the station chose."""

    value: str
    here: bool


@dataclass(frozen=True, slots=True)
class FamilyBlock:
    """What the person's file shows of the family's accounts."""

    accounts: tuple[FamilyAccount, ...]
    steps: tuple[StepView, ...]
    room: bool


def steps(step: str | None) -> tuple[StepView, ...]:
    """The fixed steps, in their order."""
    return tuple(StepView(value, value == step) for value in family_rules().steps)


def block(visit: Visit, person_id: str, side: str) -> FamilyBlock | None:
    """For the person's file; None where families have no place on it."""
    if not visit.actor.may("families") or side not in family_rules().sides:
        return None
    families = visit.service.families
    accounts = families.listed(visit.actor, person_id)
    step = families.step(visit.actor, person_id)
    return FamilyBlock(accounts, steps(step), len(accounts) < family_rules().most)
