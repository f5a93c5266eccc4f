"""Talking to the configured OpenID provider: what it offers, its keys, and a code for a token.

The only addresses asked are the configured issuer's and those that it names; all must be HTTPS,
or on this machine as the issuer is. No redirect is followed, and no answer is read without end.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from tracing.errors import OpenidRefused, OpenidUnusable
from tracing.openid_tokens import Identity, KeyUnknown, verified
from tracing.settings import Settings

BACK = "/sign-in/openid/back"
_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 10.0
_BYTES_MOST = 500_000
_KEPT_SECONDS = 3600.0
_KEYS_AGAIN_SECONDS = 60.0
_AWAY_SECONDS = 10.0
"""A provider that did not answer is not asked again for so long: waiting for it takes threads."""
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_AUTHENTICATION = ("client_secret_basic", "client_secret_post")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Provider:
    """One provider; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Asks nothing yet.

        Raises:
            OpenidUnusable: the extra `oidc` is not installed, or a setting is missing or unsafe.
        """
        if find_spec("authlib") is None:
            raise OpenidUnusable(reason="openid_extra")
        if not settings.openid_client_id or not settings.public_address:
            raise OpenidUnusable(reason="openid_settings")
        self.issuer = settings.openid_issuer
        self._client_id = settings.openid_client_id
        secret = settings.openid_client_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._back = settings.public_address.rstrip("/") + BACK
        self._here = _on_this_machine(self.issuer)
        self._require_safe(self.issuer)
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._lock = threading.Lock()
        self._offer: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None
        self._away_until = 0.0

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser (RFC 6749, 4.1.1; PKCE with S256, RFC 7636)."""
        from authlib.oauth2.client import OAuth2Client  # noqa: PLC0415  comes with the extra

        client = OAuth2Client(
            None, self._client_id, scope="openid", redirect_uri=self._back,
            code_challenge_method="S256",
        )  # fmt: skip
        address, _ = client.create_authorization_url(
            self._offers()["authorization_endpoint"],
            state=state,
            code_verifier=verifier,
            nonce=nonce,
        )
        return str(address)

    def identity(self, code: str, nonce: str, verifier: str, now: datetime) -> Identity:
        """Whom a code stands for; the provider gives a code's token once.

        Raises:
            OpenidRefused: the provider does not take the code, or its token is not as it has to be.
            OpenidUnusable: it does not answer as a provider does.
        """
        given = self._token(code, verifier)
        token, access = given.get("id_token"), given.get("access_token")
        if not isinstance(token, str):
            raise OpenidRefused(reason="token")
        proof = partial(
            verified,
            token,
            issuer=self.issuer,
            audience=self._client_id,
            nonce=nonce,
            now=now,
            access_token=access if isinstance(access, str) else None,
        )
        try:
            return proof(self._key_set(_KEPT_SECONDS))
        except KeyUnknown:
            try:
                return proof(self._key_set(_KEYS_AGAIN_SECONDS))
            except KeyUnknown:
                raise OpenidRefused(reason="token") from None

    def _token(self, code: str, verifier: str) -> Mapping[str, Any]:
        from authlib.oauth2.auth import ClientAuth  # noqa: PLC0415  comes with the extra
        from authlib.oauth2.rfc6749.parameters import prepare_token_request  # noqa: PLC0415

        offers = self._offers()
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self._back, code_verifier=verifier
        )
        taken = offers.get("token_endpoint_auth_methods_supported") or _AUTHENTICATION[:1]
        method = next((m for m in _AUTHENTICATION if m in taken), _AUTHENTICATION[0])
        auth = ClientAuth(self._client_id, self._secret, method if self._secret else "none")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address, headers, body = auth.prepare("POST", offers["token_endpoint"], headers, body)
        return self._asked(address, body.encode(), headers)

    def _offers(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), kept for an hour."""
        with self._lock:
            if self._offer is None or self._offer[0] + _KEPT_SECONDS < time.monotonic():
                found = self._asked(self.issuer.rstrip("/") + _DISCOVERY)
                if found.get("issuer") != self.issuer:
                    raise OpenidUnusable(reason="openid_issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    self._require_safe(found.get(name))
                self._offer = (time.monotonic(), found)
            return self._offer[1]

    def _key_set(self, kept: float) -> Mapping[str, Any]:
        address = self._offers()["jwks_uri"]
        with self._lock:
            if self._keys is None or self._keys[0] + kept < time.monotonic():
                self._keys = (time.monotonic(), self._asked(address))
            return self._keys[1]

    def _require_safe(self, address: object) -> None:
        if isinstance(address, str):
            parts = urlsplit(address)
            safe = parts.scheme == "https" or (self._here and _on_this_machine(address))
            if safe and parts.hostname and not parts.username:
                return
        raise OpenidUnusable(reason="openid_address")

    def _asked(
        self, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The JSON object at an address that was found safe before."""
        if time.monotonic() < self._away_until:
            raise OpenidUnusable(reason="openid_answer")
        request = urllib.request.Request(  # noqa: S310  `_require_safe` has seen it
            address, body, {"Accept": "application/json", **(headers or {})}
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                found = json.loads(answer.read(_BYTES_MOST))
        except urllib.error.HTTPError as error:
            error.close()
            if body is not None and error.code in (400, 401):
                raise OpenidRefused(reason="code") from None
            raise OpenidUnusable(reason="openid_answer") from None
        except OSError:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            raise OpenidUnusable(reason="openid_answer") from None
        except (ValueError, RecursionError):
            raise OpenidUnusable(reason="openid_answer") from None
        if not isinstance(found, dict):
            raise OpenidUnusable(reason="openid_answer")
        return found


def _on_this_machine(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK
