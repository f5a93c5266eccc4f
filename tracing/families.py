"""家属账号: a family sees how its own enquiry stands, and what it handed in itself. Nothing else.

The station opens an account for one record and says in fixed words how it stands. What is shown is
the record as it was handed in, never what became known since: no candidate, no other person, no
score, and nothing by which a family could tell that somebody was found.
"""

from __future__ import annotations

import json
import secrets
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.accounts import Accounts
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.photos.album import Photos
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.records import PersonRecord
from tracing.store import Store, Tx, people
from tracing.store import families as rows
from tracing.store.ids import is_id

HANDED_IN = ("side", "names", "sex", "birth", "places", "event_at")


@dataclass(frozen=True, slots=True)
class FamilyRules:
    """`families.toml`, read."""

    steps: tuple[str, ...]
    sides: tuple[str, ...]
    most: int
    login_prefix: str
    login_digits: int
    role: str


@dataclass(frozen=True, slots=True)
class FamilyAccount:
    """An account as the station sees it; `used`: a password has been set."""

    login: str
    since: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class OwnCase:
    """What a family sees: the step, since when, and what it handed in with its photos' ids."""

    step: str
    since: datetime
    record: PersonRecord
    photos: tuple[str, ...]
    handed_in: datetime


@lru_cache(maxsize=1)
def family_rules() -> FamilyRules:
    """The packaged rules; the same object every time."""
    text = files("tracing").joinpath("families.toml").read_text("utf-8")
    table: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in tomllib.loads(text).items()
    }
    return FamilyRules(**table)


class Families:
    """Accounts of families, for the station and for the family; each call is one transaction."""

    def __init__(self, store: Store, accounts: Accounts, photos: Photos) -> None:
        self._store = store
        self._accounts = accounts
        self._photos = photos

    def open(self, actor: Actor, person_id: str) -> tuple[str, str]:
        """An account that may see this record: its login, and the token of its one-time link.

        It carries no name: who holds it, the station knows.

        Raises:
            NotFound: absent, out of reach or erased.
            RecordInvalid: not a record that a family handed in.
            Conflict: there are as many accounts as a record may have.
        """
        own, now = family_rules(), self._store.now()
        with self._store.write() as tx:
            person = self._held(tx, actor, person_id)
            if person.side not in own.sides:
                raise RecordInvalid(path="side", reason="fixed")
            before = rows.of_person(tx, person.id)
            if len(before) >= own.most:
                raise Conflict
            number = "".join(secrets.choice("0123456789") for _ in range(own.login_digits))
            login = own.login_prefix + number
            account_id, token = self._accounts.add_for(
                tx, actor, login, own.role, person.station_id
            )
            step = before[0].step if before else own.steps[0]
            values = {"account_id": account_id, "person_id": person.id, "step": step,
                      "stepped_at": before[0].stepped_at if before else now,
                      "created_by": actor.account_id, "created_at": now}  # fmt: skip
            rows.add(tx, values)
            audit.record(tx, actor, "family.open", "person", person.id, at=now,
                         detail={"account": account_id})  # fmt: skip
        return login, token

    def listed(self, actor: Actor, person_id: str) -> tuple[FamilyAccount, ...]:
        """Accounts that may see this record."""
        require(actor, "families")
        with self._store.read() as tx:
            person = self._person(tx, actor, person_id)
            found = rows.of_person(tx, person.id)
        return tuple(FamilyAccount(r.login, r.created_at, r.has_password) for r in found)

    def step(self, actor: Actor, person_id: str) -> str | None:
        """What the families of this record are told; None without an account."""
        require(actor, "families")
        with self._store.read() as tx:
            found = rows.of_person(tx, self._person(tx, actor, person_id).id)
        return found[0].step if found else None

    def say(self, actor: Actor, person_id: str, step: str) -> None:
        """Tell the families of this record how it stands, in words of the list."""
        if step not in family_rules().steps:
            raise RecordInvalid(path="step", reason="unknown_value")
        now = self._store.now()
        with self._store.write() as tx:
            person = self._held(tx, actor, person_id)
            rows.say(tx, person.id, step, now)
            audit.record(tx, actor, "family.say", "person", person.id, at=now,
                         detail={"step": step})  # fmt: skip

    def new_link(self, actor: Actor, person_id: str, login: str) -> str:
        """A new one-time link for an account of this record: a forgotten password."""
        now = self._store.now()
        with self._store.write() as tx:
            row = self._account(tx, actor, person_id, login)
            audit.record(tx, actor, "family.link", "person", row.person_id, at=now,
                         detail={"account": row.account_id})  # fmt: skip
            return self._accounts.link_for(tx, row.account_id)

    def end(self, actor: Actor, person_id: str, login: str) -> None:
        """The account sees nothing any more, and its sessions end."""
        now = self._store.now()
        with self._store.write() as tx:
            row = self._account(tx, actor, person_id, login)
            rows.end(tx, row.account_id, now)
            self._accounts.close_for(tx, row.account_id)
            audit.record(tx, actor, "family.end", "person", row.person_id, at=now,
                         detail={"account": row.account_id})  # fmt: skip

    def own(self, actor: Actor) -> OwnCase | None:
        """How one's own enquiry stands; None once there is nothing to see."""
        require(actor, "own_case")
        now = self._store.now()
        with self._store.write() as tx:
            found = self._own(tx, actor)
            if found is None:
                return None
            row, person = found
            document, before = self._handed_in(tx, person)
            photos = rows.photos_before(tx, person.id, before)
            audit.record(tx, actor, "family.read", "person", person.id, at=now)
        kept = {key: document[key] for key in HANDED_IN if key in document}
        record = PersonRecord.model_validate(kept)
        return OwnCase(row.step, row.stepped_at, record, tuple(photos), person.created_at)

    def picture(self, actor: Actor, photo_id: str) -> bytes:
        """A picture that the family handed in; raises `NotFound` for every other one."""
        require(actor, "own_case")
        with self._store.read() as tx:
            found = self._own(tx, actor)
            if found is None or not is_id(photo_id):
                raise NotFound
            person = found[1]
            _, before = self._handed_in(tx, person)
            if photo_id not in rows.photos_before(tx, person.id, before):
                raise NotFound
        return self._photos.own_picture(actor, photo_id)

    def _handed_in(
        self, tx: Tx, person: people.PersonRow
    ) -> tuple[dict[str, Any], datetime | None]:
        """The first document, and when it was replaced."""
        first = rows.first_version(tx, person.id)
        sealed, before = first if first is not None else (person.document, None)
        vault = self._store.vault
        key = person_key(vault, person.id, person.wrapped)
        document: dict[str, Any] = json.loads(vault.open(key, sealed, "document", person.id, 1))
        return document, before

    def _own(self, tx: Tx, actor: Actor) -> tuple[rows.FamilyRow, people.PersonRow] | None:
        row = rows.of_account(tx, actor.account_id)
        person = people.find(tx, row.person_id) if row else None
        if row is None or person is None or person.erased_at or person.stored_only_at:
            return None
        return row, person

    def _account(self, tx: Tx, actor: Actor, person_id: str, login: str) -> rows.FamilyRow:
        person = self._held(tx, actor, person_id)
        for row in rows.of_person(tx, person.id):
            if row.login == login:
                return row
        raise NotFound

    def _held(self, tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
        require(actor, "families")
        return within_reach(actor, people.hold(tx, person_id) if is_id(person_id) else None)

    def _person(self, tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
        return within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)
