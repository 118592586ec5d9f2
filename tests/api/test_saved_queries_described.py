"""Versions of saved queries, and each of them as an operation of its own in the tenant's OpenAPI document."""

import json
import subprocess
import sys

import pytest
import schemathesis
from jsonschema_rs import Draft202012Validator

SQL = "SELECT carrier, count(*) AS n, CAST(sum(1) AS decimal(10,2)) AS total, max(day) AS last, avg(1e0) AS mean FROM own.legs WHERE day >= :since GROUP BY 1 ORDER BY 1"
PARAMETERS = {
    "since": {"type": "date", "default": "2013-01-01", "min": "2013-01-01", "description": "First day."},
}
TYPED = {
    "flag": {"type": "boolean", "default": True},
    "count": {"type": "int", "min": 1, "max": 10},
    "price": {"type": "decimal(10,2)", "default": "1.50", "max": "99.99"},
    "word": {"type": "varchar", "enum": ["a", "b"], "default": "a"},
    "at": {"type": "timestamp", "default": "2013-01-01 05:00:00"},
    "typed": {"type": "bigint", "default": "2", "min": "1", "max": "10", "enum": ["2", "3"]},
    "off": {"type": "boolean", "default": "false"},
    "share": {"type": "double", "default": "0.5", "max": "1"},
}


@pytest.fixture(scope="module", autouse=True)
def legs(drop):
    drop("own.legs", "day,carrier\n2013-01-01,AA\n2013-01-02,\n", {"day": "date", "carrier": "varchar"})


def save(api, name, sql=SQL, parameters=PARAMETERS, **more):
    etag = api.get(f"/v1/saved-queries/{name}").headers.get("etag")
    headers = {"If-Match": etag} if etag else {}
    answer = api.put(f"/v1/saved-queries/{name}", json={"sql": sql, "parameters": parameters, **more}, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def document(api):
    answer = api.get("/v1/openapi.json")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_put_makes_a_version_that_stays_readable(api):
    put = [save(api, "versioned", description=text, max_age=age) for age, text in enumerate(("one", "two", "three"))]
    assert len({one["version"] for one in put}) == 3
    assert api.get("/v1/saved-queries/versioned").json() == put[-1]
    listed = api.get("/v1/saved-queries/versioned/versions").json()["items"]
    assert listed == put[::-1]
    for one in put:
        assert api.get(f"/v1/saved-queries/versioned/versions/{one['version']}").json() == one
    back = {name: put[0][name] for name in ("description", "sql", "parameters", "row_limit", "max_age", "chart")}
    again = save(api, "versioned", **back)
    assert {name: again[name] for name in back} == back
    assert len(api.get("/v1/saved-queries/versioned/versions").json()["items"]) == 4


def test_versions_of_a_deleted_saved_query_come_back_with_its_name(api):
    first = save(api, "reborn")
    etag = api.get("/v1/saved-queries/reborn").headers["etag"]
    assert api.delete("/v1/saved-queries/reborn", headers={"If-Match": etag}).status_code == 204
    for path in ("versions", f"versions/{first['version']}"):
        assert api.get(f"/v1/saved-queries/reborn/{path}").status_code == 404
    second = save(api, "reborn")
    items = api.get("/v1/saved-queries/reborn/versions").json()["items"]
    assert [one["version"] for one in items] == [second["version"], first["version"]]


def test_a_refused_put_makes_no_version(api):
    save(api, "kept")
    etag = api.get("/v1/saved-queries/kept").headers["etag"]
    body = {"sql": SQL, "parameters": PARAMETERS}
    assert api.put("/v1/saved-queries/kept", json=body, headers={"If-Match": '"99"'}).status_code == 412
    assert (
        api.put("/v1/saved-queries/kept", json={"sql": "DROP TABLE x"}, headers={"If-Match": etag}).status_code == 422
    )
    assert len(api.get("/v1/saved-queries/kept/versions").json()["items"]) == 1


def test_another_tenants_versions_are_not_there(api, lake):
    version = save(api, "private")["version"]
    headers = {"x-api-key": lake.identity.ensure_admin_key("others")}
    for path in ("versions", f"versions/{version}"):
        assert api.get(f"/v1/saved-queries/private/{path}", headers=headers).status_code == 404
    assert "private" not in api.get("/v1/openapi.json", headers=headers).text


def test_a_saved_query_is_an_operation_with_its_typed_parameters(api):
    columns = ", ".join(f":{name} AS {name}" for name in TYPED)
    save(api, "typed", f"SELECT {columns}", TYPED, description="What it is for.")
    operation = document(api)["paths"]["/v1/saved-queries/typed/results"]["get"]
    assert (operation["operationId"], operation["description"]) == ("saved_query_typed", "What it is for.")
    parameters = {one["name"]: one for one in operation["parameters"]}
    assert parameters["count"]["required"] is True
    assert {name: parameters[name]["schema"] for name in TYPED} == {
        "flag": {"type": "boolean", "default": True},
        "count": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 10},
        "price": {"type": "number", "maximum": 99.99, "default": 1.5},
        "word": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "at": {"type": "string", "default": "2013-01-01 05:00:00"},
        "typed": {"type": "integer", "format": "int64", "default": 2, "minimum": 1, "maximum": 10, "enum": [2, 3]},
        "off": {"type": "boolean", "default": False},
        "share": {"type": "number", "default": 0.5, "maximum": 1.0},
    }
    assert {"format", "limit", "page_token"} <= set(parameters)
    assert not {"name", "arguments"} & set(parameters)


def test_its_answer_has_a_schema_once_its_columns_are_known(api):
    save(api, "answered")
    path = "/v1/saved-queries/answered/results"
    before = document(api)["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert before == {"$ref": "#/components/schemas/ResultView"}
    answers = [api.get(path).json(), api.get(path, params={"rows": "objects", "int64": "string"}).json()]
    whole = document(api)
    schema = whole["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    cells = schema["allOf"][1]["properties"]["rows"]["items"]["anyOf"][0]["prefixItems"]
    assert {cell["title"]: cell["type"] for cell in cells} == {
        "carrier": ["string", "null"],
        "n": ["integer", "string", "null"],
        "total": ["string", "null"],
        "last": ["string", "null"],
        "mean": ["number", "null"],
    }
    validator = Draft202012Validator({**schema, "components": whole["components"]})
    for answer in answers:
        assert answer["row_count"] == 2
        validator.validate(answer)
        answer["rows"][0] = ["AA", 1.5]
        assert not validator.is_valid(answer)
    save(api, "answered", "SELECT 1 AS other", {})
    after = document(api)["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert after == before, "other SQL, other columns"


def test_the_document_of_a_tenant_is_valid_and_the_public_one_has_none_of_it(api):
    for name in ("valid-a", "valid_a"):
        save(api, name)
    whole, public = document(api), api.get("/openapi.json").json()
    schemathesis.openapi.from_dict(whole).validate()
    ids = [one["operationId"] for item in whole["paths"].values() for one in item.values()]
    assert len(ids) == len(set(ids))
    assert set(public["paths"]) < set(whole["paths"])
    assert {path: whole["paths"][path] for path in public["paths"]} == public["paths"]
    assert whole["components"] == public["components"]
    assert not any("valid" in path for path in public["paths"])


def test_a_client_is_generated_from_it(api, tmp_path):
    save(api, "generated", description="Legs by carrier.")
    api.get("/v1/saved-queries/generated/results")
    (tmp_path / "openapi.json").write_text(json.dumps(document(api)))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none"]
    done = subprocess.run(
        [*command, "--output-path", "client"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (module,) = tmp_path.glob("client/api/*/saved_query_generated.py")
    source = module.read_text()
    assert "since: " in source
    compile(source, str(module), "exec")


def test_who_has_the_document_is_told_so(api):
    etag = api.get("/v1/openapi.json").headers["etag"]
    assert api.get("/v1/openapi.json", headers={"If-None-Match": etag}).status_code == 304
    save(api, "newcomer")
    assert api.get("/v1/openapi.json", headers={"If-None-Match": etag}).status_code == 200


def test_it_needs_an_identity_that_may_read_queries(api):
    assert api.get("/v1/openapi.json", headers={"x-api-key": ""}).status_code == 401
    partner = api.post("/v1/api-keys", json={"name": "p", "role": "partner"}).json()["api_key"]
    assert api.get("/v1/openapi.json", headers={"x-api-key": partner}).status_code == 403
