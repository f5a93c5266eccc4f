"""Every JSON door is described with an example that its own description accepts."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import validator_for

from api.reference import JSON, METHODS, examples
from api.security import table
from api.visit import SESSION_COOKIE
from tests.api.house import House


def operations(house: House) -> list[tuple[str, dict[str, Any]]]:
    paths = house.app.openapi()["paths"]
    return [
        (f"{method.upper()} {path}", operation)
        for path, found in paths.items()
        for method, operation in found.items()
        if method in METHODS and path.startswith("/v1/")
    ]


def shown(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The bodies in JSON or as a form that an operation takes and gives."""
    asked = operation.get("requestBody", {}).get("content", {})
    found = [("request", c) for kind, c in asked.items() if kind in _WRITTEN]
    for status, answer in operation["responses"].items():
        if status.startswith("2") and JSON in answer.get("content", {}):
            found.append(("response", answer["content"][JSON]))
    return found


_WRITTEN = (JSON, "application/x-www-form-urlencoded")


def test_every_operation_has_its_examples(house: House) -> None:
    bare = [
        f"{name}: add its {side} to api/v1/examples.json"
        for name, operation in operations(house)
        for side, content in shown(operation)
        if "example" not in content
    ]
    assert bare == []


def test_no_example_is_left_of_an_operation_that_is_gone(house: House) -> None:
    assert set(examples()) <= {name for name, _ in operations(house)}


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_is_of_the_form_it_shows(house: House, name: str) -> None:
    described = house.app.openapi()
    operation = dict(operations(house))[name]
    for side, content in shown(operation):
        schema = {**content["schema"], "components": described["components"]}
        problems = [e.message for e in validator_for(schema).iter_errors(content["example"])]
        assert problems == [], side


def test_the_description_says_how_a_machine_proves_itself(house: House) -> None:
    schemes = house.app.openapi()["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer"
    assert schemes["session"]["name"] == SESSION_COOKIE


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("GET /notices.atom", []),
        ("GET /v1/people", [{"bearer": []}]),
        ("POST /v1/reviews/{search_id}", [{"session": [], "csrf": []}]),
    ],
)
def test_the_description_says_which_doors_need_no_key_and_which_take_none(
    house: House, name: str, needs: list[dict[str, Any]]
) -> None:
    described, (method, path) = house.app.openapi(), name.split()
    operation = described["paths"][path][method.lower()]
    assert operation.get("security", described["security"]) == needs


def test_what_is_described_about_keys_is_what_the_doors_ask_for(house: House) -> None:
    described = house.app.openapi()
    wrong = []
    for (method, path), door in table().items():
        operation = described["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        said = operation.get("security", described["security"])
        asked = {"anyone": [], "signed_in": ["bearer"], "person": ["session"]}[door.who]
        if [next(iter(one)) for one in said] != asked:
            wrong.append(f"{method} {path}: {said}")
    assert wrong == []
