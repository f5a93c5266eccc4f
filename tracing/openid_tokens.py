"""ID tokens of an OpenID provider, verified (OpenID Connect Core 1.0, 3.1.3.7).

Signature, issuer, audience, authorised party, times, nonce and the hash of the access token are
checked by `authlib` and `joserfc`, which come with the extra `oidc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracing.errors import OpenidRefused

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Signatures with a key pair only: a shared secret would let every reader of it sign."""
LEEWAY_SECONDS = 60
SUBJECT_LONGEST = 255


class KeyUnknown(Exception):
    """The token was signed with a key that is not in the set: the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is, and by which methods (`amr`, RFC 8176) it knows."""

    subject: str
    methods: frozenset[str]

    def __repr__(self) -> str:
        return "Identity()"


def verified(
    token: str,
    keys: Mapping[str, Any],
    *,
    issuer: str,
    audience: str,
    nonce: str,
    now: datetime,
    access_token: str | None = None,
) -> Identity:
    """Whom a token names; `keys` is the provider's JWK set (RFC 7517).

    Raises:
        KeyUnknown: signed with a key that is not in the set.
        OpenidRefused: anything about the token is not as it has to be.
    """
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415  comes with the extra
    from joserfc import errors, jwt  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    given: Any = dict(keys)
    try:
        opened = jwt.decode(token, KeySet.import_key_set(given), algorithms=list(ALGORITHMS))
        wanted = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": audience},
        }
        known = {"nonce": nonce, "client_id": audience, "access_token": access_token}
        claims = CodeIDToken(opened.claims, opened.header, wanted, known)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except errors.InvalidKeyIdError as error:
        raise KeyUnknown from error
    except (errors.JoseError, ValueError, TypeError, KeyError) as error:
        raise OpenidRefused(reason="token") from error
    subject, methods = claims["sub"], claims.get("amr") or []
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LONGEST:
        raise OpenidRefused(reason="token")
    return Identity(subject, frozenset(m for m in methods if isinstance(m, str)))
