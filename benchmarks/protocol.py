"""The contract all benchmarks share: seeded, one JSON object as the last line, fractions."""

from __future__ import annotations

import gzip
import json
import os
import platform
import statistics
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from csv import DictReader
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

SEED = 20_261_121
_PACKAGES = ("xunqin", "numpy", "faiss-cpu", "rapidfuzz", "onnxruntime", "pypinyin", "ToJyutping")


class BenchmarkInputError(ValueError):
    """A file given to a benchmark does not have the columns or rows it must have."""


def parser(name: str, description: str) -> ArgumentParser:
    """A parser with what every benchmark understands: `--seed` and repeated `--vs PEER`."""
    found = ArgumentParser(prog=f"python -m benchmarks {name}", description=description)
    found.add_argument("--seed", type=int, default=SEED)
    found.add_argument(
        "--vs",
        action="extend",
        nargs="+",
        default=[],
        metavar="PEER",
        help="run peers on the same data",
    )
    return found


def machine() -> dict[str, Any]:
    """What ran this: processor, cores this process may use, memory in bytes, Python."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions(*more: str) -> dict[str, str]:
    """Installed versions of the packages that decide a figure, and of `more`."""
    found = {}
    for package in (*_PACKAGES, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def emit(name: str, seed: int, result: Mapping[str, Any]) -> None:
    """Print the last line: the result with machine, versions and seed, as one JSON object."""
    head = {"benchmark": name, "machine": machine(), "versions": versions(), "seed": seed}
    print(json.dumps(head | dict(result), ensure_ascii=False))


def opened(path: Path) -> TextIO:
    """A text file, unpacked where its name ends in .gz."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def table(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Rows of a tab-separated file with a header; BenchmarkInputError without these columns."""
    with opened(path) as file:
        rows = DictReader(file, delimiter="\t", quoting=3)
        missing = [column for column in columns if column not in (rows.fieldnames or ())]
        if missing:
            raise BenchmarkInputError(f"{path.name} lacks the column(s) {', '.join(missing)}")
        for row in rows:
            yield {key: value or "" for key, value in row.items() if key}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0-1) of the values do not exceed; 0.0 of none."""
    if not values:
        return 0.0
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[max(0, round(share * 1000) - 1)]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
