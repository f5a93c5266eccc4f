"""A small share of what `make fuzz` sends to the doors, and what it found there."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.api.house import House, unpaced
from tests.api.test_doors import house  # noqa: F401
