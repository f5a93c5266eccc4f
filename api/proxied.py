"""The proxy in front: who it is, whose address it tells, which client certificate it has checked.

What a proxy says is believed only when the connection itself comes from an address that the
operator named. Anybody else may send the same headers and is not heard.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tracing.webhook_addresses import Network, networks

BEHIND = "xunqin.behind_proxy"
CERTIFICATE_LONGEST = 16_000
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


class Proxied:
    """Notes whether the connection comes from a trusted proxy, then reads what that one says."""

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        self._plain = app
        self._nets: tuple[Network, ...] = networks(trusted)
        self._believing = ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the address that a trusted proxy tells."""
        behind = self._trusts((scope.get("client") or ("", 0))[0])
        scope[BEHIND] = behind
        inner = self._believing if behind else self._plain
        await inner(scope, receive, send)  # type: ignore[arg-type]

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address.version == net.version and address in net for net in self._nets)


def certificate_of(scope: Scope, header: str) -> str | None:
    """SHA-256, in hex, of the client certificate that a trusted proxy hands over.

    The header holds the certificate as nginx gives it (PEM, percent-encoded) or as Caddy and
    RFC 9440 do (DER in base64, colons around it or not). None: no such setting, not from a trusted
    proxy, no certificate, or a header that stands there twice.
    """
    if not header or not scope.get(BEHIND, False):
        return None
    name = header.lower().encode("latin-1")
    given = [value for key, value in scope["headers"] if key == name]
    if len(given) != 1 or not given[0] or len(given[0]) > CERTIFICATE_LONGEST:
        return None
    plain = unquote_to_bytes(given[0])
    inside = _PEM.search(plain)
    text = inside.group(1) if inside else given[0].strip(b": ")
    try:
        der = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(der).hexdigest() if der else None
