"""The cache of converted networks: made once, named by content, checked at every load."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from matchers.faces.weights import checked


def converted(weights: Path, sha256: str, cache: Path, convert: Callable[[bytes], bytes]) -> bytes:
    """The ONNX model made from `weights`, out of `cache` or made now.

    The cached file's name holds the hash of the weights and of its own content; a file whose
    content no longer has that hash is removed and made anew. Several processes may do this at
    once: each renames a finished file into place. WeightsMissing, WeightsDamaged as in `checked`.
    """
    for path in cache.glob(f"{sha256[:16]}-*.onnx"):
        model = path.read_bytes()
        if path.name == _name(sha256, model):
            return model
        path.unlink(missing_ok=True)
    model = convert(checked(weights, sha256).read_bytes())
    _publish(cache / _name(sha256, model), model)
    return model


def _name(sha256: str, model: bytes) -> str:
    return f"{sha256[:16]}-{hashlib.sha256(model).hexdigest()}.onnx"


def _publish(path: Path, content: bytes) -> None:
    """Write beside, then rename: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
