"""辨音: what people hear in a clip that is lent to them, without a name, a photo or each other.

Every answer becomes a hearing of the name and a vote for the dialect on the person's record, in
the same transaction that keeps the answer; so the version grows and searches use it at once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tracing import audit
from tracing.access import Actor
from tracing.acting import acting, digest_of
from tracing.errors import Conflict, LinkExpired, NotSignedIn, RecordInvalid
from tracing.people import People
from tracing.person_files import open_document
from tracing.photos.keeping import person_key
from tracing.records import PersonRecord
from tracing.store import Store, Tx, accounts, people, voices
from tracing.store.ids import new_id
from tracing.voice import Recording, VoiceClips, takes_answers

CERTAINTY = {"sure": 0.9, "fairly": 0.6, "guess": 0.3}
LISTENERS = ("local", "mandarin", "unknown")
_NAMES_MOST = 50
_VOTES_MOST = 20
LONGEST_ANSWER = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What a listener says: a dialect by place name, the name as heard, how sure, whose ear."""

    dialect: str
    text: str
    latin: str
    sure: str
    listener: str

    def __repr__(self) -> str:
        return "Answer(…)"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that is open: until when, and whether this listener has answered already."""

    audience: str
    expires_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class _Lent:
    link: voices.LinkRow
    clip: voices.ClipRow
    person: people.PersonRow
    sponsor: Actor
    listener: Actor | None

    @property
    def logged(self) -> Actor:
        """In whose name the access is recorded: one's own, else the sponsor's through the link."""
        return self.listener or self.sponsor


class Listening:
    """Listening through links; each call is one transaction."""

    def __init__(self, store: Store, clips: VoiceClips, records: People) -> None:
        self._store = store
        self._clips = clips
        self._people = records

    def invitation(self, token: str, who: Actor | None) -> Invitation:
        """What a link leads to.

        Raises:
            LinkExpired: unknown, ended, past its day or used up; which of them is not said.
            NotSignedIn: the link is for staff.
        """
        with self._store.read() as tx:
            lent = self._lent(tx, token, who)
            return Invitation(lent.link.audience, lent.link.expires_at, self._answered(tx, lent))

    def play(self, token: str, who: Actor | None) -> Recording:
        """The clip of a link; each playing is recorded."""
        with self._store.write() as tx:
            lent = self._lent(tx, token, who)
            recording = self._clips.opened(lent.clip, lent.person)
            audit.record(tx, lent.logged, "voice.listen", "voice", lent.clip.id,
                         at=self._store.now(), detail={"link": lent.link.id})  # fmt: skip
        return recording

    def answer(self, token: str, who: Actor | None, answer: Answer) -> None:
        """Keep an answer; the record gains a hearing and a vote.

        Raises:
            Conflict: this account has answered for this clip.
            RecordInvalid: nothing was answered, or a field cannot be read.
        """
        _require_sense(answer)
        with self._store.write() as tx:
            lent = self._lent(tx, token, who, hold=True)
            if self._answered(tx, lent):
                raise Conflict(path="answer")
            person = people.hold(tx, lent.person.id)
            if person is None:
                raise LinkExpired
            self._keep(tx, lent, person, answer)
            record = _with_answer(
                open_document(self._store.vault, person), answer, lent.clip.id, self._store.now()
            )
            self._people.put(tx, lent.sponsor, person, record)

    def _keep(self, tx: Tx, lent: _Lent, person: people.PersonRow, answer: Answer) -> None:
        answer_id, now = new_id(), self._store.now()
        own = person_key(self._store.vault, person.id, person.wrapped)
        text = json.dumps(asdict(answer), ensure_ascii=False).encode()
        values = {
            "id": answer_id,
            "clip_id": lent.clip.id,
            "link_id": lent.link.id,
            "account_id": lent.listener.account_id if lent.listener else None,
            "sealed": self._store.vault.seal(own, text, "listening", answer_id),
            "created_at": now,
        }
        voices.insert_answer(tx, values)
        audit.record(tx, lent.logged, "voice.answer", "voice", lent.clip.id, at=now,
                     detail={"link": lent.link.id, "person": person.id})  # fmt: skip

    def _answered(self, tx: Tx, lent: _Lent) -> bool:
        account = lent.listener
        return account is not None and voices.answered(tx, lent.clip.id, account.account_id)

    def _lent(self, tx: Tx, token: str, who: Actor | None, *, hold: bool = False) -> _Lent:
        link = voices.link_by_token(tx, digest_of(token), hold=hold)
        if link is None or not takes_answers(link, self._store.now()):
            raise LinkExpired
        clip = voices.clip(tx, link.clip_id)
        sponsor = accounts.find(tx, link.created_by)
        if clip is None or clip.wrapped is None or sponsor is None or sponsor.disabled_at:
            raise LinkExpired
        if link.audience == "staff" and who is None:
            raise NotSignedIn
        person = people.find(tx, clip.person_id)
        sponsoring = acting(sponsor, "link")
        if person is None or person.erased_at or person.stored_only_at:
            raise LinkExpired
        if not sponsoring.reaches(person.station_path):
            raise LinkExpired
        return _Lent(link, clip, person, sponsoring, who if link.audience == "staff" else None)


def _require_sense(answer: Answer) -> None:
    if not (answer.dialect or answer.text or answer.latin):
        raise RecordInvalid(path="heard_text", reason="value_missing")
    for path, text in (("heard_text", answer.text), ("heard_latin", answer.latin)):
        if len(text) > LONGEST_ANSWER:
            raise RecordInvalid(path=path, reason="too_long")
    if answer.sure not in CERTAINTY:
        raise RecordInvalid(path="sure", reason="choose")
    if answer.listener not in LISTENERS:
        raise RecordInvalid(path="listener", reason="choose")


def _with_answer(
    document: dict[str, Any], answer: Answer, clip_id: str, at: datetime
) -> PersonRecord:
    """The record with the answer's hearing and vote, while its lists have room."""
    told = {"source": f"voice:{clip_id}", "certainty": CERTAINTY[answer.sure], "at": at.isoformat()}
    names, votes = list(document.get("names", ())), list(document.get("dialects", ()))
    heard = {key: value for key, value in asdict(answer).items() if value and key != "sure"}
    if (answer.text or answer.latin) and len(names) < _NAMES_MOST:
        names.append({**heard, "kind": "heard", **told})
    if answer.dialect and len(votes) < _VOTES_MOST:
        votes.append({"name": answer.dialect, "basis": "listener", **told})
    changed = {"names": names, "dialects": votes}
    return PersonRecord.model_validate(
        {**document, **{key: value for key, value in changed.items() if value}}
    )
