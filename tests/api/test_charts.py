"""Charts of saved queries: exactly what Highcharts takes, and the last good answer while a new one is made."""

import pytest

JAN_1, JAN_2, JAN_3 = 1356998400000, 1357084800000, 1357171200000
DELAYS = "day,carrier,delay\n2013-01-02,UA,2\n2013-01-01,AA,1\n2013-01-03,AA,\n2013-01-02,AA,3\n"


@pytest.fixture(scope="module", autouse=True)
def delays(drop):
    drop("air.delays", DELAYS, {"day": "date", "carrier": "varchar", "delay": "double"})


def save(api, name, sql, **changes):
    answer = api.put(f"/v1/saved-queries/{name}", json={"sql": sql, **changes})
    assert answer.status_code == 201, answer.text


def chart(api, name, **params):
    answer = api.get(f"/v1/saved-queries/{name}/chart", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def drawn(api, name, sql, **params):
    save(api, name, sql)
    return chart(api, name, **params).json()


def test_series_have_the_shape_of_the_contract(api):
    save(
        api,
        "delays",
        "SELECT day, carrier, delay FROM air.delays ORDER BY carrier, delay DESC",
        chart={"x": "day", "y": ["delay"], "series": "carrier", "type": "line"},
    )
    answer = chart(api, "delays", shape="series")
    version = api.get("/v1/datasets/air.delays").json()["current_version"]
    assert answer.json() == {
        "series": [
            {"name": "AA", "data": [[JAN_1, 1.0], [JAN_2, 3.0], [JAN_3, None]]},
            {"name": "UA", "data": [[JAN_2, 2.0]]},
        ],
        "meta": {
            "x": {"type": "datetime", "unit": "ms", "timezone": "UTC"},
            "columns": [
                {"name": "day", "type": "date"},
                {"name": "carrier", "type": "varchar"},
                {"name": "delay", "type": "double"},
            ],
            "downsample": {"method": "none", "rows_in": 4, "rows_out": 4},
            "precision_loss": False,
            "truncated": False,
            "stale": False,
            "dataset_versions": {"air.delays": version},
        },
    }
    assert int(answer.headers["age"]) >= 0
    again = api.get("/v1/saved-queries/delays/chart", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_is_drawn_before_it_is_saved_as_it_is_afterwards(api):
    sql = "SELECT day, carrier, delay, 2 * delay AS twice FROM air.delays"
    asked = api.post("/v1/queries", json={"sql": sql}, headers={"Prefer": "wait=20"})
    address = f"/v1/queries/{asked.json()['id']}/chart"
    choices = {"x": "day", "y": ["twice"], "series": "carrier", "width": 300}
    before = api.get(address, params={**choices, "type": "column"})
    assert before.status_code == 200, before.text
    save(api, "afterwards", sql, chart={"type": "column"})
    assert before.json() == chart(api, "afterwards", **choices).json()
    assert before.json()["meta"]["downsample"]["method"] == "none", "columns are not thinned"
    assert api.get(address, params=choices).json()["meta"]["downsample"]["method"] == "m4", "what has no type is a line"
    again = api.get(address, params={**choices, "type": "column"}, headers={"If-None-Match": before.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("choice", "code"), [({"x": "nowhere"}, 422), ({"type": "cake"}, 422)])
def test_an_answer_is_not_drawn_by_what_it_does_not_have(api, choice, code):
    asked = api.post("/v1/queries", json={"sql": "SELECT 1 AS n, 2 AS m"}, headers={"Prefer": "wait=20"})
    assert api.get(f"/v1/queries/{asked.json()['id']}/chart", params=choice).status_code == code


def test_the_request_may_choose_other_columns(api):
    save(api, "chosen", "SELECT day, delay, 2 * delay AS twice FROM air.delays WHERE carrier = 'UA'")
    said = chart(api, "chosen", x="day", y=["twice"]).json()
    assert said["series"] == [{"name": "twice", "data": [[JAN_2, 4.0]]}]
    assert [one["name"] for one in chart(api, "chosen").json()["series"]] == ["delay", "twice"]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("none", [[JAN_2, 2.0]]),
        ("null", [[JAN_1, None], [JAN_2, 2.0], [JAN_3, None]]),
        ("zero", [[JAN_1, 0], [JAN_2, 2.0], [JAN_3, 0]]),
    ],
)
def test_gaps_are_filled_as_asked(api, fill, expected):
    name = f"fill-{fill}"
    save(api, name, "SELECT day, carrier, delay FROM air.delays", chart={"series": "carrier"})
    series = {one["name"]: one["data"] for one in chart(api, name, fill=fill).json()["series"]}
    assert series["UA"] == expected


def test_timestamps_are_milliseconds_in_utc(api):
    said = drawn(
        api,
        "times",
        "SELECT x, y FROM (VALUES (timestamp '2013-01-01 00:00:01.250', 1), (timestamp '1969-12-31 23:59:59', 2)) t (x, y)",
    )
    assert said["series"][0]["data"] == [[-1000, 2], [JAN_1 + 1250, 1]]


def test_text_makes_categories_in_the_querys_order(api):
    said = drawn(api, "pie", "SELECT c, n FROM (VALUES ('b', 2), ('a', 1), ('c', 3)) t (c, n) ORDER BY n DESC")
    assert said["meta"]["x"] == {"type": "category", "categories": ["c", "b", "a"]}
    assert said["series"] == [{"name": "n", "data": [[0, 3], [1, 2], [2, 1]]}]


def test_numbers_make_a_linear_axis_that_is_sorted(api):
    said = drawn(api, "linear", "SELECT x, y FROM (VALUES (3.5e0, 1), (-1e0, 2), (2e0, 3)) t (x, y)")
    assert said["meta"]["x"] == {"type": "linear"}
    assert said["series"][0]["data"] == [[-1.0, 2], [2.0, 3], [3.5, 1]]


@pytest.mark.parametrize(
    ("value", "shown", "is_lost"),
    [
        ("CAST('12.50' AS decimal(10,2))", 12.5, False),
        ("CAST('12345678901234567890.12' AS decimal(38,2))", 12345678901234567000.0, True),
        ("CAST(9007199254740991 AS bigint)", 9007199254740991, False),
        ("CAST(9007199254740993 AS bigint)", 9007199254740993, True),
    ],
)
def test_numbers_that_lose_digits_in_a_browser_say_so(api, value, shown, is_lost):
    said = drawn(api, f"digits-{abs(hash(value)) % 10**6}", f"SELECT 1 AS x, {value} AS y")
    assert said["series"][0]["data"] == [[1, shown]]
    assert said["meta"]["precision_loss"] is is_lost


def test_what_is_no_number_is_null_and_counted(api):
    said = drawn(api, "nan", "SELECT x, y FROM (VALUES (1, nan()), (2, infinity()), (NULL, 1e0)) t (x, y)")
    assert said["series"][0]["data"] == [[1, None], [2, None]]
    assert said["meta"]["warnings"] == [{"code": "not_finite", "count": 2}, {"code": "null_x", "count": 1}]


def test_an_empty_answer_has_no_series_and_its_columns(api):
    said = drawn(api, "empty", "SELECT day, delay FROM air.delays WHERE carrier = 'ZZ'")
    assert said["series"] == []
    assert [column["name"] for column in said["meta"]["columns"]] == ["day", "delay"]


def test_a_cut_answer_says_so(api):
    answer = api.put("/v1/saved-queries/cut", json={"sql": "SELECT day, delay FROM air.delays", "row_limit": 2})
    assert answer.status_code == 201
    said = chart(api, "cut").json()
    assert (said["meta"]["truncated"], sum(len(one["data"]) for one in said["series"])) == (True, 2)


def test_several_values_and_a_series_column_name_both(api):
    save(api, "both", "SELECT day, carrier, delay, delay * 2 AS twice FROM air.delays WHERE day = date '2013-01-01'")
    said = chart(api, "both", y=["delay", "twice"], series="carrier").json()
    assert {one["name"]: one["data"] for one in said["series"]} == {
        "AA: delay": [[JAN_1, 1.0]],
        "AA: twice": [[JAN_1, 2.0]],
    }


def test_bare_arrays_for_highcharts_data_module(api):
    sql = "SELECT day, delay, CAST('1.5' AS decimal(4,1)) AS d, carrier FROM air.delays WHERE day <= date '2013-01-02' ORDER BY delay"
    save(api, "bare", sql)
    assert chart(api, "bare", shape="rows").json() == [
        ["day", "delay", "d", "carrier"],
        [JAN_1, 1.0, 1.5, "AA"],
        [JAN_2, 2.0, 1.5, "UA"],
        [JAN_2, 3.0, 1.5, "AA"],
    ]
    assert chart(api, "bare", shape="columns").json() == [
        ["day", JAN_1, JAN_2, JAN_2],
        ["delay", 1.0, 2.0, 3.0],
        ["d", 1.5, 1.5, 1.5],
        ["carrier", "AA", "UA", "AA"],
    ]
    table = chart(api, "bare", shape="datatable").json()
    assert table["columns"]["carrier"] == ["AA", "UA", "AA"]
    answer = chart(api, "bare", shape="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[:2] == ['"day","delay","d","carrier"', '"2013-01-01","1.0","1.5","AA"']


@pytest.mark.parametrize(
    "params", [{"x": "nope"}, {"y": "nope"}, {"series": "nope"}, {"y": "carrier"}, {"shape": "cake"}]
)
def test_columns_that_cannot_be_drawn_are_refused(api, params):
    if api.get("/v1/saved-queries/odd").status_code == 404:
        save(api, "odd", "SELECT day, carrier, delay FROM air.delays")
    answer = api.get("/v1/saved-queries/odd/chart", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


SLOWLY = (
    "SELECT 1 AS x, sum(n) + 0 * (SELECT count(*) FROM UNNEST(sequence(1, 9000)) a (x), UNNEST(sequence(1, 9000)) b (y)"
    " WHERE (x * y) % 7 = 6) AS y FROM air.refreshed"
)


def test_the_last_good_answer_stays_while_a_new_one_is_made(api, drop):
    drop("air.refreshed", "n\n1\n", {"n": "int"})
    save(api, "refreshed", SLOWLY)
    first = chart(api, "refreshed")
    assert first.json()["series"][0]["data"] == [[1, 1]]
    drop("air.refreshed", "n\n5\n")
    stale = chart(api, "refreshed")
    assert stale.json()["series"] == first.json()["series"]
    assert stale.json()["meta"]["stale"] is True
    assert int(stale.headers["age"]) >= 0
    assert stale.headers["etag"] != first.headers["etag"]
    fresh = api.get("/v1/saved-queries/refreshed/chart", headers={"Prefer": "wait=25"})
    assert fresh.json()["series"][0]["data"] == [[1, 6]]
    assert fresh.json()["meta"]["stale"] is False


def test_the_last_good_answer_stays_when_a_refresh_fails(api, drop):
    drop("air.breaking", "n\n1\n", {"n": "varchar"})
    save(api, "breaking", "SELECT 1 AS x, CAST(n AS int) AS y FROM air.breaking")
    assert chart(api, "breaking").json()["series"][0]["data"] == [[1, 1]]
    drop("air.breaking", "n\nx\n")
    api.get("/v1/saved-queries/breaking/chart", headers={"Prefer": "wait=25"})
    said = chart(api, "breaking").json()
    assert said["series"][0]["data"] == [[1, 1]]
    assert (said["meta"]["stale"], said["meta"]["refresh_error"]) == (True, "query_failed")


def test_before_the_first_answer_it_is_202(api):
    save(
        api,
        "first",
        "SELECT 1 AS x, 2 AS y, count(*) AS n FROM UNNEST(sequence(1, 9000)) a (x), UNNEST(sequence(1, 9000)) b (y)"
        " WHERE (x * y) % 7 = 0",
    )
    answer = api.get("/v1/saved-queries/first/chart", headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    assert answer.headers["location"].startswith("/v1/queries/")


@pytest.mark.parametrize(
    "params",
    [{"tz": "Foo/Bar"}, {"tz": "../etc/passwd"}, {"tz": ""}, {"width": "wide"}, {"width": 0}, {"downsample": "m5"}],
)
def test_a_time_zone_or_width_that_is_not_served_is_refused_rather_than_ignored(api, params):
    api.put("/v1/saved-queries/zoned", json={"sql": "SELECT day, delay FROM air.delays"})
    refused = api.get("/v1/saved-queries/zoned/chart", params=params)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/query/{next(iter(params))}")
    assert api.get("/v1/saved-queries/zoned/chart", params={"tz": "Europe/Berlin", "width": 800}).status_code == 200
