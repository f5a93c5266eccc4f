"""Sending a request, waiting when asked to, and trying again where nothing can be done twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from api.client.errors import Busy, Refused, Unreachable, refusal

SAFE = frozenset({"GET", "DELETE"})
TRIES = 5
FIRST_WAIT = 0.5
PROBLEM = "application/problem+json"


class Sender:
    """One connection pool to one server; safe to share between threads.

    patience: seconds that all waiting for one call may take together.
    """

    def __init__(
        self,
        http: httpx2.Client,
        *,
        patience: float = 60.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.http = http
        self._patience = patience
        self._sleep = sleep

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **given: Any
    ) -> httpx2.Response:
        """The answer to a request; refusals are raised.

        A server that asks to come back later is asked again, for it has done nothing. A request
        without an answer is sent again only if it changes nothing or carries an idempotency key.

        Raises:
            Refused: an answer that says why; `Busy` when patience has run out.
            Unreachable: no answer, or none of ours.
        """
        sent = dict(headers or {})
        again = method in SAFE or "Idempotency-Key" in sent
        left, wait = self._patience, FIRST_WAIT
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                answer = self.http.request(method, path, headers=sent, **given)
                if answer.is_success:
                    return answer
                refused = _refused(answer)
                if not isinstance(refused, Busy):
                    raise refused
                error: Busy | Unreachable = refused
                pause = refused.retry_after if refused.retry_after is not None else wait
            except httpx2.TransportError:
                if not again:
                    raise Unreachable(Unreachable.__doc__) from None
                error, pause = Unreachable(Unreachable.__doc__), wait
            if not tries_left or pause > left:
                raise error
            self._sleep(pause)
            left, wait = left - pause, wait * 2
        raise AssertionError("the last try raises")


def _refused(answer: httpx2.Response) -> Refused:
    if not answer.headers.get("content-type", "").startswith(PROBLEM):
        raise Unreachable(Unreachable.__doc__)
    after = answer.headers.get("retry-after", "")
    return refusal(answer.status_code, answer.json(), float(after) if after.isdigit() else None)
