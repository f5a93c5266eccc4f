"""Answers: typed in, uploaded as a signed reply, given on the addressed side's own page.

What was found is a lead: it becomes a fact of a verification by two people, and nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tracing.access import Actor, require
from tracing.crosschecks import files, replies
from tracing.crosschecks import holding as deeds
from tracing.crosschecks.files import ADDRESSED, ASKING, AnswerGiven
from tracing.crosschecks.holding import SEND, Held, Said
from tracing.crosschecks.outside import trusted_name
from tracing.crosschecks.replies import Named, Reply
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import (
    AlreadyDecided,
    KeyNotTrusted,
    NotFound,
    RecordInvalid,
    ReplyForAnother,
)
from tracing.people import People
from tracing.records import PersonRecord
from tracing.store import Store, Tx, accounts
from tracing.store import crosschecks as rows
from tracing.store.ids import new_id
from tracing.verification_files import FactEntry
from tracing.verifications import Verifications

FACT_RESULT = "supports"


class CrosscheckAnswers:
    """Answers of one installation."""

    def __init__(self, store: Store, people: People, verifications: Verifications) -> None:
        self._store = store
        self._people = people
        self._verifications = verifications

    def give(self, actor: Actor, number: str, reply: Reply, reply_code: str = "") -> str:
        """Write an answer down: one's own, or one that came by telephone or on paper; gives its id.

        `reply_code`: the code on the paper, checked where it was typed in.

        Raises:
            RecordInvalid: result, kind of evidence, who, when or the number is missing or wrong.
            ReplyForAnother: the code is another request's.
            AlreadyDecided: the request awaits no answer.
        """
        with self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number, hold=True)
            if reply_code and not replies.same_code(reply_code, one.heading.reply_code):
                raise ReplyForAnother
            source = "desk" if one.side == ADDRESSED else "hand"
            return self._write(tx, actor, one, reply, source, None)

    def take(self, actor: Actor, data: bytes, *, by_hand: bool = False) -> tuple[str, bool]:
        """A reply that came as a signed file; gives the request's id, and False if it was known.

        `by_hand`: somebody has asked the sender whether the file is theirs.

        Raises:
            PackageUnreadable: no reply, or nobody signed it.
            PackageAltered: the signature does not hold.
            ReplyForAnother: no such request was sent from here, or another code.
            KeyNotTrusted: the key that signed it is unknown here, and nobody has asked.
        """
        require(actor, SEND)
        with deeds.refusals(self._store, actor, "take"):
            return self._take(actor, data, by_hand=by_hand)

    def _take(self, actor: Actor, data: bytes, *, by_hand: bool) -> tuple[str, bool]:
        signed = replies.read(data)
        with self._store.write() as tx:
            one = self._answered(tx, actor, signed.request_id)
            replies.require_for(signed, one.row.id, one.heading.reply_code)
            known = trusted_name(tx, signed.key) is not None
            if not known and (not by_hand or actor.via == "key"):
                raise KeyNotTrusted
            if rows.answer_known(tx, one.row.id, self._digest(signed.reply)):
                return one.row.id, False
            self._write(tx, actor, one, signed.reply, "file", known)
            return one.row.id, True

    def verify(
        self, actor: Actor, number: str, answer_id: str, person_id: str | None = None
    ) -> str:
        """Put whom the answer names up for verification, the answer as its first fact.

        `person_id`: somebody on record; without one, whom the answer names is entered as a
        register entry, as the answer says. Gives the verification's id; asked again, the same.

        Raises:
            RecordInvalid: it names nobody and nobody on record was chosen.
            NotFound: no answer "found" of this request, or nobody that may be shown.
        """
        require(actor, "verify")
        with self._store.read() as tx:
            one, given = self._found(tx, actor, number, answer_id)
        if given.verification_id is not None:
            return given.verification_id
        if one.row.person_id is None:
            raise NotFound
        other = person_id or self._entered(actor, one, given)
        opened = self._verifications.open(actor, one.row.person_id, other)
        fact = _fact(one, given)
        file = self._verifications.get(actor, opened)
        if fact not in [known.entry for known in file.facts if not known.struck]:
            self._verifications.add_fact(actor, opened, fact)
        with self._store.write() as tx:
            held = deeds.held(tx, self._store, actor, number, hold=True)
            rows.set_verification(tx, answer_id, opened)
            deeds.log(tx, self._store, actor, held.row, "verify", verification=opened)
        return opened

    def _answered(self, tx: Tx, actor: Actor, request_id: str) -> Held:
        """The request that a file says it answers; an unknown one is another's."""
        try:
            one = deeds.held(tx, self._store, actor, request_id, hold=True)
        except NotFound:
            raise ReplyForAnother from None
        if one.side != ASKING:
            raise ReplyForAnother
        return one

    def _write(
        self, tx: Tx, actor: Actor, one: Held, reply: Reply, source: str, known: bool | None
    ) -> str:
        own = crosscheck_rules().kinds[one.row.kind]
        replies.check(reply, own.evidence, self._store.now())
        try:
            _record(reply.named, {})
        except ValidationError:
            raise RecordInvalid(path="named", reason="other") from None
        digest = self._digest(reply)
        if rows.answer_known(tx, one.row.id, digest):
            raise AlreadyDecided
        if not deeds.may_answer(one):
            raise AlreadyDecided
        after = "done" if one.row.from_id is None else "fed_back"
        said = Said(source, reply.number)
        deed = deeds.write_deed(tx, self._store, actor, one, "answered", after, said)
        answer_id = new_id()
        values: dict[str, Any] = {
            "id": answer_id, "crosscheck_id": one.row.id, "deed_id": deed, "source": source,
            "result": reply.result, "digest": digest, "account_id": actor.account_id,
            "at": self._store.now(),
            "sealed": files.seal_reply(self._store.vault, one.key, reply, answer_id, known),
        }  # fmt: skip
        rows.insert_answer(tx, values)
        return answer_id

    def _digest(self, reply: Reply) -> bytes:
        """The same answer twice has the same digest, whichever way it came."""
        parts = (reply.result, reply.who, reply.at, reply.number, reply.text, str(reply.named.name))
        return self._store.vault.digest("token", "crosscheck_answer", *parts)

    def _found(self, tx: Tx, actor: Actor, number: str, answer_id: str) -> tuple[Held, AnswerGiven]:
        one = deeds.held(tx, self._store, actor, number)
        for row in rows.answers(tx, one.row.id):
            if row.id == answer_id and row.result == "found" and row.struck_at is None:
                account = accounts.find(tx, row.account_id)
                by = account.display_name if account else ""
                if one.side == ASKING:
                    return one, files.answer_of(self._store.vault, one.key, row, by)
        raise NotFound

    def _entered(self, actor: Actor, one: Held, given: AnswerGiven) -> str:
        """Whom the answer names, as a register entry of its own source; once."""
        named = given.reply.named
        if not named.anybody:
            raise RecordInvalid(path="named", reason="value_missing")
        record = _record(named, {"id": given.id, "source": f"crosscheck {one.row.number}"})
        entered = self._people.register(actor, record, idempotency_key=f"answer-{given.id}")
        return entered.person_id


def evidence_of(kind: str) -> tuple[str, ...]:
    """Kinds of fact that an answer to this kind of request may become, the usual one first."""
    return crosscheck_rules().kinds[kind].evidence


def _fact(one: Held, given: AnswerGiven) -> FactEntry:
    reply = given.reply
    return FactEntry(
        kind=reply.evidence,
        who=reply.who,
        at=reply.at,
        number=reply.number,
        result=FACT_RESULT,
        text=f"{one.row.number}: {reply.text}".strip()[:1000],
    )


def _record(named: Named, whence: Mapping[str, str]) -> PersonRecord:
    """Whom an answer names, as a register entry."""
    return PersonRecord.model_validate(
        {
            "side": "register",
            **whence,
            **({"names": [{"text": named.name, "kind": "registered"}]} if named.name else {}),
            **({"sex": named.sex} if named.sex else {}),
            **({"birth": _year(named.birth)} if named.birth else {}),
            **({"places": [{"kind": "household", "text": named.place}]} if named.place else {}),
            **({"numbers": [_citizen(named.citizen)]} if named.citizen else {}),
        }
    )


def _year(text: str) -> dict[str, str]:
    return {"earliest": f"{text}-01-01", "latest": f"{text}-12-31", "basis": "document"}


def _citizen(text: str) -> dict[str, str]:
    return {"kind": "citizen", "text": text}
