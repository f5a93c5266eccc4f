"""The package of a request for machines: a ZIP with manifest, checksums and signature.

    manifest.json   format, installation's name and public key, sha256 and size of each file
    manifest.sig    Ed25519 signature of manifest.json, Base64
    request.json    number, kind, purpose, legal basis, who asks, reply code
    record.json     the ticked parts, in the shape of docs/record.md
    photos/1.jpg    the person's face alone, cut out of the photo
    reply.json      the reply form, to fill in and to send back

A file from elsewhere is read within limits of size and number, and never unpacked to disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tracing.crosschecks import signing
from tracing.crosschecks.rules import crosscheck_rules
from tracing.errors import PackageAltered, PackageUnreadable, RecordInvalid
from tracing.records import PersonRecord
from tracing.sealing import Vault

FORMAT = "xunqin-request/1"
LARGEST = 8_000_000
_FILES_MOST = 16
_NAMES = ("manifest.json", "manifest.sig", "request.json", "record.json")
_THEIRS = frozenset({"id", "source", "station", "photos", "prints"})
"""What belongs to the sender's own keeping; photos come as files, prints never."""
_STAMP = (1980, 1, 1, 0, 0, 0)
"""One content gives one file: the time inside a ZIP would make each copy another."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was read: `key` is the public key it names, `signed` whether it holds.

    An unsigned one has no key. `digest` is that of its manifest, so that it counts once.
    """

    request: Mapping[str, Any] = field(repr=False)
    record: PersonRecord = field(repr=False)
    photos: tuple[bytes, ...] = field(repr=False)
    installation: str
    key: bytes | None
    digest: bytes

    @property
    def signed(self) -> bool:
        """Whether a key signed it; whose that is, the table of trusted keys says."""
        return self.key is not None


def build(
    vault: Vault,
    installation: str,
    request: Mapping[str, Any],
    record: Mapping[str, Any],
    photos: Sequence[bytes],
    reply: Mapping[str, Any],
) -> bytes:
    """The signed ZIP; the same content gives the same bytes."""
    files = {
        "request.json": _pretty(request),
        "record.json": _pretty(record),
        "reply.json": _pretty(reply),
        **{f"photos/{number}.jpg": data for number, data in enumerate(photos, 1)},
    }
    manifest = signing.canonical(
        {
            "format": FORMAT,
            "installation": installation,
            "key": signing.as_text(vault.verifying_key),
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for name, data in files.items()
            },
        }
    )
    signature = signing.sign(vault, FORMAT, manifest).encode("ascii")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"manifest.json": manifest, "manifest.sig": signature, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def read(data: bytes) -> Package:
    """A package from elsewhere, checked as far as it can be without knowing who sent it.

    Raises:
        PackageUnreadable: no package, too large, or something in it cannot be read.
        PackageAltered: a checksum or the signature does not hold.
    """
    files = _files(data)
    manifest, request = _document(files, "manifest.json"), _document(files, "request.json")
    if manifest.get("format") != FORMAT:
        raise PackageUnreadable(path="manifest.json", reason="format")
    _require_whole(files, manifest)
    try:
        given = _document(files, "record.json")
        PersonRecord.model_validate(given)
        kept = {name: value for name, value in given.items() if name not in _THEIRS}
        record = PersonRecord.model_validate(kept)
    except (ValidationError, RecordInvalid):
        raise PackageUnreadable(path="record.json", reason="other") from None
    _require_request(request)
    return Package(
        request=request,
        record=record,
        photos=tuple(files[name] for name in sorted(files) if name.startswith("photos/")),
        installation=str(manifest.get("installation") or "")[:200],
        key=_key(files, manifest),
        digest=hashlib.sha256(files["manifest.json"]).digest(),
    )


def _files(data: bytes) -> dict[str, bytes]:
    if len(data) > LARGEST:
        raise PackageUnreadable(path="file", reason="too_long")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
            if len(found) > _FILES_MOST or sum(one.file_size for one in found) > LARGEST:
                raise PackageUnreadable(path="file", reason="too_long")
            files = {one.filename: _taken_out(archive, one) for one in found}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise PackageUnreadable(path="file", reason="format") from None
    if len(files) != len(found) or any(
        name not in files for name in ("manifest.json", *_NAMES[2:])
    ):
        raise PackageUnreadable(path="file", reason="format")
    return files


def _taken_out(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with archive.open(one) as file:
        data = file.read(LARGEST + 1)
    if len(data) != one.file_size:
        raise PackageUnreadable(path="file", reason="too_long")
    return data


def _document(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        return signing.document(files[name])
    except ValueError:
        raise PackageUnreadable(path=name, reason="format") from None


def _require_whole(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Every file is in the manifest, and as it was when that was written."""
    listed = manifest.get("files")
    inside = set(files) - {"manifest.json", "manifest.sig"}
    if not isinstance(listed, dict) or set(listed) != inside:
        raise PackageAltered(path="manifest.json")
    for name in sorted(inside):
        entry = listed[name]
        if not isinstance(entry, dict):
            raise PackageAltered(path=name)
        if entry.get("sha256") != hashlib.sha256(files[name]).hexdigest():
            raise PackageAltered(path=name)


def _key(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> bytes | None:
    """The key that signed it, None without a signature; a wrong signature is worse than none."""
    if "manifest.sig" not in files and not manifest.get("key"):
        return None
    try:
        key = signing.public_key(manifest.get("key"))
    except RecordInvalid:
        raise PackageAltered(path="manifest.json") from None
    signature = files.get("manifest.sig", b"").decode("ascii", "replace")
    if not signing.is_signed(key, FORMAT, files["manifest.json"], signature):
        raise PackageAltered(path="manifest.sig")
    return key


def _require_request(request: Mapping[str, Any]) -> None:
    texts = ("id", "number", "kind", "purpose", "legal_basis", "reply_code", "from", "to", "note")
    for name in texts:
        value = request.get(name)
        if not isinstance(value, str) or len(value) > crosscheck_rules().longest["note"]:
            raise PackageUnreadable(path=f"request.json/{name}", reason="value_missing")
    if request["kind"] not in crosscheck_rules().kinds:
        raise PackageUnreadable(path="request.json/kind", reason="unknown_value")


def _pretty(doc: Mapping[str, Any]) -> bytes:
    return json.dumps(doc, ensure_ascii=False, indent=1, sort_keys=True).encode()
