"""Prepared tables taken apart into arrays and an outline, and put together again.

The outline is plain JSON that says which of a closed list of kinds stands where. Nothing but these
kinds, tuples, lists, dictionaries, numbers, texts and arrays can come out of it, whatever is in
it. Fields that do not count for equality (what was only remembered) start empty again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.distinct import Strings

Kinds = Mapping[str, type]
Arrays = list[NDArray[Any]]
_MANY = 64
"""So many texts in one tuple are kept as arrays."""


class OutlineBroken(ValueError):
    """The outline names a kind or an array that there is not."""


def take_apart(
    value: Any, kinds: Kinds, given: Mapping[str, object] | None = None
) -> tuple[Any, Arrays]:
    """The outline of a value, and its arrays; objects in `given` are only named.

    Raises:
        TypeError: something in it is of no known kind.
    """
    arrays: Arrays = []
    names = {id(thing): name for name, thing in (given or {}).items()}
    return _outline(value, arrays, {kind: name for name, kind in kinds.items()}, names), arrays


def put_together(
    outline: Any,
    arrays: Sequence[NDArray[Any]],
    kinds: Kinds,
    given: Mapping[str, object] | None = None,
) -> Any:
    """What was taken apart; raises `OutlineBroken`."""
    try:
        return _value(outline, arrays, kinds, given or {})
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise OutlineBroken("an outline cannot be read") from error


def _outline(  # noqa: PLR0911  one for each form
    value: Any, arrays: Arrays, kinds: Mapping[type, str], names: Mapping[int, str]
) -> Any:
    def inner(part: Any) -> Any:
        return _outline(part, arrays, kinds, names)

    if id(value) in names:
        return {"given": names[id(value)]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return inner(value.item())
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, tuple) and len(value) >= _MANY and all(isinstance(v, str) for v in value):
        return {"texts": inner(Strings.of(value))}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [inner(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[inner(key), inner(part)] for key, part in value.items()]}
    if is_dataclass(value) and type(value) in kinds:
        kept = {
            f.name: inner(getattr(value, f.name)) for f in fields(value) if f.compare and f.init
        }
        return {"kind": kinds[type(value)], "fields": kept}
    raise TypeError(f"{type(value).__name__} is no kind that an outline knows")


def _value(  # noqa: PLR0911  one for each form
    outline: Any, arrays: Sequence[NDArray[Any]], kinds: Kinds, given: Mapping[str, object]
) -> Any:
    def inner(part: Any) -> Any:
        return _value(part, arrays, kinds, given)

    if not isinstance(outline, dict):
        return outline
    if "kind" in outline:
        kept = {name: inner(part) for name, part in outline["fields"].items()}
        return kinds[outline["kind"]](**kept)
    ((form, held),) = outline.items()
    if form == "array":
        return arrays[held]
    if form == "given":
        return given[held]
    if form == "dict":
        return {inner(key): inner(part) for key, part in held}
    if form == "texts":
        return inner(held)
    parts = [inner(part) for part in held]
    return {"tuple": tuple(parts), "list": parts}[form]
