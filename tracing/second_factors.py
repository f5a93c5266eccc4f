"""The second factor at sign-in: codes that change every half minute (TOTP, RFC 6238).

The secret and the digests of ten recovery codes lie sealed under the desk key. A code works once:
the time step of the newest one used is kept. A recovery code works once and is gone.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tracing import audit
from tracing.access import Actor, require
from tracing.acting import digest_of, require_separation, within_reach
from tracing.errors import CodeWrong
from tracing.store import Store, Tx
from tracing.store import second_factors as rows

STEP_SECONDS = 30
DIGITS = 6
_SECRET_BYTES = 20
_RECOVERY_CODES = 10
_STEPS_APART = 1


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A fresh secret in base32 and as the address that an authenticator reads from a QR code."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "Enrolment()"


class SecondFactors:
    """Second factors of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, actor: Actor) -> Enrolment:
        """A new secret for oneself; it counts once a code of it was given.

        Raises:
            CodeWrong: one is in force already; end it first.
        """
        secret, now = os.urandom(_SECRET_BYTES), self._store.now()
        with self._store.write() as tx:
            row = rows.find(tx, actor.account_id, hold=True)
            if row is not None and row.confirmed_at is not None:
                raise CodeWrong
            rows.put(tx, actor.account_id, self._sealed(actor.account_id, secret, ()), now)
        text = base64.b32encode(secret).decode("ascii")
        query = urlencode({"secret": text, "issuer": "xunqin", "digits": DIGITS,
                           "period": STEP_SECONDS})  # fmt: skip
        return Enrolment(text, f"otpauth://totp/xunqin:{quote(actor.login)}?{query}")

    def confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        """Put the new secret in force with a code of it; the recovery codes, shown this once.

        Raises:
            CodeWrong: not the code of now, or nothing was begun.
        """
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.find(tx, actor.account_id, hold=True)
            if row is None or row.confirmed_at is not None:
                raise CodeWrong
            secret, _ = self._opened(row)
            step = _step_of(secret, code, now, row.last_step)
            if step is None:
                raise CodeWrong
            codes = tuple(secrets.token_hex(5) for _ in range(_RECOVERY_CODES))
            sealed = self._sealed(row.account_id, secret, [digest_of(c).hex() for c in codes])
            values = {"confirmed_at": now, "last_step": step, "sealed": sealed}
            rows.change(tx, row.account_id, values)
            audit.record(tx, actor, "factor.confirm", "account", row.account_id, at=now)
        return codes

    def end(self, actor: Actor, code: str) -> None:
        """Do without one's own second factor from now on; a code proves whose it is."""
        with self._store.write() as tx:
            if not self.use(tx, actor.account_id, code):
                raise CodeWrong
            rows.forget(tx, actor.account_id)
            audit.record(tx, actor, "factor.end", "account", actor.account_id,
                         at=self._store.now())  # fmt: skip

    def reset(self, actor: Actor, login: str) -> None:
        """Take away the second factor of an account within reach: a lost telephone."""
        require(actor, "accounts.manage")
        with self._store.write() as tx:
            account = within_reach(tx, actor, login)
            require_separation(tx, actor, account.role)
            if rows.forget(tx, account.id):
                audit.record(tx, actor, "factor.reset", "account", account.id,
                             at=self._store.now())  # fmt: skip

    def in_force(self, tx: Tx, account_id: str) -> bool:
        """Whether sign-in asks this account for a code."""
        row = rows.find(tx, account_id)
        return row is not None and row.confirmed_at is not None

    def has(self, actor: Actor) -> bool:
        """`in_force` for oneself."""
        with self._store.read() as tx:
            return self.in_force(tx, actor.account_id)

    def use(self, tx: Tx, account_id: str, code: str) -> bool:
        """Use up a code or a recovery code; False when it is neither, or was used before."""
        row = rows.find(tx, account_id, hold=True)
        if row is None or row.confirmed_at is None:
            return False
        secret, kept = self._opened(row)
        step = _step_of(secret, code, self._store.now(), row.last_step)
        if step is not None:
            rows.change(tx, account_id, {"last_step": step})
            return True
        digest = digest_of(code.replace(" ", "").lower()).hex()
        left = [own for own in kept if not hmac.compare_digest(own, digest)]
        if len(left) == len(kept):
            return False
        rows.change(tx, account_id, {"sealed": self._sealed(account_id, secret, left)})
        return True

    def _sealed(
        self, account_id: str, secret: bytes, recovery: tuple[str, ...] | list[str]
    ) -> bytes:
        plain = json.dumps({"secret": secret.hex(), "recovery": list(recovery)}).encode()
        return self._store.vault.seal_desk(plain, "second_factor", account_id)

    def _opened(self, row: rows.FactorRow) -> tuple[bytes, list[str]]:
        opened = self._store.vault.open_desk(row.sealed, "second_factor", row.account_id)
        plain = json.loads(opened)
        return bytes.fromhex(plain["secret"]), list(plain["recovery"])


def _step_of(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The time step whose code this is: now or one beside, later than the last one used."""
    given = code.replace(" ", "")
    if len(given) != DIGITS or not given.isascii() or not given.isdigit():
        return None
    totp = TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # what authenticators speak
    here = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(here - _STEPS_APART, here + _STEPS_APART + 1):
        right = hmac.compare_digest(totp.generate(step * STEP_SECONDS), given.encode())
        if right and step > last_step:
            found = step
    return found
