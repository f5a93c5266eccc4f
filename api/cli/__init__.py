"""`xunqin`: the command line. Everything that prints for people also has `--json`."""

from __future__ import annotations

import os

# FAISS and NumPy would start a thread for every core in every process; one is enough for us, and
# it has to be said before either is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

from api.cli.main import main

__all__ = ["main"]
