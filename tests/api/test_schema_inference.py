"""A sample in, columns with type, certainty and evidence out."""

import base64
import gzip

import pytest

SAMPLE = (
    "Id,FLAG,Price,When,Seen at,Zip,n,n\n"
    "1,true,10.50,2013-01-31,2013-01-31 10:20:30,01234,1,x\n"
    "2,false,7.00,2013-02-01,2013-02-01 00:00:00,99999,NA,y\n"
    "3000000000,true,3.10,2013-02-02,2013-02-02 23:59:59,00001,3,z\n"
)


@pytest.fixture(scope="module")
def url(api):
    answer = api.post("/v1/datasets", json={"namespace": "samples", "name": "s", "tier": "raw"})
    assert answer.status_code == 201
    return "/v1/datasets/samples.s/schema/infer"


def columns(answer):
    assert answer.status_code == 200, answer.text
    return {column["name"]: column for column in answer.json()["columns"]}


def test_types_are_told_with_certainty_and_evidence(api, url):
    found = columns(api.post(url, json={"sample": SAMPLE}))
    assert {name: column["type"] for name, column in found.items()} == {
        "id": "bigint", "flag": "boolean", "price": "decimal(18,2)", "when_col": "date", "seen_at": "timestamp",
        "zip": "varchar", "n": "int", "n_2": "varchar",
    }  # fmt: skip
    assert found["seen_at"]["original_name"] == "Seen at"
    assert found["n"]["null_tokens"] == ["NA"]
    for column in found.values():
        assert 0 <= column["certainty"] <= 1
        assert column["evidence"]


def test_bytes_come_as_base64(api, url):
    body = base64.b64encode(gzip.compress(SAMPLE.encode("utf-16"))).decode()
    said = api.post(url, json={"sample_base64": body}).json()
    assert (said["format"]["compression"], said["encoding"], said["row_count"]) == ("gzip", "utf-16-le", 3)


def test_a_broken_sample_is_answered_with_its_problems(api, url):
    said = api.post(url, json={"sample": "a,b\n1,2\n3\n"}).json()
    assert [problem["code"] for problem in said["problems"]] == ["ragged_row"]


@pytest.mark.parametrize(
    "body", [{}, {"sample": ""}, {"sample": "a", "sample_base64": "YQ=="}, {"sample_base64": "????"}, {"sample": 1}]
)
def test_what_is_no_sample_is_refused(api, url, body):
    assert api.post(url, json=body).status_code == 422


def test_nothing_is_stored(api, url):
    api.post(url, json={"sample": SAMPLE})
    assert api.get("/v1/datasets/samples.s").json()["schema"] is None
