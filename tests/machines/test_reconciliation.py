"""OpenRefine's users clean a ledger against places, surnames and the people they may see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for

from api.app import create_app
from api.v1.reconcile_models import PEOPLE_MAX, read_queries
from tests.api.house import House, record
from tests.machines import reconciliation_schemas as schemas
from tracing.errors import RecordInvalid


def valid(schema: dict[str, Any], answer: Any) -> Any:
    body = answer.json()
    assert answer.status_code == 200, body
    problems = [e.message for e in validator_for(schema).iter_errors(body)]
    assert problems == []
    return body


@pytest.fixture
def cleaner(house: House) -> TestClient:
    """OpenRefine with a key that may clean ledgers and search."""
    return house.with_key("reconcile", "search")


def ask(client: TestClient, **queries: Any) -> Any:
    batch = json.dumps(queries, ensure_ascii=False)
    assert list(validator_for(schemas.QUERIES).iter_errors(queries)) == [], "we ask as is published"
    return valid(schemas.RESULTS, client.post("/v1/reconcile", data={"queries": batch}))


def test_the_manifest_is_of_the_published_form(cleaner: TestClient) -> None:
    manifest = valid(schemas.MANIFEST, cleaner.get("/v1/reconcile"))
    assert manifest["view"]["url"].startswith("http://127.0.0.1/v1/reconcile/")
    assert [t["id"] for t in manifest["defaultTypes"]] == ["place", "surname", "person"]


def test_a_place_by_its_code_is_sure_and_by_its_name_is_not(cleaner: TestClient) -> None:
    found = ask(
        cleaner,
        q0={"query": "320412", "type": "place"},
        q1={"query": "江苏省常州市武进区"},
        q2={"query": "武进县", "type": ["place"], "limit": 3, "type_strict": "should"},
        q3={"query": "320421"},
        q4={"query": "不存在的地方"},
        q5={"query": "999999"},
    )
    assert [(c["id"], c["match"]) for c in found["q0"]["result"]] == [("320412", True)]
    assert found["q1"]["result"][0]["id"] == "320412"
    assert not any(c["match"] for c in found["q1"]["result"])
    assert found["q2"]["result"][0]["id"] == "320421", "a county of old keeps its code"
    assert [c["match"] for c in found["q3"]["result"]] == [False], "and is not sure any more"
    assert found["q4"]["result"] == found["q5"]["result"] == []


def test_a_place_as_it_sounded_is_found_by_its_sound(cleaner: TestClient) -> None:
    found = ask(cleaner, q0={"query": "zhu cheng", "limit": 20})["q0"]["result"]
    assert "370782" in [c["id"] for c in found]


def test_a_surname_is_read_off_a_name_or_off_its_sound(cleaner: TestClient) -> None:
    found = ask(
        cleaner,
        q0={"query": "欧阳秀英", "type": "surname"},
        q1={"query": "zhu ren jiang", "type": "surname", "limit": 5},
        q2={"query": "", "type": "surname"},
    )
    assert [c["id"] for c in found["q0"]["result"]] == ["欧阳"]
    assert "朱" in [c["id"] for c in found["q1"]["result"]]
    assert found["q2"]["result"] == []


def test_a_person_is_found_and_never_sure_and_the_search_is_in_the_trail(
    house: House, cleaner: TestClient
) -> None:
    found = ask(
        cleaner,
        q0={
            "query": "朱仁江",
            "type": "person",
            "properties": [
                {"pid": "birth_year", "v": 1953},
                {"pid": "sex", "v": "male"},
                {"pid": "home", "v": {"id": "370782", "name": "诸城市"}},
            ],
        },
    )["q0"]["result"]
    assert found[0]["id"] == house.people["朱仁江"]
    assert not any(c["match"] for c in found)
    assert {f["id"] for f in found[0]["features"]} >= {"names", "birth"}
    assert "face" not in json.dumps(found)
    prefix = house.keys[("reconcile", "search")].partition("_")[0]
    rows = house.service.audit.page(house.actor("shen"), key_prefix=prefix).items
    assert [(r.action, r.purpose) for r in rows][:1] == [("search.ask", "tracing")]


def test_who_is_out_of_reach_is_nobody_here(house: House) -> None:
    service, admin = house.service, house.actor("admin")
    service.stations.add(admin, "320499", "远处站")
    service.accounts.create(admin, "yuanchu", "远", "city_station", "320499")
    _, secret = service.accounts.create_key(admin, "yuanchu", {"reconcile", "search"}, 1)
    client = house.client()
    client.headers["Authorization"] = f"Bearer {secret}"
    service.people.register(house.worker, record("皇甫重华", 1960, "江苏省常州市", "sought"))
    asked = {"query": "皇甫重华", "type": "person"}
    assert ask(client, q0=asked)["q0"]["result"] == []
    assert ask(house.with_key("reconcile", "search"), q0=asked)["q0"]["result"]


def test_people_are_asked_for_by_post_with_search_and_a_purpose(house: House) -> None:
    query = json.dumps({"q0": {"query": "朱仁江", "type": "person"}})
    cleaner = house.with_key("reconcile", "search")
    refused = cleaner.get("/v1/reconcile", params={"queries": query})
    assert (refused.status_code, refused.json()["reason"]) == (422, "ask_by_post")
    without = house.with_key("reconcile").post("/v1/reconcile", data={"queries": query})
    assert without.status_code == 403
    browser = house.signed_in().post("/v1/reconcile", data={"queries": query})
    assert (browser.status_code, browser.json()["code"]) == (422, "purpose_missing")
    many = json.dumps({f"q{i}": {"query": "朱", "type": "person"} for i in range(PEOPLE_MAX + 1)})
    crowd = cleaner.post("/v1/reconcile", data={"queries": many})
    assert (crowd.status_code, crowd.json()["reason"]) == (422, "too_many_people")
    assert house.with_key("people.read").get("/v1/reconcile").status_code == 403
    assert house.client().get("/v1/reconcile").status_code == 401


def test_places_may_be_asked_for_in_the_address(cleaner: TestClient) -> None:
    query = json.dumps({"q0": {"query": "320412"}})
    answer = cleaner.get("/v1/reconcile", params={"queries": query})
    assert valid(schemas.RESULTS, answer)["q0"]["result"][0]["match"] is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"q0": {}}',
        '{"q0": {"query": 7}}',
        '{"q0": {"query": "x", "limit": "many"}}',
        '{"q0": {"query": "x", "limit": NaN}}',
        '{"q0": {"query": "x", "type": "face"}}',
        '{"q0": {"query": "x", "type_strict": "perhaps"}}',
        '{"q0": {"query": "x", "more": 1}}',
        '{"q0": {"properties": [{"pid": "sex"}]}}',
        '{"q0": {"query": "x", "type": "person", "properties": [{"pid": "phone", "v": "1"}]}}',
        json.dumps({f"q{i}": {"query": "x"} for i in range(51)}),
        '{"q0": {"query": "' + "x" * 300 + '"}}',
    ],
)
def test_a_spoiled_batch_is_refused_with_its_place(cleaner: TestClient, text: str) -> None:
    refused = cleaner.post("/v1/reconcile", data={"queries": text})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert isinstance(refused.json().get("errors", []), list)


WORDS = st.text(max_size=12)
ENTITIES = st.builds(lambda i: {"id": i}, WORDS)
VALUES = st.one_of(WORDS, st.integers(0, 3000), st.booleans(), ENTITIES)
PAIRS = st.fixed_dictionaries({"pid": WORDS, "v": st.one_of(VALUES, st.lists(VALUES, max_size=3))})
BATCHES = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.fixed_dictionaries(
        {"query": WORDS},
        optional={
            "type": st.sampled_from(["place", "surname"]),
            "limit": st.integers(1, 20),
            "properties": st.lists(PAIRS, max_size=3),
        },
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(BATCHES)
def test_whatever_the_published_form_allows_is_read(batch: dict[str, Any]) -> None:
    assert list(validator_for(schemas.QUERIES).iter_errors(batch)) == []
    assert set(read_queries(json.dumps(batch))) == set(batch)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_politely(text: str) -> None:
    with pytest.raises(RecordInvalid):
        read_queries("{" + text)


def test_suggesting_is_of_the_published_form_and_never_of_people(cleaner: TestClient) -> None:
    base = "/v1/reconcile/suggest"
    found = valid(schemas.ENTITIES, cleaner.get(f"{base}/entity", params={"prefix": "武进"}))
    assert found["result"][0]["id"] == "320412", "what stands comes before what stood"
    names = valid(schemas.ENTITIES, cleaner.get(f"{base}/entity", params={"prefix": "朱仁"}))
    assert names["result"] == []
    on = cleaner.get(f"{base}/entity", params={"prefix": "武进", "cursor": 1})
    assert valid(schemas.ENTITIES, on)["result"][0] == found["result"][1]
    kinds = valid(schemas.TYPES, cleaner.get(f"{base}/type", params={"prefix": "pl"}))
    assert [t["id"] for t in kinds["result"]] == ["place"]
    sex = valid(schemas.PROPERTIES, cleaner.get(f"{base}/property", params={"prefix": "se"}))
    assert [p["id"] for p in sex["result"]] == ["sex"]


def test_places_tell_their_facts_and_people_none(house: House, cleaner: TestClient) -> None:
    wanted = {
        "ids": ["320421", house.people["朱仁江"]],
        "properties": [{"id": "full_name"}, {"id": "today", "settings": {}}, {"id": "names"}],
    }
    told = cleaner.post("/v1/reconcile", data={"extend": json.dumps(wanted)})
    rows = valid(schemas.EXTENSION, told)["rows"]
    assert rows["320421"]["full_name"] == [{"str": "江苏省常州市武进县"}]
    assert {"str": "320412"} in rows["320421"]["today"]
    assert rows[house.people["朱仁江"]] == {"full_name": [], "today": [], "names": []}
    offered = cleaner.get("/v1/reconcile/properties", params={"type": "place", "limit": 2}).json()
    assert [p["id"] for p in offered["properties"]] == ["full_name", "province"]
    assert cleaner.get("/v1/reconcile/properties?type=person").json()["properties"] == []


def test_a_preview_shows_a_place_and_nothing_of_a_person(house: House, cleaner: TestClient) -> None:
    assert "武进区" in cleaner.get("/v1/reconcile/preview?id=320412").text
    person = cleaner.get("/v1/reconcile/preview", params={"id": house.people["朱仁江"]})
    nobody = cleaner.get("/v1/reconcile/preview?id=x")
    assert person.text == nobody.text
    assert "frame-ancestors 'none'" in person.headers["content-security-policy"]
    hostile = cleaner.get("/v1/reconcile/preview", params={"id": "<script>"}).text
    assert "<script>" not in hostile


def test_other_origins_are_let_in_only_where_they_are_named(house: House) -> None:
    named, other = "http://127.0.0.1:3333", "https://evil.example"
    secret = house.with_key("reconcile").headers["Authorization"]
    open_app = create_app(
        house.service, house.settings.model_copy(update={"reconcile_origins": f"{named}/, x"})
    )
    client = TestClient(open_app, base_url="http://127.0.0.1")
    asking = {"Access-Control-Request-Method": "POST", "Origin": named}
    allowed = client.options("/v1/reconcile", headers=asking)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == named
    answer = client.get("/v1/reconcile", headers={"Origin": named, "Authorization": secret})
    assert answer.headers["access-control-allow-origin"] == named
    assert "access-control-allow-credentials" not in answer.headers
    framed = client.get("/v1/reconcile/preview", headers={"Authorization": secret})
    assert f"frame-ancestors {named}" in framed.headers["content-security-policy"]
    for app, path, origin in (
        (open_app, "/v1/reconcile", other),
        (open_app, "/v1/people", named),
        (open_app, "/v1/reconciled", named),
        (house.app, "/v1/reconcile", named),
    ):
        shut = TestClient(app, base_url="http://127.0.0.1")
        headers = {**asking, "Origin": origin, "Authorization": secret}
        for answer in (shut.options(path, headers=headers), shut.get(path, headers=headers)):
            assert "access-control-allow-origin" not in answer.headers


def test_cells_of_a_ledger_that_say_no_sex_or_year_say_nothing(
    house: House, cleaner: TestClient
) -> None:
    def row(sex: object, year: object) -> dict[str, object]:
        said = [{"pid": "sex", "v": sex}, {"pid": "birth_year", "v": year}]
        return {"query": "朱仁江", "type": "person", "properties": said}

    found = ask(cleaner, q0=row("男", "1953年3月"), q1=row("不详", "约五十岁"), q2=row("?", 19533))
    assert [rows["result"][0]["id"] for rows in found.values()] == [house.people["朱仁江"]] * 3
    features = [{f["id"] for f in rows["result"][0]["features"]} for rows in found.values()]
    assert features[0] >= {"sex", "birth"}
    assert not {"sex", "birth"} & (features[1] | features[2])


def test_a_refused_batch_names_its_field_in_whole_sentences(cleaner: TestClient) -> None:
    said = [{"pid": "side", "v": "neighbour"}]
    query = {"q0": {"query": "朱仁江", "type": "person", "properties": said}}
    refused = cleaner.post("/v1/reconcile", data={"queries": json.dumps(query)}).json()
    assert [(e["path"], e["code"]) for e in refused["errors"]] == [("side", "literal_error")]
    assert "{" not in refused["detail"] + refused["errors"][0]["detail"]
    assert "neighbour" not in json.dumps(refused)
