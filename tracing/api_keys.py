"""API keys: a prefix that is shown, a secret given out once, scopes, an end, a last use."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracing import audit
from tracing.access import Actor, require, require_reach, rules
from tracing.acting import acting, digest_of, within_reach
from tracing.errors import RecordInvalid
from tracing.store import Store
from tracing.store import accounts as rows

_LAST_USE_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key as administrators see it."""

    prefix: str
    login: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked: bool


class ApiKeys:
    """Keys of one installation; part of `Accounts`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def by_key(self, secret: str) -> Actor | None:
        """The actor of a living API key, with the key's scopes that its role still has."""
        prefix, now = _prefix(secret), self._store.now()
        if prefix is None:
            return None
        with self._store.read() as tx:
            key = rows.find_key(tx, prefix)
            account = rows.find(tx, key.account_id) if key else None
        if key is None or account is None or account.disabled_at is not None:
            return None
        if not hmac.compare_digest(key.secret_digest, digest_of(secret)):
            return None
        if key.revoked_at is not None or key.expires_at <= now:
            return None
        if key.last_used_at is None or now - key.last_used_at > _LAST_USE_EVERY:
            with self._store.write() as tx:
                rows.set_key(tx, prefix, {"last_used_at": now})
        return acting(account, "key", frozenset(key.scopes.split()))

    def create_key(
        self, actor: Actor, login: str, scopes: AbstractSet[str], days: int
    ) -> tuple[str, str]:
        """A key for an account within reach: its prefix, and the secret, shown this once.

        Raises:
            RecordInvalid: a scope that the account's role does not have, or too many days.
        """
        require(actor, "keys.manage")
        if not 0 < days <= rules().sign_in.key_days_longest:
            raise RecordInvalid(path="days", reason="out_of_range")
        now, prefix = self._store.now(), f"xq{secrets.token_hex(4)}"
        secret = f"{prefix}_{secrets.token_urlsafe(32)}"
        with self._store.write() as tx:
            account = within_reach(tx, actor, login)
            if not scopes or not scopes <= rules().roles[account.role]:
                raise RecordInvalid(path="scopes", reason="not_of_role")
            values = {
                "prefix": prefix,
                "secret_digest": digest_of(secret),
                "account_id": account.id,
                "scopes": " ".join(sorted(scopes)),
                "created_by": actor.account_id,
                "created_at": now,
                "expires_at": now + timedelta(days=days),
            }
            rows.insert_key(tx, values)
            audit.record(tx, actor, "key.create", "api_key", prefix, at=now,
                         detail={"account": account.id, "scopes": sorted(scopes)})  # fmt: skip
        return prefix, secret

    def keys(self, actor: Actor) -> tuple[KeyInfo, ...]:
        """Keys of the accounts within reach, newest first."""
        require(actor, "keys.manage")
        with self._store.read() as tx:
            return tuple(_key(row) for row in rows.keys_below(tx, actor.station_path))

    def revoke_key(self, actor: Actor, prefix: str) -> None:
        """End a key within reach; at once and for good."""
        require(actor, "keys.manage")
        now = self._store.now()
        with self._store.write() as tx:
            key = rows.find_key(tx, prefix)
            account = rows.find(tx, key.account_id) if key else None
            require_reach(actor, account.station_path if account else None)
            rows.set_key(tx, prefix, {"revoked_at": now})
            audit.record(tx, actor, "key.revoke", "api_key", prefix, at=now)


def _prefix(secret: str) -> str | None:
    prefix, _, rest = secret.partition("_")
    return prefix if prefix.startswith("xq") and len(prefix) == 10 and rest else None


def _key(row: rows.KeyRow) -> KeyInfo:
    return KeyInfo(
        prefix=row.prefix,
        login=row.login,
        scopes=tuple(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked=row.revoked_at is not None,
    )
