"""`xunqin crosscheck`: check a request or a reply without a server, and keys of other systems."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from api.cli.office import DEFAULT_ADMIN, acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.crosschecks import packages, replies, signing
from tracing.errors import PackageAltered, PackageUnreadable


@click.group()
def crosscheck() -> None:
    """核查协查 / requests to police and stations."""


@crosscheck.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", help="应有的公钥(Base64)/ the public key it should be signed by")
@json_option
def verify(file: Path, key: str | None, as_json: bool) -> None:
    """核对核查包(.zip)或回执(.json)的签名 / does the signature of a package or a reply hold?

    不连网,也不需要数据库 / needs neither network nor database.
    """
    signer, about = _signer(file.read_bytes())
    if key is not None and signer != signing.public_key(key):
        raise PackageAltered(path="key")
    told = {
        "signed": signer is not None,
        "key": signing.as_text(signer) if signer else None,
        "fingerprint": signing.fingerprint(signer) if signer else None,
        **about,
    }
    if as_json:
        tell_json(told)
    else:
        click.echo(_told(told))
    if signer is None:
        raise click.exceptions.Exit(1)


def _signer(data: bytes) -> tuple[bytes | None, dict[str, str]]:
    """Who signed a package or a reply, and what it is."""
    try:
        package = packages.read(data)
    except PackageUnreadable:
        if data.startswith(b"PK"):
            raise
        reply = replies.read(data)
        return reply.key, {"what": "reply", "from": reply.installation, "to": reply.request_id}
    request = package.request
    return package.key, {
        "what": "request",
        "from": str(request["from"]),
        "number": str(request["number"]),
    }


def _told(told: Mapping[str, object]) -> str:
    if not told["signed"]:
        return "没有签名 / not signed"
    head = "签名有效 / the signature holds"
    rows = [f"{name}: {told[name]}" for name in ("what", "from", "number", "fingerprint", "key")
            if told.get(name)]  # fmt: skip
    return "\n".join([head, *rows])


@crosscheck.command("own-key")
@json_option
@click.pass_obj
def own_key(office: Office, as_json: bool) -> None:
    """本系统的公钥 / our own public key, to give to other systems."""
    with opened(office) as service:
        key, fingerprint = service.crosscheck_files.own_key()
    if as_json:
        tell_json({"key": key, "fingerprint": fingerprint})
    else:
        click.echo(f"{key}\n{fingerprint}")


@crosscheck.command("trust")
@click.argument("name")
@click.argument("key")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def trust(office: Office, name: str, key: str, login: str, as_json: bool) -> None:
    """登记对方的公钥,先打电话核对指纹 / trust a key, once its fingerprint was compared."""
    with opened(office) as service:
        actor = acting(service, login)
        number = service.crosscheck_files.trust(actor, name, key)
    if as_json:
        tell_json({"id": number, "fingerprint": signing.fingerprint(signing.public_key(key))})
    else:
        click.echo(f"{number}  {signing.fingerprint(signing.public_key(key))}")


@crosscheck.command("keys")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def keys(office: Office, login: str, as_json: bool) -> None:
    """已登记的公钥 / keys that are trusted."""
    with opened(office) as service:
        found = service.crosscheck_files.keys(acting(service, login))
    if as_json:
        for one in found:
            tell_json({"id": one.id, "name": one.name, "fingerprint": one.fingerprint,
                       "ended": one.ended_at is not None})  # fmt: skip
        return
    rows = [(one.id, one.name, one.fingerprint, "停用" if one.ended_at else "") for one in found]
    tell_table("公钥 / keys", ("id", "name", "fingerprint", ""), rows)


@crosscheck.command("distrust")
@click.argument("key_id")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def distrust(office: Office, key_id: str, login: str, as_json: bool) -> None:
    """停用一个公钥 / trust a key no longer."""
    with opened(office) as service:
        service.crosscheck_files.distrust(acting(service, login), key_id)
    if as_json:
        tell_json({"id": key_id, "ended": True})
    else:
        click.echo(key_id)
