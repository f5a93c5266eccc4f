"""`python -m api.cli` is `xunqin`."""

from __future__ import annotations

from api.cli import main

main(prog_name="xunqin")
