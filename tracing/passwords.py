"""Passwords that may be set, and the one form of a login."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from tracing.access import rules
from tracing.errors import PasswordWeak


def normal_login(login: str) -> str:
    """The one form of a login: NFKC, without spaces around, small letters, at most 64."""
    readable = login.encode("utf-8", "replace").decode().replace("\x00", "")
    return unicodedata.normalize("NFKC", readable).strip().lower()[:64]


def password_bytes(password: str) -> bytes:
    """What is hashed: UTF-8, cut where no password may reach."""
    return password[: rules().sign_in.password_longest].encode("utf-8", "surrogatepass")


def require_strong(password: str) -> None:
    """Raise `PasswordWeak` when it is short, long, a run, a repeat, or guessed first."""
    own = rules()
    shortest, longest = own.sign_in.password_shortest, own.sign_in.password_longest
    if not shortest <= len(password) <= longest:
        raise PasswordWeak(reason="length", shortest=shortest)
    folded = password.lower()
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    if len(set(folded)) < 4 or len(steps) == 1 or folded in own.common_passwords:
        raise PasswordWeak(reason="common", shortest=shortest)
