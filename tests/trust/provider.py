"""A small OpenID provider on this machine: it signs what it is told to, and knows PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT, SECRET = "xunqin", "a secret of this test"


@dataclass
class Provider:
    """Who is signed in there, what it says of them, and the codes it gave."""

    issuer: str
    subject: str = "zhou-min"
    methods: tuple[str, ...] = ("pwd",)
    amiss: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "ES256"
    gone: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> dict[str, str]:
        """What the browser brings back from that address."""
        parts = urlsplit(address)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code, once; None for whatever is not right."""
        asked = self.codes.pop(form.get("code", ""), None)
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or authorization != f"Basic {right}"
            or form["redirect_uri"] != asked["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "iat": now,
                  "exp": now + 300, "nonce": asked["nonce"], "amr": list(self.methods),
                  **self.amiss}  # fmt: skip
        key = OctKey.import_key(SECRET) if self.algorithm == "HS256" else self.key
        header = {"alg": self.algorithm, "kid": self.key.kid}
        signed = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return {"id_token": signed, "access_token": "x", "token_type": "Bearer"}


@contextmanager
def standing() -> Iterator[Provider]:
    """The provider, answering on a port of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            doors = {
                "/.well-known/openid-configuration": provider.described(),
                "/keys": {"keys": [provider.key.as_dict(private=False)]},
            }
            self.answer(doors.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            self.answer(provider.token(form, self.headers.get("Authorization", "")))

        def answer(self, found: dict[str, Any] | None) -> None:
            body = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(503 if provider.gone else 400 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
