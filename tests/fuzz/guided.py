"""The readers under atheris: coverage of our own code guides the spoiling.

    python -m tests.fuzz.guided [GROUP ...] [--seconds 600] [--keep DIR]

A group is spoiled in a process of its own; the first byte of an input says which of its readers
gets the rest. Whatever a reader does not refuse by name, and every input that takes more than
ten seconds of CPU or 2 GB, is a finding: it is kept in DIR and the run ends with 1. Without
atheris (there is no wheel of it for every Python) the readers are spoiled by chance, as
`tests.fuzz.readers` does. Part of `make fuzz`.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

GROUPS: Mapping[str, tuple[str, ...]] = {
    "photos": ("photo",),
    "packs": ("pack", "pack_header", "survey", "languages"),
    "readers": ("record", "models", "additions", "calibration", "evidence", "trail"),
    "exchange": ("pfif", "ledger", "lines", "layout"),
    "letters": ("package", "package_inside", "reply", "reply_inside", "questions"),
    "cursors": ("cursor",),
    "audio": ("voice",),
}
SECONDS_EACH = 10
STANDING_STILL = 300
"""Seconds by the clock, which runs on while a shared machine stands still; a reader that hangs
where no signal reaches it is found by these."""
MEGABYTES = 2000
LONGEST = 200_000


class TooSlow(BaseException):
    """A reader is at one input for too long; no reader refuses this by name."""


def _too_slow(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TooSlow


@contextmanager
def hurried() -> Iterator[None]:
    """So many seconds of CPU."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS_EACH)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def guided(group: str, seconds: int, keep: Path) -> None:
    """Spoil one group for so many seconds; atheris ends the process itself."""
    import atheris  # type: ignore[import-not-found, unused-ignore]

    with atheris.instrument_imports(include=["matchers", "tracing", "api.question_files"]):
        from tests.fuzz.readers import targets

    with tempfile.TemporaryDirectory() as folder:
        known = targets(Path(folder))
        chosen = [known[name] for name in GROUPS[group]]
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for place, target in enumerate(chosen):
            for number, seed in enumerate(target.seeds):
                (corpus / f"{place}-{number}").write_bytes(bytes([place]) + seed)

        def once(data: bytes) -> None:
            if not data:
                return
            target = chosen[data[0] % len(chosen)]
            with suppress(*target.refuses), hurried():
                target.read(data[1:])

        signal.signal(signal.SIGPROF, _too_slow)
        options = [f"-max_total_time={seconds}", f"-timeout={STANDING_STILL}",
                   f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}",
                   f"-artifact_prefix={keep}/{group}-", "-print_final_stats=1"]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(corpus)], once)
        atheris.Fuzz()


def by_chance(group: str, seconds: int, keep: Path) -> list[str]:
    """The command that spoils the readers of a group without atheris."""
    each = str(seconds / len(GROUPS[group]))
    return ["tests.fuzz.readers", *GROUPS[group], "--seconds", each, "--keep", str(keep)]


def main() -> int:
    """Run the groups one after another; tell how each ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("group", nargs="*", choices=[*GROUPS, []])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--here", action="store_true", help="one group, in this process")
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    if asked.here:
        guided(asked.group[0], asked.seconds, asked.keep)
    wrong = 0
    for group in asked.group or GROUPS:
        command = ["tests.fuzz.guided", group, "--here", "--seconds", str(asked.seconds),
                   "--keep", str(asked.keep)]  # fmt: skip
        if find_spec("atheris") is None:
            command = by_chance(group, asked.seconds, asked.keep)
        status = subprocess.run([sys.executable, "-m", *command], check=False).returncode
        sys.stdout.write(f"{group}: {'nothing found' if status == 0 else 'FOUND'}\n")
        wrong += status != 0
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
