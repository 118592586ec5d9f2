"""Queries through the API: asked, answered exactly, reused, limited, refused."""

import csv
import gzip
import io
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.main import create_app
from tests.clock import Clock

DAYS = "day,carrier,delay,price,is_late,at\n" + "".join(
    f"2013-01-{day:02d},{carrier},{day * 3 + n},{day}.{n}0,{'true' if n else 'false'},2013-01-{day:02d} 05:00:00\n"
    for day in range(1, 29)
    for n, carrier in enumerate(["AA", "UA"])
)
TYPES = {
    "day": "date",
    "carrier": "varchar",
    "delay": "int",
    "price": "decimal(10,2)",
    "is_late": "boolean",
    "at": "timestamp",
}


@pytest.fixture(scope="module", autouse=True)
def flights(drop):
    drop("air.flights", DAYS, TYPES)


def results(api, query, **params):
    return api.get(f"/v1/queries/{query['id']}/results", params=params)


def test_an_answer_has_the_shape_of_the_contract(api, ask):
    query = ask(
        "SELECT day, sum(price) AS total FROM air.flights WHERE day <= :until GROUP BY 1 ORDER BY 1",
        parameters={"until": {"type": "date", "value": "2013-01-02"}},
    )
    assert (query["state"], query["row_count"], query["truncated"]) == ("succeeded", 2, False)
    answer = results(api, query)
    assert answer.status_code == 200
    said = answer.json()
    version = api.get("/v1/datasets/air.flights").json()["current_version"]
    statistics = said.pop("statistics")
    assert said == {
        "columns": [
            {"name": "day", "type": "date"},
            {"name": "total", "type": "decimal", "precision": 38, "scale": 2},
        ],
        "rows": [["2013-01-01", "2.10"], ["2013-01-02", "4.10"]],
        "row_count": 2,
        "truncated": False,
        "next_page_token": None,
        "dataset_versions": {"air.flights": version},
    }
    assert set(statistics) == {"bytes_scanned", "cost_usd", "engine_ms", "reused"}
    assert statistics["bytes_scanned"] > 0
    assert statistics["cost_usd"] == "0.000045", "Athena charges 10 MB at least"
    assert statistics["reused"] is False


def test_values_keep_their_types(rows):
    [row] = rows(
        "SELECT CAST(9007199254740993 AS bigint), CAST(-5 AS tinyint), 1.5e0, CAST('1.20' AS decimal(9,3)), true,"
        " date '2013-01-31', timestamp '2013-01-31 05:06:07.120', 'x', ARRAY[1, 2], CAST(NULL AS bigint)"
    )
    assert row == [
        9007199254740993,
        -5,
        1.5,
        "1.200",
        True,
        "2013-01-31",
        "2013-01-31T05:06:07.120",
        "x",
        "[1, 2]",
        None,
    ]


def test_bigints_come_as_text_when_asked_for(api, ask):
    query = ask("SELECT CAST(9007199254740993 AS bigint) AS big, 1 AS small")
    assert results(api, query, int64="string").json()["rows"] == [["9007199254740993", 1]]


def test_what_json_has_no_number_for_is_null_and_said(api, ask):
    query = ask("SELECT x FROM (VALUES nan(), infinity(), 1e0) AS t (x)")
    said = results(api, query).json()
    assert sorted(said["rows"], key=str) == [[1.0], [None], [None]]
    assert said["warnings"] == [{"code": "not_finite", "column": "x", "count": 2}]


NASTY = (
    "SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'a,\"b\"'), (4, 'two'), (5, '\"\"'), (6, ',\"\",'), (7, 'é✓😀'),"
    " (8, chr(10)), (9, concat('x', chr(13), chr(10), 'y')), (10, '\",\"')) AS t (n, v) ORDER BY n"
)
NASTY_VALUES = ["", None, 'a,"b"', "two", '""', ',"",', "é✓😀", "\n", "x\r\ny", '","']


def test_null_and_the_empty_text_stay_apart_in_every_format(api, ask):
    query = ask(NASTY)
    assert [value for _, value in results(api, query).json()["rows"]] == NASTY_VALUES
    lines = results(api, query, format="ndjson").text.splitlines()
    assert lines[0] == '{"n":1,"v":""}'
    assert lines[1] == '{"n":2,"v":null}'
    answer = results(api, query, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith('"n","v"\n"1",""\n"2",\n')
    parsed = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert [value for _, value in parsed[1:]] == [value or "" for value in NASTY_VALUES]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_give_every_row_once_in_order(api, ask, limit):
    query = ask(NASTY)
    seen, token, pages = [], None, 0
    while pages == 0 or token:
        page = results(api, query, limit=limit, **({"page_token": token} if token else {}))
        assert page.json()["row_count"] <= limit
        seen += [value for _, value in page.json()["rows"]]
        token, pages = page.json()["next_page_token"], pages + 1
        assert ("next" in page.links) == (token is not None)
    assert seen == NASTY_VALUES
    assert pages == -(-10 // limit)


def test_csv_pages_put_together_are_the_whole_file(api, ask):
    query = ask(NASTY)
    whole = results(api, query, format="csv").content
    page, together = results(api, query, format="csv", limit=3), b""
    while True:
        together += page.content
        if "next" not in page.links:
            break
        page = api.get(page.links["next"]["url"])
    assert together == whole


def test_cells_that_a_spreadsheet_would_run_are_neutralised_when_asked(api, ask):
    query = ask("SELECT v FROM (VALUES (1, '=1+1'), (2, '-5'), (3, '@x'), (4, '-x'), (5, 'ok')) AS t (n, v) ORDER BY n")
    lines = results(api, query, format="csv", neutralise="true").text.splitlines()
    assert lines == ['"v"', '"\'=1+1"', '"-5"', '"\'@x"', '"\'-x"', '"ok"']
    assert "'=1" not in results(api, query, format="csv").text
    named = ask("""SELECT 1 AS "=HYPERLINK(1)", 2 AS n""")
    assert results(api, named, format="csv", neutralise="true").text.splitlines()[0] == """"'=HYPERLINK(1)","n\""""
    assert results(api, named, format="csv").text.splitlines()[0] == """"=HYPERLINK(1)","n\""""


@pytest.mark.parametrize(
    ("budget", "size"),
    [
        (1, "small"),
        (10**9, "small"),
        (10**9 + 1, "medium"),
        (10**11, "medium"),
        (10**11 + 1, "large"),
    ],
)
def test_a_query_takes_the_workgroup_with_the_lowest_cut_off_that_its_budget_fits(api, lake, ask, budget, size):
    query = ask(f"SELECT {budget} AS budget", max_bytes_scanned=budget)
    execution = lake.aws.athena.get_query_execution(QueryExecutionId=query["athena_execution_id"])["QueryExecution"]
    assert execution["WorkGroup"] == getattr(lake.settings, f"workgroup_{size}")


@pytest.mark.parametrize("token", ["x", "WzFd", "bnVsbA", "A" * 3000])
def test_tokens_of_others_open_nothing(api, ask, token):
    answer = results(api, ask("SELECT 1 AS n"), page_token=token)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_page_token")


def test_a_token_belongs_to_its_result(api, ask):
    token = results(api, ask(NASTY), limit=1).json()["next_page_token"]
    answer = results(api, ask("SELECT 1 AS n"), page_token=token)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_page_token")


def test_row_limit_cuts_and_says_so(api, ask):
    query = ask("SELECT n FROM UNNEST(sequence(1, 50)) AS t (n) ORDER BY n", row_limit=20)
    assert (query["row_count"], query["truncated"]) == (20, True)
    said = results(api, query).json()
    assert ([n for [n] in said["rows"]], said["truncated"]) == (list(range(1, 21)), True)
    assert said["next_page_token"] is None
    last = results(api, query, limit=15)
    last = api.get(last.links["next"]["url"]).json()
    assert ([n for [n] in last["rows"]], last["truncated"]) == (list(range(16, 21)), True)
    assert len(results(api, query, format="csv").text.splitlines()) == 21


def test_a_result_as_long_as_its_limit_is_not_cut(ask):
    query = ask("SELECT n FROM UNNEST(sequence(1, 20)) AS t (n)", row_limit=20)
    assert (query["row_count"], query["truncated"]) == (20, False)


def test_an_empty_answer_has_its_columns(api, ask):
    query = ask("SELECT day, carrier FROM air.flights WHERE carrier = 'ZZ'")
    said = results(api, query).json()
    assert (said["rows"], [c["name"] for c in said["columns"]]) == ([], ["day", "carrier"])
    assert results(api, query, format="csv").text == '"day","carrier"\n'


def test_what_is_too_large_for_one_answer_comes_in_pages_and_as_a_link(api, ask, lake):
    sql = "SELECT n, rpad('x', 2000, 'y') AS filler FROM UNNEST(sequence(1, 4000)) AS t (n) ORDER BY n"
    query = ask(sql, row_limit=3500)
    answer = results(api, query)
    assert len(answer.content) < 6_000_000
    said = answer.json()
    assert 0 < said["row_count"] < 3500
    [link] = said["links"]
    assert (link["row_offset"], link["row_count"]) == (0, 3500)
    import httpx

    whole = httpx.get(link["url"])
    assert len(whole.content) == link["byte_count"]
    assert len(whole.text.splitlines()) == 3501
    rest = api.get(answer.links["next"]["url"]).json()
    assert said["rows"][-1][0] + 1 == rest["rows"][0][0]
    assert "links" not in rest


def test_who_is_told_that_nothing_changed_has_links_that_are_good(api, ask, lake):
    long, short = (ask(f"SELECT rpad('x', 2000, 'y') AS a FROM UNNEST(sequence(1, {n})) AS t (n)") for n in (3000, 3))
    clock = Clock()
    with TestClient(create_app(build_lake(lake.settings, clock=clock)), headers=dict(api.headers)) as client:

        def look(query, etag=""):
            return client.get(f"/v1/queries/{query['id']}/results", headers={"If-None-Match": etag})

        held, told = look(long), []
        assert look(long, held.headers["etag"]).status_code == 304
        [link] = held.json()["links"]
        until = datetime.fromisoformat(link["expires_at"])
        without = look(short)
        for _ in range(15):
            clock.ahead += timedelta(seconds=60)
            answer = look(long, held.headers["etag"])
            if answer.status_code == 304:
                told.append(until - clock())
            else:
                assert datetime.fromisoformat(answer.json()["links"][0]["expires_at"]) > clock()
            assert look(short, without.headers["etag"]).status_code == 304, "an answer without links is good for ever"
    assert all(left > timedelta(minutes=6) for left in told)
    assert len(told) < 8


def test_the_same_question_over_the_same_data_is_answered_from_the_stored_result(api, ask, drop):
    drop("air.growing", "n\n1\n2\n", {"n": "int"})
    first = ask("SELECT sum(n) AS s FROM air.growing")
    again = ask("select SUM(n) as s  from air.growing -- the same\n")
    assert first["statistics"]["reused"] is False
    assert again["statistics"] == {
        "bytes_scanned": 0,
        "cost_usd": "0.000000",
        "queue_ms": 0,
        "engine_ms": 0,
        "reused": True,
    }
    assert again["id"] != first["id"]
    assert results(api, again).headers["etag"] == results(api, first).headers["etag"]
    assert results(api, again).json()["rows"] == [[3]]
    drop("air.growing", "n\n10\n")
    later = ask("SELECT sum(n) AS s FROM air.growing")
    assert later["statistics"]["reused"] is False
    assert results(api, later).json()["rows"] == [[13]]
    assert results(api, later).headers["etag"] != results(api, first).headers["etag"]


def test_other_values_and_limits_are_other_questions(ask):
    sql = "SELECT n FROM UNNEST(sequence(1, :top)) AS t (n)"
    ask(sql, parameters={"top": {"type": "int", "value": 7}})
    assert ask(sql, parameters={"top": {"type": "int", "value": 7}})["statistics"]["reused"]
    assert not ask(sql, parameters={"top": {"type": "int", "value": 8}})["statistics"]["reused"]
    assert not ask(sql, parameters={"top": {"type": "int", "value": 7}}, row_limit=5)["statistics"]["reused"]


@pytest.mark.parametrize("sql", ["SELECT now() AS at", "SELECT random() AS r", "SELECT current_date AS d"])
def test_what_changes_by_itself_is_never_reused(ask, sql):
    ask(sql)
    assert ask(sql)["statistics"]["reused"] is False


def test_a_result_that_has_expired_is_asked_anew(ask, lake, aws):
    sql = "SELECT 'soon gone' AS v"
    query = lake.queries.find("main", ask(sql)["id"])
    aws.of("s3").delete_object(Bucket=query.result.bucket, Key=query.result.key)
    assert ask(sql)["statistics"]["reused"] is False


def test_an_answer_that_the_caller_has_is_304(api, ask):
    query = ask("SELECT 4 AS n")
    etag = results(api, query).headers["etag"]
    url = f"/v1/queries/{query['id']}/results"
    again = api.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert api.get(url, params={"format": "csv"}, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sql": "DELETE FROM air.flights"}, 422, "bad_sql"),
        ({"sql": "SELECT 1; SELECT 2"}, 422, "bad_sql"),
        ({"sql": "SELECT * FROM air.nowhere"}, 422, "bad_sql"),
        ({"sql": "SELECT * FROM air.flights__files"}, 422, "bad_sql"),
        ({"sql": "SELECT * FROM information_schema.tables"}, 422, "bad_sql"),
        ({"sql": "SELECT :x"}, 422, "bad_sql"),
        ({"sql": "SELECT 1", "parameters": {"x": {"type": "int", "value": 1}}}, 422, "bad_sql"),
        ({"sql": "SELECT :x", "parameters": {"x": {"type": "int", "value": "a"}}}, 422, "bad_sql"),
        ({"sql": "SELECT 1", "row_limit": 0}, 422, "invalid_input"),
        ({"sql": "SELECT 1", "row_limit": 10**9}, 422, "invalid_input"),
        ({"sql": "SELECT 1", "tags": {"a": "x" * 300}}, 422, "invalid_input"),
        ({"sql": ""}, 422, "invalid_input"),
        ({"query": "SELECT 1"}, 422, "invalid_input"),
    ],
)
def test_what_may_not_be_asked_is_refused_before_athena_sees_it(api, body, status, code):
    answer = api.post("/v1/queries", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_query_that_athena_cannot_finish_says_why_without_data(api, ask):
    query = ask("SELECT CAST(carrier AS int) AS n FROM air.flights")
    assert (query["state"], query["error"]["code"]) == ("failed", "query_failed")
    assert "INVALID_CAST_ARGUMENT" in query["error"]["detail"]
    assert "TRY_CAST" in query["error"]["remedy"]
    assert query["error"]["athena_execution_id"] == query["athena_execution_id"]
    answer = results(api, query)
    assert (answer.status_code, answer.json()["code"]) == (422, "query_failed")
    assert "AA" not in answer.text
    assert "UA" not in answer.text


def test_a_column_that_is_not_there_is_named(ask):
    error = ask("SELECT nonesuch FROM air.flights")["error"]
    assert error["code"] == "bad_sql"
    assert "nonesuch" in error["detail"]
    assert "__" not in error["detail"]


def test_a_query_that_may_scan_more_than_it_may_is_refused_before_it_costs_anything(api, lake):
    asked = []
    lake.aws.athena.meta.events.register("before-send.athena.*", lambda **_: asked.append(1), unique_id="asked")
    body = {"sql": "SELECT count(*) AS n FROM air.flights WHERE delay > 0", "max_bytes_scanned": 10}
    answer = api.post("/v1/queries", json=body)
    lake.aws.athena.meta.events.unregister("before-send.athena.*", unique_id="asked")
    assert (answer.status_code, answer.json()["code"], asked) == (422, "budget_exceeded", [])
    assert "of air.flights" in answer.json()["detail"]


def test_a_query_that_scans_more_than_was_foreseen_fails_and_its_rows_stay_unread(api, ask, lake, drop):
    drop("grown.small", "n\n1\n", {"n": "int"})
    (key,) = [key for key, _ in lake.objects.list(lake.settings.pristine_bucket, "main/grown/small/data/")]
    lake.objects.put(
        lake.settings.pristine_bucket, key, gzip.compress(b"n\n" + b"".join(b"%d\n" % n for n in range(9999)))
    )
    query = ask("SELECT count(*) AS n FROM grown.small WHERE n > 0", max_bytes_scanned=1_000)
    assert (query["state"], query["error"]["code"]) == ("failed", "budget_exceeded")
    answer = results(api, query)
    assert (answer.status_code, answer.json()["code"]) == (422, "budget_exceeded")


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_a_row_that_fits_no_answer_is_refused_wherever_it_is(api, ask, form):
    sql = "SELECT n, rpad('x', n * 2600000, 'x') AS wide FROM (VALUES 1, 2) AS t (n) ORDER BY n"
    query = ask(sql)
    first = api.get(f"/v1/queries/{query['id']}/results", params={"format": form})
    assert first.status_code == 200
    assert len(first.content) < 5_000_000
    refused = api.get(f"/v1/queries/{query['id']}/results?{first.links['next']['url'].partition('?')[2]}")
    assert refused.json()["code"] == "result_too_large", refused.text[:200]


def test_an_estimate_bounds_what_is_scanned_and_asks_athena_nothing(api, ask):
    sql = "SELECT carrier, avg(delay) AS mean FROM air.flights GROUP BY 1"
    said = api.post("/v1/queries/estimate", json={"sql": sql}).json()
    scanned = ask(sql)["statistics"]["bytes_scanned"]
    assert said["is_valid"]
    assert said["bytes_upper_bound"] >= scanned > 0
    assert said["cost_usd_upper_bound"] == "0.000045"
    [dataset] = said["datasets"]
    assert (dataset["id"], dataset["columns"], dataset["files"]) == ("air.flights", ["carrier", "delay"], 1)
    assert said["columns"] == ["carrier", "mean"]
    assert api.post("/v1/queries/estimate", json={"sql": "DROP TABLE x"}).json()["code"] == "bad_sql"


def test_an_unknown_query_is_404(api):
    for path in ("/v1/queries/nope", "/v1/queries/nope/results"):
        assert api.get(path).status_code == 404
    assert api.post("/v1/queries/nope/cancel").status_code == 404


def test_a_dataset_without_data_says_so(api):
    api.post("/v1/datasets", json={"namespace": "air", "name": "blank", "tier": "curated"})
    answer = api.post("/v1/queries", json={"sql": "SELECT * FROM air.blank"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_what_is_too_large_to_keep_is_refused(api):
    names = [f"p{n}" for n in range(4)]
    parameters = {name: {"type": "varchar", "value": '"' * 50_000} for name in names}
    body = {"sql": "SELECT " + ", ".join(f":{name}" for name in names), "parameters": parameters}
    answer = api.post("/v1/queries", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    enum = {"type": "varchar", "enum": [f"{n:0600d}" for n in range(1000)]}
    answer = api.put("/v1/saved-queries/vast", json={"sql": "SELECT :p", "parameters": {"p": enum}})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_a_result_too_large_to_be_counted_says_that_it_does_not_know_until_its_end(lake, admin_key):
    settings = lake.settings.model_copy(update={"counted_result_bytes": 10, "inline_result_bytes": 2000})
    with TestClient(create_app(build_lake(settings)), headers={"X-Api-Key": admin_key}) as client:
        for limit, is_cut in ((300, False), (299, True)):
            sql = "SELECT x, repeat('y', 9) AS y FROM UNNEST(sequence(1, 300)) t (x)"
            asked = client.post(
                "/v1/queries", json={"sql": sql, "row_limit": limit}, headers={"Prefer": "wait=25"}
            ).json()
            assert (asked["row_count"], asked["truncated"]) == (None, None)
            url, said, rows = f"/v1/queries/{asked['id']}/results", [], 0
            while url:
                page = client.get(url)
                assert "links" not in page.json(), "the file has the row beyond row_limit"
                assert (
                    page.headers.get("x-truncated")
                    == {None: None, True: "true", False: "false"}[page.json()["truncated"]]
                )
                said, rows = [*said, page.json()["truncated"]], rows + page.json()["row_count"]
                url = page.links.get("next", {}).get("url")
            assert len(said) > 2
            assert (said, rows) == ([None] * (len(said) - 1) + [is_cut], limit)
