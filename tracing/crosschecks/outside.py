"""What leaves for other installations and what comes from them: packages, replies, trusted keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.cases import case_rules
from tracing.crosschecks import files, packages, replies, signing
from tracing.crosschecks import holding as deeds
from tracing.crosschecks.composing import CONNECTOR
from tracing.crosschecks.files import ADDRESSED, ASKING, Contents, Heading
from tracing.crosschecks.holding import ANSWER, SEND, Held
from tracing.crosschecks.replies import new_code
from tracing.errors import (
    ConnectorOff,
    ContactRefused,
    KeyNotTrusted,
    NotFound,
    PackageUnreadable,
    PurposeForbidden,
    RecordInvalid,
)
from tracing.registers import switched_off
from tracing.store import Store, Tx
from tracing.store import crosschecks as rows
from tracing.store.ids import is_id, new_id

TRUST = "crosschecks.trust"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A request for people: what is printed of it."""

    number: str
    kind: str
    purpose: str
    legal_basis: str
    made_at: datetime
    heading: Heading
    contents: Contents


@dataclass(frozen=True, slots=True)
class Key:
    """The key of another installation; `fingerprint` is what two people compare."""

    id: str
    name: str
    fingerprint: str
    added_at: datetime
    ended_at: datetime | None


class CrosscheckFiles:
    """Documents of requests, out and in; each that leaves is a row about its person."""

    def __init__(self, store: Store, installation: str) -> None:
        self._store = store
        self._installation = installation

    def sheet(self, actor: Actor, number: str) -> Sheet:
        """The request for people; raises `ContactRefused` once the person is protected."""
        with deeds.refusals(self._store, actor, "sheet"), self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number)
            contents = self._leaving(tx, one)
            deeds.log(tx, self._store, actor, one.row, "sheet", photos=len(contents.photos))
            row = one.row
            return Sheet(row.number, row.kind, row.purpose, row.legal_basis, row.made_at,
                         one.heading, contents)  # fmt: skip

    def package(self, actor: Actor, number: str) -> bytes:
        """The request for machines: a signed ZIP.

        Raises:
            ConnectorOff: no valid impact assessment for sending to other systems.
            ContactRefused: the person is protected by now.
        """
        require(actor, SEND)
        with deeds.refusals(self._store, actor, "package"), self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number)
            if one.side != ASKING:
                raise NotFound
            self._require_on(tx)
            contents = self._leaving(tx, one)
            deeds.log(tx, self._store, actor, one.row, "package", photos=len(contents.photos))
        return packages.build(
            self._store.vault,
            self._installation,
            _request(one, contents),
            _record(one, contents),
            contents.photos,
            replies.blank(one.row.id, one.row.number, one.heading.reply_code),
        )

    def receive(self, actor: Actor, data: bytes, *, by_hand: bool = False) -> tuple[str, bool]:
        """A request from another installation; gives its id here, and False if it was known.

        `by_hand`: somebody has asked the sender whether the file is theirs; only people can.

        Raises:
            PackageUnreadable: no package, or an unknown kind, purpose or legal basis.
            PackageAltered: a checksum or the signature does not hold.
            KeyNotTrusted: unsigned, or by a key that nobody here has checked.
        """
        require(actor, ANSWER)
        with deeds.refusals(self._store, actor, "receive"):
            return self._receive(actor, data, by_hand=by_hand)

    def _receive(self, actor: Actor, data: bytes, *, by_hand: bool) -> tuple[str, bool]:
        package = packages.read(data)
        _require_lawful(package)
        with self._store.write() as tx:
            known = rows.by_origin(tx, package.digest)
            if known is not None:
                return known, False
            name = None if package.key is None else trusted_name(tx, package.key)
            if name is None and (not by_hand or actor.via == "key"):
                raise KeyNotTrusted(reason="unsigned" if package.key is None else "unknown_key")
            number = self._enter(tx, actor, package, name)
        return number, True

    def reply_file(self, actor: Actor, number: str) -> bytes:
        """The latest answer to a request from elsewhere, as a signed reply.

        Raises:
            NotFound: nobody has answered yet, or it was not received from elsewhere.
            ConnectorOff: no valid impact assessment for sending to other systems.
        """
        with self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number)
            if one.row.from_id is not None or one.side != ADDRESSED:
                raise NotFound
            self._require_on(tx)
            given = [a for a in rows.answers(tx, one.row.id) if a.struck_at is None]
            if not given:
                raise NotFound
            answer = files.answer_of(self._store.vault, one.key, given[-1], "")
            deeds.log(tx, self._store, actor, one.row, "reply")
        own = one.heading
        return replies.signed(
            self._store.vault, self._installation, own.foreign_id, own.foreign_number,
            own.reply_code, answer.reply,
        )  # fmt: skip

    def keys(self, actor: Actor) -> tuple[Key, ...]:
        """Keys of other installations, those in force first."""
        require(actor, TRUST)
        with self._store.read() as tx:
            return tuple(
                Key(k.id, k.name, signing.fingerprint(k.public), k.added_at, k.ended_at)
                for k in rows.keys(tx)
            )

    def own_key(self) -> tuple[str, str]:
        """This installation's public key in Base64, and its fingerprint."""
        key = self._store.vault.verifying_key
        return signing.as_text(key), signing.fingerprint(key)

    def trust(self, actor: Actor, name: str, key: str) -> str:
        """Trust the key of another installation, once its fingerprint was compared by telephone.

        Raises:
            RecordInvalid: no name, or no Ed25519 key in Base64.
        """
        require(actor, TRUST)
        if not 0 < len(name.strip()) <= 200:
            raise RecordInvalid(path="name", reason="length")
        public, key_id, now = signing.public_key(key), new_id(), self._store.now()
        with self._store.write() as tx:
            values = {"id": key_id, "name": name.strip(), "public": public,
                      "added_by": actor.account_id, "added_at": now}  # fmt: skip
            rows.insert_key(tx, values)
            audit.record(tx, actor, "crosscheck.trust", "trusted_key", key_id, at=now)
        return key_id

    def distrust(self, actor: Actor, key_id: str) -> None:
        """Trust a key no longer; raises `NotFound` when none is in force under that id."""
        require(actor, TRUST)
        now = self._store.now()
        with self._store.write() as tx:
            if not is_id(key_id) or not rows.end_key(tx, key_id, actor.account_id, now):
                raise NotFound
            audit.record(tx, actor, "crosscheck.distrust", "trusted_key", key_id, at=now)

    def _require_on(self, tx: Tx) -> None:
        if switched_off(tx, CONNECTOR, self._store.now()):
            raise ConnectorOff

    def _leaving(self, tx: Tx, one: Held) -> Contents:
        if one.row.protected:
            raise ContactRefused
        sealed = rows.package_of(tx, one.row.id)
        return files.contents_of(self._store.vault, one.row, sealed)

    def _enter(self, tx: Tx, actor: Actor, package: packages.Package, name: str | None) -> str:
        vault, now, asked, number = self._store.vault, self._store.now(), package.request, new_id()
        heading = Heading(
            to_name=actor.station_name,
            from_name=str(asked["from"]),
            reply_code=str(asked["reply_code"]) or new_code(),
            note=str(asked["note"]),
            tell_no_family=bool(asked.get("tell_no_family")),
            foreign_id=str(asked["id"]),
            foreign_number=str(asked["number"]),
            installation=name or package.installation,
            key_known=name is not None if package.signed else None,
        )
        contents = Contents(package.record, package.photos, _excluded(asked.get("excluded")))
        values: dict[str, Any] = {
            "id": number, "number": rows.next_number(tx, actor.station_code, now.year),
            "kind": asked["kind"], "state": "received", "to_station_id": actor.station_id,
            "purpose": asked["purpose"], "legal_basis": asked["legal_basis"],
            **files.seal_contents(vault, None, heading, contents, number),
            "origin": package.digest, "made_by": actor.account_id, "made_at": now, "sent_at": now,
        }  # fmt: skip
        rows.insert_crosscheck(tx, values)
        audit.record(tx, actor, "crosscheck.receive", "crosscheck", number, at=now,
                     purpose=str(asked["purpose"]),
                     detail={"kind": str(asked["kind"]), "signed": package.signed,
                             "known": name is not None})  # fmt: skip
        return number


def trusted_name(tx: Tx, key: bytes) -> str | None:
    """Under which name a key is trusted; None for any other."""
    for known in rows.keys(tx):
        if known.public == key and known.ended_at is None:
            return known.name
    return None


def _request(one: Held, contents: Contents) -> dict[str, Any]:
    own = one.heading
    return {
        "id": one.row.id,
        "number": one.row.number,
        "kind": one.row.kind,
        "purpose": one.row.purpose,
        "legal_basis": one.row.legal_basis,
        "made_at": one.row.made_at.isoformat(),
        "from": own.from_name,
        "to": own.to_name,
        "note": own.note,
        "reply_code": own.reply_code,
        "tell_no_family": own.tell_no_family,
        "excluded": [list(pair) for pair in contents.excluded],
    }


def _record(one: Held, contents: Contents) -> dict[str, Any]:
    record = contents.record.document()
    photos = [{"file": f"photos/{n}.jpg", "face": 0} for n in range(1, len(contents.photos) + 1)]
    named = {"id": one.row.number, "source": one.heading.from_name}
    return {**record, **named, **({"photos": photos} if photos else {})}


def _require_lawful(package: packages.Package) -> None:
    own = case_rules()
    if package.request["purpose"] not in own.purposes:
        raise PurposeForbidden
    if package.request["legal_basis"] not in own.legal_bases:
        raise PackageUnreadable(path="request.json/legal_basis", reason="unknown_value")


def _excluded(given: object) -> tuple[tuple[str, str], ...]:
    pairs = given if isinstance(given, list) else []
    return tuple(
        (str(pair[0])[:32], str(pair[1])[:10])
        for pair in pairs[:50]
        if isinstance(pair, list) and len(pair) == 2
    )
