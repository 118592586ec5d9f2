"""A result in each format: typed, paged, whole, behind a link, compressed, and never cut in silence."""

import base64
import csv
import gzip
import io
import json
from datetime import date, datetime
from decimal import Decimal

import httpx
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.lambda_answers import fitting

TYPED = (
    "SELECT * FROM (VALUES"
    " (CAST(1 AS bigint), CAST(2 AS tinyint), 1.5e0, CAST('1.20' AS decimal(9,3)), true, date '2013-01-31',"
    " timestamp '2013-01-31 05:06:07.120', '', ARRAY[1, 2]),"
    " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
    " (CAST(9007199254740993 AS bigint), CAST(-5 AS tinyint), nan(), CAST('-0.001' AS decimal(9,3)), false,"
    " date '9999-12-31', timestamp '9999-12-31 23:59:59.999', 'a\"b,', ARRAY[])"
    ") AS t (big, small, x, price, is_late, day, at, text, list) ORDER BY big NULLS FIRST"
)
NULLS = (None,) * 9
FIRST = (1, 2, 1.5, Decimal("1.200"), True, date(2013, 1, 31), datetime(2013, 1, 31, 5, 6, 7, 120000), "", "[1, 2]")
LAST = (9007199254740993, -5, "nan", Decimal("-0.001"), False, date(9999, 12, 31), datetime(9999, 12, 31, 23, 59, 59, 999000), 'a"b,', "[]")  # fmt: skip
READERS = {
    "parquet": lambda content: pq.read_table(io.BytesIO(content)),
    "arrow": lambda content: pa.ipc.open_stream(content).read_all(),
}
MANY = "SELECT n, n % 7 AS k, concat('row ', CAST(n AS varchar)) AS name FROM UNNEST(sequence(1, 3000)) AS t (n) ORDER BY n"


def results(api, query, **params):
    return api.get(f"/v1/queries/{query['id']}/results", params=params)


def rows(table):
    return [
        tuple("nan" if isinstance(v, float) and v != v else v for v in row.values())  # noqa: PLR0124 - NaN is not itself
        for row in table.to_pylist()
    ]


@pytest.mark.parametrize("name", READERS)
def test_a_typed_file_has_the_values_that_json_has(api, ask, name):
    query = ask(TYPED)
    answer = results(api, query, format=name)
    assert answer.headers["content-type"].startswith("application/vnd.apache.")
    assert answer.headers["x-truncated"] == "false"
    table = READERS[name](answer.content)
    assert rows(table) == [NULLS, FIRST, LAST]
    assert table.schema.field("price").type == pa.decimal128(9, 3)
    assert table.schema.field("list").metadata == {b"athena_type": b"array"}
    about = json.loads(table.schema.metadata[b"headgate"])
    assert (about["truncated"], about["next_page_token"]) == (False, None)
    assert set(about["statistics"]) == {"bytes_scanned", "cost_usd", "engine_ms", "reused"}
    tagged = api.get(answer.url.path, params={"format": name}, headers={"If-None-Match": answer.headers["etag"]})
    assert tagged.status_code == 304


@pytest.mark.parametrize("name", READERS)
def test_pages_of_files_put_together_are_the_whole(api, ask, name):
    query = ask(MANY)
    whole = READERS[name](results(api, query, format=name).content)
    page, parts = results(api, query, format=name, limit=1100), []
    while True:
        parts.append(READERS[name](page.content))
        if "next" not in page.links:
            break
        assert json.loads(parts[-1].schema.metadata[b"headgate"])["next_page_token"]
        page = api.get(page.links["next"]["url"])
    assert [part.num_rows for part in parts] == [1100, 1100, 800]
    assert pa.concat_tables(part.replace_schema_metadata() for part in parts).equals(whole.replace_schema_metadata())
    assert whole.column("n").to_pylist() == list(range(1, 3001))


BROKEN = (
    "SELECT n, CASE n % 1000 WHEN 7 THEN concat(chr(10), 'a', chr(10)) WHEN 8 THEN '' ELSE rpad('\"', 61, 'x')"
    " END AS v FROM UNNEST(sequence(1, 4000)) t (n) ORDER BY n"
)
VALUES = {
    "json": lambda content: [v for _, v in json.loads(content)["rows"]],
    "ndjson": lambda content: [json.loads(line)["v"] for line in content.splitlines()],
    "csv": lambda content: [v for _, v in csv.reader(io.StringIO(content.decode(), newline="")) if v != "v"],
    "parquet": lambda content: READERS["parquet"](content).column("v").to_pylist(),
    "arrow": lambda content: READERS["arrow"](content).column("v").to_pylist(),
}


@pytest.mark.parametrize("limit", [1006, 1007, 4000])
@pytest.mark.parametrize("name", VALUES)
def test_large_pages_hold_values_with_line_breaks(api, ask, name, limit):
    """Where lines are taken for records first, in vain."""
    query = ask(BROKEN, row_limit=4000)
    page, found = results(api, query, format=name, limit=limit), []
    while True:
        assert page.status_code == 200, page.text
        found += VALUES[name](page.content)
        if "next" not in page.links:
            break
        page = api.get(page.links["next"]["url"])
    wanted = {7: "\na\n", 8: ""}
    assert found == [wanted.get(n % 1000, '"' + "x" * 60) for n in range(1, 4001)]


@pytest.mark.parametrize("name", ["json", "ndjson", "csv", "parquet", "arrow"])
def test_every_format_says_when_row_limit_cut(api, ask, name):
    cut = ask("SELECT n FROM UNNEST(sequence(1, 50)) AS t (n)", row_limit=20)
    assert results(api, cut, format=name).headers["x-truncated"] == "true"
    assert results(api, ask("SELECT 1 AS n"), format=name).headers["x-truncated"] == "false"


def test_an_empty_result_is_a_file_with_its_columns(api, ask):
    query = ask("SELECT n, CAST(n AS varchar) AS t FROM (VALUES 1) AS x (n) WHERE n > 1")
    for name, read in READERS.items():
        table = read(results(api, query, format=name).content)
        assert (table.num_rows, table.schema.names) == (0, ["n", "t"])


def test_rows_come_as_objects_when_asked_for(api, ask):
    query = ask("SELECT 1 AS a, 2 AS a, NULL AS b, 'x' AS b")
    said = results(api, query, rows="objects").json()
    assert said["rows"] == [{"a": 1, "a_2": 2, "b": None, "b_4": "x"}]
    assert results(api, query).json()["rows"] == [[1, 2, None, "x"]]
    assert results(api, query).headers["etag"] != results(api, query, rows="objects").headers["etag"]
    many = results(api, ask(MANY), rows="objects").json()["rows"]
    assert many == [{"n": n, "k": n % 7, "name": f"row {n}"} for n in range(1, 3001)]
    assert results(api, query, rows="sideways").status_code == 422


def test_large_json_is_what_its_lines_are(api, ask):
    query = ask(MANY)
    assert results(api, query).json()["rows"] == [[n, n % 7, f"row {n}"] for n in range(1, 3001)]
    lines = results(api, query, format="ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == results(api, query, rows="objects").json()["rows"]


@pytest.mark.parametrize("name", ["json", "ndjson", "csv", "parquet", "arrow"])
def test_a_link_has_what_the_answer_would_have(api, ask, name):
    query = ask(MANY)
    answer = results(api, query, format=name, delivery="link")
    said = answer.json()
    assert (said["rows"], said["row_count"], said["truncated"], said["next_page_token"]) == ([], 0, False, None)
    [link] = said["links"]
    assert (link["row_offset"], link["row_count"]) == (0, 3000)
    file = httpx.get(link["url"])
    assert file.headers["content-disposition"] == f'attachment; filename="{query["id"]}.{name}"'
    assert len(file.content) == link["byte_count"]
    inline = results(api, query, format=name).content
    assert file.content == inline
    again = api.get(answer.url.path, params=dict(answer.url.params), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 200, "a link ends, so no old one is good enough"


def test_links_go_page_by_page_too(api, ask):
    query = ask(MANY)
    page, frames, offsets = results(api, query, format="parquet", delivery="link", limit=2000), [], []
    while True:
        [link] = page.json()["links"]
        offsets.append((link["row_offset"], link["row_count"]))
        frames.append(pl.read_parquet(httpx.get(link["url"]).content))
        if "next" not in page.links:
            break
        page = api.get(page.links["next"]["url"])
    assert offsets == [(0, 2000), (2000, 1000)]
    assert pl.concat(frames)["n"].to_list() == list(range(1, 3001))


def test_what_grows_in_writing_is_cut_to_what_fits(api, ask):
    """A control character is one byte of the stored result, and six of JSON."""
    query = ask(
        "SELECT n, replace(rpad('', 1000, 'x'), 'x', chr(1)) AS t FROM UNNEST(sequence(1, 4000)) AS s (n) ORDER BY n"
    )
    page, seen = results(api, query), []
    while True:
        assert page.status_code == 200, page.text[:300]
        assert len(page.content) <= 4_600_000
        seen += [n for n, _ in page.json()["rows"]]
        if "next" not in page.links:
            break
        page = api.get(page.links["next"]["url"])
    assert seen == list(range(1, 4001))


def test_a_row_that_fits_no_answer_comes_behind_a_link(api, ask):
    query = ask("SELECT rpad('x', 5000000, 'x') AS wide")
    refused = results(api, query)
    assert (refused.status_code, refused.json()["code"]) == (422, "result_too_large")
    assert "delivery=link" in refused.json()["detail"]
    [link] = results(api, query, delivery="link").json()["links"]
    assert httpx.get(link["url"]).json()["rows"] == [["x" * 5_000_000]]


def test_text_is_compressed_and_parquet_is_not(api, ask):
    query = ask(MANY)
    for name, is_compressed in (("json", True), ("csv", True), ("arrow", True), ("parquet", False)):
        url = f"/v1/queries/{query['id']}/results?format={name}"
        assert ("content-encoding" in api.get(url, headers={"Accept-Encoding": "gzip"}).headers) is is_compressed
        assert "content-encoding" not in api.get(url, headers={"Accept-Encoding": "identity"}).headers


def test_a_date_that_parquet_lacks_is_refused_by_name(api, ask):
    query = ask("SELECT date_add('day', 1, date '9999-12-31') AS far")
    assert results(api, query).json()["rows"][0][0].endswith("10000-01-01")
    refused = results(api, query, format="parquet")
    assert (refused.status_code, refused.json()["code"]) == (422, "unrepresentable")
    assert "Column far" in refused.json()["detail"]


def test_a_saved_query_answers_in_every_format(api):
    assert api.put("/v1/saved-queries/many", json={"sql": MANY}).status_code == 201
    for name, read in READERS.items():
        answer = api.get("/v1/saved-queries/many/results", params={"format": name})
        assert answer.status_code == 200, answer.text[:300]
        assert read(answer.content).num_rows == 3000


@pytest.mark.parametrize("text", ['"', "é", "😀", "x"])
def test_a_page_as_large_as_they_get_fits_into_lambdas_answer(text):
    body = json.dumps([text * (4_500_000 // len(text.encode()) // (1 + (text == '"')) - 8)], ensure_ascii=False)
    answer = fitting({"statusCode": 200, "body": body, "isBase64Encoded": False})
    assert len(json.dumps(answer)) < 6 * 2**20
    assert base64.b64decode(answer["body"]).decode() == body
    small = {"statusCode": 200, "body": text, "isBase64Encoded": False}
    assert fitting(small) is small
    packed = {"body": base64.b64encode(gzip.compress(body.encode())).decode(), "isBase64Encoded": True}
    assert fitting(packed) is packed
