"""Checks as a gate: what they find is kept whether they pass or not, and what they forbid is not published."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.lakework import FLIGHTS, Deliver, change, define, drop, ended, filled, register, run, select, versions

MORE = "carrier,flight,month,delay\n" + "".join(f"UA,{n},3,1\n" for n in range(10, 16))


def results(found: Any) -> list[tuple[Any, ...]]:
    """Of a run or a version, or the error of one: where, what, how severe, passed, expected, found."""
    names = ("index", "type", "severity", "passed", "expected", "found")
    return [tuple(one[name] for name in names) for one in found["checks"]]


def test_every_result_is_kept_and_a_warning_publishes_all_the_same(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "warn_raw", namespace="checks")
    key = {"namespace": "checks", "name": "warn", "tier": "curated", "primary_key": ["flight"]}
    assert api.post("/v1/datasets", json=key).status_code == 201
    checks = [
        {"type": "not_null", "columns": ["delay"], "severity": "warn", "name": "delays are known"},
        {"type": "row_count", "min": 1, "max": 9},
        {"type": "accepted_values", "column": "carrier", "values": ["UA", "AA"], "severity": "warn"},
        {"type": "range", "column": "month", "min": 1, "max": 12},
        {"type": "sql", "expression": "flight > 0"},
    ]
    define(api, "warn", source, "checks.warn", checks=checks)
    done = run(api, "warn")
    assert results(done) == [
        (0, "not_null", "warn", False, "0", 1),
        (1, "row_count", "fail", True, "1 to 9", 4),
        (2, "accepted_values", "warn", False, "0", 1),
        (3, "range", "fail", True, "0", 0),
        (4, "sql", "fail", True, "0", 0),
        (None, "unique", "fail", True, "0", 0),
        (None, "not_null", "fail", True, "0", 0),
    ]
    assert (done["error"], done["checks"][0]["name"]) == (None, "delays are known")
    assert done["checks"][0]["detail"] == "1 rows have NULL in delay."
    assert "B6" not in str(done["checks"])
    assert select(lake, 'SELECT count(*) FROM "checks"."warn"') == [(4,)]
    assert api.get(f"/v1/runs/{done['id']}").json()["checks"] == done["checks"]
    (listed,) = versions(api, "checks.warn")
    assert listed["checks"] == done["checks"]
    assert api.get(f"/v1/datasets/checks.warn/versions/{done['version']}").json() == listed
    again = run(api, "warn")
    assert (again["reused"], again["checks"]) == (True, done["checks"])


def test_only_what_forbids_is_the_error_and_all_is_shown(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "both_raw", namespace="checks")
    checks = [
        {"type": "unique", "columns": ["carrier"], "severity": "warn"},
        {"type": "unique", "columns": ["month"]},
        {"type": "not_null", "columns": ["flight"]},
    ]
    define(api, "both", source, "checks.both", checks=checks)
    done = ended(api, "both")
    assert (done["state"], done["error"]["code"]) == ("failed", "check_failed")
    assert [(one["index"], one["type"], one["found"]) for one in done["error"]["checks"]] == [(1, "unique", 2)]
    assert done["error"]["detail"] == "2 values of (month) occur more than once."
    assert results(done) == [
        (0, "unique", "warn", False, "0", 1),
        (1, "unique", "fail", False, "0", 2),
        (2, "not_null", "fail", True, "0", 0),
    ]
    assert versions(api, "checks.both") == []


def test_rows_are_compared_with_the_version_that_readers_see(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "ratio_raw", namespace="checks")
    checks = [{"type": "row_count", "min": 1, "min_ratio": 0.5, "max_ratio": 2}]
    define(api, "ratio", source, "checks.ratio", checks=checks)
    first = run(api, "ratio")
    assert results(first) == [(0, "row_count", "fail", True, "1 or more", 4)]
    drop(api, deliver, source, MORE, "more.csv")
    done = ended(api, "ratio")
    assert done["error"]["code"] == "check_failed"
    assert results(done) == [(0, "row_count", "fail", False, "2 to 8", 10)]
    assert "the present version has 4" in done["error"]["detail"]
    change(api, "ratio", transform={"where": "flight = 1"})
    assert results(ended(api, "ratio")) == [(0, "row_count", "fail", False, "2 to 8", 1)]
    change(api, "ratio", transform={"where": "month <> 2 OR flight = 4"})
    assert ended(api, "ratio")["state"] == "failed"  # nine
    change(api, "ratio", transform={"where": "month <> 2"})
    assert results(run(api, "ratio")) == [(0, "row_count", "fail", True, "2 to 8", 8)]
    change(api, "ratio", transform={})
    last = run(api, "ratio")
    assert results(last) == [(0, "row_count", "fail", True, "4 to 16", 10)]
    answer = api.post("/v1/datasets/checks.ratio/rollback", json={"version": first["version"]})
    assert answer.status_code == 200, answer.text
    assert results(ended(api, "ratio", force=True)) == [(0, "row_count", "fail", False, "2 to 8", 10)]


def test_an_empty_present_version_compares_with_nothing(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "none_raw", namespace="checks")
    checks = [{"type": "row_count", "min_ratio": 0.9, "max_ratio": 1.1}]
    define(api, "none", source, "checks.none", checks=checks, transform={"where": "flight = 0"})
    assert run(api, "none")["statistics"]["rows"] == 0
    change(api, "none", transform={})
    assert results(run(api, "none")) == [(0, "row_count", "fail", True, "0 or more", 4)]


def hours_ago(hours: float) -> str:
    return f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"


def events(*rows: tuple[str, str]) -> str:
    return "id,at,day\n" + "".join(f"{n},{at},{day}\n" for n, (at, day) in enumerate(rows))


TIMED = {
    "columns": [
        {"name": "id", "type": "int"},
        {"name": "at", "type": "timestamp"},
        {"name": "day", "type": "date"},
    ]
}


def test_the_newest_value_must_not_be_too_old(api: Any, deliver: Deliver) -> None:
    text = events((hours_ago(50), "2024-02-28"), (hours_ago(40), "2024-02-29"), ("", ""))
    source = filled(api, deliver, "fresh_raw", text, namespace="checks", schema=TIMED)
    checks = [
        {"type": "freshness", "column": "at", "max_age": "PT36H"},
        {"type": "freshness", "column": "at", "max_age": "P1DT17H"},
        {"type": "freshness", "column": "day", "max_age": "P52W", "severity": "warn"},
    ]
    define(api, "fresh", source, "checks.fresh", checks=checks)
    assert api.get("/v1/jobs/fresh").json()["checks"][1]["max_age"] == "P1DT17H"
    done = ended(api, "fresh")
    assert (done["state"], done["error"]["code"]) == ("failed", "check_failed")
    assert [one["index"] for one in done["error"]["checks"]] == [0]
    assert [one[3:5] for one in results(done)] == [
        (False, "129600 or less"),
        (True, "147600 or less"),
        (False, "31449600 or less"),
    ]
    ages = [one["found"] for one in done["checks"]]
    assert all(40 * 3600 <= age < 40 * 3600 + 300 for age in ages[:2]), ages
    midnight = datetime(2024, 2, 29, tzinfo=UTC)
    assert 0 <= (datetime.now(UTC) - midnight).total_seconds() - ages[2] < 300
    assert done["error"]["detail"].startswith("The newest value of at is 40 h ")
    drop(api, deliver, source, events((hours_ago(1), "2024-02-29")), "new.csv")
    fresh = run(api, "fresh")
    assert [one[3] for one in results(fresh)] == [True, True, False]
    assert versions(api, "checks.fresh")[0]["checks"] == fresh["checks"]


def test_a_version_without_any_value_is_not_fresh(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "void_raw", events((hours_ago(1), "")), namespace="checks", schema=TIMED)
    check = {"type": "freshness", "column": "day", "max_age": "P1000D"}
    define(api, "void", source, "checks.void", checks=[check])
    assert results(ended(api, "void")) == [(0, "freshness", "fail", False, "86400000 or less", None)]
    change(api, "void", transform={"where": "id > 5"}, checks=[{**check, "column": "at"}])
    done = ended(api, "void")
    assert done["statistics"]["rows"] is None
    assert results(done) == [(0, "freshness", "fail", False, "86400000 or less", None)]
    assert done["error"]["checks"][0]["found"] is None
    change(api, "void", checks=[{**check, "severity": "warn"}])
    assert run(api, "void")["statistics"]["rows"] == 0


def test_an_age_that_only_the_run_can_know_of_fails_it(api: Any, deliver: Deliver) -> None:
    """An expression's type is unknown before it runs."""
    source = filled(api, deliver, "late_raw", namespace="checks")
    check = {"type": "freshness", "column": "n", "max_age": "PT1H"}
    transform = {"columns": [{"name": "n", "expression": "flight + 1"}]}
    define(api, "late", source, "checks.late", checks=[check], transform=transform)
    done = ended(api, "late")
    assert (done["error"]["code"], done["error"]["step"]) == ("bad_sql", "check")
    assert "n is" in done["error"]["detail"]


@pytest.mark.parametrize(
    ("columns", "check", "place", "code"),
    [
        (None, {"type": "freshness", "column": "nothing", "max_age": "PT1H"}, "column", "unknown_column"),
        (None, {"type": "freshness", "column": "carrier", "max_age": "PT1H"}, "column", "wrong_type"),
        (["month"], {"type": "freshness", "column": "carrier", "max_age": "PT1H"}, "column", "unknown_column"),
        (["month"], {"type": "unique", "columns": ["month", "carrier"]}, "columns/1", "unknown_column"),
        (["month"], {"type": "range", "column": "carrier", "min": 1}, "column", "unknown_column"),
        (["month"], {"type": "sql", "expression": "carrier > 1"}, "expression", "bad_sql"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_check_of_no_column_is_refused_with_its_place(
    api: Any, deliver: Deliver, columns: Any, check: Any, place: str, code: str, *, is_known: bool
) -> None:
    if not is_known and columns is None:
        pytest.skip("nothing is known of the columns")
    name = "known_raw" if is_known else "unknown_raw"
    if api.get(f"/v1/datasets/checks.{name}").status_code == 404:
        source = register(api, name, namespace="checks")
        if is_known:
            drop(api, deliver, source, FLIGHTS)
    body = {
        "name": "refused",
        "sources": [f"checks.{name}"],
        "target": {"namespace": "checks", "name": "refused"},
        "checks": [{"type": "row_count", "min": 1}, check],
        **({"transform": {"columns": [{"name": one, "type": "int"} for one in columns]}} if columns else {}),
    }
    answer = api.post("/v1/jobs", json=body)
    assert answer.status_code == 422, answer.text
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(f"/checks/1/{place}", code)]


def test_columns_retyped_after_files_were_committed_lose_no_value_unseen(api: Any, lake: Any, deliver: Deliver) -> None:
    def retyped(kind: str, *more: str) -> None:
        columns = [
            {"name": "code", "type": kind},
            {"name": "n", "type": "int"},
            *({"name": m, "type": "int"} for m in more),
        ]
        etag = {"If-Match": api.get(f"/v1/datasets/{source}").headers["ETag"]}
        answer = api.patch(f"/v1/datasets/{source}", json={"schema": {"columns": columns}}, headers=etag)
        assert answer.status_code == 200, answer.text

    text = {"columns": [{"name": "code", "type": "varchar"}, {"name": "n", "type": "int"}]}
    source = register(api, "retyped_raw", namespace="checks", schema=text)
    drop(api, deliver, source, "code,n\nA12,1\n7,2\nB9,3\n,4\n")
    define(api, "retyped", source, "checks.retyped")
    assert run(api, "retyped")["checks"] == []
    retyped("int")
    drop(api, deliver, source, "code,n\n8,5\n", "b.csv")
    done = ended(api, "retyped")
    assert (done["state"], done["error"]["code"]) == ("failed", "misread_values")
    assert [(one["type"], one["passed"], one["found"]) for one in done["checks"]] == [("misread_values", False, 2)]
    assert "A12" not in str(done["error"])
    assert select(lake, "SELECT count(code) FROM checks.retyped") == [(3,)]  # still the version of before
    retyped("varchar", "added")
    assert run(api, "retyped")["statistics"]["rows"] == 5


def test_an_added_column_makes_no_file_be_read_again(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "widened_raw", "n\n1\n", namespace="checks")
    schema = {"columns": [{"name": "n", "type": "int"}, {"name": "m", "type": "int"}]}
    define(api, "widened", source, "checks.widened")
    found = api.get(f"/v1/datasets/{source}")
    columns = [
        {"name": one["name"], "type": one["type"], "parse": one["parse"], "null_tokens": one["null_tokens"]}
        for one in found.json()["schema"]["columns"]
    ] + schema["columns"][1:]
    answer = api.patch(
        f"/v1/datasets/{source}", json={"schema": {"columns": columns}}, headers={"If-Match": found.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.text
    assert run(api, "widened")["checks"] == []
