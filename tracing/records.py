"""A person record: the strict shape of what the API takes, imports read and benchmarks score.

Absent means not recorded. A claim that was asked for and not obtained carries `status`
(`unknown` or `refused`) instead of a value. The three are never folded into one.
Unknown keys are refused with their path. `document()` and `model_validate()` are inverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Discriminator,
    Tag,
    ValidationError,
)
from pydantic_core import from_json

from tracing.errors import RecordInvalid
from tracing.record_claims import (
    Belonging,
    Birth,
    Build,
    Dialect,
    EthnicityClaim,
    Mark,
    Number,
    Part,
    PersonName,
    Photo,
    Place,
    Print,
    Relative,
    Sex,
    SexClaim,
    Utterance,
    several,
)
from tracing.record_fields import Day, Ethnicity, Key, Story, Word

__all__ = [
    "Belonging",
    "Birth",
    "Build",
    "Dialect",
    "EthnicityClaim",
    "Mark",
    "Number",
    "PersonName",
    "PersonRecord",
    "Photo",
    "Place",
    "Print",
    "Relative",
    "Sex",
    "SexClaim",
    "Side",
    "Utterance",
    "record_invalid",
]

Side = Literal["found", "sought", "register"]

_UNION_TAGS = frozenset({"as_word", "as_claim"})
_PATH_LONGEST = 200
_BOUNDS = frozenset({"expected", "max_length", "ge", "le"})


def _form(value: Any) -> str:
    return "as_word" if isinstance(value, str) else "as_claim"


_WORD, _CLAIM = Tag("as_word"), Tag("as_claim")
_SexField = Annotated[Annotated[Sex, _WORD] | Annotated[SexClaim, _CLAIM], Discriminator(_form)]
_EthnicityField = Annotated[
    Annotated[Ethnicity, _WORD] | Annotated[EthnicityClaim, _CLAIM], Discriminator(_form)
]
_BelongingField = Annotated[
    Annotated[Story, _WORD] | Annotated[Belonging, _CLAIM], Discriminator(_form)
]


class PersonRecord(Part):
    """One person as recorded by one side; only `side` is required."""

    id: Key | None = None
    source: Key | None = None
    side: Side
    station: Word | None = None
    names: tuple[PersonName, ...] = several(50)
    sex: _SexField | None = None
    birth: Birth | None = None
    ethnicity: _EthnicityField | None = None
    dialects: tuple[Dialect, ...] = several(20)
    places: tuple[Place, ...] = several(50)
    numbers: tuple[Number, ...] = several(50)
    household: Key | None = None
    relatives: tuple[Relative, ...] = several(50)
    marks: tuple[Mark, ...] = several(100)
    build: Build | None = None
    belongings: tuple[_BelongingField, ...] = several(100)
    utterances: tuple[Utterance, ...] = several(500)
    photos: tuple[Photo, ...] = several(50)
    prints: tuple[Print, ...] = several(50)
    contact_wish: Literal["yes", "no", "not_asked", "cannot_say"] | None = None
    event_at: Day | None = None

    @property
    def sex_word(self) -> Sex | None:
        """The sex recorded, in either form; None when absent or not obtained."""
        return self.sex.value if isinstance(self.sex, SexClaim) else self.sex

    def document(self) -> dict[str, Any]:
        """The compact JSON document: nothing absent is written."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Read a document (or a record).

        Raises:
            RecordInvalid: with `path`, `reason` and `errors` (count); never with the value.
        """
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise record_invalid(error) from None

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """Read one JSON object; raises `RecordInvalid` with `reason=not_json` for anything else."""
        try:
            parsed = from_json(text, allow_inf_nan=False)
        except ValueError:
            raise RecordInvalid(path="", reason="not_json") from None
        if not isinstance(parsed, Mapping):
            raise RecordInvalid(path="", reason="not_an_object")
        return cls.model_validate(parsed)

    def to_json(self) -> bytes:
        """The document as compact UTF-8 JSON."""
        return self.model_dump_json(exclude_defaults=True).encode()


def record_invalid(error: ValidationError, root: str = "") -> RecordInvalid:
    """The first fault of a pydantic error as `RecordInvalid(path=…, reason=…, errors=…)`.

    `path` is like `names[0].text`; `reason` is pydantic's or our own code, with the bound that was
    broken where there is one (`expected`, `max_length`, `ge`, `le`); no value is kept.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    bounds = {k: str(v) for k, v in first.get("ctx", {}).items() if k in _BOUNDS}
    facts = {"path": _path(first["loc"], root), "reason": first["type"], **bounds}
    return RecordInvalid(**facts, errors=error.error_count())


def _path(location: tuple[int | str, ...], root: str) -> str:
    path = root
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in _UNION_TAGS:
            path += f".{step}" if path else step
    return path[:_PATH_LONGEST]
