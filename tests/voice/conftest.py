"""The same station that the doors are tested on, and the same office as the store's."""

from tests.api.conftest import house
from tests.pages.conftest import address, opened
from tests.store.conftest import (
    clock,
    new_office,
    office,
    postgres,
    postgres_template,
    sqlite_template,
)

__all__ = [
    "address",
    "clock",
    "house",
    "new_office",
    "office",
    "opened",
    "postgres",
    "postgres_template",
    "sqlite_template",
]
