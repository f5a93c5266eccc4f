"""What the browser needs comes from this server, unchanged and with its licence."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files

from tests.api.house import House

VENDOR = files("api").joinpath("static", "vendor")


def test_vendored_files_are_those_that_were_taken() -> None:
    listed = {}
    for line in VENDOR.joinpath("sha256.txt").read_text("utf-8").splitlines():
        digest, name = line.split()
        listed[name] = digest
        assert sha256(VENDOR.joinpath(name).read_bytes()).hexdigest() == digest, name
    for folder in ("swagger-ui", "htmx"):
        assert f"{folder}/LICENSE" in listed
        present = {f"{folder}/{item.name}" for item in VENDOR.joinpath(folder).iterdir()}
        assert present <= set(listed)


def test_pages_and_reference_load_only_what_is_here(house: House) -> None:
    client = house.signed_in()
    for page in ("/", "/docs"):
        for address in re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", client.get(page).text):
            answer = client.get(address)
            assert answer.status_code == 200, address


def test_the_reference_describes_every_json_door_with_examples(house: House) -> None:
    reference = house.client().get("/openapi.json").json()
    assert {"/v1/people", "/v1/photos", "/v1/searches"} <= set(reference["paths"])
    register = reference["paths"]["/v1/people"]["post"]["requestBody"]
    assert register["content"]["application/json"]["example"]["side"] == "found"
    assert all(path.startswith(("/v1/", "/notices.")) for path in reference["paths"])


def test_a_static_path_leads_nowhere_else(house: House) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing"):
        assert house.client().get(path).status_code == 404
