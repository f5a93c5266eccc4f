"""The packaged table of how faces are looked for; reading it loads no detector."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def detection_table() -> dict[str, Any]:
    """The packaged table `detection.toml`."""
    return tomllib.loads((files("matchers.faces") / "detection.toml").read_text("utf-8"))


def dlib_finder_id() -> str:
    """Name and version of looking with dlib's detectors."""
    return f"dlib-{detection_table()['version']}"
