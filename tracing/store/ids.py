"""Ids: 24 letters and digits, growing with time so that indexes grow at one end."""

from __future__ import annotations

import os
import re
import time
from base64 import b32hexencode

LENGTH = 24
_FORM = re.compile(r"[0-9a-v]{24}")


def new_id() -> str:
    """48 bits of milliseconds and 72 random bits in RFC 4648's base32hex, small letters."""
    moment = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    return b32hexencode(moment + os.urandom(9)).decode("ascii").lower()


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id."""
    return _FORM.fullmatch(text) is not None
