"""What can go wrong when asking, as one tree.

ClientError
├── Unreachable          no answer at all, or none of ours
├── Unreadable           an answer of another version
└── Refused              an answer that says why (RFC 9457)
    ├── NotHere          401: no key, or one that has ended
    ├── NotAllowed       403: the key may not do this
    ├── Missing          404: nothing under that number within reach
    ├── Changed          409, 412, 428: somebody else was quicker, or is needed
    ├── Invalid          400, 413, 415, 422: what was sent; `errors` name each field
    └── Busy             429, 503: later; `retry_after` says when
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: where, a stable code, and a sentence."""

    path: str
    code: str
    detail: str


class ClientError(Exception):
    """Something was not done; the sentence says what to do next."""


class Unreachable(ClientError):
    """寻亲没有回答,请检查地址和网络 / xunqin did not answer; check address and network."""


class Unreadable(ClientError):
    """服务器和客户端版本不同,请装同一版本 / another version answered; install the same one."""


class Refused(ClientError):
    """The server refused; `code` is stable, `title` and `detail` are in the language asked for."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.retry_after = retry_after
        self.errors = tuple(
            FieldError(str(e.get("path", "")), str(e.get("code", "")), str(e.get("detail", "")))
            for e in problem.get("errors") or ()
        )
        super().__init__(f"{self.code} ({status}): {self.title} {self.detail}".strip())


class NotHere(Refused):
    """No key, a wrong one, or one that has ended."""


class NotAllowed(Refused):
    """The key may not do this, or not for this purpose."""


class Missing(Refused):
    """Nothing under that number, or nothing within reach."""


class Changed(Refused):
    """Somebody else was quicker, or another person has to decide."""


class Invalid(Refused):
    """What was sent cannot be used; `errors` name each field."""


class Busy(Refused):
    """Too much at once; `retry_after` seconds from now it may be asked again."""


_BY_STATUS: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: NotHere,
    403: NotAllowed,
    404: Missing,
    409: Changed,
    412: Changed,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    428: Changed,
    429: Busy,
    503: Busy,
}


def refusal(status: int, problem: Mapping[str, Any], retry_after: float | None) -> Refused:
    """The exception for an answer."""
    return _BY_STATUS.get(status, Refused)(status, problem, retry_after)
