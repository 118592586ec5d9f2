"""Headers agreed on before the first file and before any schema: every file must have it, to the letter."""

import base64
import gzip

import pytest

from tests.api.dropping import Partner

AGREED = ["Id", "Dep Delay", "carrier"]
GOOD = b"Id,Dep Delay,carrier\n1,2.5,UA\n2,,AA\n"


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


def agreed(partner, order=None, **more):
    return partner.dataset(format={"agreed_header": AGREED, "header_order": order}, **more)


def sampled(partner, dataset, **body):
    etag = partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
    return partner.api.put(f"/v1/datasets/{dataset}/header-sample", json=body, headers={"If-Match": etag})


def said(file):
    """(code, column, expected, found) of each complaint."""
    return [(p["code"], p["column"], p["expected"], p["found"]) for p in file["report"]["problems"]]


def test_a_file_with_the_agreed_header_gives_the_schema(partner):
    dataset = agreed(partner)
    file = partner.drop(dataset, GOOD)
    assert (file["state"], file["row_count"]) == ("committed", 2), file["report"]
    assert [c["name"] for c in partner.view(dataset)["schema"]["columns"]] == ["id", "dep_delay", "carrier"]
    assert partner.view(dataset)["format"]["agreed_header"] == AGREED
    assert partner.sql(f"SELECT count(*), sum(dep_delay) FROM {dataset}") == [(2, 2.5)]


MISSING = ("missing_column", "carrier", "carrier", "no such column in the header")
DIFFERENT = {
    "missing": (b"Id,Dep Delay\n1,2\n", [MISSING]),
    "extra": (b"Id,Dep Delay,carrier,x\n1,2,UA,3\n", [("unexpected_column", "x", "only agreed columns, each once", "x")]),
    "twice": (b"Id,Dep Delay,carrier,Id\n1,2,UA,3\n", [("duplicate_header", "Id", "only agreed columns, each once", "Id")]),
    "capital letters": (b"id,Dep Delay,Carrier\n1,2,UA\n", [("renamed_column", "Id", "Id", "id"), ("renamed_column", "carrier", "carrier", "Carrier")]),
    "spelled otherwise": (b"Id,dep_delay,carrier\n1,2,UA\n", [("renamed_column", "Dep Delay", "Dep Delay", "dep_delay")]),
    "another name": (b"Id,delay,carrier\n1,2,UA\n", [("renamed_column", "Dep Delay", "Dep Delay", "delay")]),
    "renamed and moved": (b"carrier,dep delay,Id\nUA,2,1\n", [("renamed_column", "Dep Delay", "Dep Delay", "dep delay")]),
    "missing and extra": (b"x,Id,Dep Delay\n1,2,3\n", [MISSING, ("unexpected_column", "x", "only agreed columns, each once", "x")]),
    "reordered": (b"Id,carrier,Dep Delay\n1,UA,2\n", [("reordered_column", "Dep Delay", "column 2", "column 3"), ("reordered_column", "carrier", "column 3", "column 2")]),
    "all capitals": (b"ID,DEP DELAY,CARRIER\n1,2,UA\n", [("renamed_column", name, name, name.upper()) for name in AGREED]),
    "no header": (b"17,2.5,Smith\n18,3.5,Jones\n", [("wrong_header", None, "Id, Dep Delay, carrier", "99, 9.9, aaaaa")]),
    "json": (b'{"Id": 1}\n', [("wrong_format", None, "csv with the agreed header", "json")]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "complaints"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_header_that_differs_is_quarantined_and_each_column_named(partner, body, complaints):
    dataset = agreed(partner)
    file = partner.drop(dataset, body)
    assert file["state"] == "quarantined"
    assert sorted(said(file), key=str) == sorted(complaints, key=str)
    assert {p["line"] for p in file["report"]["problems"]} <= {1, None}
    assert partner.view(dataset)["schema"] is None


def test_any_order_is_fine_where_agreed(partner):
    dataset = agreed(partner, "any")
    assert partner.drop(dataset, b"carrier,Id,Dep Delay\nUA,1,2.5\n")["state"] == "committed"
    assert partner.drop(dataset, b"Dep Delay,carrier,Id\n3.5,AA,2\n")["state"] == "committed"
    assert partner.sql(f"SELECT id, carrier, dep_delay FROM {dataset} ORDER BY id") == [(1, "UA", 2.5), (2, "AA", 3.5)]
    file = partner.drop(dataset, b"carrier,id,Dep Delay\nUA,3,2.5\n")
    assert said(file) == [("renamed_column", "Id", "Id", "id")]


def test_it_is_stricter_than_the_schema(partner):
    columns = [{"name": name, "type": "varchar"} for name in AGREED]
    loose = partner.dataset(schema={"columns": columns})
    strict = agreed(partner, schema={"columns": columns})
    body = b"id,dep_delay,carrier\n1,2,UA\n"
    assert partner.drop(loose, body)["state"] == "committed"
    file = partner.drop(strict, body)
    assert (file["state"], partner.codes(file)) == ("quarantined", {"renamed_column"})
    assert partner.drop(strict, GOOD)["state"] == "committed"


def test_spaces_quotes_delimiter_encoding_and_compression_do_not_count(partner):
    dataset = agreed(partner)
    bodies = [
        b'"Id"; Dep Delay ;carrier\n1;2;UA\n',
        "Id,Dep Delay,carrier\n2,2,UA\n".encode("utf-16"),
        gzip.compress(b"# made by hand\nId,Dep Delay,carrier\n3,2,UA\n"),
    ]
    files = [partner.drop(dataset, body) for body in bodies]
    assert [file["state"] for file in files] == ["committed"] * 3, [file["report"] for file in files]


def test_a_header_that_looks_like_a_row_is_one_where_agreed(partner):
    dataset = partner.dataset(format={"agreed_header": ["2013", "1.5"]})
    file = partner.drop(dataset, b"2013,1.5\n2014,2.5\n")
    assert (file["state"], file["row_count"]) == ("committed", 1), file["report"]


SAMPLES = {
    "text": {"sample": "Id,Dep Delay,carrier\n1,2.5,UA\n"},
    "header alone": {"sample": "Id,Dep Delay,carrier\n"},
    "bytes": {"sample_base64": base64.b64encode(gzip.compress("Id\tDep Delay\tcarrier\n".encode("utf-16"))).decode()},
}


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_agrees_on_its_header(partner, body):
    dataset = partner.dataset()
    answer = sampled(partner, dataset, **body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["format"]["agreed_header"], answer.json()["format"]["header_order"]) == (AGREED, "exact")
    assert answer.headers["etag"] == partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
    assert partner.codes(partner.drop(dataset, b"Id,carrier,Dep Delay\n1,UA,2\n")) == {"reordered_column"}
    assert partner.drop(dataset, GOOD)["state"] == "committed"


def test_a_sample_may_allow_any_order_and_is_replaced_by_the_next(partner):
    dataset = partner.dataset()
    assert sampled(partner, dataset, sample="x,y\n").status_code == 200
    assert sampled(partner, dataset, sample="Id,Dep Delay,carrier\n", header_order="any").status_code == 200
    assert partner.drop(dataset, b"Id,carrier,Dep Delay\n1,UA,2\n")["state"] == "committed"


def test_a_sample_needs_if_match_and_a_header(partner):
    dataset = partner.dataset()
    url = f"/v1/datasets/{dataset}/header-sample"
    assert partner.api.put(url, json={"sample": "a,b\n"}).status_code == 428
    assert partner.api.put(url, json={"sample": "a,b\n"}, headers={"If-Match": '"99"'}).status_code == 412
    for body in (
        {"sample": "\n \n"},
        {"sample": '{"a": 1}\n'},
        {"sample_base64": base64.b64encode(b"PK\x03\x04zip").decode()},
    ):
        answer = sampled(partner, dataset, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text
    assert sampled(partner, partner.dataset(format={"type": "json"}), sample="a,b\n").status_code == 422
    assert partner.view(dataset)["format"] is None


@pytest.mark.parametrize(
    "form",
    [
        {"type": "json", "agreed_header": ["a"]},
        {"type": "parquet", "agreed_header": ["a"]},
        {"header": False, "agreed_header": ["a"]},
        {"agreed_header": []},
        {"header_order": "any"},
        {"agreed_header": ["a"], "header_order": "some"},
    ],
)
def test_what_could_never_be_met_is_refused(partner, form):
    body = {"namespace": "drops", "name": "never", "tier": "raw", "format": form}
    assert partner.api.post("/v1/datasets", json=body).status_code == 422


def test_an_agreement_ends_by_patch_and_what_waited_is_replayed(partner):
    dataset = agreed(partner)
    file = partner.drop(dataset, b"id,Dep Delay,carrier\n1,2,UA\n")
    assert file["state"] == "quarantined"
    etag = partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
    patch = {"format": {"type": "csv"}}
    assert partner.api.patch(f"/v1/datasets/{dataset}", json=patch, headers={"If-Match": etag}).status_code == 200
    assert partner.api.post(f"/v1/datasets/{dataset}/files/{file['file_id']}/replay").json()["state"] == "committed"
