"""Who may use which door: one row for every route, and the row is what is enforced.

A request to a route without a row is refused, and a test fails for a route without one.

Columns: `who` is `anyone`, `signed_in` (a session or an API key) or `person` (a session only);
`scope` is what the account or key must hold; `csrf` asks for the token of the session on changes;
`purpose` says where the lawful purpose comes from: `none` (no personal data), `case` (the
admission or report supplies it) or `asked` (the person states it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Who = Literal["anyone", "signed_in", "person"]
Purpose = Literal["none", "case", "asked"]


@dataclass(frozen=True, slots=True)
class Door:
    """One row: how one route may be used."""

    method: str
    path: str
    who: Who
    scope: str | None = None
    csrf: bool = False
    purpose: Purpose = "none"


def _read(path: str, scope: str, purpose: Purpose = "case", who: Who = "signed_in") -> Door:
    return Door("GET", path, who, scope, False, purpose)


def _change(
    method: str, path: str, scope: str, purpose: Purpose = "case", who: Who = "signed_in"
) -> Door:
    return Door(method, path, who, scope, True, purpose)


def _page(path: str, scope: str, purpose: Purpose = "case") -> Door:
    return _read(path, scope, purpose, "person")


def _form(path: str, scope: str, purpose: Purpose = "case") -> Door:
    return _change("POST", path, scope, purpose, "person")


DOORS: tuple[Door, ...] = (
    # operation
    Door("GET", "/livez", "anyone"),
    Door("GET", "/readyz", "anyone"),
    Door("GET", "/openapi.json", "anyone"),
    Door("GET", "/docs", "anyone"),
    # JSON
    _change("POST", "/v1/people", "people.write"),
    _read("/v1/people", "people.read"),
    _read("/v1/people/{person_id}", "people.read"),
    _change("PUT", "/v1/people/{person_id}", "people.write"),
    _change("POST", "/v1/photos", "photos.write"),
    _read("/v1/photos/{photo_id}", "photos.read"),
    _read("/v1/photos/{photo_id}/picture", "photos.read"),
    _read("/v1/photos/{photo_id}/faces/{ordinal}", "photos.read"),
    _change("POST", "/v1/photos/{photo_id}/face", "photos.write"),
    _change("POST", "/v1/people/{person_id}/searches", "search"),
    _change("POST", "/v1/searches", "search", "asked"),
    _read("/v1/searches/{search_id}", "search"),
    _read("/v1/searches/{search_id}/candidates", "search"),
    _change("POST", "/v1/people/{person_id}/exclusions", "exclude"),
    _read("/v1/people/{person_id}/exclusions", "exclude"),
    _change("DELETE", "/v1/exclusions/{exclusion_id}", "exclude"),
    # signing in
    Door("GET", "/sign-in", "anyone"),
    Door("POST", "/sign-in", "anyone"),
    Door("GET", "/first/{token}", "anyone"),
    Door("POST", "/first", "anyone"),
    Door("POST", "/language", "anyone"),
    Door("POST", "/sign-out", "person", None, True),
    # one's own account
    Door("GET", "/me", "person"),
    Door("POST", "/me/sessions", "person", None, True),
    Door("POST", "/me/factor", "person", None, True),
    # pages
    Door("GET", "/", "person"),
    _page("/arrivals/new", "people.write"),
    _form("/arrivals", "people.write"),
    _page("/reports/new", "people.write"),
    _form("/reports", "people.write"),
    _form("/photos", "photos.write"),
    _form("/drafts/{kind}", "people.write"),
    _form("/drafts/{draft_id}/discard", "people.write"),
    _page("/people", "people.read"),
    _page("/people/{person_id}", "people.read"),
    _form("/people/{person_id}/searches", "search"),
    _page("/registered/{person_id}", "people.write"),
    _form("/people/{person_id}/hearings", "people.write"),
    _form("/people/{person_id}/clips", "people.write"),
    _page("/clips/{clip_id}", "people.read"),
    _form("/clips/{clip_id}/links", "people.write"),
    _form("/clips/{clip_id}/links/{link_id}/end", "people.write"),
    _form("/clips/{clip_id}/discard", "people.write"),
    # a link is its own key: one clip, for so many answers, until its day
    Door("GET", "/listen/{token}", "anyone", purpose="case"),
    Door("GET", "/listen/{token}/clip", "anyone", purpose="case"),
    Door("POST", "/listen/{token}", "anyone", purpose="case"),
    _page("/search", "search", "asked"),
    _form("/search", "search", "asked"),
    _page("/searches/{search_id}", "search"),
    _form("/searches/{search_id}/exclusions", "exclude"),
    _form("/searches/{search_id}/exclusions/{exclusion_id}/restore", "exclude"),
    _page("/people/{person_id}/keeping", "erasure.request"),
    _form("/people/{person_id}/erasure", "erasure.request"),
    _form("/people/{person_id}/retention", "retention"),
    _page("/erasures", "erasure.request"),
    _page("/erasures/{erasure_id}", "erasure.request"),
    _form("/erasures/{erasure_id}/approve", "people.erase"),
    _form("/erasures/{erasure_id}/refuse", "people.erase"),
    _page("/retention", "retention"),
    _page("/audit", "audit.read", "none"),
    _form("/audit", "audit.read", "none"),
    _page("/audit/people/{person_id}", "audit.read"),
    _page("/accounts", "accounts.manage", "none"),
    _form("/accounts", "accounts.manage", "none"),
    _form("/accounts/{login}", "accounts.manage", "none"),
    _form("/keys", "keys.manage", "none"),
    _form("/keys/{prefix}/revoke", "keys.manage", "none"),
)


def table() -> Mapping[tuple[str, str], Door]:
    """The rows by method and path template."""
    return {(door.method, door.path): door for door in DOORS}
