"""Statements about cohorts of faces: who is in them, and the cohort means of prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import FaceCohort, FaceCohortMember, FacePrint, Person


@dataclass(frozen=True, slots=True)
class StoredCohort:
    """A cohort as drawn: `templates` is how many people it was drawn from."""

    version: int
    templates: int
    people: frozenset[str] = field(repr=False)


def newest(tx: Tx, model: str) -> StoredCohort | None:
    """The cohort of that model drawn last."""
    statement = (
        select(FaceCohort.version, FaceCohort.templates)
        .where(FaceCohort.model == model)
        .order_by(FaceCohort.version.desc())
    )
    row = tx.run(statement.limit(1)).first()
    if row is None:
        return None
    people = select(FaceCohortMember.person_id).where(FaceCohortMember.version == row.version)
    return StoredCohort(row.version, row.templates, frozenset(tx.run(people).scalars()))


def put(
    tx: Tx, model: str, after: int, templates: int, people: Sequence[str], at: datetime
) -> int | None:
    """Keep a new draw in place of version `after` (0: none); gives its version.

    None, and nothing is written, when another process has kept a later one meanwhile.
    """
    tx.alone()
    last = tx.connection.scalar(
        select(func.max(FaceCohort.version)).where(FaceCohort.model == model)
    )
    if (last or 0) != after:
        return None
    version = 1 + int(tx.connection.scalar(select(func.max(FaceCohort.version))) or 0)
    if after:
        tx.run(delete(FaceCohortMember).where(FaceCohortMember.version == after))
        tx.run(delete(FaceCohort).where(FaceCohort.version == after))
    values = {"version": version, "model": model, "templates": templates, "drawn_at": at}
    tx.run(insert(FaceCohort).values(values))
    tx.insert(insert(FaceCohortMember), [{"version": version, "person_id": one} for one in people])
    return version


def put_means(tx: Tx, model: str, version: int, means: Mapping[str, float], seq: int) -> None:
    """Cohort means by person, for all their prints of the model, unless changed after `seq`."""
    unchanged = select(Person.id).where(Person.id == bindparam("who"), Person.seq <= seq)
    statement = (
        update(FacePrint)
        .where(
            FacePrint.person_id == bindparam("who"),
            FacePrint.model == model,
            FacePrint.person_id.in_(unchanged),
        )
        .values(cohort_version=version, cohort_mean=bindparam("mean"))
    )
    rows: list[dict[str, Any]] = [{"who": who, "mean": mean} for who, mean in means.items()]
    if rows:
        tx.connection.execute(statement, rows)


def clear_means(tx: Tx, person_id: str) -> None:
    """The person's prints are no longer those that the means were taken of."""
    tx.run(
        update(FacePrint)
        .where(FacePrint.person_id == person_id)
        .values(cohort_version=None, cohort_mean=None)
    )
