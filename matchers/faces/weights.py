"""Weights on disk: where the installed ones lie, and that they are the ones agreed on."""

from __future__ import annotations

import hashlib
import importlib.util
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from matchers.faces.contract import WeightsDamaged, WeightsMissing


@dataclass(frozen=True, slots=True)
class Weights:
    """One weights file that may be opened: `sha256` of its content, its licence and its source."""

    file: str
    sha256: str
    licence: str
    source: str


def known_weights() -> dict[str, Weights]:
    """The packaged table `weights.toml`, by role: recogniser, landmarks, last_resort."""
    table = tomllib.loads((files("matchers.faces") / "weights.toml").read_text("utf-8"))
    return {role: Weights(**row) for role, row in table.items()}


def installed_folder() -> Path:
    """Folder of the installed weights, found without importing their package.

    Importing it pulls in pkg_resources; WeightsMissing when it is not installed.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing("face_recognition_models is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "models"


def sha256_of(path: Path) -> str:
    """Hex digest of the file; WeightsMissing when it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WeightsMissing(f"{path.name} cannot be opened") from error


def checked(path: Path, sha256: str) -> Path:
    """`path`, once its content has the hash; WeightsMissing or WeightsDamaged otherwise."""
    if sha256_of(path) != sha256:
        raise WeightsDamaged(f"{path.name} is not the file that was agreed on")
    return path


def installed(role: str) -> Path:
    """The checked path of the installed weights for a role of `known_weights`."""
    weights = known_weights()[role]
    return checked(installed_folder() / weights.file, weights.sha256)
