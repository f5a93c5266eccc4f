"""Machines that may call: what they may do, for whom and for what, until when, and their proof.

A machine proves itself with a secret given out once, with a client certificate that a proxy has
checked, or with a token of the installation's issuer. Whichever it is, it stands on one row with
scopes, an end, a last use, and a number by which the audit trail names it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracing import audit
from tracing.access import Actor, require, require_reach, rules
from tracing.acting import acting, digest_of, within_reach
from tracing.cases import case_rules
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.store import Store
from tracing.store import accounts as rows

_LAST_USE_EVERY = timedelta(minutes=5)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_CLIENT = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A machine as administrators see it; `proof` is secret, certificate or client."""

    prefix: str
    login: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked: bool
    organisation: str
    purpose: str | None
    legal_basis: str | None
    proof: str


@dataclass(frozen=True, slots=True)
class KeyPaper:
    """What is written down about a new machine, besides scopes and end.

    `certificate`: SHA-256 of its client certificate in hex, colons allowed; `client_id`: its name
    at the issuer of tokens. With one of them the secret that is given out opens nothing.
    """

    organisation: str = ""
    purpose: str = "tracing"
    legal_basis: str = "statutory_duty"
    certificate: str = ""
    client_id: str = ""

    def checked(self) -> dict[str, str | None]:
        """The columns; raises `RecordInvalid` for what is not of a known form."""
        if len(self.organisation) > 200:
            raise RecordInvalid(path="organisation", reason="too_long")
        if self.purpose not in case_rules().purposes:
            raise RecordInvalid(path="purpose", reason="unknown_value")
        if self.legal_basis not in case_rules().legal_bases:
            raise RecordInvalid(path="legal_basis", reason="unknown_value")
        finger = self.certificate.replace(":", "").replace(" ", "").lower()
        if finger and not _FINGERPRINT.fullmatch(finger):
            raise RecordInvalid(path="certificate", reason="fingerprint_form")
        if self.client_id and (finger or not _CLIENT.fullmatch(self.client_id)):
            raise RecordInvalid(path="client_id", reason="one_proof")
        return {
            "organisation": self.organisation or None,
            "purpose": self.purpose,
            "legal_basis": self.legal_basis,
            "certificate": finger or None,
            "client_id": self.client_id or None,
        }


class ApiKeys:
    """Keys of one installation; part of `Accounts`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def by_key(self, secret: str) -> Actor | None:
        """The actor of a living API key, with the key's scopes that its role still has."""
        prefix = _prefix(secret)
        if prefix is None:
            return None
        with self._store.read() as tx:
            key = rows.find_key(tx, prefix)
        if key is None or not hmac.compare_digest(key.secret_digest, digest_of(secret)):
            return None
        return self._let_in(key, "secret")

    def by_certificate(self, fingerprint: str) -> Actor | None:
        """The actor of the machine whose client certificate has this SHA-256, in hex."""
        with self._store.read() as tx:
            key = rows.key_with_certificate(tx, fingerprint)
        return None if key is None else self._let_in(key, "certificate")

    def by_client(self, client_id: str) -> Actor | None:
        """The actor of the machine that the issuer of tokens calls by this name."""
        with self._store.read() as tx:
            key = rows.key_of_client(tx, client_id)
        return None if key is None else self._let_in(key, "client")

    def _let_in(self, key: rows.KeyRow, proof: str) -> Actor | None:
        """The actor of a row whose proof was given; one that has ended leaves its refusal."""
        now = self._store.now()
        with self._store.read() as tx:
            account = rows.find(tx, key.account_id)
        if account is None or proof_of(key) != proof:
            return None
        actor = acting(account, "key", frozenset(key.scopes.split()), key)
        ended = key.revoked_at is not None or account.disabled_at is not None
        if ended or key.expires_at <= now:
            code = "ended" if ended else "expired"
            with self._store.write() as tx:
                audit.record(tx, actor, "key.use", "api_key", key.prefix, at=now,
                             outcome="refused", detail={"code": code})  # fmt: skip
            return None
        if key.last_used_at is None or now - key.last_used_at > _LAST_USE_EVERY:
            with self._store.write() as tx:
                rows.set_key(tx, key.prefix, {"last_used_at": now})
        return actor

    def create_key(
        self,
        actor: Actor,
        login: str,
        scopes: AbstractSet[str],
        days: int,
        paper: KeyPaper | None = None,
    ) -> tuple[str, str]:
        """A key for an account within reach: its prefix, and the secret, shown this once.

        Raises:
            Conflict: the certificate or the client is that of another machine.
            RecordInvalid: a scope that the account's role does not have, too many days, or a
                paper with something unknown in it.
        """
        require(actor, "keys.manage")
        if not 0 < days <= rules().sign_in.key_days_longest:
            raise RecordInvalid(path="days", reason="out_of_range")
        written = (paper or KeyPaper()).checked()
        now, prefix = self._store.now(), f"xq{secrets.token_hex(4)}"
        secret = f"{prefix}_{secrets.token_urlsafe(32)}"
        with self._store.write() as tx:
            account = within_reach(tx, actor, login)
            if not scopes or not scopes <= rules().roles[account.role]:
                raise RecordInvalid(path="scopes", reason="not_of_role")
            if rows.proof_taken(tx, written["certificate"], written["client_id"]):
                raise Conflict(path="certificate" if written["certificate"] else "client_id")
            values = {
                "prefix": prefix,
                "secret_digest": digest_of(secret),
                "account_id": account.id,
                "scopes": " ".join(sorted(scopes)),
                "created_by": actor.account_id,
                "created_at": now,
                "expires_at": now + timedelta(days=days),
                **written,
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

    def key(self, actor: Actor, prefix: str) -> KeyInfo:
        """One key within reach, for whoever reads the trail or keeps keys."""
        if not actor.may("audit.read"):
            require(actor, "keys.manage")
        with self._store.read() as tx:
            row = rows.find_key(tx, prefix)
            account = rows.find(tx, row.account_id) if row else None
        require_reach(actor, account.station_path if account else None)
        if row is None:
            raise NotFound
        return _key(row)

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


def proof_of(row: rows.KeyRow) -> str:
    """How the machine proves itself: secret, certificate or client."""
    return "certificate" if row.certificate else "client" if row.client_id else "secret"


def _key(row: rows.KeyRow) -> KeyInfo:
    return KeyInfo(
        prefix=row.prefix,
        login=row.login,
        scopes=tuple(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked=row.revoked_at is not None,
        organisation=row.organisation or "",
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        proof=proof_of(row),
    )
