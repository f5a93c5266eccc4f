"""A locating, or a question from another door, put to the engine that knows the places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from matchers.places.locating import (
    Call,
    Fragment,
    Located,
    PlaceLevel,
    Prompt,
    Question,
    QuestionError,
)
from matchers.places.locator import Locator
from tracing import locating_deeds as deeds
from tracing.errors import RecordInvalid
from tracing.locating import LocatingFile
from tracing.records import PersonRecord

FIELDS: Mapping[str, str] = {
    "location_province_unknown": "province",
    "location_place_unknown": "calls",
}
_VOTE = 0.6
"""What a listener's vote weighs who did not say how sure they are."""


def ask(locator: Locator, question: Question) -> Located:
    """The engine's answer.

    Raises:
        RecordInvalid: the question cannot be answered as it stands; `reason` says why.
    """
    try:
        return locator.locate(question)
    except QuestionError as error:
        path = FIELDS.get(error.code, "fragments")
        raise RecordInvalid(path=path, reason=error.code) from None


def question_of(file: LocatingFile) -> Question | None:
    """What the deeds that hold ask, with the votes on the person's record; None: nothing yet."""
    speaker = file.state.speaker
    votes = _votes(file.record)
    fragments, landmarks = _fragments(file.state)
    if not (fragments or landmarks or speaker.dialect or speaker.province or votes):
        return None
    return Question(
        fragments=fragments,
        dialect=speaker.dialect or None,
        votes=votes,
        surname=speaker.surname or None,
        province=speaker.province or None,
        landmarks=landmarks,
        calls=tuple(
            Call(call.code, answer)
            for call in (deed.what for deed in reversed(file.state.calls))
            if isinstance(call, deeds.Call)
            for answer in [_answer(call.answer)]
        ),
        prompts=tuple(
            Prompt(name.code, name.known, reaction.counts)
            for reaction in (deed.what for deed in reversed(file.state.reactions))
            if isinstance(reaction, deeds.Reaction)
            for name in reaction.names
            if not name.decoy
        ),
    )


def heard_in_order(state: deeds.State) -> list[deeds.Deed]:
    """The fragments of the question by their number there; landmarks have none."""
    return [
        deed
        for group in state.versions()
        for deed in group
        if isinstance(deed.what, deeds.Fragment) and deed.what.level != "landmark"
    ]


def _fragments(state: deeds.State) -> tuple[tuple[Fragment, ...], tuple[str, ...]]:
    group_of = {
        deed.id: group[0].id if len(group) > 1 else ""
        for group in state.versions()
        for deed in group
    }
    fragments = tuple(
        Fragment(
            text=deed.what.text or None,
            latin=deed.what.latin or None,
            level=_level(deed.what.level),
            sure="unsure" if deed.what.sure == "unsure" else "sure",
            group=group_of[deed.id],
        )
        for deed in heard_in_order(state)
        if isinstance(deed.what, deeds.Fragment)
    )
    landmarks = tuple(
        deed.what.text
        for deed in state.fragments
        if isinstance(deed.what, deeds.Fragment) and deed.what.level == "landmark"
    )
    return fragments, landmarks


def _level(text: str) -> PlaceLevel | None:
    known: dict[str, PlaceLevel] = {
        "village": "village",
        "town": "town",
        "county": "county",
        "city": "city",
        "province": "province",
    }
    return known.get(text)


def _answer(text: str) -> deeds.Answer:
    known: dict[str, deeds.Answer] = {"known": "known", "unknown": "unknown"}
    return known.get(text, "no_answer")


def _votes(record: PersonRecord | None) -> dict[str, float]:
    """Dialects on the record: what the person stated and what listeners voted, weighted."""
    votes: defaultdict[str, float] = defaultdict(float)
    for dialect in record.dialects if record is not None else ():
        if dialect.name:
            weight = 1.0 if dialect.basis == "stated" else _VOTE
            votes[dialect.name] += weight if dialect.certainty is None else dialect.certainty
    return dict(votes)
