"""Tokens of machines: OAuth client credentials of an issuer that the operator has named.

A token is a signed JWT (RFC 7519, RFC 9068). It is held against the issuer's public keys, its
issuer, audience and times; what the machine may do stands here, on its key's row, not in the token.
"""

from __future__ import annotations

import importlib.util
import json
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2

from tracing.errors import TracingError
from tracing.settings import Settings

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
LEEWAY_SECONDS = 60
LIVES_AT_MOST = 24 * 3600
"""Seconds; a token that lives longer is a password."""
TOKEN_LONGEST = 8_000
FETCH_SECONDS = 5.0
FETCH_AGAIN_SECONDS = 60.0
KEYS_BYTES = 1_000_000
_SPOILED = (ValueError, TypeError, KeyError, OverflowError)


class TokensUnusable(TracingError):
    """Tokens are switched on and cannot be checked: install xunqin[oidc] and name the keys."""

    code = "tokens_unusable"
    status = 503


class MachineTokens:
    """Checks tokens of one issuer; safe to share between threads."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._file = settings.token_keys_file
        self._url = settings.token_keys_url
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether an issuer is named."""
        return bool(self._issuer)

    def client_of(self, token: str) -> str | None:
        """The client that a token was given to; None for a token that proves nothing.

        Raises:
            TokensUnusable: the library or the issuer's keys are missing.
        """
        if not self.on or len(token) > TOKEN_LONGEST:
            return None
        if importlib.util.find_spec("joserfc") is None:
            raise TokensUnusable
        from joserfc import jwt  # noqa: PLC0415  # an extra: only where tokens are in use
        from joserfc.errors import JoseError  # noqa: PLC0415

        for fresh in (False, True):  # the issuer may have changed its keys meanwhile
            try:
                opened = jwt.decode(token, self._key_set(fresh=fresh), algorithms=list(ALGORITHMS))
                claims = dict(opened.claims)
                self._registry().validate(claims)
                return self._client(claims)
            except (JoseError, *_SPOILED):
                continue
        return None

    def _registry(self) -> Any:
        from joserfc.jwt import JWTClaimsRegistry  # noqa: PLC0415

        return JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
        )

    def _client(self, claims: dict[str, Any]) -> str | None:
        """`client_id` as RFC 9068 has it, else `azp` as Keycloak; none for a long-lived token."""
        if int(claims["exp"]) - int(claims.get("iat", self._clock())) > LIVES_AT_MOST:
            return None
        found = claims.get("client_id") or claims.get("azp")
        return found if isinstance(found, str) else None

    def _key_set(self, *, fresh: bool) -> KeySet:
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        with self._lock:
            asked_lately = self._clock() - self._fetched < FETCH_AGAIN_SECONDS
            if not asked_lately and (fresh or self._keys is None):
                self._fetched = self._clock()
                with suppress(OSError, *_SPOILED, httpx2.HTTPError, JoseError):
                    self._keys = KeySet.import_key_set(self._read())
            if self._keys is None:
                raise TokensUnusable
            return self._keys

    def _read(self) -> Any:
        """The JWKS of the file, or of the address; no redirects, no more than a megabyte."""
        if self._file is not None:
            return json.loads(self._file.read_bytes())
        if not self._url:
            raise ValueError
        with (
            httpx2.Client(
                verify=ssl.create_default_context(), trust_env=False, timeout=FETCH_SECONDS
            ) as client,
            client.stream("GET", self._url) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > KEYS_BYTES:
                    raise ValueError
        return json.loads(body)
