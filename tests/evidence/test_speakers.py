"""What is known of a speaker's dialect."""

from __future__ import annotations

from typing import Any

import pytest

from matchers.claims import PersonClaims
from matchers.evidence.sounding import dialect_prior
from matchers.sounds.regions import Regions

REGIONS = Regions.load()


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ({}, None),
        ({"dialects": [{"name": "广州", "basis": "listener"}]}, {"广州": 1.0}),
        ({"places": [{"kind": "birthplace", "text": "广东省广州市荔湾区"}]}, {"广州": 1.0}),
        ({"places": [{"kind": "living", "text": "广东省广州市"}]}, None),
        ({"places": [{"kind": "heard_home", "text": "主猫鸭"}]}, None),
        (
            {
                "dialects": [{"name": "常州", "basis": "listener"}],
                "places": [{"kind": "household", "text": "江苏省常州市武进区"}],
            },
            {"常州": 1.0},
        ),
        (
            {
                "dialects": [
                    {"name": "苏州", "basis": "stated"},
                    {"name": "无锡", "basis": "listener"},
                    {"name": "常州", "basis": "listener"},
                ]
            },
            {"苏州": 0.5, "无锡": 0.25, "常州": 0.25},
        ),
    ],
)
def test_stated_dialects_listeners_and_homes_share_the_prior(
    doc: dict[str, Any], expected: dict[str, float] | None
) -> None:
    assert dialect_prior(PersonClaims.from_document(doc), REGIONS) == expected
