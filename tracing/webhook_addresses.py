"""Where a message may go: over HTTPS, to addresses that are nobody's inner network.

A name is looked up once for each attempt and the connection goes to the address that was checked,
so that a name which changes its mind between the two leads nowhere.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from tracing.errors import RecordInvalid
from tracing.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """`webhooks.toml`, read; times in seconds and days."""

    kinds: tuple[str, ...]
    test_kind: str
    again_after: tuple[int, ...]
    seconds: float
    batch: int
    lease_seconds: int
    look_every: float
    kept_days: int
    dead_days: int
    longest_address: int
    never: tuple[Network, ...]


@lru_cache(maxsize=1)
def webhook_rules() -> WebhookRules:
    """The packaged rules; the same object every time."""
    text = files("tracing").joinpath("webhooks.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    times = dict(table["delivery"])
    return WebhookRules(
        kinds=tuple(table["kinds"]),
        test_kind=table["test_kind"],
        again_after=tuple(times.pop("again_after")),
        longest_address=table["addresses"]["longest"],
        never=tuple(ipaddress.ip_network(n) for n in table["addresses"]["never"]),
        **times,
    )


def networks(text: str) -> tuple[Network, ...]:
    """Networks written with commas between them, as in the settings; raises `ValueError`."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address of an endpoint."""

    url: str
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Reachable:
    """What the operator of this installation lets messages reach."""

    plain_http: bool
    inner: tuple[Network, ...]

    @classmethod
    def of(cls, settings: Settings) -> Reachable:
        """As the settings say."""
        return cls(settings.webhook_http, networks(settings.webhook_networks))

    def target(self, url: str) -> Target:
        """The parts of an address in an allowed form; a written-out number is checked too.

        Raises:
            RecordInvalid: not HTTPS, with a user name or a fragment, or a number out of bounds.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise RecordInvalid(path="url", reason="address_form") from None
        schemes = ("https", "http") if self.plain_http else ("https",)
        plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
        if not plain or len(url) > webhook_rules().longest_address or not host:
            raise RecordInvalid(path="url", reason="address_form")
        if parts.scheme not in schemes:
            raise RecordInvalid(path="url", reason="address_https")
        if "@" in parts.netloc or parts.fragment:
            raise RecordInvalid(path="url", reason="address_form")
        written = _as_number(host)
        if written is not None and not self.allows(written):
            raise RecordInvalid(path="url", reason="address_inner")
        return Target(url, parts.scheme, host, port or (443 if parts.scheme == "https" else 80))

    def choose(self, found: Sequence[str]) -> str:
        """The address to connect to, the first of those that a name leads to.

        Raises:
            RecordInvalid: one of them must not be reached.
        """
        numbers = [_as_number(text.partition("%")[0]) for text in found]
        if not numbers or any(n is None or not self.allows(n) for n in numbers):
            raise RecordInvalid(path="url", reason="address_inner")
        return str(numbers[0])

    def allows(self, number: Address) -> bool:
        """Whether a connection may go to this address."""
        inside = getattr(number, "ipv4_mapped", None)
        if inside is not None:
            number = inside
        if _within(number, webhook_rules().never):
            return False
        return number.is_global or _within(number, self.inner)


def _within(number: Address, nets: Iterable[Network]) -> bool:
    return any(number.version == net.version and number in net for net in nets)


def _as_number(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
