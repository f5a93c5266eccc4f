"""The same office as the store's tests, and the same station as the doors'."""

from tests.api.conftest import house
from tests.store.conftest import (
    clock,
    new_office,
    office,
    postgres,
    postgres_template,
    small_office,
    sqlite_template,
)

__all__ = [
    "clock",
    "house",
    "new_office",
    "office",
    "postgres",
    "postgres_template",
    "small_office",
    "sqlite_template",
]
