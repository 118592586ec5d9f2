"""Is March whole? By the dataset's contract."""

import threading
import time

import pytest

from tests.api.dropping import Partner

MARCH = {"year": "2013", "month": "3"}


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


def ask(partner, dataset, partition="year=2013,month=3", **more):
    params = {**({"partition": partition} if partition is not None else {}), **more}
    return partner.api.get(f"/v1/datasets/{dataset}/completeness", params=params)


def state(partner, dataset, partition="year=2013,month=3", **more):
    answer = ask(partner, dataset, partition, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def monthly(partner, contract, **more):
    return partner.dataset(partition_by=["year", "month"], contract=contract, **more)


def body(n, rows=1):
    return ("id,v\n" + "".join(f"{n * 100 + row},a\n" for row in range(rows))).encode()


def test_a_month_is_whole_when_its_files_are_committed(partner):
    dataset = monthly(partner, {"expects": {"files": 3}})
    for n in range(2):
        partner.drop(dataset, body(n, 2), partition=MARCH)
    partner.drop(dataset, body(8), partition={"year": "2013", "month": "4"})
    answer = state(partner, dataset)
    assert (answer["state"], answer["due_at"]) == ("incomplete", None)
    assert answer["partition"] == MARCH
    assert answer["expected"] == {"files": 3, "rows": None}
    assert answer["found"] == {"files": 2, "rows": 4, "committed": 2, "quarantined": 0, "pending": 0}
    assert answer["reasons"] == ["2 of 3 files are committed."]
    file = partner.drop(dataset, body(2), partition={"year": "2013", "month": "03"})
    whole = state(partner, dataset, "month=3,year=2013")
    assert (whole["state"], whole["found"]["committed"], whole["reasons"]) == ("complete", 3, [])
    assert whole["version"] == file["committed_version"]
    assert state(partner, dataset, "year=2013")["found"]["committed"] == 4, "a year is all of its months"
    assert state(partner, dataset, None)["found"]["committed"] == 4
    assert state(partner, dataset, "year=2014")["found"]["committed"] == 0


def test_what_is_not_committed_is_counted_beside(partner):
    dataset = monthly(partner, {"expects": {"files": 2}}, schema={"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "varchar"}]})  # fmt: skip
    partner.drop(dataset, body(1), partition=MARCH)
    assert partner.drop(dataset, body(1), partition=MARCH)["state"] == "duplicate"
    assert partner.drop(dataset, b"id,v\nx,a\n", partition=MARCH)["state"] == "quarantined"
    partner.ask(dataset, body(2), partition=MARCH)
    partner.ask(dataset, body(3), partition={"year": "2013", "month": "30"})
    answer = state(partner, dataset)
    assert answer["found"] == {"files": 3, "rows": 1, "committed": 1, "quarantined": 1, "pending": 1}
    assert answer["state"] == "incomplete"
    assert len(answer["reasons"]) == 3
    for n in (4, 5):
        partner.drop(dataset, body(n), partition=MARCH)
    answer = state(partner, dataset)
    assert answer["state"] == "complete"
    assert "3 files are committed where 2 were expected." in answer["reasons"]


def test_what_waits_is_found_behind_any_number_of_files_of_other_partitions(partner, monkeypatch):
    monkeypatch.setattr("app.adapters.dynamodb.files._PAGE", 2)
    dataset = monthly(partner, {"expects": {"files": 1}})
    for n in range(3):
        partner.ask(dataset, body(n), partition={"year": "2013", "month": "4"})
    partner.ask(dataset, body(9), partition=MARCH)
    assert state(partner, dataset)["found"]["pending"] == 1


def test_a_file_that_is_delivered_again_is_counted_once(partner):
    dataset = monthly(partner, {"expects": {"files": 1}})
    file = partner.drop(dataset, body(1), partition=MARCH)
    key = f"main/{dataset.replace('.', '/')}/{file['file_id']}"
    version = partner.lake.files.store.get("main", dataset, file["file_id"]).version_id
    for _ in range(3):
        partner.lake.ingestion.receive(bucket=partner.lake.settings.intake_bucket, key=key, version_id=version)
    assert state(partner, dataset)["found"]["committed"] == 1


def test_rows_may_be_what_is_expected(partner):
    dataset = monthly(partner, {"expects": {"rows": 5}})
    partner.drop(dataset, body(1, 4), partition=MARCH)
    assert state(partner, dataset)["reasons"] == ["4 of 5 rows are committed."]
    partner.drop(dataset, body(2, 2), partition=MARCH)
    assert state(partner, dataset)["state"] == "complete"


@pytest.mark.parametrize(
    ("partition_by", "partition", "due_at"),
    [
        (["year", "month"], "year=2013,month=3", "2013-04-02T00:00:00Z"),
        (["year", "month"], "year=2013,month=12", "2014-01-02T00:00:00Z"),
        (["year", "month"], "year=2013", "2014-01-02T00:00:00Z"),
        (["year", "month", "day"], "year=2012,month=02,day=29", "2012-03-02T00:00:00Z"),
        (["source", "dt"], "source=a,dt=2013-03-31", "2013-04-02T00:00:00Z"),
    ],
)
def test_after_its_cut_off_a_partition_is_late(partner, partition_by, partition, due_at):
    dataset = partner.dataset(partition_by=partition_by, contract={"expects": {"files": 1}, "cut_off": "P1D"})
    answer = state(partner, dataset, partition)
    assert (answer["state"], answer["due_at"]) == ("late", due_at)
    assert answer["reasons"] == ["0 of 1 files are committed."]
    partner.drop(dataset, body(1), partition=dict(pair.split("=") for pair in partition.split(",")))
    assert state(partner, dataset, partition)["state"] == "complete"


def test_with_a_cut_off_alone_a_partition_is_whole_then(partner):
    dataset = monthly(partner, {"cut_off": "PT12H"})
    assert state(partner, dataset)["state"] == "late", "nothing came"
    partner.drop(dataset, body(1), partition=MARCH)
    assert state(partner, dataset)["state"] == "complete"
    partner.ask(dataset, body(2), partition=MARCH)
    assert state(partner, dataset)["state"] == "late"
    partner.drop(dataset, body(3), partition={"year": "2999", "month": "1"})
    future = state(partner, dataset, "year=2999,month=1")
    assert (future["state"], future["reasons"]) == ("incomplete", ["Its cut-off is still to come."])


def test_a_consumer_waits_for_the_last_file(partner):
    dataset = monthly(partner, {"expects": {"files": 1}})
    started = time.monotonic()
    assert ask(partner, dataset, wait=1).headers["Preference-Applied"] == "wait=1"
    assert time.monotonic() - started >= 1
    late = threading.Timer(0.5, lambda: partner.drop(dataset, body(1), partition=MARCH))
    late.start()
    answer = state(partner, dataset, wait=25)
    late.join()
    assert (answer["state"], answer["found"]["committed"]) == ("complete", 1)


def test_without_a_contract_the_answer_says_how_to_set_one(partner):
    dataset = partner.dataset(partition_by=["year", "month"])
    partner.drop(dataset, body(1), partition=MARCH)
    refused = ask(partner, dataset)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "PATCH" in refused.json()["detail"]
    assert "contract" in refused.json()["detail"]
    view = partner.api.get(f"/v1/datasets/{dataset}")
    changed = partner.api.patch(
        f"/v1/datasets/{dataset}", json={"contract": {"expects": {"files": 1}}}, headers={"If-Match": view.headers["ETag"]}
    )  # fmt: skip
    assert changed.json()["contract"] == {"expects": {"files": 1, "rows": None}, "cut_off": None}
    assert state(partner, dataset)["state"] == "complete", "what was committed before counts"
    gone = partner.api.patch(
        f"/v1/datasets/{dataset}", json={"contract": None}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert gone.json()["contract"] is None
    assert ask(partner, dataset).status_code == 409


@pytest.mark.parametrize(
    "partition", ["month=3", "year=2013,carrier=UA", "year", "year=2013,year=2014", "year=2013,month=3,", ",", "=3"]
)
def test_a_partition_that_the_dataset_cannot_have_is_refused(partner, partition):
    dataset = monthly(partner, {"expects": {"files": 1}})
    refused = ask(partner, dataset, partition)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/partition")


def test_a_cut_off_needs_a_partition_that_ends(partner):
    dataset = partner.dataset(partition_by=["region"], contract={"cut_off": "P1D"})
    assert ask(partner, dataset, "region=eu").status_code == 422
    dataset = monthly(partner, {"cut_off": "P1D"})
    for odd in ("year=2013,month=13", "year=99999,month=1", "year=x,month=1", "year=9999,month=12"):
        assert ask(partner, dataset, odd).status_code == 422, odd


@pytest.mark.parametrize(
    "contract",
    [{}, {"expects": {}}, {"cut_off": "1 day"}, {"cut_off": "P1M"}, {"cut_off": "P"}, {"cut_off": "PT"},
     {"expects": {"files": 0}}, {"expects": {"colour": 3}}],
)  # fmt: skip
def test_a_contract_that_says_nothing_is_refused(partner, contract):
    refused = partner.api.post(
        "/v1/datasets", json={"namespace": "drops", "name": "none", "tier": "raw", "contract": contract}
    )
    assert refused.status_code == 422, refused.text


def test_only_raw_datasets_have_a_contract(partner):
    new = {"namespace": "drops", "name": "made", "tier": "curated", "contract": {"expects": {"files": 1}}}
    assert partner.api.post("/v1/datasets", json=new).status_code == 422


def test_the_columns_that_files_are_counted_by_are_kept(partner):
    dataset = monthly(partner, {"expects": {"files": 1}})
    partner.drop(dataset, body(1), partition=MARCH)

    def patched(columns):
        etag = partner.api.get(f"/v1/datasets/{dataset}").headers["ETag"]
        return partner.api.patch(
            f"/v1/datasets/{dataset}", json={"partition_by": columns}, headers={"If-Match": etag}
        ).status_code

    assert patched(["month", "year"]) == 422
    assert patched(["year", "month", "day"]) == 200
    assert state(partner, dataset)["state"] == "complete"


def test_long_partition_values_have_a_place_too(partner):
    columns = [f"c{n}" for n in range(12)]
    dataset = partner.dataset(partition_by=columns, contract={"expects": {"files": 1}})
    values = dict.fromkeys(columns, "é" * 200)
    assert partner.drop(dataset, body(1), partition=values)["state"] == "committed"
    asked = ",".join(f"{column}={value}" for column, value in values.items())
    assert state(partner, dataset, asked)["state"] == "complete"
