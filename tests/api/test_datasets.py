"""Datasets through the API: registered, found, changed, deleted."""

import pytest

from tests.api.dropping import Partner

WIDE = [f"VARIABLE_WITH_A_LONG_NAME_AS_STATISTICIANS_LIKE_THEM_{n}" for n in range(430)]


def registered(api, name, **changes):
    body = {"namespace": "air", "name": name, "tier": "raw", **changes}
    answer = api.post("/v1/datasets", json=body)
    assert answer.status_code == 201, answer.text
    return answer


def columns(*names, kind="varchar"):
    return {"columns": [{"name": name, "type": kind} for name in names]}


def test_only_namespace_name_and_tier_are_required(api):
    answer = registered(api, "least")
    assert answer.headers["location"] == "/v1/datasets/air.least"
    said = answer.json()
    assert (said["id"], said["schema"], said["schema_version"], said["current_version"]) == ("air.least", None, 0, None)
    assert api.get("/v1/datasets/air.least").json() == said


def test_the_example_of_the_contract_is_registered_as_it_stands(api):
    from app.domain.datasets import NewDataset

    example = NewDataset.model_config["json_schema_extra"]["examples"][0] | {"namespace": "contract"}
    answer = api.post("/v1/datasets", json=example)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert {name: value for name, value in said["format"].items() if value is not None} == example["format"]
    assert [c["name"] for c in said["schema"]["columns"]] == [c["name"] for c in example["schema"]["columns"]]
    assert said["partition_by"] == ["year", "month"]


def test_a_declared_schema_makes_a_typed_table_at_once(api, aws):
    registered(api, "at_once", schema=columns("n", kind="decimal(12,2)"))
    view = aws.of("glue").get_table(DatabaseName="air", Name="at_once")["Table"]
    assert view["TableType"] == "VIRTUAL_VIEW"
    assert view["StorageDescriptor"]["Columns"] == [{"Name": "n", "Type": "decimal(12,2)"}]
    files = aws.of("glue").get_table(DatabaseName="air", Name="at_once__files")["Table"]
    assert [c["Type"] for c in files["StorageDescriptor"]["Columns"]] == ["string"]
    assert files["PartitionKeys"][0]["Name"] == "_file"


def test_430_columns_with_long_capital_names_become_safe_and_keep_their_own(api):
    said = registered(api, "wide", schema=columns(*WIDE)).json()
    assert said["column_count"] == 430
    assert [c["original_name"] for c in said["schema"]["columns"]] == WIDE
    assert [c["name"] for c in said["schema"]["columns"]] == [name.lower() for name in WIDE]
    found = api.get("/v1/datasets", params={"q": WIDE[300]}).json()["items"]
    assert [one["id"] for one in found] == ["air.wide"]
    assert "schema" not in found[0]


def test_names_that_meet_after_lowering_are_told_apart(api):
    said = registered(api, "clash", schema=columns("Id", "ID", "id", "select", "2nd")).json()
    names = [c["name"] for c in said["schema"]["columns"]]
    assert len(set(names)) == 5
    assert names[2] == "id"


def test_the_same_name_again_is_a_conflict(api):
    registered(api, "twice")
    answer = api.post("/v1/datasets", json={"namespace": "air", "name": "twice", "tier": "raw"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Upper"},
        {"name": "a__b"},
        {"name": "_a"},
        {"name": "a" * 129},
        {"name": 'x"; drop'},
        {"tier": "gold"},
        {"format": {"type": "xml"}},
        {"format": {"type": "csv", "compression": "snappy"}},
        {"format": {"type": "csv", "delimiter": "ab"}},
        {"schema": {"columns": []}},
        {"schema": {"columns": [{"name": "a", "type": "blob"}]}},
        {"schema": {"columns": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}},
        {"schema": {"columns": [{"name": "a", "type": "int"}]}, "primary_key": ["b"]},
        {"surprise": 1},
    ],
)
def test_what_is_not_a_dataset_is_refused(api, changes):
    answer = api.post("/v1/datasets", json={"namespace": "air", "name": "refused", "tier": "raw", **changes})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_it_is_found_by_words_tags_owner_and_tier(api):
    registered(
        api,
        "departures_daily",
        description="Delays at the Newark airport",
        owner="Newark@Example.com",
        tags={"domain": "aviation"},
        schema=columns("dep_delay"),
    )

    def found(**params):
        return [one["id"] for one in api.get("/v1/datasets", params=params).json()["items"]]

    mine = ["air.departures_daily"]
    for q in ("newark", "NEWARK delays", "dep", "departu", "departures_daily", "dep_delay", "delay", "aviation"):
        assert found(q=q) == mine, q
    for q in ("newar", "de", "newark absent", "elays"):
        assert found(q=q) == [], q
    assert found(tag="domain:aviation") == mine
    assert found(owner="newark@example.com") == mine
    assert found(q="newark", tag="domain:aviation", tier="raw", namespace="air") == mine
    assert found(q="newark", tier="curated") == []
    assert found(tag="domain:other") == []
    assert "air.departures_daily" in found(namespace="air", limit=1000)
    assert found(namespace="ai") == []


def test_pages_go_to_the_end_without_gaps(api):
    for n in range(7):
        answer = api.post(
            "/v1/datasets", json={"namespace": "paged", "name": f"p{n}", "tier": "raw", "tags": {"p": "1"}}
        )
        assert answer.status_code == 201
    for params in ({"namespace": "paged"}, {"tag": "p:1"}, {"tag": "p:1", "namespace": "paged", "tier": "raw"}):
        seen, token = [], None
        while True:
            asked = {**params, "limit": 3, **({"page_token": token} if token else {})}
            page = api.get("/v1/datasets", params=asked).json()
            seen += [one["id"] for one in page["items"]]
            token = page["next_page_token"]
            if token is None:
                break
        assert seen == [f"paged.p{n}" for n in range(7)]


def test_a_change_is_seen_by_search_and_needs_the_present_etag(api):
    etag = registered(api, "changing", description="first").headers["etag"]
    url = "/v1/datasets/air.changing"
    assert api.patch(url, json={"description": "x"}).status_code == 428
    changed = api.patch(url, json={"description": "second", "tags": {"a": "b"}}, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    assert changed.json()["description"] == "second"
    assert changed.headers["etag"] != etag
    assert api.patch(url, json={"description": "x"}, headers={"If-Match": etag}).status_code == 412
    assert api.get("/v1/datasets", params={"q": "first"}).json()["items"] == []
    assert [one["id"] for one in api.get("/v1/datasets", params={"q": "second"}).json()["items"]] == ["air.changing"]


def test_a_new_schema_is_a_new_version(api):
    etag = registered(api, "evolving", schema=columns("a")).headers["etag"]
    answer = api.patch("/v1/datasets/air.evolving", json={"schema": columns("a", "b")}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    assert answer.json()["schema_version"] == 2
    versions = api.get("/v1/datasets/air.evolving/schema-versions").json()["items"]
    assert [(v["number"], len(v["columns"]), v["origin"]) for v in versions] == [(2, 2, "declared"), (1, 1, "declared")]


def test_a_deleted_dataset_is_gone_for_readers(api):
    etag = registered(api, "leaving", description="farewell").headers["etag"]
    url = "/v1/datasets/air.leaving"
    assert api.delete(url).status_code == 428
    assert api.delete(url, headers={"If-Match": etag}).status_code == 204
    assert api.get(url).status_code == 404
    assert api.get("/v1/datasets", params={"q": "farewell"}).json()["items"] == []
    assert "air.leaving" not in [one["id"] for one in api.get("/v1/datasets", params={"limit": 1000}).json()["items"]]
    refused = api.post("/v1/datasets", json={"namespace": "air", "name": "leaving", "tier": "raw"})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_exists")
    assert "POST /v1/datasets/air.leaving/restore" in refused.json()["detail"]


def removed(api, dataset):
    url = f"/v1/datasets/{dataset}"
    assert api.delete(url, headers={"If-Match": api.get(url).headers["etag"]}).status_code == 204


def test_a_deleted_dataset_comes_back_as_it_was(api, lake, deliver):
    partner = Partner(api, lake, deliver)
    dataset = partner.dataset(description="revenant")
    partner.drop(dataset, b"id,v\n1,a\n")
    before = partner.view(dataset)
    late = partner.ask(dataset, b"id,v\n2,b\n")
    removed(api, dataset)
    partner.put(late, b"id,v\n2,b\n")
    deliver()
    answer = api.post(f"/v1/datasets/{dataset}/restore")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**before, "updated_at": answer.json()["updated_at"]}
    assert answer.headers["etag"] == api.get(f"/v1/datasets/{dataset}").headers["etag"]
    assert [one["id"] for one in api.get("/v1/datasets", params={"q": "revenant"}).json()["items"]] == [dataset]
    assert partner.sql(f"SELECT id, v FROM {dataset}") == [(1, "a")]
    partner.drop(dataset, b"id,v\n3,c\n")
    assert partner.file(dataset, late["file_id"])["state"] == "rejected"
    assert api.post(f"/v1/datasets/{dataset}/files/{late['file_id']}/replay").json()["state"] == "committed"
    assert partner.sql(f"SELECT count(*) FROM {dataset}") == [(3,)]


def test_a_deleted_target_of_a_job_comes_back_with_its_version(api, lake, deliver):
    partner = Partner(api, lake, deliver)
    source = partner.dataset()
    partner.drop(source, b"id\n1\n")
    target = {"namespace": "air", "name": "boomerang", "tier": "curated"}
    made = api.post("/v1/jobs", json={"name": "boomerang", "sources": [source], "target": target})
    assert made.status_code == 201, made.text
    assert api.post("/v1/jobs/boomerang/runs", headers={"Prefer": "wait=25"}).json()["state"] == "succeeded"
    etag = api.get("/v1/jobs/boomerang").headers["etag"]
    assert api.delete("/v1/jobs/boomerang", headers={"If-Match": etag}).status_code == 204
    removed(api, "air.boomerang")
    assert api.post("/v1/datasets/air.boomerang/restore").json()["current_version"] is not None
    assert partner.sql("SELECT id FROM air.boomerang") == [(1,)]


def test_only_what_is_deleted_is_restored_but_repeating_it_repairs(api, aws):
    registered(api, "here", schema=columns("a"))
    aws.of("glue").delete_table(DatabaseName="air", Name="here")
    answer = api.post("/v1/datasets/air.here/restore")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert aws.of("glue").get_table(DatabaseName="air", Name="here")["Table"]["TableType"] == "VIRTUAL_VIEW"
    assert api.post("/v1/datasets/air.never_there/restore").status_code == 404


def test_a_dataset_that_a_job_uses_is_not_deleted(api, lake):
    from app.adapters.dynamodb import keys
    from app.adapters.dynamodb.table import Write

    etag = registered(api, "used").headers["etag"]
    key = keys.use("main", "air.used", "reads", "curate")
    lake.datasets.store.table.write(Write(key, "{}"))
    answer = api.delete("/v1/datasets/air.used", headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "curate" in answer.json()["detail"]


def test_a_registration_that_died_half_way_is_healed_by_repeating_it(api, aws):
    registered(api, "half", description="halfway", schema=columns("a"))
    aws.of("glue").delete_table(DatabaseName="air", Name="half")
    body = {"namespace": "air", "name": "half", "tier": "raw", "schema": columns("a")}
    assert api.post("/v1/datasets", json=body).status_code == 409
    assert aws.of("glue").get_table(DatabaseName="air", Name="half")["Table"]["TableType"] == "VIRTUAL_VIEW"


def test_another_tenant_sees_nothing_of_it(api, lake):
    registered(api, "secret", description="hush")
    other = {"x-api-key": lake.identity.ensure_admin_key("acme")}
    assert api.get("/v1/datasets/air.secret", headers=other).status_code == 404
    assert api.get("/v1/datasets", params={"q": "hush"}, headers=other).json()["items"] == []
    assert api.get("/v1/datasets", headers=other).json()["items"] == []


def test_what_a_job_writes_is_found_by_its_columns(api, lake, deliver):
    partner = Partner(api, lake, deliver)
    source = partner.dataset()
    partner.drop(source, b"id,turbidity_index\n1,0.5\n")
    target = {"namespace": "air", "name": "measured", "tier": "curated"}
    assert api.post("/v1/jobs", json={"name": "measure", "sources": [source], "target": target}).status_code == 201
    run = api.post("/v1/jobs/measure/runs")
    assert run.status_code == 202, run.text
    deliver()
    found = api.get("/v1/datasets", params={"q": "turbidity", "tier": "curated"}).json()["items"]
    assert [one["id"] for one in found] == ["air.measured"]
    assert found[0]["column_count"] == 2
