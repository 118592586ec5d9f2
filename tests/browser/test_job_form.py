"""The form of a job: all that a warehouse needs by hand, the rest as JSON, and nothing lost between the two."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.api.lakework import define
from tests.browser.conftest import Watch
from tests.browser.steps import EVERYTHING, curated, heading, ordered

SHAPE = ("sources", "transform", "mode", "merge", "layout", "triggers", "checks", "max_bytes_scanned")
UNNEST = {"column": "items", "type": "array<varchar>", "as": "item", "position": None, "outer": False}


def go(page: Page, path: str) -> None:
    page.goto(page.url.split("#")[0] + f"#{path}")


def fill(page: Page, group: str, fields: dict[str, str]) -> None:
    """Adds a trigger or a check; its fields by the first words of their labels."""
    page.get_by_role("button", name=f"+ {group}").click()
    added = page.get_by_role("group", name=group).last
    for label, value in fields.items():
        field = added.get_by_label(re.compile(f"^{label}"))
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def test_a_job_is_defined_by_hand_with_all_that_it_can_have(page: Page, api: Any):
    ordered(api, "hand")
    for upstream in ("hand-one", "hand-two"):
        define(api, upstream, "hand.orders", f"hand.{upstream.replace('-', '_')}")
    go(page, "/jobs/new?source=hand.orders")
    page.get_by_label("Name", exact=True).fill("by-hand")
    page.get_by_label("Into dataset").fill("clean")
    page.get_by_label("Columns of my choice").check()
    page.get_by_label("type of amount").fill("decimal(10,2)")
    page.get_by_label("on_error of amount").select_option("rejects its row")
    page.get_by_label("default of country").fill("007")
    page.get_by_label("type of country").fill("varchar")
    page.get_by_label("on_error of country").select_option("becomes null")
    page.get_by_label("Table format").select_option("Iceberg")
    page.get_by_label("Compression").select_option("Zstandard")
    page.get_by_label("Partition by").fill("day")
    page.get_by_label("Bucket by").fill("country")
    page.get_by_label("Buckets").fill("4")
    page.get_by_label("Sort files by").fill("id desc")
    page.get_by_label("Scan at most").fill("20000000")

    page.get_by_label("After quiet for").fill("30")  # of the trigger that a new job has
    fill(page, "On a schedule", {"Schedule": "cron(0 6 * * ? *)", "Time zone": "Europe/Berlin"})
    fill(page, "After other jobs", {"After": "all", "whose run": "finished"})
    for upstream in ("hand-one", "hand-two"):
        page.get_by_label("Jobs", exact=True).select_option(upstream)
    fill(page, "Row count", {"At least, times": "0.5", "If it": "warn", "Called": "not half"})
    fill(page, "Unique together", {"Columns": "id, day"})
    fill(page, "Never null", {"Columns": "id"})
    fill(page, "Accepted values", {"Column": "country", "Values": 'DE, "a, b", "5"'})
    fill(page, "Range", {"Column": "amount", "From": "0", "To": "999.99"})
    fill(page, "Freshness", {"Column": "day", "Newest": "P30D", "If it": "warn"})
    fill(page, "SQL", {"False for": "amount <> 13"})
    fill(page, "Never null", {"Columns": "day"})
    page.get_by_role("group", name="Never null").first.get_by_role("button", name="Without Never null").click()
    page.get_by_role("button", name="Create the job").click()
    heading(page, "by-hand")
    expect(page.get_by_text("after all of hand-one, hand-two ended")).to_be_visible()

    made = api.get("/v1/jobs/by-hand").json()
    columns = {column["name"]: column for column in made["transform"]["columns"]}
    assert (columns["amount"]["on_error"], columns["country"]["on_error"]) == ("reject", "null")
    assert (columns["country"]["default"], columns["id"]["default"]) == ("007", None)
    stored = {"table_format": "iceberg", "format": "parquet", "compression": "zstd", "partition_by": ["day"]}
    assert made["layout"] == stored | {"bucket_by": ["country"], "bucket_count": 4, "sort_by": ["id desc"]}
    assert made["max_bytes_scanned"] == 20_000_000
    assert [given(trigger) for trigger in made["triggers"]] == [
        {"type": "arrival", "quiet_seconds": 30},
        {"type": "schedule", "expression": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin"},
        {"type": "run", "jobs": ["hand-one", "hand-two"], "on": "finished", "require": "all"},
    ]
    assert [given(check) for check in made["checks"]] == [
        {"type": "row_count", "min_ratio": 0.5, "severity": "warn", "name": "not half"},
        {"type": "unique", "columns": ["id", "day"], "severity": "fail"},
        {"type": "accepted_values", "column": "country", "values": ["DE", "a, b", "5"], "severity": "fail"},
        {"type": "range", "column": "amount", "min": 0, "max": 999.99, "severity": "fail"},
        {"type": "freshness", "column": "day", "max_age": "P30D", "severity": "warn"},
        {"type": "sql", "expression": "amount <> 13", "severity": "fail"},
        {"type": "not_null", "columns": ["day"], "severity": "fail"},
    ]


def given(part: dict[str, Any]) -> dict[str, Any]:
    """Without what was left open."""
    return {name: value for name, value in part.items() if value is not None}


def test_a_form_that_changes_one_thing_changes_nothing_else(page: Page, api: Any):
    ordered(api, "kept")
    before = api.get(f"/v1/jobs/{curated(api, 'kept', **EVERYTHING)}").json()
    go(page, "/jobs/kept-curate/edit")
    page.get_by_label("Description").fill("Now with words")
    page.get_by_role("button", name="Save").click()
    heading(page, "kept-curate")
    after = api.get("/v1/jobs/kept-curate").json()
    assert after["description"] == "Now with words"
    assert {part: after[part] for part in SHAPE} == {part: before[part] for part in SHAPE}
    assert after["version"] == before["version"], "or the next run loads everything again"


def test_what_has_no_field_is_shown_kept_and_changed_as_json(page: Page, api: Any, watch: Watch):
    ordered(api, "nested", 'id,items\n1,"[""a"",""b""]"\n')
    columns = [{"name": "id"}, {"name": "item", "expression": "item"}]
    curated(api, "nested", transform={"columns": columns, "unnest": UNNEST})
    go(page, "/jobs/nested-curate/edit")
    expect(page.get_by_role("note")).to_contain_text("transform.unnest")
    page.get_by_label("Description").fill("One row an item")
    page.get_by_role("button", name="JSON").click()
    editor = page.get_by_label("Definition")
    shown = json.loads(editor.input_value())
    assert (shown["description"], given(shown["transform"]["unnest"])) == ("One row an item", given(UNNEST))
    assert not {"name", "target"} & set(shown), "they stay for good"

    editor.fill("{")
    page.get_by_role("button", name="Form").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shown["transform"]["unnest"]["position"] = "place"
    shown["transform"]["columns"].append({"name": "place"})
    editor.fill(json.dumps(shown))
    page.get_by_role("button", name="Form").click()
    expect(page.get_by_role("note")).to_contain_text('"position":"place"')
    expect(page.get_by_role("region", name="Columns of the target").get_by_role("row")).to_have_count(4)

    page.get_by_role("button", name="JSON").click()
    editor.fill(json.dumps(shown | {"colour": "green"}))
    watch.refusals_expected = True
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("/colour")
    editor.fill(json.dumps(shown))
    page.get_by_role("button", name="Save").click()
    heading(page, "nested-curate")
    made = api.get("/v1/jobs/nested-curate").json()
    assert made["transform"]["unnest"] == UNNEST | {"position": "place"}
    assert [column["name"] for column in made["transform"]["columns"]] == ["id", "item", "place"]
