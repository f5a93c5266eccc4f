"""Page markers: the last id shown, and a mark that ties it to one list of one station."""

from __future__ import annotations

import hmac

from tracing.errors import CursorInvalid
from tracing.sealing import Vault


def write_cursor(vault: Vault, last_id: str, *of: str) -> str:
    """A marker after `last_id` in the list that `of` names."""
    return f"{last_id}.{_mark(vault, last_id, of)}"


def read_cursor(vault: Vault, cursor: str | None, *of: str) -> str | None:
    """The id that a marker stands for; raises `CursorInvalid` for any other list."""
    if cursor is None:
        return None
    last_id, _, mark = cursor.partition(".")
    try:
        good = hmac.compare_digest(mark.encode(), _mark(vault, last_id, of).encode())
    except UnicodeEncodeError:
        good = False
    if not good:
        raise CursorInvalid
    return last_id


def _mark(vault: Vault, last_id: str, of: tuple[str, ...]) -> str:
    return vault.digest("token", "cursor", *of, last_id).hex()[:16]
