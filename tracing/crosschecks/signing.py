"""Signatures of what goes to other installations: Ed25519 (RFC 8032), checked without a network."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tracing.errors import RecordInvalid
from tracing.sealing import Vault

KEY_BYTES = 32


def canonical(doc: Mapping[str, Any]) -> bytes:
    """JSON that is the same for the same content: sorted keys, no spaces, UTF-8."""
    return json.dumps(doc, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def document(data: bytes) -> dict[str, Any]:
    """An object of JSON that can be written again, as half a surrogate pair cannot.

    Raises `ValueError` for anything else.
    """
    try:
        found = json.loads(data.decode("utf-8"))
        canonical(found)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def sign(vault: Vault, what: str, text: bytes) -> str:
    """The installation's signature of `text`; `what` keeps one kind of file from being another."""
    return as_text(vault.sign(_said(what, text)))


def is_signed(key: bytes, what: str, text: bytes, signature: str) -> bool:
    """Whether the holder of that public key signed it as that."""
    try:
        signed = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signed, _said(what, text))
    except (InvalidSignature, ValueError):
        return False
    return True


def as_text(data: bytes) -> str:
    """Bytes in Base64 (RFC 4648)."""
    return base64.b64encode(data).decode("ascii")


def public_key(text: object) -> bytes:
    """A public key written in Base64; raises `RecordInvalid` for anything else."""
    try:
        key = base64.b64decode(str(text).strip(), validate=True)
        Ed25519PublicKey.from_public_bytes(key)
    except (ValueError, binascii.Error):
        raise RecordInvalid(path="key", reason="not_a_key") from None
    return key


def fingerprint(key: bytes) -> str:
    """What two people read to each other on the telephone: eight groups of four hex digits."""
    digest = hashlib.sha256(key).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def _said(what: str, text: bytes) -> bytes:
    return f"xunqin {what}\n".encode() + text
