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
    _change("POST", "/v1/locations", "search", "none"),
    _change("POST", "/v1/people/{person_id}/exclusions", "exclude"),
    _read("/v1/people/{person_id}/exclusions", "exclude"),
    _change("DELETE", "/v1/exclusions/{exclusion_id}", "exclude"),
    _change("POST", "/v1/people/{person_id}/verifications", "verify"),
    _read("/v1/verifications", "verify"),
    _read("/v1/verifications/{verification_id}", "verify"),
    _change("PUT", "/v1/verifications/{verification_id}/groups", "verify"),
    _change("POST", "/v1/verifications/{verification_id}/facts", "verify"),
    # a verdict or a review is given by a person who is signed in, never by a program's key
    _change("POST", "/v1/verifications/{verification_id}/answers", "verify", who="person"),
    _change("POST", "/v1/verifications/{verification_id}/reopening", "verify", who="person"),
    _read("/v1/reviews", "review"),
    _change("POST", "/v1/reviews/{search_id}", "review", who="person"),
    # the reconciliation service: places and surnames are public, a key's purpose covers people
    _read("/v1/reconcile", "reconcile", "none"),
    _change("POST", "/v1/reconcile", "reconcile"),
    *(
        _read(f"/v1/reconcile/{part}", "reconcile", "none")
        for part in (
            "suggest/entity",
            "suggest/type",
            "suggest/property",
            "properties",
            "preview",
        )
    ),
    # exchange: nobody is written at the first look; a gallery is the officer's to record and end
    _change("POST", "/v1/imports", "imports"),
    _read("/v1/imports", "imports"),
    _read("/v1/imports/{import_id}", "imports"),
    _change("POST", "/v1/imports/{import_id}/run", "imports"),
    _change("DELETE", "/v1/imports/{import_id}", "imports"),
    _read("/v1/exports/people", "exports"),
    _read("/v1/galleries", "galleries", "none"),
    _change("POST", "/v1/galleries", "registers", "none"),
    _change("DELETE", "/v1/galleries/{gallery_id}", "registers", "none"),
    _read("/v1/people/{person_id}/origin", "people.read"),
    _read("/v1/people/{person_id}/notice", "notices"),
    _change("POST", "/v1/people/{person_id}/notice", "notices"),
    _change("DELETE", "/v1/people/{person_id}/notice", "notices"),
    # notices are for anybody: the few facts that were issued, and tombstones
    Door("GET", "/notices.atom", "anyone"),
    Door("GET", "/notices.json", "anyone"),
    Door("GET", "/notices.pfif", "anyone"),
    _page("/imports", "imports"),
    _form("/imports", "imports"),
    _page("/imports/{import_id}", "imports"),
    _form("/imports/{import_id}/run", "imports"),
    _form("/imports/{import_id}/discard", "imports"),
    _page("/galleries", "galleries", "none"),
    _form("/galleries", "registers", "none"),
    _form("/galleries/{gallery_id}/end", "registers", "none"),
    _page("/people/{person_id}/notice", "notices"),
    _form("/people/{person_id}/notice", "notices"),
    # police officers ask, others approve, stations answer
    _change("POST", "/v1/police/requests", "police", "asked"),
    _read("/v1/police/requests", "police"),
    _read("/v1/police/requests/{request_id}", "police"),
    _change("POST", "/v1/police/requests/{request_id}/approvals", "police.approve", who="person"),
    _change("POST", "/v1/police/requests/{request_id}/refusals", "police.approve", who="person"),
    _change("POST", "/v1/police/requests/{request_id}/end", "police"),
    _change("POST", "/v1/police/requests/{request_id}/runs", "police"),
    _change("POST", "/v1/police/requests/{request_id}/again", "police"),
    _read("/v1/police/requests/{request_id}/runs/{run_number}/answers", "police"),
    _read("/v1/police/requests/{request_id}/runs/{run_number}/answers.xlsx", "police"),
    _change("POST", "/v1/inquiries", "police"),
    _read("/v1/inquiries", "police"),
    _read("/v1/inquiries/asked", "police.answer"),
    _read("/v1/inquiries/{inquiry_id}/record", "police"),
    _change("POST", "/v1/inquiries/{inquiry_id}/receipt", "police.answer"),
    _change("POST", "/v1/inquiries/{inquiry_id}/answer", "police.answer", who="person"),
    # signing in
    Door("GET", "/sign-in", "anyone"),
    Door("POST", "/sign-in", "anyone"),
    # away to the OpenID provider and back: a sealed cookie and the state tie the two together
    Door("GET", "/sign-in/openid", "anyone"),
    Door("GET", "/sign-in/openid/back", "anyone"),
    Door("GET", "/sign-in/openid/code", "anyone"),
    Door("POST", "/sign-in/openid/code", "anyone"),
    Door("GET", "/first/{token}", "anyone"),
    Door("POST", "/first", "anyone"),
    Door("POST", "/language", "anyone"),
    Door("POST", "/sign-out", "person", None, True),
    # one's own account
    Door("GET", "/me", "person"),
    Door("POST", "/me/sessions", "person", None, True),
    Door("POST", "/me/factor", "person", None, True),
    Door("GET", "/me/openid", "person"),
    Door("POST", "/me/openid", "person", None, True),
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
    _form("/people/{person_id}/family", "families"),
    # a family: its own enquiry, and what it handed in itself
    _page("/my-case", "own_case"),
    _page("/my-case/photos/{photo_id}", "own_case"),
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
    _page("/locate", "people.read"),
    _form("/locate", "people.write"),
    _form("/people/{person_id}/locatings", "people.write"),
    _page("/locate/{locating_id}", "people.read"),
    _form("/locate/{locating_id}/fragments", "people.write"),
    _form("/locate/{locating_id}/speaker", "people.write"),
    _form("/locate/{locating_id}/calls", "people.write"),
    _form("/locate/{locating_id}/reactions", "people.write"),
    _form("/locate/{locating_id}/claims", "people.write"),
    _form("/locate/{locating_id}/deeds/{deed_id}/undo", "people.write"),
    _form("/locate/{locating_id}/deeds/{deed_id}/restore", "people.write"),
    _page("/locate/{locating_id}/person", "people.read"),
    _form("/locate/{locating_id}/person", "people.write"),
    _page("/locate/{locating_id}/sheet", "people.read"),
    _page("/locate/{locating_id}/table", "people.read"),
    _page("/search", "search", "asked"),
    _form("/search", "search", "asked"),
    _page("/searches/{search_id}", "search"),
    _form("/searches/{search_id}/marks", "people.write"),
    _form("/searches/{search_id}/exclusions", "exclude"),
    _form("/searches/{search_id}/exclusions/{exclusion_id}/restore", "exclude"),
    _page("/verifications", "verify"),
    _form("/searches/{search_id}/verifications", "verify"),
    _page("/verifications/{verification_id}", "verify"),
    *(
        _form(f"/verifications/{{verification_id}}/{deed}", "verify")
        for deed in (
            "groups",
            "facts",
            "facts/{fact_id}/strike",
            "station",
            "answer",
            "withdraw",
            "reopen",
            "result",
            "script",
        )
    ),
    _page("/verifications/{verification_id}/script", "verify"),
    _page("/reviews", "review"),
    _form("/reviews/{search_id}", "review"),
    _page("/police", "police"),
    _form("/police/ask", "police"),
    _page("/police/searches/{search_id}", "police"),
    _form("/police/searches/{search_id}/inquiries", "police"),
    _page("/police/inquiries/{inquiry_id}", "police"),
    _page("/police/requests/new", "police", "asked"),
    _form("/police/requests", "police", "asked"),
    _page("/police/requests/{request_id}", "police"),
    _form("/police/requests/{request_id}/runs", "police"),
    _form("/police/requests/{request_id}/again", "police"),
    _form("/police/requests/{request_id}/end", "police"),
    _page("/police/requests/{request_id}/runs/{run_number}", "police"),
    _page("/police/requests/{request_id}/runs/{run_number}/answers.xlsx", "police"),
    _page("/approvals", "police.approve"),
    _form("/approvals/{request_id}/{decision}", "police.approve"),
    _page("/inquiries", "police.answer"),
    _form("/inquiries/{inquiry_id}/receipt", "police.answer"),
    _form("/inquiries/{inquiry_id}/answer", "police.answer"),
    _page("/face-ledger", "faces.ledger"),
    _page("/face-ledger.xlsx", "faces.ledger"),
    _page("/people/{person_id}/keeping", "erasure.request"),
    _form("/people/{person_id}/erasure", "erasure.request"),
    _form("/people/{person_id}/retention", "retention"),
    _page("/erasures", "erasure.request"),
    _page("/erasures/{erasure_id}", "erasure.request"),
    _form("/erasures/{erasure_id}/approve", "people.erase"),
    _form("/erasures/{erasure_id}/refuse", "people.erase"),
    _page("/retention", "retention"),
    _form("/people/{person_id}/protect", "protect"),
    _form("/people/{person_id}/unprotect", "protection.desk"),
    _page("/protection", "protection.desk"),
    _form("/protection/{alert_id}", "protection.desk"),
    # the public door: it answers "received" to everything, and reads nothing
    Door("GET", "/seen", "anyone"),
    Door("POST", "/seen", "anyone"),
    Door("GET", "/seen/{receipt}", "anyone"),
    _page("/clues", "clues"),
    _page("/clues/{clue_id}/picture", "clues"),
    *(_form(f"/clues/{{clue_id}}/{deed}", "clues") for deed in ("take", "link", "close")),
    _form("/people/{person_id}/rights", "erasure.request"),
    _page("/rights", "rights"),
    _page("/rights/{number}", "rights"),
    _page("/rights/{number}/copy", "rights"),
    _page("/rights/{number}/copy.json", "rights"),
    _form("/rights/{number}/grant", "rights"),
    _form("/rights/{number}/refuse", "rights"),
    _page("/registers", "registers", "none"),
    _form("/registers/assessments", "registers", "none"),
    _form("/registers/assessments/{assessment_id}/end", "registers", "none"),
    _form("/registers/incidents", "registers", "none"),
    _form("/registers/incidents/{incident_id}/told", "registers", "none"),
    _form("/registers/incidents/{incident_id}/close", "registers", "none"),
    _form("/registers/filing", "registers", "none"),
    _read("/v1/registers/faces", "registers", "none"),
    # requests to police and stations; what both sides do asks for the smaller scope
    _page("/crosschecks", "crosschecks.answer"),
    _page("/crosschecks.xlsx", "crosschecks.answer"),
    _page("/crosschecks/take", "crosschecks.answer"),
    _form("/crosschecks/replies", "crosschecks"),
    _form("/crosschecks/packages", "crosschecks.answer"),
    _page("/crosschecks/keys", "crosschecks.trust", "none"),
    _form("/crosschecks/keys", "crosschecks.trust", "none"),
    _form("/crosschecks/keys/{key_id}/end", "crosschecks.trust", "none"),
    _page("/people/{person_id}/crosschecks/new", "crosschecks"),
    _form("/people/{person_id}/crosschecks", "crosschecks"),
    _form("/people/{person_id}/notice-number", "crosschecks"),
    _page("/crosschecks/{number}", "crosschecks.answer"),
    _page("/crosschecks/{number}/photos/{which}", "crosschecks.answer"),
    _page("/crosschecks/{number}/sheet.pdf", "crosschecks.answer"),
    _page("/crosschecks/{number}/package.zip", "crosschecks"),
    _page("/crosschecks/{number}/reply.json", "crosschecks.answer"),
    _form("/crosschecks/{number}/deeds/{deed}", "crosschecks.answer"),
    _form("/crosschecks/{number}/undo", "crosschecks.answer"),
    _form("/crosschecks/{number}/answers", "crosschecks.answer"),
    _form("/crosschecks/{number}/answers/{answer_id}/verify", "verify"),
    _form("/crosschecks/{number}/searches", "search"),
    _change("POST", "/v1/people/{person_id}/crosschecks", "crosschecks"),
    _read("/v1/crosschecks", "crosschecks.answer"),
    _read("/v1/crosschecks/{number}", "crosschecks.answer"),
    _read("/v1/crosschecks/{number}/sheet", "crosschecks.answer"),
    _read("/v1/crosschecks/{number}/package", "crosschecks"),
    _read("/v1/crosschecks/{number}/reply", "crosschecks.answer"),
    _change("POST", "/v1/crosschecks/{number}/deeds/{deed}", "crosschecks.answer"),
    _change("POST", "/v1/crosschecks/{number}/undoing", "crosschecks.answer"),
    _change("POST", "/v1/crosschecks/{number}/answers", "crosschecks.answer"),
    _change("POST", "/v1/crosschecks/{number}/answers/{answer_id}/verification", "verify"),
    _change("POST", "/v1/crosschecks/replies", "crosschecks"),
    _change("POST", "/v1/crosschecks/packages", "crosschecks.answer"),
    _page("/audit", "audit.read", "none"),
    _form("/audit", "audit.read", "none"),
    _page("/audit/people/{person_id}", "audit.read"),
    _page("/keys/{prefix}", "audit.read", "none"),
    _page("/webhooks", "webhooks.manage", "none"),
    _form("/webhooks", "webhooks.manage", "none"),
    *(
        _form(f"/webhooks/{deed}", "webhooks.manage", "none")
        for deed in (
            "{endpoint_id}/test",
            "{endpoint_id}/end",
            "letters/{delivery_id}/retry",
            "letters/{delivery_id}/discard",
        )
    ),
    _page("/accounts", "accounts.manage", "none"),
    _form("/accounts", "accounts.manage", "none"),
    _form("/accounts/{login}", "accounts.manage", "none"),
    _form("/keys", "keys.manage", "none"),
    _form("/keys/{prefix}/revoke", "keys.manage", "none"),
)


def table() -> Mapping[tuple[str, str], Door]:
    """The rows by method and path template."""
    return {(door.method, door.path): door for door in DOORS}
