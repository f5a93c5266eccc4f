"""The question put to the engine, and what to ask the person next, in words."""

from __future__ import annotations

from collections.abc import Sequence

from api.language import Words
from api.pages.locating_words import fragment_words
from api.pages.shared import choices_of
from api.visit import Visit
from matchers.places.locating import Ask, Located
from tracing.errors import RecordInvalid
from tracing.locating import LocatingFile
from tracing.locating_deeds import Deed
from tracing.locating_question import ask, question_of


def located(visit: Visit, file: LocatingFile) -> tuple[Located | None, str]:
    """Where home may be as of now, and why there is no answer although something was heard.

    A call to a place that is no longer in the tables is such a case: the page still opens, so
    that the call can be taken back.
    """
    question = question_of(file)
    if question is None:
        return None, ""
    try:
        with visit.house.room():
            return ask(visit.service.locator, question), ""
    except RecordInvalid as error:
        return None, reason_words(visit.words, error)


def reason_words(words: Words, error: RecordInvalid) -> str:
    """Why something was refused, in words."""
    return words.first((f"invalid.{error.facts.get('reason')}", "invalid.other"))


def names_aloud(found: Located | None) -> Ask | None:
    """The names to say aloud, when there are some."""
    return next((a for a in (found.asks if found else ()) if a.kind == "say_aloud"), None)


def spoken_asks(words: Words, found: Located) -> list[str]:
    """Questions to put to the person that the sheet does not hold anyway, best first."""
    told = []
    for one in found.asks:
        if one.kind == "level" and one.level in {"county", "city", "province"}:
            told.append(words(f"locate.ask.level.{one.level}"))
        elif one.kind == "staple":
            told.append(words("locate.ask.staple"))
    return told


def usual_asks(visit: Visit) -> list[str]:
    """What is asked of everybody, in words."""
    return [word for _, word in choices_of(visit).options(visit.words, "sheet_questions")]


def asks(words: Words, found: Located, heard: Sequence[Deed]) -> list[str]:
    """What is worth asking next besides names aloud, best first, in words."""
    told = []
    for one in found.asks:
        if one.kind == "level":
            told.append(words(f"locate.ask.level.{one.level}"))
        elif one.kind == "staple":
            told.append(words("locate.ask.staple"))
        elif one.kind == "another_hearing" and 0 <= one.fragment < len(heard):
            said = fragment_words(heard[one.fragment].what)
            told.append(words("locate.ask.another_hearing", said=said))
    return told
