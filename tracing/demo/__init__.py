"""The demo: a synthetic population, its accounts and pictures, and a proof that it works."""

from tracing.demo.population import Population
from tracing.demo.proof import CheckReport, check
from tracing.demo.trying import TryThis
from tracing.demo.world import DemoAccount, DemoWorld, prepare

__all__ = [
    "CheckReport",
    "DemoAccount",
    "DemoWorld",
    "Population",
    "TryThis",
    "check",
    "prepare",
]
