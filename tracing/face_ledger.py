"""人像使用台账: each search that compared a face, with purpose, result and who answered for it.

The entries are read from the searches themselves, so that nothing has to be written twice and
nothing can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tracing import audit, search_keeping
from tracing.access import Actor, require
from tracing.records import PersonRecord
from tracing.store import Store, Tx, accounts, reviews, searches, stations
from tracing.store import cases as case_rows
from tracing.store import verifications as verification_rows
from tracing.verification_rules import OPEN_STATES

ENTRIES_MOST = 2000


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One use of faces: when, what for, about whom, with which result, by whom, approved by whom.

    record: None once the person is erased. shown: how many candidates. outcome: `review` while an
    urgent search waits, else the state of the verification that followed (None: none did).
    """

    search_id: str
    at: datetime
    station_name: str
    purpose: str
    legal_basis: str
    reason: str = field(repr=False)
    record: PersonRecord | None = field(repr=False)
    case_number: str | None
    faces: int
    shown: int
    outcome: str | None
    operator: str
    approvers: tuple[str, ...]


class FaceLedger:
    """The ledger of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(
        self, actor: Actor, since: datetime, until: datetime, limit: int = ENTRIES_MOST
    ) -> tuple[LedgerEntry, ...]:
        """Uses of faces at the actor's stations in that time, newest first; recorded."""
        require(actor, "faces.ledger")
        limit = max(1, min(limit, ENTRIES_MOST))
        with self._store.read() as tx:
            found = searches.with_faces(tx, actor.station_path, since, until, limit)
            out = tuple(self._entry(tx, row) for row in found)
        with self._store.write() as tx:
            audit.record(tx, actor, "faces.ledger", "search", None, at=self._store.now(),
                         detail={"entries": len(out)})  # fmt: skip
        return out

    def _entry(self, tx: Tx, row: searches.SearchRow) -> LedgerEntry:
        case = case_rows.find(tx, row.case_id) if row.case_id else None
        station = stations.find(tx, row.station_id)
        record, reason = self._said(row)
        outcome, approvers = _approved(tx, row)
        return LedgerEntry(
            search_id=row.id,
            at=row.at,
            station_name=station.name if station else "",
            purpose=row.purpose,
            legal_basis=row.legal_basis,
            reason=reason,
            record=record,
            case_number=case.number if case else None,
            faces=row.faces,
            shown=len(searches.candidates(tx, row.id)),
            outcome=outcome,
            operator=_name(tx, row.account_id),
            approvers=approvers,
        )

    def _said(self, row: searches.SearchRow) -> tuple[PersonRecord | None, str]:
        if row.probe_person_id is not None and row.probe_wrapped is None:
            return None, ""
        vault = self._store.vault
        key = search_keeping.search_key(vault, row)
        record: PersonRecord = search_keeping.head(vault, key, row)["probe"][0]
        return record, search_keeping.reason(vault, key, row)


def _approved(tx: Tx, row: searches.SearchRow) -> tuple[str | None, tuple[str, ...]]:
    """What followed a search, and who answered for it beside the operator.

    While a verification is open nothing tells who has answered: its second examiner is blind.
    """
    review = reviews.find(tx, row.id)
    outcome = "review" if review and review.reviewed_at is None else None
    ids = [review.reviewed_by] if review and review.reviewed_by else []
    followed = _followed(tx, row)
    if followed:
        latest = followed[-1]
        outcome = "open" if latest.state in OPEN_STATES else latest.state
        if latest.state not in OPEN_STATES:
            given = verification_rows.answers(tx, [latest.id])
            ids += [
                a.account_id
                for a in given
                if a.round == latest.round and a.place in ("first", "second", "approval")
            ]
    names = dict.fromkeys(_name(tx, one) for one in ids if one != row.account_id)
    return outcome, tuple(name for name in names if name)


def _followed(tx: Tx, row: searches.SearchRow) -> Sequence[verification_rows.VerificationRow]:
    if row.probe_person_id is None:
        return ()
    found = verification_rows.of_person(tx, row.probe_person_id)
    return [v for v in found if v.search_id == row.id]


def _name(tx: Tx, account_id: str | None) -> str:
    account = accounts.find(tx, account_id) if account_id else None
    return account.display_name if account else ""
