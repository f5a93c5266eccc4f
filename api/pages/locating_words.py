"""The deeds of a locating in words."""

from __future__ import annotations

from api.language import Words
from tracing.locating_deeds import Call, Claim, Fragment, Reaction, Speaker, State, What

LISTED = 4


def fragment_words(what: What) -> str:
    """What was heard: characters and Latin letters."""
    if not isinstance(what, Fragment):
        return ""
    return " ".join(part for part in (what.text, what.latin) if part)


def listed(words: Words, state: State) -> str:
    """The first fragments in one line."""
    heard = [fragment_words(deed.what) for deed in state.fragments]
    more = words("locate.and_more", count=len(heard)) if len(heard) > LISTED else ""
    return words("frame.comma").join(heard[:LISTED]) + more


def deed_words(words: Words, what: What) -> str:
    """A deed in one line."""
    if isinstance(what, Fragment):
        return words("locate.quoted", said=fragment_words(what))
    if isinstance(what, Speaker):
        return _speaker(words, what)
    if isinstance(what, Call):
        return _call(words, what)
    if isinstance(what, Reaction):
        return _reaction(words, what)
    kind = words(f"place.{what.kind}")
    return words("locate.deed.claim", kind=kind, place=what.text, sure=_sure(words, what))


def _sure(words: Words, what: Claim) -> str:
    return words(f"listen.sure.{what.sure}")


def _speaker(words: Words, what: Speaker) -> str:
    parts = [
        words(f"locate.deed.{name}", value=value)
        for name, value in (
            ("dialect", what.dialect),
            ("surname", what.surname),
            ("province", what.province),
        )
        if value
    ]
    return words("frame.comma").join(parts) or words("locate.deed.speaker_open")


def _call(words: Words, what: Call) -> str:
    told = words("locate.deed.call", place=what.place, answer=words(f"locate.answer.{what.answer}"))
    return " · ".join(part for part in (told, what.number, what.spoke_with, what.note) if part)


def _reaction(words: Words, what: Reaction) -> str:
    known = words("frame.comma").join(name.name for name in what.names if name.known)
    told = words("locate.deed.knew", names=known) if known else words("locate.deed.knew_none")
    return told if what.counts else f"{told}{words('frame.stop')}{words('locate.deed.prompted')}"
