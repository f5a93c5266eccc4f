"""Who may do what: the actor of a call, and the gate that every deed passes first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tracing.errors import NotFound, NotPermitted


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls: account, role, station, and what this session or key may do.

    `key`, `purpose` and `legal_basis` are those of the key that a machine calls with: its searches
    outside a case serve that purpose and no other.
    """

    account_id: str
    login: str
    display_name: str
    role: str
    station_id: str
    station_code: str
    station_name: str
    scopes: frozenset[str]
    via: Literal["session", "key", "system", "link"]
    station_path: str = "nowhere"
    must_enrol: bool = False
    key: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None

    def may(self, scope: str) -> bool:
        """Whether the scope is among those of this session or key."""
        return scope in self.scopes

    @property
    def outside(self) -> bool:
        """Whether the role is no station's staff; see `access.toml`, section outside."""
        return self.role in rules().outside_roles

    def reaches(self, station_path: str) -> bool:
        """Whether the station at that path is the actor's own or below it, and they are staff."""
        return not self.outside and self.unit_reaches(station_path)

    def unit_reaches(self, station_path: str) -> bool:
        """The same for whoever sits there, staff or not: their own unit's desk."""
        return station_path.startswith(self.station_path)

    def owns(self, station_path: str, account_id: str) -> bool:
        """Whether something made by that account at that station is within reach, or their own."""
        return account_id == self.account_id if self.outside else self.reaches(station_path)


@dataclass(frozen=True, slots=True)
class SignInRules:
    """Numbers of `access.toml`, section sign_in."""

    failures: int
    failures_forgotten_minutes: int
    lock_minutes: int
    link_hours: int
    password_shortest: int
    password_longest: int
    key_days_longest: int


@dataclass(frozen=True, slots=True)
class Rules:
    """`access.toml`, read."""

    scopes: frozenset[str]
    roles: Mapping[str, frozenset[str]]
    first_login: str
    first_role: str
    sign_in: SignInRules
    common_passwords: frozenset[str]
    guarded_roles: frozenset[str]
    outside_roles: frozenset[str]
    outside_days: int
    paces: Mapping[str, str]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The packaged rules; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("access.toml").read_text("utf-8")
    )
    return Rules(
        scopes=frozenset(table["scopes"]),
        roles={role: frozenset(scopes) for role, scopes in table["roles"].items()},
        first_login=table["first_account"]["login"],
        first_role=table["first_account"]["role"],
        sign_in=SignInRules(**table["sign_in"]),
        common_passwords=frozenset(table["passwords"]["common"]),
        guarded_roles=frozenset(table["separation"]["guarded"]),
        outside_roles=frozenset(table["outside"]["roles"]),
        outside_days=int(table["outside"]["days"]),
        paces=dict(table["paces"]),
    )


def require(actor: Actor, scope: str) -> None:
    """Raise `NotPermitted` unless the actor has the scope."""
    if not actor.may(scope):
        raise NotPermitted(scope=scope)


def require_reach(actor: Actor, station_path: str | None) -> None:
    """Raise `NotFound`, as for something absent, unless the station is within reach."""
    if station_path is None or not actor.reaches(station_path):
        raise NotFound
