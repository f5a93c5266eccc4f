"""Spoiled files at every reader, and spoiled cursors, for as long as asked.

    python -m tests.fuzz.readers [TARGET ...] [--seconds 600] [--seed N] [--keep DIR]

A reader may read what it is given or refuse it with the errors it names; anything else is a
finding: the input is kept in DIR, and the run ends with 1. The seconds are for each target.
`tests.fuzz.guided` lets coverage guide the spoiling of the same readers.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from matchers.faces.calibration import Calibration
from matchers.faces.models_file import ModelsFile
from matchers.places.additions import AdditionsUnreadable, read_additions
from matchers.sounds.packs import PackError, load_pack, load_zihui
from tests.exchange.files import LEDGER, VERSIONS, excel
from tests.fuzz import letters
from tests.fuzz.files import cut, doubled, flipped, lengthened, read_kinds
from tests.fuzz.sheets import SEEDS, sprinkled, swapped
from tracing import evidence_models
from tracing.audit_files import proven
from tracing.crosschecks import packages, replies
from tracing.cursors import read_cursor, write_cursor
from tracing.errors import TracingError
from tracing.exchange.layout import LAYOUTS, read_layout
from tracing.exchange.ledger import read_ledger
from tracing.exchange.lines import read_lines
from tracing.exchange.pfif_read import read_pfif
from tracing.exchange.pfif_record import incoming
from tracing.photos.decoding import decode
from tracing.photos.formats import sniff
from tracing.records import PersonRecord
from tracing.sealing import MasterKeys, Vault
from tracing.voice_formats import format_of

PIXELS = 2_000_000
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
SPOILS = (flipped, cut, lengthened, doubled, sprinkled, sprinkled, swapped, swapped)


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, the errors it may refuse with, and whole inputs to spoil."""

    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]


def targets(folder: Path) -> dict[str, Target]:
    """Every reader by name; those that open paths read them in `folder`."""
    bare = Vault(MasterKeys(current=1, keys={1: b"m" * 32}))
    vault = bare.with_service_keys(
        {what: bare.wrap(b"k" * 32, "service", what) for what in ("token", "sign")}
    )
    letter = letters.seeds(vault)
    good = write_cursor(vault, "0192f0c1-7b1c-7000-8000-000000000001", "people", "320400")
    spare = SEEDS["pack_header"][0]
    table = SEEDS["pack"][0]
    return {
        "package": Target(packages.read, (TracingError,), letter["package"]),
        "package_inside": Target(
            lambda data: letters.package_of(vault, data), (TracingError,), letter["package_inside"]
        ),
        "reply": Target(replies.read, (TracingError,), letter["reply"]),
        "reply_inside": Target(
            lambda data: letters.reply_of(vault, data), (TracingError,), letter["reply_inside"]
        ),
        "questions": Target(letters.questions_of, (TracingError,), letter["questions"]),
        "record": Target(PersonRecord.from_json, (TracingError,), SEEDS["record"]),
        "pack": Target(lambda data: load_pack(spare, data), (PackError,), SEEDS["pack"]),
        "pack_header": Target(
            lambda data: load_pack(data, table), (PackError,), SEEDS["pack_header"]
        ),
        "survey": Target(
            lambda data: load_zihui(data, SEEDS["languages"][0]), (PackError,), SEEDS["survey"]
        ),
        "languages": Target(
            lambda data: load_zihui(SEEDS["survey"][0], data), (PackError,), SEEDS["languages"]
        ),
        "models": Target(
            lambda data: ModelsFile.read(_file(folder, "models.toml", data)),
            (ValueError,),
            SEEDS["models"],
        ),
        "additions": Target(
            lambda data: read_additions(_file(folder, "additions.tsv", data).parent),
            (AdditionsUnreadable,),
            SEEDS["additions"],
        ),
        "calibration": Target(
            lambda data: Calibration.load(_file(folder, "calibration.json", data)),
            (ValueError,),
            SEEDS["calibration"],
        ),
        "evidence": Target(
            evidence_models.opened, (ValueError, KeyError, TypeError, AttributeError),
            SEEDS["evidence"],
        ),
        "photo": Target(
            lambda data: decode(data, sniff(data), PIXELS), (TracingError,), read_kinds()
        ),
        "trail": Target(
            lambda data: proven(data.decode("utf-8", "replace").splitlines()), (TracingError,),
            SEEDS["trail"],
        ),
        "voice": Target(format_of, (TracingError,), SEEDS["voice"]),
        "cursor": Target(
            lambda data: read_cursor(
                vault, data.decode("utf-8", "surrogatepass"), "people", "320400"
            ),
            (TracingError, UnicodeDecodeError),
            (good.encode(),),
        ),
        "pfif": Target(
            lambda data: list(incoming(read_pfif(data), _NOW, "")),
            (TracingError,),
            tuple(text.encode() for text in VERSIONS.values()),
        ),
        "ledger": Target(
            lambda data: list(read_ledger(data).incoming(_NOW.date())),
            (TracingError,),
            (excel(*LEDGER), "走失人姓名,走失时间,家属电话\n钱七,2026-1-2,13800138000\n".encode()),
        ),
        "lines": Target(
            lambda data: list(read_lines(data)),
            (TracingError,),
            tuple(b'{"changed_at":"2026-02-01T00:00:00+00:00","record":' + seed + b"}"
                  for seed in SEEDS["record"]),
        ),
        "layout": Target(
            read_layout,
            (TracingError,),
            tuple(files("tracing.exchange").joinpath("layouts", f"{name}.toml").read_bytes()
                  for name in LAYOUTS),
        ),
    }  # fmt: skip


def _file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def spoiled(dice: random.Random, originals: tuple[bytes, ...]) -> bytes:
    """One of the inputs, spoiled once or a few times."""
    data = dice.choice(originals)
    for _ in range(dice.choice((1, 1, 2, 5))):
        data = dice.choice(SPOILS)(dice, data or b"\0\0\0\0\0\0\0\0") or b"\0" * 8
    return data


def fuzz(target: Target, seconds: float, seed: int, most: int = sys.maxsize) -> dict[str, object]:
    """Read spoiled inputs for some seconds, or so many; counts, and those that were findings."""
    dice, counts = random.Random(seed), Counter[str]()
    found: dict[str, bytes] = {}
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end and counts["inputs"] < most:
        data = spoiled(dice, target.seeds)
        counts["inputs"] += 1
        began = time.monotonic()
        try:
            target.read(data)
            counts["read"] += 1
        except target.refuses:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 whatever else comes out is what we look for
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.setdefault(f"{type(error).__name__} {Path(place.filename).name}:{place.lineno}",
                             data)  # fmt: skip
        slowest = max(slowest, time.monotonic() - began)
    return {**counts, "slowest_s": round(slowest, 3), "found": found}


def main() -> int:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.readers", description=__doc__)
    parser.add_argument("target", nargs="*")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    asked = parser.parse_args()
    told, wrong = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        known = targets(Path(folder))
        chosen = asked.target or list(known)
        for name in chosen:
            result = fuzz(known[name], asked.seconds, asked.seed)
            found = result.pop("found")
            assert isinstance(found, dict)
            wrong += _kept(asked.keep, name, found)
            told[name] = {**result, "found": sorted(found)}
    sys.stdout.write(json.dumps({"seed": asked.seed, "targets": told}, indent=1) + "\n")
    return 1 if wrong else 0


def _kept(folder: Path, name: str, found: dict[str, bytes]) -> int:
    for number, data in enumerate(found.values()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{number}.bin").write_bytes(data)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
