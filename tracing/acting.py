"""Accounts become actors: what the role, or a key's part of it, may do."""

from __future__ import annotations

import hashlib
from typing import Literal

from tracing.access import Actor, rules
from tracing.errors import NotFound, NotPermitted
from tracing.passwords import normal_login
from tracing.store import Tx
from tracing.store import accounts as rows


def system_actor(account: rows.AccountRow) -> Actor:
    """The account acting through a command or the demo on this machine."""
    return acting(account, "system")


def acting(
    account: rows.AccountRow,
    via: Literal["session", "key", "system", "link"],
    scopes: frozenset[str] | None = None,
    key: rows.KeyRow | None = None,
) -> Actor:
    of_role = rules().roles.get(account.role, frozenset())
    return Actor(
        account_id=account.id,
        login=account.login,
        display_name=account.display_name,
        role=account.role,
        station_id=account.station_id,
        station_code=account.station_code,
        station_name=account.station_name,
        station_path=account.station_path,
        scopes=of_role if scopes is None else scopes & of_role,
        via=via,
        key=key.prefix if key else None,
        purpose=key.purpose if key else None,
        legal_basis=key.legal_basis if key else None,
    )


def within_reach(tx: Tx, actor: Actor, login: str) -> rows.AccountRow:
    """The account with that login; raises `NotFound` unless its station is within reach."""
    account = rows.by_login(tx, normal_login(login))
    if account is None or not actor.reaches(account.station_path):
        raise NotFound
    return account


def require_separation(tx: Tx, actor: Actor, role: str) -> None:
    """Raise `NotPermitted` where the appointment of that role belongs to another administrator.

    As long as there is no security administrator, whoever manages accounts appoints everybody.
    """
    guarded = role in rules().guarded_roles
    if actor.role == "security_administrator":
        if not guarded:
            raise NotPermitted(reason="separation")
    elif guarded and rows.with_role(tx, "security_administrator"):
        raise NotPermitted(reason="separation")


def digest_of(token: str) -> bytes:
    """What is stored of a token: its SHA-256; tokens are random and long, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
