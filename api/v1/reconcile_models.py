"""What the reconciliation service takes and gives (Reconciliation Service API, version 0.2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from tracing.errors import RecordInvalid
from tracing.records import record_invalid

QUERIES_MAX = 50
PEOPLE_MAX = 10
CELL_LONGEST = 200
LIMIT = 10


class Given(BaseModel):
    """What comes from a program; closed, as the specification's schema is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EntityValue(BaseModel):
    """A value that was reconciled before."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(max_length=CELL_LONGEST)]
    name: Annotated[str, Field(max_length=CELL_LONGEST)] = ""


Value = (
    Annotated[str, Field(max_length=CELL_LONGEST, strict=True)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | EntityValue
)


class PropertyValue(Given):
    """A property of the row and its value or values."""

    pid: Annotated[str, Field(max_length=64)]
    v: Value | Annotated[list[Value], Field(max_length=20)]

    def texts(self) -> tuple[str, ...]:
        """The values as text; a place that was reconciled before is its code."""
        values = self.v if isinstance(self.v, list) else [self.v]
        return tuple(_text(value) for value in values)


def _text(value: object) -> str:
    if isinstance(value, EntityValue):
        return value.id
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Query(Given):
    """One cell of a ledger with its row's properties."""

    query: Annotated[str, Field(max_length=CELL_LONGEST)] | None = None
    type: str | Annotated[list[str], Field(max_length=10)] | None = None
    limit: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] = LIMIT
    properties: Annotated[list[PropertyValue], Field(max_length=20)] = Field(default_factory=list)
    type_strict: Literal["any", "should", "all"] = "any"

    @model_validator(mode="after")
    def _asks_something(self) -> Query:
        if self.query is None and not self.properties:
            raise ValueError
        return self

    @property
    def types(self) -> tuple[str, ...]:
        """The types asked for; places where none is named."""
        given = [self.type] if isinstance(self.type, str) else self.type or []
        return tuple(given) or ("place",)


class PropertyWanted(BaseModel):
    """A property to fetch; settings are none of ours."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(max_length=64)]


class Extend(Given):
    """Which properties of which entities are wanted."""

    ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)]
    properties: Annotated[list[PropertyWanted], Field(max_length=20)]


_BATCH: TypeAdapter[dict[str, Query]] = TypeAdapter(
    Annotated[dict[str, Query], Field(max_length=QUERIES_MAX)]
)


def read_queries(text: str) -> dict[str, Query]:
    """A batch of queries; raises `RecordInvalid` with the path of what is wrong."""
    try:
        return _BATCH.validate_json(text)
    except ValidationError as error:
        raise _refused(error, "queries") from None


def read_extend(text: str) -> Extend:
    """A question for properties; raises `RecordInvalid` with the path of what is wrong."""
    try:
        return Extend.model_validate_json(text)
    except ValidationError as error:
        raise _refused(error, "extend") from None


def _refused(error: ValidationError, root: str) -> RecordInvalid:
    """The first fault; how many there are stands in no problem, whose `errors` name fields."""
    facts = record_invalid(error, root).facts
    return RecordInvalid(path=facts["path"], reason=facts["reason"])


def unknown_type(path: str) -> RecordInvalid:
    """The error for a type that is not offered."""
    return RecordInvalid(path=path, reason="unknown_value")


Answer = dict[str, Any]
