"""The parts of a person record: claims with their source, each a value or a status."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from tracing.record_fields import (
    About,
    Component,
    Day,
    Digits,
    Division,
    Ethnicity,
    Key,
    Latitude,
    Longitude,
    Moment,
    Name,
    Share,
    Story,
    Word,
)

Status = Literal["unknown", "refused"]
Sex = Literal["male", "female", "unknown", "not_stated"]


def _refuse(reason: str) -> PydanticCustomError:
    return PydanticCustomError(reason, "cannot be read")


def several(most: int) -> Any:
    """A list of at most `most` items; JSON arrays arrive as lists and are kept as tuples."""
    return Field(default=(), max_length=most, strict=False)


class Part(BaseModel):
    """Strict, frozen, closed: the rules that every part of a record keeps."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    def __repr__(self) -> str:
        """The name of the part only: what it says belongs in no log."""
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class Claim(Part):
    """Something said by somebody: a value, or `status` when it was asked for and not obtained."""

    value_fields: ClassVar[tuple[str, ...]] = ()

    source: Word | None = None
    certainty: Share | None = None
    at: Moment | None = None
    by: Word | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _value_or_status(self) -> Self:
        given = [name for name in self.value_fields if getattr(self, name) not in (None, ())]
        if self.status is not None and given:
            raise _refuse("value_and_status")
        if self.status is None and not given:
            raise _refuse("value_missing")
        return self


class PersonName(Claim):
    """A name in characters, in Latin letters as it sounded, or in both."""

    value_fields = ("text", "latin")

    text: Name | None = None
    latin: Name | None = None
    kind: (
        Literal["stated", "registered", "alias", "nickname", "given_by_station", "heard"] | None
    ) = None
    dialect: Word | None = None
    listener: Literal["mandarin", "local", "unknown"] | None = None


class SexClaim(Claim):
    """Sex (GB/T 2261.1) with its source."""

    value_fields = ("value",)
    value: Sex | None = None


class EthnicityClaim(Claim):
    """Ethnic group (GB/T 3304) with its source."""

    value_fields = ("value",)
    value: Ethnicity | None = None


class Birth(Claim):
    """Earliest and latest day of birth, and what they rest on."""

    value_fields = ("earliest", "latest")

    earliest: Day | None = None
    latest: Day | None = None
    basis: Literal["document", "stated", "nominal_age", "apparent", "assigned"] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise _refuse("earliest_after_latest")
        return self


class Dialect(Claim):
    """A dialect by its place name."""

    value_fields = ("name",)
    name: Word | None = None
    basis: Literal["stated", "listener"] | None = None


class Place(Claim):
    """A place by code, in words, as heard or as coordinates."""

    value_fields = ("code", "text", "heard", "lat")

    kind: Literal[
        "household", "birthplace", "living", "last_seen", "found", "heard_home", "settled"
    ]
    code: Division | None = None
    text: Name | None = None
    heard: Name | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise _refuse("coordinate_missing")
        return self


class Number(Claim):
    """A number of a document, phone or card; `?` for each digit that is not remembered."""

    value_fields = ("text",)

    kind: Literal["citizen", "phone", "card", "other"]
    text: Word | None = None
    assigned: bool | None = None

    @model_validator(mode="after")
    def _digits(self) -> Self:
        if self.text is not None and self.kind in ("citizen", "phone"):
            allowed = "0123456789?" + ("Xx" if self.kind == "citizen" else "+- ")
            longest = 18 if self.kind == "citizen" else 40
            if len(self.text) > longest or any(c not in allowed for c in self.text):
                raise _refuse("not_a_number")
        return self


class Relative(Claim):
    """A relative; the relation alone is worth knowing, with `status` it was asked for in vain."""

    value_fields = ("relation",)

    relation: (
        Literal[
            "father",
            "mother",
            "spouse",
            "son",
            "daughter",
            "brother",
            "sister",
            "grandparent",
            "grandchild",
            "aunt_uncle",
            "in_law",
            "guardian",
            "neighbour",
            "employer",
            "other",
        ]
        | None
    ) = None
    names: tuple[PersonName, ...] = several(20)
    phone: Digits | None = None

    @model_validator(mode="after")
    def _value_or_status(self) -> Self:
        named = bool(self.names or self.phone)
        if self.status is not None and named:
            raise _refuse("value_and_status")
        if self.status is None and not named and self.relation is None:
            raise _refuse("value_missing")
        return self


class Mark(Claim):
    """A mark on the body, by site; `absent` when it was looked for and is not there."""

    value_fields = ("site", "kind", "text")

    site: Word | None = None
    kind: (
        Literal[
            "scar", "mole", "tattoo", "birthmark", "missing", "deformity", "prosthesis", "other"
        ]
        | None
    ) = None
    text: Story | None = None
    absent: bool | None = None


class Build(Claim):
    """Height in centimetres, lowest and highest estimate, and build in words."""

    value_fields = ("height_cm", "text")

    height_cm: Annotated[
        tuple[Annotated[int, Field(ge=20, le=280)], Annotated[int, Field(ge=20, le=280)]] | None,
        Field(strict=False),
    ] = None
    text: Story | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.height_cm and self.height_cm[0] > self.height_cm[1]:
            raise _refuse("lowest_after_highest")
        return self


class Belonging(Claim):
    """A piece of clothing or a thing carried, with its source."""

    value_fields = ("text",)
    text: Story | None = None


class Audio(Part):
    """A recording of an utterance."""

    file: Key
    seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None


class Utterance(Claim):
    """What the person said, verbatim, on its day."""

    value_fields = ("text", "audio")

    text: Story | None = None
    language: Word | None = None
    interviewer: Word | None = None
    prompted: bool | None = None
    audio: Audio | None = None


class Photo(Part):
    """A photo by file name (import) or id (uploaded), and which face in it is the person's."""

    file: Key
    taken: About | None = None
    face: Annotated[int, Field(ge=0, le=1_000)] | None = None


class Print(Part):
    """A ready-made face print: vector float [dim] and the model that made it."""

    model: Word
    vector: Annotated[tuple[Component, ...], Field(min_length=1, max_length=4_096, strict=False)]
    taken: About | None = None
    age: Annotated[int, Field(ge=0, le=130)] | None = None
