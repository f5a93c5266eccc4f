"""Reading an answer into the models of the doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.client.errors import Unreadable

Document = Mapping[str, Any]
Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], answer: httpx2.Response) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise Unreadable(Unreadable.__doc__) from None


def read_all(adapter: TypeAdapter[list[Model]], answer: httpx2.Response) -> list[Model]:
    try:
        return adapter.validate_json(answer.content)
    except ValidationError:
        raise Unreadable(Unreadable.__doc__) from None
