"""Statements about confirmed pairs of what was heard and what it was; they come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from tracing.store.database import Tx
from tracing.store.tables import HearingPair, Person, PersonKey, Station


@dataclass(frozen=True, slots=True)
class PairRow:
    """A sealed pair with the wrapped key of its person."""

    id: str
    person_id: str
    sealed: bytes
    wrapped: bytes


def insert_pair(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more pair."""
    tx.insert(insert(HearingPair), [values])


def below(tx: Tx, station_path: str) -> Sequence[PairRow]:
    """Pairs of people at the station at that path and below it, in order of confirmation."""
    statement = (
        select(HearingPair.id, HearingPair.person_id, HearingPair.sealed, PersonKey.wrapped)
        .join(Person, Person.id == HearingPair.person_id)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .join(Station, Station.id == Person.station_id)
        .where(Station.path.startswith(station_path, autoescape=True))
        .where(PersonKey.wrapped.is_not(None))
        .order_by(HearingPair.id)
    )
    return [PairRow(*row) for row in tx.run(statement)]


def forget(tx: Tx, person_id: str) -> None:
    """Delete the pairs of an erased person."""
    tx.run(delete(HearingPair).where(HearingPair.person_id == person_id))


def forget_pairs(tx: Tx, pair_ids: Sequence[str]) -> None:
    """Delete pairs that were learnt from a confirmation which no longer holds."""
    tx.run(delete(HearingPair).where(HearingPair.id.in_(pair_ids)))
