"""The OpenAPI description with an example for every operation, from `v1/examples.json`."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from api.security import Door, table

JSON = "application/json"
METHODS = ("get", "post", "put", "delete")
SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "a key of this installation, or a token of its issuer (docs/integrators.md)",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "xunqin_session",
        "description": "a person who is signed in; what one answers for oneself is not for keys",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "the token of that session, with every change",
    },
}


@lru_cache(maxsize=1)
def examples() -> dict[str, dict[str, Any]]:
    """By method and path: `request` and `response`, where the operation has them."""
    text = files("api.v1").joinpath("examples.json").read_text("utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


class Application(FastAPI):
    """The application, described with examples."""

    def openapi(self) -> dict[str, Any]:
        """The description; made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            described.setdefault("components", {})["securitySchemes"] = SCHEMES
            described["security"] = [{"bearer": []}]
            for path, operations in described["paths"].items():
                for method, operation in operations.items():
                    if method in METHODS:
                        _say_who(operation, table().get((method.upper(), path)))
                        _show(operation, examples().get(f"{method.upper()} {path}", {}))
        return super().openapi()


def _say_who(operation: dict[str, Any], door: Door | None) -> None:
    """Doors for anybody and doors for people only; all others take a key."""
    if door is not None and door.who == "anyone":
        operation["security"] = []
    elif door is not None and door.who == "person":
        operation["security"] = [{"session": [], **({"csrf": []} if door.csrf else {})}]


def _show(operation: dict[str, Any], example: dict[str, Any]) -> None:
    asked = operation.get("requestBody", {}).get("content", {})
    for content in asked.values():
        if "request" in example:
            content["example"] = example["request"]
    for status, answer in operation["responses"].items():
        told = answer.get("content", {}).get(JSON)
        if status.startswith("2") and told is not None and "response" in example:
            told["example"] = example["response"]
