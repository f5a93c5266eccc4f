"""A state of the gallery as arrays and an outline, and a state out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column, Slot
from indexes.growth import Growth
from indexes.layered import Layered
from indexes.segments import Streamed
from matchers.distinct import Distinct
from matchers.evidence.codecs import CODECS
from matchers.evidence.preparations import KINDS
from matchers.faces.centring import Cohort
from matchers.faces.contract import Prints
from matchers.outline import OutlineBroken, put_together, take_apart
from matchers.sounds import SoundEngine
from tracing.column_values import WrittenValues
from tracing.face_gallery import FaceGallery
from tracing.gallery import View
from tracing.gallery_ids import PersonIds
from tracing.households import Households, Settled

Arrays = Mapping[str, NDArray[Any]]
OUTLINE, SMALL, TEMPLATES = "outline", "small", "templates"
LARGE = 1 << 18
"""Arrays of so many bytes have a file of their own; the others share one."""
EXACT_FACES = 100_000
"""Up to so many templates are kept in full precision; above, in half."""
_ALIGNED = 64
_KINDS = {**KINDS, "Settled": Settled}
_FACES = ("rows", "taken_at", "born", "strata", "means", "stamped")


def templates_of(faces: FaceGallery) -> Streamed:
    """The face templates, as the face index keeps them too."""
    dtype = np.dtype(np.float32 if len(faces) <= EXACT_FACES else np.float16)
    return Streamed(dtype, (len(faces), faces.dim), faces.vectors.parts)


def arrays_of(view: View, engine: SoundEngine) -> dict[str, NDArray[Any]]:
    """A view of living rows alone, fresh from `taken` and prepared, as named arrays.

    All but the face templates, see `templates_of`.
    """
    columns = {key: _column(column) for key, column in view.columns.items()}
    state = {
        "ids": view.ids.base,
        "index": view.ids.by_digest,
        "seqs": view.seqs.now,
        "stations": _column(view.stations),
        "side": view.side,
        "hidden": view.hidden,
        "lent": view.lent,
        "lenders": view.lenders,
        "settled": view.households.settled,
        "erased": dict(view.erased),
        "columns": columns,
        "prepared": dict(view.prepared),
        "faces": _faces(view.faces),
        "seq": view.seq,
    }
    outline, found = take_apart(state, _KINDS, {"engine": engine})
    return _filed(outline, found)


def view_of(arrays: Arrays, engine: SoundEngine, faces: FaceGallery) -> View:
    """The view again; `faces` are those of a gallery without a face.

    Raises:
        OutlineBroken: the arrays are not what `arrays_of` made.
    """
    try:
        told = json.loads(arrays[OUTLINE].tobytes())
        small = arrays[SMALL]
        found = [_read(place, arrays, small) for place in told["arrays"]]
        state = put_together(told["state"], found, _KINDS, {"engine": engine})
        ids = PersonIds(state["ids"], state["index"])
        return View(
            faces=_with_faces(faces, state["faces"], arrays[TEMPLATES]),
            columns={key: _written(key, kept) for key, kept in state["columns"].items()},
            prepared=state["prepared"],
            ids=ids,
            seqs=Growth.of(state["seqs"]),
            stations=_plain(state["stations"]),
            side=state["side"],
            alive=np.ones(len(ids), np.bool_),
            hidden=state["hidden"],
            lent=state["lent"],
            lenders=tuple(state["lenders"]),
            households=Households(settled=state["settled"]),
            erased=state["erased"],
            seq=state["seq"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OutlineBroken("the arrays of a gallery cannot be read") from error


def _column(column: Column) -> dict[str, Any]:
    values = column.values
    texts = values.folded().texts if isinstance(values, WrittenValues) else tuple(values)
    more = [[slot.rows, slot.codes] for slot in column.more]
    return {"values": texts, "first": column.first, "more": more}


def _plain(kept: Mapping[str, Any]) -> Column:
    more = tuple(Slot(rows, codes) for rows, codes in kept["more"])
    return Column(tuple(kept["values"]), kept["first"], more)


def _written(key: str, kept: Mapping[str, Any]) -> Column:
    if not isinstance(kept["values"], Distinct):
        return _plain(kept)
    more = tuple(Slot(rows, codes) for rows, codes in kept["more"])
    return Column(WrittenValues(CODECS[key], kept["values"]), kept["first"], more)


def _faces(faces: FaceGallery) -> dict[str, Any]:
    cohort = faces.cohort
    drawn = None
    if cohort is not None:
        drawn = {
            "version": cohort.version,
            "vectors": cohort.prints.vectors,
            "owners": cohort.owners,
        }
    return {
        **{name: getattr(faces, name) for name in _FACES},
        "cohort": drawn,
        "drawn": faces.drawn,
        "due": faces.due,
    }


def _with_faces(
    empty: FaceGallery, kept: Mapping[str, Any], templates: NDArray[Any]
) -> FaceGallery:
    drawn = kept["cohort"]
    cohort = None
    if drawn is not None:
        prints = Prints(empty.model, drawn["vectors"])
        cohort = Cohort(drawn["version"], prints, drawn["owners"])
    if templates.shape != (len(kept["rows"]), empty.dim):
        raise OutlineBroken("templates that are not those of the rows")
    arrays = {name: kept[name] for name in _FACES}
    known = {each.name for each in fields(FaceGallery)}
    if not known.issuperset(arrays):
        raise OutlineBroken("faces of another release")
    vectors = Layered.of(templates)
    return replace(
        empty, vectors=vectors, cohort=cohort, drawn=kept["drawn"], due=kept["due"], **arrays
    )


def _filed(outline: Any, found: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Large arrays by name, small ones in one, and the outline that says where each is."""
    files: dict[str, NDArray[Any]] = {}
    places: list[list[Any]] = []
    small = bytearray()
    for number, held in enumerate(found):
        # whoever laid an array out column by column reads it so: it comes back the same way
        turned = held.flags.f_contiguous and not held.flags.c_contiguous
        array = held.T if turned else held
        if array.nbytes >= LARGE:
            files[f"{number:04d}"] = array
            places.append([turned, f"{number:04d}"])
            continue
        small += bytes(-len(small) % _ALIGNED)
        places.append([turned, len(small), array.dtype.str, list(array.shape)])
        small += np.ascontiguousarray(array).tobytes()
    text = json.dumps({"state": outline, "arrays": places}, ensure_ascii=False).encode()
    files[OUTLINE] = np.frombuffer(text, np.uint8)
    files[SMALL] = np.frombuffer(bytes(small), np.uint8)
    return files


def _read(place: list[Any], arrays: Arrays, small: NDArray[np.uint8]) -> NDArray[Any]:
    turned, *where = place
    array = arrays[where[0]] if len(where) == 1 else _small(where, small)
    return array.T if turned else array


def _small(place: list[Any], small: NDArray[np.uint8]) -> NDArray[Any]:
    start, dtype, shape = place
    kind = np.dtype(dtype)
    if kind.hasobject:
        raise OutlineBroken("an array of objects")
    size = int(np.prod(shape)) * kind.itemsize
    array: NDArray[Any] = small[start : start + size].view(kind).reshape(shape)
    return array
