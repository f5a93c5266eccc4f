"""The command line: clear answers for people, one JSON value for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from api.cli.main import COMMANDS
from tests.api.house import HEARD, House, portrait
from tracing.service import Service

WHY = ["--purpose", "tracing", "--basis", "statutory_duty", "--reason", "clue"]


class Kept:
    """The station's own service, which stays open when a command is done with it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def close(self) -> None:
        """Stay open."""


@pytest.fixture
def open_station(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Commands find the station open already: reading all sounds anew takes seconds each time."""
    monkeypatch.setattr("api.cli.office.Service", lambda _: Kept(house.service))
    return house


def xunqin(house: House, *words: str) -> Result:
    """Run a command on the station's own data folder."""
    return CliRunner().invoke(main, ["--data", str(house.settings.data_dir), *words])


def value(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_every_command_explains_itself() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in COMMANDS:
        assert name in listed
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
    assert CliRunner().invoke(main, ["nothing"]).exit_code == 2


def test_accounts_keys_and_stations(house: House) -> None:
    made = value(xunqin(house, "station", "add", "320404", "--name", "钟楼站", "--json"))
    assert made == {"code": "320404", "name": "钟楼站"}
    xunqin(house, "station", "place", "320404", "320404")
    listed = value(xunqin(house, "station", "list", "--json"))
    assert {"code": "320404", "name": "钟楼站", "division": "320404"} in listed
    assert xunqin(house, "station", "place", "320404", "3204x").exit_code == 1
    new = ("user", "create", "sunli", "--name", "孙丽", "--role", "county_station")
    link = value(xunqin(house, *new, "--station", "320404", "--json"))
    assert link["path"].startswith("/first/")
    users = value(xunqin(house, "user", "list", "--json"))
    assert {"zhoumin", "sunli"} <= {user["login"] for user in users}
    key = value(xunqin(house, "key", "create", "sunli", "--scope", "people.read", "--json"))
    assert key["secret"].startswith(key["prefix"])
    assert value(xunqin(house, "key", "revoke", key["prefix"], "--json"))["revoked"]
    keys = {row["prefix"]: row for row in value(xunqin(house, "key", "list", "--json"))}
    assert keys[key["prefix"]]["revoked"]
    assert "孙丽" in xunqin(house, "user", "list").output


def test_a_mistake_is_told_in_both_languages_and_ends_with_one(house: House) -> None:
    again = xunqin(house, "user", "create", "zhoumin", "--name", "x", "--role", "county_station")
    assert again.exit_code == 1
    assert "已经登记过了" in again.stderr
    assert "Already recorded" in again.stderr
    assert "Traceback" not in again.output
    as_json = xunqin(house, "user", "create", "x y", "--name", "x", "--role", "nope", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout.splitlines()[0])["error"]["code"] == "record_invalid"


def test_a_search_in_the_terminal_states_why(open_station: House) -> None:
    asked = ("search", "--name", "朱仁江", "--sex", "male", "--age", "70-76", "--as", "zhoumin")
    refused = xunqin(open_station, *asked)
    assert refused.exit_code == 1
    assert "目的" in refused.stderr
    found = xunqin(open_station, *asked, *WHY)
    assert found.exit_code == 0, found.output
    assert "可能不在库中" in found.output
    assert "朱仁江" in found.output


def test_records_are_imported_once_with_their_photos(open_station: House, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait("asked"))
    lines = [
        json.dumps({"id": "r1", "source": "t", **HEARD}, ensure_ascii=False),
        "{not json",
        json.dumps({"id": "r2", "source": "t", "side": "found", "photos": [{"file": "a.jpg"}]}),
        json.dumps({"id": "r3", "source": "t", "side": "found", "photos": [{"file": "../x"}]}),
        json.dumps({"side": "nowhere"}),
    ]
    file = tmp_path / "people.ndjson"
    file.write_text("\n".join(lines), encoding="utf-8")
    first = value(xunqin(open_station, "import", str(file), "--as", "zhoumin", "--json"))
    assert (first["created"], first["unreadable"]) == (2, 3)
    assert [fault["line"] for fault in first["faults"]] == [2, 5, 4]
    second = value(xunqin(open_station, "import", str(file), "--as", "zhoumin", "--json"))
    assert (second["created"], second["unreadable"]) == (0, 3)


@pytest.mark.parametrize("age", ["old", "9-", "80-70", "-5"])
def test_an_age_that_is_none(open_station: House, age: str) -> None:
    wrong = xunqin(open_station, "search", f"--age={age}", "--as", "zhoumin", *WHY)
    assert wrong.exit_code == 1


def test_the_schema_can_be_brought_up_to_date(house: House) -> None:
    assert value(xunqin(house, "migrate", "--json"))["revision"]


def test_a_search_says_in_whose_name_or_is_not_made(open_station: House) -> None:
    refused = xunqin(open_station, "search", "--name", "王建国", *WHY)
    assert refused.exit_code == 2
    assert "--as" in refused.output
