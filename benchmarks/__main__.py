"""`python -m benchmarks NAME ...`: run one benchmark of this package."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import benchmarks

_NOT_A_BENCHMARK = frozenset(("protocol", "__main__"))


def names() -> tuple[str, ...]:
    """The benchmarks there are: modules of this package with a `main`."""
    found = (module.name for module in iter_modules(benchmarks.__path__))
    return tuple(sorted(name for name in found if name not in _NOT_A_BENCHMARK))


def main(arguments: list[str]) -> int:
    """Dispatch to `benchmarks.NAME.main(arguments) -> exit code`."""
    if not arguments or arguments[0] not in names() or not find_spec(f"benchmarks.{arguments[0]}"):
        print(f"usage: python -m benchmarks {{{','.join(names())}}} ...", file=sys.stderr)
        return 2
    return int(import_module(f"benchmarks.{arguments[0]}").main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
