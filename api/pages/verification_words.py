"""核验 in words: two parties side by side, facts, answers, what is missing, the script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api import phrasing
from api.language import Words
from api.pages.reasons import face_url
from tracing.verification_files import Fact, Given, HeldBack, Listed, Party, VerificationFile

STEPS = ("open", "waiting", "approval", "confirmed")
ENDED = ("rejected", "disagreed", "withdrawn")


@dataclass(frozen=True, slots=True)
class PartyView:
    """One of the two people, as drawn."""

    person_id: str
    title: str
    latin: str
    meta: tuple[str, ...]
    face: str
    caption: str
    readable: bool


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact in a list."""

    id: str
    kind: str
    result: str
    good: bool
    bad: bool
    who: str
    when: str
    number: str
    text: str
    by: str
    struck: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer in a list."""

    place: str
    conclusion: str
    reason: str
    by: str
    at: object
    earlier: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way to a confirmation."""

    word: str
    now: bool


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A fact that may be kept back: what it says, and how to ask without telling it."""

    key: str
    label: str
    text: str
    question: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ListRow:
    """A verification in a list."""

    id: str
    title: str
    state: str
    todo: str
    case_number: str
    by: str
    called: str
    at: object


def party(words: Words, one: Party) -> PartyView:
    """One of the two people."""
    doc = one.record.document()
    return PartyView(
        person_id=one.person_id,
        title=phrasing.title(words, doc),
        latin=phrasing.called(words, doc).latin,
        meta=phrasing.meta(words, doc),
        face=face_url(one.photo),
        caption=words("verify.of_side", side=words(f"side.{one.side}"), station=one.station_name),
        readable=one.readable,
    )


def compared(words: Words, file: VerificationFile) -> list[tuple[str, str, str]]:
    """Label and what either record says, for everything that either says."""
    rows: dict[str, list[str]] = {}
    for column, one in enumerate((file.probe, file.person)):
        doc = one.record.document()
        pairs = [
            (words("verify.name"), phrasing.title(words, doc)),
            (words("verify.sex_age"), " · ".join(phrasing.meta(words, doc)[:2])),
            *phrasing.facts(words, doc),
        ]
        for label, value in pairs:
            rows.setdefault(label, ["", ""])[column] = value
    return [(label, left, right) for label, (left, right) in rows.items() if left or right]


def fact_row(words: Words, fact: Fact, *, own: bool) -> FactRow:
    """A fact; the number called is for the station whose verification it is."""
    entry = fact.entry
    return FactRow(
        id=fact.id,
        kind=words(f"verify.fact.{entry.kind}"),
        result=words(f"verify.result.{entry.result}"),
        good=entry.result == "supports",
        bad=entry.result == "against",
        who=entry.who,
        when=phrasing.moment(words, entry.at),
        number=entry.number if own else "",
        text=entry.text,
        by=fact.by,
        struck=fact.struck,
    )


def answer_row(words: Words, given: Given, latest: int) -> AnswerRow:
    """An answer."""
    said = ""
    if given.place == "result":
        said = words(f"state.result.{given.conclusion}")
    elif given.place == "approval":
        said = words("verify.approved" if given.conclusion == "same" else "verify.declined")
    elif given.conclusion:
        said = words(f"verify.says.{given.conclusion}")
    return AnswerRow(
        place=words(f"verify.place.{given.place}"),
        conclusion=said,
        reason=given.reason,
        by=given.by,
        at=given.at,
        earlier=given.round < latest,
    )


def steps(words: Words, file: VerificationFile) -> tuple[Step, ...]:
    """The way to a confirmation and where this one stands; an ended one shows its end."""
    if file.state in ENDED:
        return (Step(words(f"verify.state.{file.state}"), now=True),)
    shown = [s for s in STEPS if s != "approval" or file.state == "approval"]
    return tuple(Step(words(f"verify.step.{s}"), now=s == file.state) for s in shown)


def held_row(words: Words, held: HeldBack, chosen: Sequence[HeldBack] = ()) -> HeldRow:
    """A fact that may be kept back."""
    return HeldRow(
        key=held.key,
        label=words(f"verify.held.{held.section}"),
        text=_held_text(words, held),
        question=words(f"verify.ask.{held.section}"),
        chosen=held.key in {one.key for one in chosen},
    )


def _held_text(words: Words, held: HeldBack) -> str:
    item: Any = held.item
    if held.section == "marks":
        return phrasing.mark(words, item)
    if held.section == "build":
        return phrasing.build({"build": item})
    if held.section == "belongings":
        return item if isinstance(item, str) else str(item.get("text") or "")
    if held.section == "places":
        return str(item.get("text") or item.get("heard") or item.get("code") or "")
    return relative(words, item)


def relative(words: Words, item: Mapping[str, Any]) -> str:
    """A relative: relation and name."""
    names = [str(n.get("text") or n.get("latin") or "") for n in item.get("names", ())]
    relation = words(f"relation.{item['relation']}") if item.get("relation") else ""
    return " ".join(part for part in (relation, *names) if part)


def phones(words: Words, file: VerificationFile) -> list[tuple[str, str]]:
    """Whom to call: relatives on the other record with a number."""
    other = file.probe if file.described is file.person else file.person
    return [
        (relative(words, item), str(item["phone"]))
        for item in other.record.document().get("relatives", ())
        if item.get("phone")
    ]


def list_row(words: Words, item: Listed) -> ListRow:
    """A verification in a list."""
    titles = [phrasing.title(words, one.document()) for one in (item.probe, item.person)]
    return ListRow(
        id=item.id,
        title=words("verify.pair", probe=titles[0], person=titles[1]),
        state=words(f"verify.state.{item.state}"),
        todo=words(f"verify.todo.{item.part}"),
        case_number=item.case_number,
        by=item.opened_by,
        called=item.called_name or "",
        at=item.changed_at,
    )
