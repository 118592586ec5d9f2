"""Files through the API: dropped, verified, committed to a typed table, or quarantined with a report."""

import gzip
import json

import pytest

from tests.api.dropping import Partner

ROWS = ["id,name,amount,day,zip", "1,Ann,10.50,2013-01-31,01234", '2,"O""Hara, Bo",7.00,2013-02-01,99999', "3,,,,"]
CSV = "\n".join(ROWS).encode() + b"\n"


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


def test_a_file_becomes_rows_of_a_typed_table(partner):
    dataset = partner.dataset()
    file = partner.drop(dataset, CSV)
    assert (file["state"], file["row_count"], file["report"]["problems"]) == ("committed", 3, [])
    view = partner.view(dataset)
    assert [c["type"] for c in view["schema"]["columns"]] == ["int", "varchar", "decimal(18,2)", "date", "varchar"]
    assert all(c["certainty"] is not None and c["evidence"] for c in view["schema"]["columns"])
    assert view["current_version"] == file["committed_version"]
    assert file["created_at"][:16] <= view["current_version_at"][:16] <= view["updated_at"][:16]
    found = partner.sql(f"SELECT count(*), sum(amount), max(day), min(zip), count(name) FROM {dataset}")
    assert [str(value) for value in found[0]] == ["3", "17.50", "2013-02-01", "01234", "2"]
    assert partner.sql(f"SELECT name FROM {dataset} WHERE id = 2") == [('O"Hara, Bo',)]


ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with BOM": "utf-8-sig",
    "utf-16 with BOM": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "latin-1": "latin-1",
}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
def test_every_encoding_reads_the_same(partner, encoding):
    dataset = partner.dataset()
    text = "id,name\n" + "".join(f"{n},Müller é {n}\n" for n in range(50))
    file = partner.drop(dataset, text.encode(encoding))
    assert (file["state"], file["row_count"]) == ("committed", 50), file["report"]
    assert partner.sql(f"SELECT count(*), sum(id), min(name) FROM {dataset}") == [(50, 1225, "Müller é 0")]


SHAPES = {
    "semicolon": b"id;v\n1;a\n2;b\n",
    "tab": b"id\tv\n1\ta\n2\tb\n",
    "pipe": b"id|v\n1|a\n2|b\n",
    "crlf": b"id,v\r\n1,a\r\n2,b\r\n",
    "lone cr": b"id,v\r1,a\r2,b\r",
    "no final line break": b"id,v\n1,a\n2,b",
    "blank lines": b"id,v\n1,a\n\n2,b\n\n",
    "all quoted": b'"id","v"\n"1","a"\n"2","b"\n',
    "gzip": gzip.compress(b"id,v\n1,a\n2,b\n"),
    "two gzip members": gzip.compress(b"id,v\n1,a\n") + gzip.compress(b"2,b\n"),
    "json lines": b'{"id": 1, "v": "a"}\n{"id": 2, "v": "b"}\n',
    "json array": b'[{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]',
    "gzip json lines": gzip.compress(b'{"id": 1, "v": "a"}\n{"id": 2, "v": "b"}\n'),
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_every_shape_reads_the_same(partner, body):
    dataset = partner.dataset()
    file = partner.drop(dataset, body)
    assert (file["state"], file["row_count"]) == ("committed", 2), file["report"]
    assert sorted(partner.sql(f"SELECT id, v FROM {dataset}")) == [(1, "a"), (2, "b")]


def test_line_breaks_backslashes_and_quotes_survive(partner):
    dataset = partner.dataset()
    values = ["two\nlines", "back\\slash", 'say "hi"', "comma, here", "tab\there", " kept ", "C:\\new\\table"]
    rows = "".join('{},"{}"\n'.format(n, value.replace('"', '""')) for n, value in enumerate(values))
    file = partner.drop(dataset, ("n,v\n" + rows).encode())
    assert file["state"] == "committed", file["report"]
    assert {"line_break_in_value", "backslash"} <= set(file["report"]["normalised"])
    assert [row[0] for row in partner.sql(f"SELECT v FROM {dataset} ORDER BY n")] == values


def test_files_of_one_dataset_may_be_written_differently(partner):
    dataset = partner.dataset()
    bodies = [
        b"id,v\n1,a\n",
        b"id;v\n2;b\n",
        gzip.compress(b"id,v\n3,c\n"),
        "id,v\n4,é\n".encode("utf-16"),
        b"v,id\ne,5\n",
    ]
    files = [partner.drop(dataset, body) for body in bodies]
    assert [file["state"] for file in files] == ["committed"] * 5, [file["report"] for file in files]
    assert partner.sql(f"SELECT id, v FROM {dataset} ORDER BY id") == [(1, "a"), (2, "b"), (3, "c"), (4, "é"), (5, "e")]


def test_parquet_files_keep_their_types(partner, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"id": pa.array([1, 2], pa.int64()), "v": ["a", None], "x": [0.5, 1.5]})
    pq.write_table(table, tmp_path / "f.parquet")
    dataset = partner.dataset(format={"type": "parquet"})
    file = partner.drop(dataset, (tmp_path / "f.parquet").read_bytes())
    assert (file["state"], file["row_count"]) == ("committed", 2), file["report"]
    assert [c["type"] for c in partner.view(dataset)["schema"]["columns"]] == ["bigint", "varchar", "double"]
    assert partner.sql(f"SELECT id, v, x FROM {dataset} ORDER BY id") == [(1, "a", 0.5), (2, None, 1.5)]


ODD_NAMES = ["Dep Delay", "a.b", "UPPER", "select", 'quo"te', "50%", "x:y", "Größe", "a,b", "it's", "{n}", "sp/ace "]


def parquet_of(path, names, start=0):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name: [start + at, None] for at, name in enumerate(names)}), path)
    return path.read_bytes()


def test_parquet_columns_of_any_name_keep_their_values(partner, tmp_path):
    dataset = partner.dataset(format={"type": "parquet"})
    file = partner.drop(dataset, parquet_of(tmp_path / "f.parquet", ODD_NAMES))
    assert file["state"] == "committed", file["report"]
    other = [name.upper() if name.isascii() else name for name in reversed(ODD_NAMES)]
    assert partner.drop(dataset, parquet_of(tmp_path / "g.parquet", other, 100))["state"] == "committed"
    columns = partner.view(dataset)["schema"]["columns"]
    assert [c["original_name"] for c in columns] == ODD_NAMES
    assert [c["name"] for c in columns][:4] == ["dep_delay", "a_b", "upper", "select_col"]
    names = ", ".join(c["name"] for c in columns)
    rows = [tuple(range(12)), tuple(range(111, 99, -1))]
    assert partner.sql(f"SELECT {names} FROM {dataset} WHERE dep_delay IS NOT NULL ORDER BY dep_delay") == rows
    asked = {"sql": f"SELECT * FROM {dataset} WHERE a_b >= 0 ORDER BY a_b"}
    query = partner.api.post("/v1/queries", json=asked, headers={"Prefer": "wait=25"}).json()
    assert query["state"] == "succeeded", query["error"]
    found = partner.api.get(f"/v1/queries/{query['id']}/results").json()
    assert [column["name"] for column in found["columns"]] == [c["name"] for c in columns]
    assert [tuple(map(int, row)) for row in found["rows"]] == rows
    assert query["statistics"]["bytes_scanned"] > 0


@pytest.mark.parametrize("transform", [{}, {"columns": [{"name": "late", "from": "dep_delay"}, {"name": "a_b"}]}])
def test_a_job_reads_parquet_columns_of_any_name(partner, tmp_path, transform):
    dataset = partner.dataset(format={"type": "parquet"})
    assert partner.drop(dataset, parquet_of(tmp_path / "f.parquet", ODD_NAMES))["state"] == "committed"
    name = dataset.removeprefix("drops.")
    job = {"name": f"odd-{name}", "sources": [dataset], "target": {"namespace": "drops", "name": f"{name}_clean"}}
    assert partner.api.post("/v1/jobs", json={**job, "transform": transform}).status_code == 201
    done = partner.api.post(f"/v1/jobs/odd-{name}/runs", headers={"Prefer": "wait=25"}).json()
    assert done["state"] == "succeeded", done["error"]
    wanted = "late, a_b" if transform else "dep_delay, a_b"
    assert partner.sql(f"SELECT {wanted} FROM drops.{name}_clean ORDER BY 1 NULLS LAST") == [(0, 1), (None, None)]


def test_parquet_columns_that_athena_would_not_find_are_refused(partner, tmp_path):
    for names in (["a", "A"], ["_file"], ["x" * 256], ["a\nb"], [""]):
        file = partner.drop(partner.dataset(format={"type": "parquet"}), parquet_of(tmp_path / "f.parquet", names))
        assert file["state"] == "quarantined", names
        assert partner.codes(file) <= {"wrong_header", "duplicate_header"}, names


def test_a_parquet_column_is_called_in_all_files_as_in_the_first(partner, tmp_path):
    columns = [{"name": "dep_delay", "type": "bigint"}]
    dataset = partner.dataset(format={"type": "parquet"}, schema={"columns": columns})
    body = parquet_of(tmp_path / "f.parquet", ["Dep Delay"])
    refused = partner.drop(dataset, body)
    assert partner.codes(refused) == {"wrong_header"}
    (problem,) = refused["report"]["problems"]
    assert (problem["expected"], problem["found"], problem["column"]) == ("dep_delay", "Dep Delay", "dep_delay")

    def patch(**changes):
        tag = partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
        body = {"schema": {"columns": [{**columns[0], **changes}]}}
        return partner.api.patch(f"/v1/datasets/{dataset}", json=body, headers={"If-Match": tag})

    assert patch(original_name="Dep Delay").status_code == 200
    replayed = partner.api.post(f"/v1/datasets/{dataset}/files/{refused['file_id']}/replay")
    assert replayed.json()["state"] == "committed", replayed.text
    assert partner.sql(f"SELECT dep_delay FROM {dataset} ORDER BY 1") == [(0,), (None,)]
    assert patch(original_name="delay").json()["code"] == "bad_schema"
    assert patch(description="minutes").status_code == 200  # and keeps the file's name
    assert partner.view(dataset)["schema"]["columns"][0]["original_name"] == "Dep Delay"
    assert partner.sql(f"SELECT dep_delay FROM {dataset} ORDER BY 1") == [(0,), (None,)]
    twice = {"columns": [{"name": "A", "type": "int"}, {"name": "a", "type": "int"}]}
    body = {"namespace": "drops", "name": "twice", "tier": "raw", "format": {"type": "parquet"}, "schema": twice}
    assert partner.api.post("/v1/datasets", json=body).json()["code"] == "bad_schema"


BAD = {
    "ragged row": (b"id,v\n1,a\n2\n", "ragged_row"),
    "truncated gzip": (gzip.compress(b"id,v\n" + b"1,a\n" * 5000)[:-20], "truncated"),
    "bomb": (gzip.compress(b"id,v\n" + b"1,a\n" * 20_000_000), "bomb"),
    "empty": (b"\n", "empty_file"),
    "broken utf-8": (b"id,v\n1,a\n" + b"\xc3\xa9,b\n" * 2000 + b"2,\xff\n", "bad_encoding"),
    "no columns": (b"{}\n{}\n", "empty_file"),
    "open quote": (b'id,v\n1,"a\n2,b\n', "unclosed_quote"),
    "broken json": (b'{"id": 1}\n{"id": \n', "bad_json"),
}


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD)
def test_a_bad_file_is_quarantined_with_a_report(partner, body, code):
    dataset = partner.dataset()
    file = partner.drop(dataset, body)
    assert file["state"] == "quarantined"
    assert code in partner.codes(file), file["report"]
    view = partner.view(dataset)
    assert (view["current_version"], view["current_version_at"]) == (None, None)
    for problem in file["report"]["problems"]:
        assert problem["expected"]
        assert problem["found"]


def test_the_report_names_line_column_expected_and_found_but_no_data(partner):
    schema = {"columns": [{"name": "id", "type": "int"}, {"name": "day", "type": "date"}]}
    dataset = partner.dataset(schema=schema)
    file = partner.drop(dataset, b"id,day\n1,2013-01-01\n2,Smith 31\n")
    assert file["state"] == "quarantined"
    problem = file["report"]["problems"][0]
    assert (problem["code"], problem["line"], problem["column"]) == ("bad_value", 3, "day")
    assert "date" in problem["expected"]
    assert "Smith" not in json.dumps(file)


def test_columns_that_do_not_fit_are_named(partner):
    dataset = partner.dataset()
    partner.drop(dataset, b"id,v\n1,a\n")
    file = partner.drop(dataset, b"id,w\n1,a\n")
    assert file["state"] == "quarantined"
    named = {(problem["code"], problem["column"]) for problem in file["report"]["problems"]}
    assert {("missing_column", "v"), ("unexpected_column", "w")} <= named


def test_the_same_content_twice_is_a_duplicate(partner):
    dataset = partner.dataset()
    first, second = partner.drop(dataset, CSV), partner.drop(dataset, CSV)
    assert (second["state"], second["duplicate_of"]) == ("duplicate", first["file_id"])
    assert partner.sql(f"SELECT count(*) FROM {dataset}") == [(3,)]


def test_a_quarantined_file_does_not_make_a_later_one_a_duplicate(partner):
    dataset = partner.dataset(schema={"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "int"}]})
    assert partner.drop(dataset, b"id,v\n1,a\n")["state"] == "quarantined"
    etag = partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
    body = {"schema": {"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "varchar"}]}}
    assert partner.api.patch(f"/v1/datasets/{dataset}", json=body, headers={"If-Match": etag}).status_code == 200
    assert partner.drop(dataset, b"id,v\n1,a\n")["state"] == "committed"


def test_a_quarantined_file_is_replayed_after_a_fix(partner):
    dataset = partner.dataset(schema={"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "int"}]})
    file = partner.drop(dataset, b"id,v\n1,a\n")
    url = f"/v1/datasets/{dataset}/files/{file['file_id']}/replay"
    assert partner.api.post(url).json()["state"] == "quarantined"
    etag = partner.api.get(f"/v1/datasets/{dataset}").headers["etag"]
    body = {"schema": {"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "varchar"}]}}
    partner.api.patch(f"/v1/datasets/{dataset}", json=body, headers={"If-Match": etag})
    assert partner.api.post(url).json()["state"] == "committed"
    assert partner.sql(f"SELECT id, v FROM {dataset}") == [(1, "a")]
    again = partner.api.post(url)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_430_columns_with_long_capital_names_are_a_typed_table(partner):
    names = [f"VARIABLE_WITH_A_LONG_NAME_AS_STATISTICIANS_LIKE_THEM_{n}" for n in range(430)]
    rows = [",".join(str(row * n) for n in range(430)) for row in range(20)]
    dataset = partner.dataset()
    file = partner.drop(dataset, gzip.compress("\n".join([",".join(names), *rows]).encode()))
    assert file["state"] == "committed", file["report"]
    view = partner.view(dataset)
    assert view["column_count"] == 430
    last = view["schema"]["columns"][-1]
    assert (last["original_name"], last["type"]) == (names[-1], "int")
    assert partner.sql(f"SELECT count(*), sum({last['name']}) FROM {dataset}") == [(20, 429 * 190)]


def test_files_are_listed_by_state(partner):
    dataset = partner.dataset()
    good, bad = partner.drop(dataset, b"id,v\n1,a\n"), partner.drop(dataset, b"id,v\n1\n")
    waiting = partner.ask(dataset, b"id,v\n2,b\n")["file_id"]
    url = f"/v1/datasets/{dataset}/files"

    def listed(**params):
        return [file["file_id"] for file in partner.api.get(url, params=params).json()["items"]]

    assert listed(state="committed") == [good["file_id"]]
    assert listed(state="quarantined") == [bad["file_id"]]
    assert listed(state="expected") == [waiting]
    assert listed() == [good["file_id"], bad["file_id"], waiting]
    assert partner.api.get(url, params={"state": "lost"}).status_code == 422


def test_prefer_wait_waits_for_the_verdict(partner):
    import threading
    import time

    dataset = partner.dataset()
    upload = partner.ask(dataset, CSV)
    partner.put(upload, CSV)
    later = threading.Timer(0.3, partner.deliver)
    later.start()
    started = time.monotonic()
    answer = partner.api.get(f"/v1/datasets/{dataset}/files/{upload['file_id']}", headers={"Prefer": "wait=20"})
    later.join()
    assert answer.json()["state"] == "committed"
    assert time.monotonic() - started < 15
    assert answer.headers["preference-applied"] == "wait=20"


def test_a_file_above_the_limit_is_verified_by_its_head(partner, lake):
    limit = lake.settings.full_parse_bytes
    row = b"x" * 1000 + b",1\n"
    body = b"text,n\n" + row * (limit // len(row) + 10)
    dataset = partner.dataset()
    file = partner.drop(dataset, body)
    assert (file["state"], file["row_count"]) == ("committed", None), file["report"]
    assert file["report"]["is_complete"] is False


@pytest.fixture(scope="module")
def strict(stack):
    """A partner of a lake that reads no more than 100 KB of a file."""
    from fastapi.testclient import TestClient

    from app.bootstrap import build_lake
    from app.main import create_app
    from local.worker import deliver_all
    from tests.isolation import isolated_settings

    lake = build_lake(isolated_settings(stack, full_parse_bytes=100_000))
    api = TestClient(create_app(lake), headers={"x-api-key": lake.identity.ensure_admin_key("main")})
    return Partner(api, lake, lambda: deliver_all(lake))


def test_a_file_above_the_limit_that_needs_rewriting_is_refused(strict):
    dataset = strict.dataset(namespace="large")
    file = strict.drop(dataset, ("id,v\n" + "1,a\n" * 100_000).encode("utf-16"))
    assert (file["state"], strict.codes(file)) == ("quarantined", {"wrong_format"})


def test_a_file_without_a_header_is_read_as_it_stands(partner):
    dataset = partner.dataset(format={"type": "csv", "header": False})
    file = partner.drop(dataset, b"1,a\n2,b\n")
    assert (file["state"], file["row_count"], file["report"]["normalised"]) == ("committed", 2, [])
    assert partner.sql(f"SELECT column_1, column_2 FROM {dataset} ORDER BY 1") == [(1, "a"), (2, "b")]


def test_a_parquet_file_above_the_limit_is_verified_by_its_footer(strict, tmp_path):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    partner = strict
    values = np.random.default_rng(1).random(50_000)
    pq.write_table(pa.table({"x": values}), tmp_path / "f.parquet")
    body = (tmp_path / "f.parquet").read_bytes()
    dataset = partner.dataset(namespace="large")
    file = partner.drop(dataset, body)
    assert (file["state"], file["row_count"], file["report"]["is_complete"]) == ("committed", 50_000, False)
    assert partner.drop(dataset, body[:-1])["state"] == "quarantined"
    assert partner.sql(f"SELECT count(*) FROM {dataset}") == [(50_000,)]


def test_the_declared_null_value_is_null_in_every_column(partner):
    dataset = partner.dataset(format={"type": "csv", "null_value": "-999"})
    file = partner.drop(dataset, b"n,t\n1,a\n-999,-999\n3,\n")
    assert file["state"] == "committed", file["report"]
    assert [c["type"] for c in partner.view(dataset)["schema"]["columns"]] == ["int", "varchar"]
    assert partner.sql(f"SELECT count(*), sum(n), count(n), count(t) FROM {dataset}") == [(3, 4, 2, 1)]


def test_json_tells_empty_text_from_null_and_csv_does_not(partner):
    lines = b'{"id": 1, "v": ""}\n{"id": 2, "v": null}\n{"id": 3, "v": "x"}\n'
    told = partner.dataset(format={"type": "json"})
    assert partner.drop(told, lines, file_name="told.json")["state"] == "committed"
    assert partner.sql(f"SELECT id, v FROM {told} ORDER BY id") == [(1, ""), (2, None), (3, "x")]
    untold = partner.dataset(format={"type": "csv"})
    assert partner.drop(untold, b'id,v\n1,""\n2,\n3,x\n')["state"] == "committed"
    assert partner.sql(f"SELECT id, v FROM {untold} ORDER BY id") == [(1, None), (2, None), (3, "x")]
