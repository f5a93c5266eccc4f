"""Which version this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The installed version; `0` when run from files that were never installed."""
    try:
        return version("xunqin")
    except PackageNotFoundError:
        return "0"
