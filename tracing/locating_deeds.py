"""What a locating consists of: deeds, each of which can be taken back and can return.

A fragment that was heard, what is known of the speaker, a call, a reaction to names said aloud, a
claim put on the person's record. The present state is what the deeds that hold say together.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tracing.errors import RecordInvalid

LEVELS = ("village", "town", "county", "city", "province", "any", "landmark")
"""What a fragment may be; `any` is not known, a landmark is a river, a hill, a crop, a food."""
HEARD = ("sure", "unsure")
Answer = Literal["known", "unknown", "no_answer"]
ANSWERS = ("unknown", "known", "no_answer")
HEARD_OF_HOME = ("heard_home", "birthplace", "living")
CLAIM_KINDS = ("household", "birthplace", "living", "heard_home")


@dataclass(frozen=True, slots=True)
class Rules:
    """`locating.toml`, read."""

    unlinked_days: int
    deeds_most: int
    text_longest: int
    note_longest: int
    fragments_most: int
    sure: Mapping[str, float]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The packaged numbers; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("locating.toml").read_text("utf-8")
    )
    return Rules(**table["keeping"], sure=table["sure"])


class Said:
    """Something personal: it prints as its kind alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Fragment(Said):
    """A piece of where home is, as heard; `version_of` names the deed that it contradicts."""

    text: str = ""
    latin: str = ""
    level: str = "any"
    sure: str = "sure"
    version_of: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Speaker(Said):
    """What is known besides: whose accent, which surname, which province (山东)."""

    dialect: str = ""
    surname: str = ""
    province: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Call(Said):
    """A call to a place (code of 6, 9 or 12 digits) about the person."""

    code: str
    place: str
    answer: str
    number: str = ""
    spoke_with: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class SaidAloud(Said):
    """A name that was said aloud; a decoy belongs to no place that is thought of."""

    name: str
    code: str
    decoy: bool
    known: bool


@dataclass(frozen=True, slots=True, repr=False)
class Reaction(Said):
    """How the person reacted to names said aloud."""

    names: tuple[SaidAloud, ...]

    @property
    def counts(self) -> bool:
        """Whether the decoys were refused: who knows them says yes to everything."""
        return not any(name.decoy and name.known for name in self.names)


@dataclass(frozen=True, slots=True, repr=False)
class Claim(Said):
    """A place put on the person's record."""

    kind: str
    code: str
    text: str
    sure: str


What = Fragment | Speaker | Call | Reaction | Claim
KINDS: Mapping[str, type[What]] = {
    "fragment": Fragment,
    "speaker": Speaker,
    "call": Call,
    "reaction": Reaction,
    "claim": Claim,
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed: what, by whom, when, and whether it holds."""

    id: str
    kind: str
    what: What
    by: str
    at: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class State:
    """What the deeds of a locating say together."""

    deeds: tuple[Deed, ...]

    def _holding(self, kind: str) -> list[Deed]:
        return [deed for deed in self.deeds if deed.kind == kind and deed.holds]

    @property
    def fragments(self) -> list[Deed]:
        """Fragments that hold, oldest first."""
        return self._holding("fragment")

    @property
    def calls(self) -> list[Deed]:
        """Calls, newest first."""
        return self._holding("call")[::-1]

    @property
    def reactions(self) -> list[Deed]:
        """Reactions, newest first."""
        return self._holding("reaction")[::-1]

    @property
    def claims(self) -> list[Deed]:
        """Claims, newest first."""
        return self._holding("claim")[::-1]

    @property
    def undone(self) -> list[Deed]:
        """What was taken back, newest first."""
        return [deed for deed in self.deeds if not deed.holds][::-1]

    @property
    def speaker(self) -> Speaker:
        """What was last said of the speaker."""
        told = [deed.what for deed in self._holding("speaker")]
        return next((what for what in reversed(told) if isinstance(what, Speaker)), Speaker())

    def versions(self) -> list[list[Deed]]:
        """Fragments in groups: those that contradict one another stand together."""
        held = {deed.id for deed in self.fragments}
        first: dict[str, str] = {}
        groups: defaultdict[str, list[Deed]] = defaultdict(list)
        for deed in self.fragments:
            of = deed.what.version_of if isinstance(deed.what, Fragment) else ""
            first[deed.id] = first.get(of, of) if of in held else deed.id
            groups[first[deed.id]].append(deed)
        return list(groups.values())


def packed(what: What) -> bytes:
    """A deed as it is sealed."""
    return json.dumps(asdict(what), ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(kind: str, data: bytes) -> What:
    """What `packed` made; fields of later versions are passed over."""
    made = KINDS[kind]
    known = {field.name for field in fields(made)}
    told = {key: value for key, value in json.loads(data).items() if key in known}
    if made is Reaction:
        told["names"] = tuple(SaidAloud(**name) for name in told["names"])
    return made(**told)


def require_sense(what: What) -> None:
    """Raise `RecordInvalid` with the field's name for a deed that says nothing or too much."""
    if isinstance(what, Fragment) and not (what.text or what.latin):
        raise RecordInvalid(path="text", reason="value_missing")
    if isinstance(what, Fragment) and what.level == "landmark" and not what.text:
        raise RecordInvalid(path="text", reason="value_missing")
    if isinstance(what, Call) and not _is_code(what.code):
        raise RecordInvalid(path="code", reason="not_a_division_code")
    if isinstance(what, Claim) and not _is_code(what.code):
        raise RecordInvalid(path="code", reason="not_a_division_code")
    if isinstance(what, Reaction) and not 0 < len(what.names) <= 20:
        raise RecordInvalid(path="names", reason="value_missing")
    _require_choice(what)
    _require_length(what)


def heard_before(document: Mapping[str, Any]) -> Sequence[Fragment]:
    """What the record says was heard of home, as fragments to begin with."""
    most = rules().text_longest
    return [
        Fragment(text=str(text), latin=str(latin), sure="unsure")
        for place in document.get("places", ())
        if place.get("kind") in HEARD_OF_HOME
        for text, latin in [_spoken(place)]
        if (text or latin) and len(text) <= most and len(latin) <= most
    ][: rules().fragments_most // 2]


def _spoken(place: Mapping[str, Any]) -> tuple[str, str]:
    """Characters and Latin letters of a place; a place with a code has been found already."""
    if place.get("code") or place.get("status"):
        return "", ""
    text, heard = str(place.get("text") or ""), str(place.get("heard") or "")
    return (text, heard) if heard.isascii() else (text or heard, "")


def _is_code(code: str) -> bool:
    return len(code) in {2, 6, 9, 12} and code.isascii() and code.isdigit()


def _require_choice(what: What) -> None:
    lists: Sequence[tuple[str, Sequence[str]]] = {
        Fragment: (("level", LEVELS), ("sure", HEARD)),
        Call: (("answer", ANSWERS),),
        Claim: (("kind", CLAIM_KINDS), ("sure", tuple(rules().sure))),
    }.get(type(what), ())
    for name, allowed in lists:
        if getattr(what, name) not in allowed:
            raise RecordInvalid(path=name, reason="choose")


def _require_length(what: What) -> None:
    for name, value in asdict(what).items():
        most = rules().note_longest if name == "note" else rules().text_longest
        if isinstance(value, str) and len(value) > most:
            raise RecordInvalid(path=name, reason="too_long")
        if isinstance(value, str) and not value.isprintable():
            raise RecordInvalid(path=name, reason="control_character")
