"""All SQL of xunqin: tables, migrations, transactions, and one module of statements per noun."""

from tracing.store.database import Tx
from tracing.store.opening import Store
from tracing.store.upgrade import migrate

__all__ = ["Store", "Tx", "migrate"]
