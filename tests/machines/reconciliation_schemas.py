"""The published structure of the Reconciliation Service API 0.2, as JSON Schema.

Written by us from the specification's own schemas (manifest, query batch, result batch, suggest
responses, data extension; repository reconciliation-api/specs, folder 0.2/schemas), and compared
with them key by key. Where theirs leave a key open, these do; what theirs require, these require.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WITH_ID: Schema = {"type": "string", "pattern": r".*\{\{id\}\}.*"}


def thing(required: tuple[str, ...], **properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def several(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TYPE = thing(("id", "name"), id=TEXT, name=TEXT, description=TEXT)
TYPE_OR_ID: Schema = {"oneOf": [thing(("id",), id=TEXT, name=TEXT), TEXT]}
SUGGEST = thing(
    (),
    service_url=TEXT,
    service_path=TEXT,
    flyout_service_url=TEXT,
    flyout_service_path={"type": "string", "pattern": r".*\$\{id\}.*"},
)
API_KEY: Schema = {
    **thing(
        ("type", "name", "in"),
        type={"enum": ["apiKey"]},
        name=TEXT,
        **{"in": {"enum": ["header", "query"]}, "description": TEXT},
    ),
    "additionalProperties": False,
}
MANIFEST = thing(
    ("versions", "name", "identifierSpace", "schemaSpace"),
    versions={**several(TEXT), "contains": {"enum": ["0.2"]}},
    name=TEXT,
    identifierSpace=TEXT,
    schemaSpace=TEXT,
    documentation=TEXT,
    serviceVersion=TEXT,
    logo=TEXT,
    authentication=API_KEY,
    view=thing(("url",), url=WITH_ID),
    feature_view=thing(("url",), url=WITH_ID),
    defaultTypes={**several(TYPE), "uniqueItems": True},
    suggest=thing((), entity=SUGGEST, property=SUGGEST, type=SUGGEST),
    preview=thing(
        ("url", "width", "height"),
        url=WITH_ID,
        width={"type": "integer"},
        height={"type": "integer"},
    ),
    extend=thing((), propose_properties=thing((), service_url=TEXT, service_path=TEXT)),
)
VALUE: Schema = {
    "oneOf": [
        TEXT,
        {"type": "number"},
        {"type": "boolean"},
        thing(("id",), id=TEXT, name=TEXT),
    ]
}
QUERY: Schema = {
    **thing(
        (),
        query=TEXT,
        type={"oneOf": [TEXT, several(TEXT)]},
        limit={"type": "number"},
        properties=several(thing(("pid", "v"), pid=TEXT, v={"oneOf": [VALUE, several(VALUE)]})),
        type_strict={"enum": ["any", "should", "all"]},
    ),
    "anyOf": [
        {"required": ["query"]},
        {"required": ["properties"], "properties": {"properties": {"minItems": 1}}},
    ],
    "additionalProperties": False,
}
QUERIES: Schema = {"type": "object", "additionalProperties": QUERY}
CANDIDATE = thing(
    ("id", "name", "score"),
    id=TEXT,
    name=TEXT,
    description=TEXT,
    score={"type": "number"},
    match={"type": "boolean"},
    type=several(TYPE_OR_ID),
    features=several(thing((), id=TEXT, value={"type": ["boolean", "number"]})),
)
RESULTS: Schema = {
    "type": "object",
    "additionalProperties": thing(("result",), result=several(CANDIDATE)),
}
ENTITIES = thing(
    ("result",),
    result=several(
        thing(("id", "name"), id=TEXT, name=TEXT, description=TEXT, notable=several(TYPE_OR_ID))
    ),
)
TYPES = thing(("result",), result=several(TYPE))
PROPERTIES = thing(
    ("result",), result=several(thing(("id", "name"), id=TEXT, name=TEXT, description=TEXT))
)
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-(1[0-2]|0[1-9])-(3[01]|0[1-9]|[12]\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$",
}


def closed(required: tuple[str, ...], **properties: Any) -> Schema:
    return {**thing(required, **properties), "additionalProperties": False}


CELL: Schema = {
    "oneOf": [
        closed(()),
        closed(("id", "name"), id=TEXT, name=TEXT, description=TEXT),
        closed(("str",), str=TEXT),
        closed(("float",), float={"type": "number"}),
        closed(("int",), int={"type": "integer"}),
        closed(("date",), date=MOMENT),
    ]
}
EXTENSION = thing(
    ("meta", "rows"),
    meta=several(
        thing(
            ("id", "name"),
            id=TEXT,
            name=TEXT,
            type=thing(("id",), id=TEXT, name=TEXT),
            service={"type": "string", "pattern": "^https?://"},
        )
    ),
    rows={
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": several(CELL)},
    },
)
