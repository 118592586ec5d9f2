"""How charts are drawn: thinned to the pixels there are, in a time zone, in two levels."""

import json
import time

import pytest
from jsonschema_rs import Draft202012Validator

JAN_1 = 1356998400000
HOUR = 3_600_000


@pytest.fixture
def name(request):
    """Of the test's own saved query."""
    return f"q{abs(hash(request.node.name)) % 10**9}"


@pytest.fixture
def drawn(api, name):
    """The chart of the test's own saved query; the answer's headers are in `.headers`."""

    def asked(sql, chart=None, **params):
        etag = api.get(f"/v1/saved-queries/{name}").headers.get("etag")
        body = {"sql": sql, "row_limit": 100_000, **({"chart": chart} if chart else {})}
        put = api.put(f"/v1/saved-queries/{name}", json=body, headers={"If-Match": etag} if etag else {})
        assert put.status_code in {200, 201}, put.text
        answer = api.get(f"/v1/saved-queries/{name}/chart", params=params)
        assert answer.status_code == 200, answer.text
        return answer

    return asked


WAVE = (
    "SELECT date_add('second', x, timestamp '2013-01-01 00:00:00') AS at, CAST((x * 7919) % 1000 AS double) AS y, s"
    " FROM UNNEST(sequence(0, 9999)) a (x), (VALUES 'a', 'b') b (s)"
)


def test_m4_sends_at_most_four_points_a_pixel_and_keeps_the_extremes(drawn):
    whole = drawn(WAVE, {"series": "s"}).json()
    said = drawn(WAVE, {"series": "s"}, width=100).json()
    assert [one["name"] for one in said["series"]] == [one["name"] for one in whole["series"]]
    for thin, full in zip(said["series"], whole["series"], strict=True):
        points = [tuple(point) for point in thin["data"]]
        assert 100 <= len(points) <= 400
        assert set(points) <= {tuple(point) for point in full["data"]}
        assert points == sorted(points)
        assert (points[0], points[-1]) == (tuple(full["data"][0]), tuple(full["data"][-1]))
        ys = [y for _, y in points]
        assert (min(ys), max(ys)) == (0.0, 999.0)
    out = sum(len(one["data"]) for one in said["series"])
    assert said["meta"]["downsample"] == {"method": "m4", "rows_in": 20_000, "rows_out": out}
    assert whole["meta"]["downsample"] == {"method": "none", "rows_in": 20_000, "rows_out": 20_000}


def test_lttb_sends_as_many_points_as_pixels(drawn):
    said = drawn(WAVE, {"series": "s", "type": "spline"}, width=50).json()
    assert [len(one["data"]) for one in said["series"]] == [50, 50]
    assert said["meta"]["downsample"] == {"method": "lttb", "rows_in": 20_000, "rows_out": 100}
    assert drawn(WAVE, {"series": "s"}, width=50, downsample="lttb").json() == said


@pytest.mark.parametrize(
    ("sql", "chart", "params"),
    [
        ("SELECT x, x AS y FROM UNNEST(sequence(1, 500)) a (x)", {"type": "column"}, {"downsample": "m4"}),
        ("SELECT x, x AS y FROM UNNEST(sequence(1, 500)) a (x)", {"type": "pie"}, {}),
        ("SELECT x, x AS y FROM UNNEST(sequence(1, 500)) a (x)", {"type": "scatter"}, {}),
        ("SELECT x, x AS y FROM UNNEST(sequence(1, 500)) a (x)", None, {"downsample": "none"}),
        ("SELECT CAST(x AS varchar) AS c, x AS y FROM UNNEST(sequence(1, 500)) a (x)", None, {"downsample": "m4"}),
    ],
    ids=["column", "pie", "scatter", "none", "categories"],
)
def test_what_is_no_line_is_never_thinned(drawn, sql, chart, params):
    said = drawn(sql, chart, width=5, **params).json()
    assert len(said["series"][0]["data"]) == 500
    assert said["meta"]["downsample"] == {"method": "none", "rows_in": 500, "rows_out": 500}
    assert len(drawn(sql, chart, width=5, shape="rows", **params).json()) == 501


@pytest.mark.parametrize("shape", ["rows", "columns", "csv", "datatable"])
def test_tables_are_thinned_by_whole_rows(drawn, shape):
    sql = (
        "SELECT x, (x * 7919) % 1000 AS y, concat('n', CAST(x AS varchar)) AS name FROM UNNEST(sequence(0, 9999)) a (x)"
    )
    answer = drawn(sql, {"y": ["y"]}, shape=shape, width=20)
    if shape == "csv":
        rows = [line.replace('"', "").split(",") for line in answer.text.splitlines()[1:]]
        rows = [[int(x), int(y), name] for x, y, name in rows]
    elif shape == "rows":
        rows = answer.json()[1:]
    else:
        columns = answer.json()["columns"].values() if shape == "datatable" else [c[1:] for c in answer.json()]
        rows = list(map(list, zip(*columns, strict=True)))
    assert 20 <= len(rows) <= 80
    assert all(row == [row[0], row[0] * 7919 % 1000, f"n{row[0]}"] for row in rows)
    assert rows == sorted(rows)
    meta = answer.json()["meta"] if shape == "datatable" else json.loads(answer.headers["x-chart-meta"])
    assert meta["downsample"] == {"method": "m4", "rows_in": 10_000, "rows_out": len(rows)}
    assert (meta["stale"], meta["truncated"]) == (False, False)


def test_a_large_result_needs_a_width(api):
    sql = (
        "SELECT a.x * 1000 + b.x AS x, a.x AS y, repeat('x', 60) AS pad"
        " FROM UNNEST(sequence(0, 99)) a (x), UNNEST(sequence(0, 999)) b (x)"
    )
    assert api.put("/v1/saved-queries/large", json={"sql": sql, "row_limit": 100_000}).status_code == 201
    url = "/v1/saved-queries/large/chart"
    for shape in ("rows", "csv"):
        refused = api.get(url, params={"shape": shape})
        assert (refused.status_code, refused.json()["code"]) == (422, "result_too_large")
        assert "width" in refused.json()["detail"]
        assert api.get(url, params={"shape": shape, "width": 600}).status_code == 200
    assert len(api.get(url, params={"width": 600}).json()["series"][0]["data"]) <= 2400


def test_gaps_are_filled_before_points_are_left_out(drawn):
    sql = "SELECT x, x AS y, IF(x < 900, 'a', 'b') AS s FROM UNNEST(sequence(0, 999)) a (x)"
    data = {
        fill: {one["name"]: one["data"] for one in drawn(sql, {"series": "s"}, width=10, fill=fill).json()["series"]}
        for fill in ("none", "null", "zero")
    }
    assert data["none"]["b"][0] == [900, 900]
    assert data["null"]["b"][:2] == [[0, None], [900, 900]]
    assert data["zero"]["b"][0] == [0, 0]
    assert data["zero"]["a"][-1] == [999, 0]
    assert all(len(points) <= 40 for points in data["zero"].values())


def test_a_chart_that_filling_makes_too_large_is_refused_before_it_is_made(api, drawn, name):
    sql = "SELECT x, x AS y, CAST(x AS varchar) AS s FROM UNNEST(sequence(1, 3000)) a (x)"
    assert len(drawn(sql, {"series": "s"}, width=100).json()["series"]) == 3000
    for fill in ("zero", "null"):
        answer = api.get(f"/v1/saved-queries/{name}/chart", params={"fill": fill, "width": 1})
        assert (answer.status_code, answer.json()["code"]) == (422, "result_too_large")
        assert "9,000,000 points" in answer.json()["detail"]


def test_columns_of_one_name_are_lines_of_their_own(drawn):
    sql = "SELECT x, x AS n, x / 2e0 AS n, 3 AS n FROM UNNEST(sequence(1, 2)) a (x)"
    said = drawn(sql).json()["series"]
    assert {one["name"]: sorted(one["data"]) for one in said} == {
        "n": [[1, 1], [2, 2]],
        "n_3": [[1, 0.5], [2, 1.0]],
        "n_4": [[1, 3], [2, 3]],
    }
    (one,) = drawn(sql, y=["n_3", "n_3"]).json()["series"]
    assert one["data"] == [[1, 0.5], [2, 1.0]]
    assert [one["name"] for one in drawn(sql, {"x": "x", "drill": "n"}, shape="drilldown").json()["series"]] == [
        "n_3",
        "n_4",
    ]


def test_no_value_and_a_value_of_its_name_are_two_lines(drawn):
    sql = "SELECT x, x AS y, IF(x = 1, NULL, '(null)') AS s FROM UNNEST(sequence(1, 2)) a (x)"
    said = drawn(sql, {"series": "s"}).json()["series"]
    assert sorted(one["data"] for one in said) == [[[1, 1]], [[2, 2]]]
    assert {one["name"] for one in said} == {"(null)"}


def test_an_axis_from_end_to_end_of_the_doubles_is_drawn(drawn):
    sql = "SELECT x, 1 AS y FROM (VALUES -1.7e308, -1e308, 0e0, 1.7e308) t (x)"
    said = drawn(sql, width=100_000).json()
    assert said["series"][0]["data"] == [[-1.7e308, 1], [-1e308, 1], [0.0, 1], [1.7e308, 1]]
    near = drawn("SELECT x, 1 AS y FROM (VALUES 0e0, 1e306, 1e307) t (x)", width=1000).json()
    assert len(near["series"][0]["data"]) == 3


WALLS = {
    "timestamp '2013-01-01 00:00:00'": JAN_1 - HOUR,
    "date '2013-01-01'": JAN_1 - HOUR,
    "date '2013-07-01'": 1372636800000 - 2 * HOUR,
    "timestamp '2013-03-31 01:59:59'": 1364695199000 - HOUR,  # the last second of winter
    "timestamp '2013-03-31 02:30:00'": 1364697000000 - HOUR,  # skipped: counted on from before, 03:30 of summer
    "timestamp '2013-03-31 03:00:00'": 1364698800000 - 2 * HOUR,
    "timestamp '2013-10-27 02:30:00'": 1382841000000 - 2 * HOUR,  # twice: the first
    "timestamp '2013-10-27 03:00:00'": 1382842800000 - HOUR,
    "timestamp '1893-03-31 23:50:00'": -2422051800000 - 3_208_000,  # by the sun: 53 min 28 s
    "timestamp '2013-01-01 00:00:00 UTC'": JAN_1,  # an instant already
    "timestamp '2013-07-01 02:00:00 America/New_York'": 1372658400000,
}


@pytest.mark.parametrize(("wall", "expected"), WALLS.items(), ids=str)
def test_dates_and_timestamps_are_wall_time_of_the_zone(drawn, wall, expected):
    said = drawn(f"SELECT {wall} AS at, 1 AS y", tz="Europe/Berlin").json()
    assert said["series"][0]["data"] == [[expected, 1]]
    assert said["meta"]["x"] == {"type": "datetime", "unit": "ms", "timezone": "Europe/Berlin"}


def test_a_day_that_begins_after_midnight_stays_that_day(drawn):
    said = drawn("SELECT date '2013-10-20' AS day, 1 AS y", tz="America/Sao_Paulo").json()
    assert said["series"][0]["data"] == [[1382238000000, 1]], "01:00 of the day: there was no midnight"


def test_the_zone_is_that_of_tables_too_and_csv_stays_wall_time(drawn):
    sql = "SELECT timestamp '2013-01-01 00:00:00' AS at, 1 AS y"
    answer = drawn(sql, tz="Asia/Kolkata", shape="rows")
    assert answer.json() == [["at", "y"], [JAN_1 - 5 * HOUR - HOUR // 2, 1]]
    assert json.loads(answer.headers["x-chart-meta"])["timezone"] == "Asia/Kolkata"
    assert drawn(sql, tz="Asia/Kolkata", shape="csv").text == '"at","y"\n"2013-01-01 00:00:00.000","1"\n'


def test_x_is_sorted_when_the_clocks_change(drawn):
    sql = (
        "SELECT date_add('minute', 20 * n, timestamp '2013-03-31 01:00:00') AS at, n FROM UNNEST(sequence(0, 8)) t (n)"
    )
    points = drawn(sql, tz="Europe/Berlin").json()["series"][0]["data"]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert sorted(n for _, n in points) == list(range(9))


SALES = "SELECT region, city, n FROM (VALUES ('EU', 'Rome', 2), ('US', 'Reno', 5), ('EU', 'Bonn', 3), ('EU', 'Oslo', NULL)) t (region, city, n)"


def test_drilldown_has_totals_and_what_is_behind_them(drawn):
    said = drawn(SALES, {"x": "region", "drill": "city", "y": ["n"]}, shape="drilldown").json()
    assert said["series"] == [
        {
            "name": "n",
            "data": [{"name": "EU", "y": 5, "drilldown": "0.0"}, {"name": "US", "y": 5, "drilldown": "0.1"}],
        }
    ]
    assert said["drilldown"]["series"] == [
        {"id": "0.0", "name": "EU", "data": [["Rome", 2], ["Bonn", 3], ["Oslo", None]]},
        {"id": "0.1", "name": "US", "data": [["Reno", 5]]},
    ]
    assert [column["name"] for column in said["meta"]["columns"]] == ["region", "city", "n"]


def test_totals_of_a_rollup_are_taken_as_they_are(drawn):
    sql = "SELECT region, city, avg(n) AS mean FROM (VALUES ('EU', 'Rome', 2e0), ('EU', 'Bonn', 4e0), ('EU', 'Bonn', 6e0)) t (region, city, n) GROUP BY GROUPING SETS ((region, city), (region)) ORDER BY city"
    said = drawn(sql, {"x": "region", "drill": "city"}, shape="drilldown").json()
    assert [point["y"] for point in said["series"][0]["data"]] == [4.0]
    assert said["drilldown"]["series"][0]["data"] == [["Bonn", 5.0], ["Rome", 2.0]]


def test_drilldown_by_series_over_time(drawn):
    sql = "SELECT day, s, h, n FROM (VALUES (date '2013-01-01', 'a', 2, 1), (date '2013-01-01', 'b', 1, 7), (date '2013-01-01', 'a', 1, 4)) t (day, s, h, n)"
    said = drawn(sql, {"x": "day", "series": "s", "drill": "h", "y": ["n"]}, shape="drilldown").json()
    tops = {one["name"]: one["data"] for one in said["series"]}
    assert tops == {"a": [{"x": JAN_1, "y": 5, "drilldown": "0.0"}], "b": [{"x": JAN_1, "y": 7, "drilldown": "1.0"}]}
    assert {one["id"]: (one["name"], one["data"]) for one in said["drilldown"]["series"]} == {
        "0.0": ("a", [[1, 4], [2, 1]]),
        "1.0": ("b", [[1, 7]]),
    }
    assert (said["meta"]["x"]["type"], said["meta"]["drill"]["type"]) == ("datetime", "linear")


@pytest.mark.parametrize(
    ("value", "total", "meta"),
    [
        ("CAST(9223372036854775807 AS bigint)", 2.0**64, {"precision_loss": True}),
        ("CAST(9007199254740991 AS bigint)", 18014398509481982, {"precision_loss": True}),
        (
            "1.7e308",
            None,
            {"precision_loss": False, "warnings": [{"code": "not_finite", "count": 1}]},
        ),
    ],
)
def test_a_total_that_is_too_large_says_so(drawn, value, total, meta):
    sql = f"SELECT 'a' AS x, c, {value} AS n FROM (VALUES 'b', 'c') t (c)"
    said = drawn(sql, {"x": "x", "drill": "c"}, shape="drilldown").json()
    assert said["series"][0]["data"] == [{"name": "a", "y": total, "drilldown": "0.0"}]
    assert meta.items() <= said["meta"].items()


def test_a_drilldown_of_many_categories_is_drawn_in_time(drawn):
    numbers = "SELECT 10000 * a.x + b.x AS n FROM UNNEST(sequence(0, 5)) a (x), UNNEST(sequence(1, 10000)) b (x)"
    sql = f"SELECT 'a' AS x, CAST(n AS varchar) AS c, n FROM ({numbers}) t"
    began = time.process_time()
    said = drawn(sql, {"x": "x", "drill": "c", "y": ["n"]}, shape="drilldown").json()
    assert all(name == str(n) for name, n in said["drilldown"]["series"][0]["data"])
    assert time.process_time() - began < 10


def test_drilldown_without_its_column_is_refused(api, drawn, name):
    drawn(SALES)
    for params in ({}, {"drill": "nope"}):
        answer = api.get(f"/v1/saved-queries/{name}/chart", params={"shape": "drilldown", "y": "n", **params})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("shape", ["series", "drilldown", "datatable", "columns", "rows", "csv"])
def test_an_empty_result_is_an_empty_chart(drawn, shape):
    chart = {"x": "region", "drill": "city", "y": ["n"]}
    answer = drawn(f"{SALES} WHERE region = 'XX'", chart, shape=shape, width=100)
    expected = {
        "columns": [["region"], ["city"], ["n"]],
        "rows": [["region", "city", "n"]],
        "datatable": {"region": [], "city": [], "n": []},
    }
    if shape == "csv":
        assert answer.text == '"region","city","n"\n'
    elif shape in {"series", "drilldown"}:
        assert answer.json()["series"] == []
        assert [column["name"] for column in answer.json()["meta"]["columns"]] == ["region", "city", "n"]
    else:
        assert (answer.json()["columns"] if shape == "datatable" else answer.json()) == expected[shape]


@pytest.mark.parametrize(
    ("value", "is_lost"),
    [
        ("CAST(-9007199254740991 AS bigint)", False),
        ("CAST(-9007199254740992 AS bigint)", True),
        ("CAST('0.1' AS decimal(3,1))", False),
        ("CAST('123456789012.125' AS decimal(18,3))", False),
        ("CAST('1234567890123456.789' AS decimal(38,3))", True),
    ],
)
@pytest.mark.parametrize("shape", ["series", "rows"])
def test_every_shape_of_numbers_says_when_digits_are_lost(drawn, value, is_lost, shape):
    answer = drawn(f"SELECT 1 AS x, {value} AS y", shape=shape)
    meta = json.loads(answer.headers["x-chart-meta"]) if shape == "rows" else answer.json()["meta"]
    assert meta["precision_loss"] is is_lost


def test_what_is_no_number_is_null_in_tables_too(drawn):
    answer = drawn("SELECT x, y FROM (VALUES (1, nan()), (2, infinity()), (3, 1e0)) t (x, y) ORDER BY x", shape="rows")
    assert answer.json() == [["x", "y"], [1, None], [2, None], [3, 1.0]]
    assert json.loads(answer.headers["x-chart-meta"])["warnings"] == [{"code": "not_finite", "count": 2}]


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        ("series", "ChartView"),
        ("drilldown", "DrilldownView"),
        ("datatable", "DataTableView"),
        ("rows", "BareView"),
        ("columns", "BareView"),
        ("csv", None),
    ],
)
def test_every_shape_is_as_the_document_says(api, drawn, shape, model):
    document = api.get("/openapi.json").json()
    said = document["paths"]["/v1/saved-queries/{name}/chart"]["get"]["responses"]["200"]
    answer = drawn(SALES, {"x": "region", "drill": "city", "y": ["n"]}, shape=shape)
    assert ("x-chart-meta" in answer.headers) == (model is None or model == "BareView")
    assert {"X-Chart-Meta", "Age"} <= set(said["headers"])
    if model is None:
        assert answer.headers["content-type"].split(";")[0] in said["content"]
        return
    choices = said["content"]["application/json"]["schema"]["anyOf"]
    valid = [
        one["$ref"].rsplit("/", 1)[-1]
        for one in choices
        if Draft202012Validator({**one, "components": document["components"]}).is_valid(answer.json())
    ]
    assert valid == [model]
