"""Posted forms, read within limits and kept in memory: a photo never touches a temporary file."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from tracing.errors import RecordInvalid

FIELDS_MAX = 400
FILES_MAX = 6
FIELD_BYTES = 64_000


class FormUnreadable(RecordInvalid):
    """The form arrived damaged or cut off. Send it again; nothing was changed."""

    code = "form_unreadable"
    status = 400


@dataclass(frozen=True, slots=True)
class Upload:
    """A posted file: its name as the browser gave it and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in their order, and files by field."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, Upload], ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """The first value of a field, trimmed."""
        return next((value.strip() for key, value in self.fields if key == name), default)

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a field in their order, trimmed, empty ones too."""
        return tuple(value.strip() for key, value in self.fields if key == name)

    def uploads(self, name: str) -> tuple[Upload, ...]:
        """The files posted under a field; fields left empty are not files."""
        return tuple(upload for key, upload in self.files if key == name and upload.data)

    def with_field(self, name: str, value: str) -> Form:
        """The same form with one more value."""
        return Form((*self.fields, (name, value)), self.files)

    def without(self, *names: str) -> Form:
        """The same form without some fields."""
        return Form(tuple(pair for pair in self.fields if pair[0] not in names), self.files)


EMPTY = Form()


async def read_form(request: Request, photo_max_bytes: int) -> Form:
    """Read a form body; any other body is left unread for the route itself."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(await request.body())
    if kind == "multipart/form-data":
        return await _multipart(request, photo_max_bytes)
    return EMPTY


def _urlencoded(body: bytes) -> Form:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"
        )
    except ValueError as error:
        raise FormUnreadable from error
    return Form(tuple(pairs))


async def _multipart(request: Request, photo_max_bytes: int) -> Form:
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=FILES_MAX,
        max_fields=FIELDS_MAX,
        max_part_size=FIELD_BYTES,
    )
    # above the largest body, so that the spool never rolls over to a file on disk
    parser.spool_max_size = photo_max_bytes * FILES_MAX
    try:
        data = await parser.parse()
    except MultiPartException as error:
        raise FormUnreadable from error
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, Upload]] = []
    for key, value in data.multi_items():
        if isinstance(value, UploadFile):
            files.append((key, Upload(value.filename or "", await value.read())))
            await value.close()
        else:
            fields.append((key, value))
    return Form(tuple(fields), tuple(files))
