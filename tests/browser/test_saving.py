"""Saving a query: what another saved meanwhile is not lost, and what was saved is what was meant."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.steps import heading, write_sql


def put(api: Any, name: str, sql: str, **more: Any) -> None:
    path = f"/v1/saved-queries/{name}"
    there = api.get(path)
    headers = {"If-Match": there.headers["ETag"]} if there.status_code == 200 else {}
    api.put(path, json={"sql": sql, **more}, headers=headers).raise_for_status()


def sql_of(api: Any, name: str) -> str:
    return str(api.get(f"/v1/saved-queries/{name}").json()["sql"])


def open_saved(page: Page, name: str) -> None:
    page.goto(page.url.split("#")[0] + f"#/query?saved={name}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save…").click()
    page.get_by_role("button", name="Save", exact=True).click()


def test_what_another_saved_meanwhile_is_replaced_only_when_asked(page: Page, api: Any, watch: Watch):
    watch.refusals_expected = True
    put(api, "ours", "SELECT 1 AS one")
    open_saved(page, "ours")
    write_sql(page, "SELECT 2 AS mine")
    save(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sql_of(api, "ours") == "SELECT 2 AS mine"

    put(api, "ours", "SELECT 3 AS theirs")
    write_sql(page, "SELECT 4 AS mine")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed or deleted it since you opened it.")
    assert sql_of(api, "ours") == "SELECT 3 AS theirs"
    expect(page.get_by_role("textbox", name="SQL", exact=True)).to_have_text("SELECT 4 AS mine")
    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sql_of(api, "ours") == "SELECT 4 AS mine"
    versions = api.get("/v1/saved-queries/ours/versions").json()["items"]
    assert "SELECT 3 AS theirs" in [version["sql"] for version in versions]


def test_a_desk_that_is_opened_again_begins_with_what_is_there(page: Page, api: Any):
    put(api, "again", "SELECT 1 AS one")
    open_saved(page, "again")
    page.get_by_role("link", name="Jobs", exact=True).click()
    heading(page, "Jobs")
    put(api, "again", "SELECT 2 AS two")
    page.go_back()
    expect(page.get_by_role("textbox", name="SQL", exact=True)).to_have_text("SELECT 2 AS two")


def test_what_was_deleted_meanwhile_is_made_again_only_when_asked(page: Page, api: Any, watch: Watch):
    watch.refusals_expected = True
    put(api, "gone", "SELECT 1 AS one")
    open_saved(page, "gone")
    path = "/v1/saved-queries/gone"
    api.delete(path, headers={"If-Match": api.get(path).headers["ETag"]}).raise_for_status()
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("changed or deleted")
    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sql_of(api, "gone") == "SELECT 1 AS one"


def test_parameters_are_sent_and_saved_as_values_of_their_types(page: Page, api: Any, watch: Watch):
    watch.refusals_expected = True  # a parameter without a value has no estimate
    page.goto(page.url.split("#")[0] + "#/query")
    numbers = "UNNEST(sequence(1, 9)) AS t(n)"
    write_sql(page, f"SELECT n FROM {numbers} WHERE (n > :least) = :is_above AND n * 1.5 < :most AND 'x' = :name")
    for name, kind, value in [("least", "int", "5"), ("most", "double", "12.5"), ("name", "varchar", "x")]:
        page.get_by_label(f"Type of {name}").select_option(kind)
        page.get_by_label(f"Value of {name}").fill(value)
    page.get_by_label("Type of is_above").select_option("boolean")
    page.get_by_label("Value of is_above").select_option("true")
    expect(page.locator(".estimate strong").first).to_be_visible()
    page.get_by_role("button", name="Run").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text("Rows 1 to 3 of 3")).to_be_visible()
    page.get_by_role("button", name="Save…").click()
    page.get_by_label("Name", exact=True).fill("typed")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("typed")
    saved = api.get("/v1/saved-queries/typed").json()["parameters"]
    assert {name: one["default"] for name, one in saved.items()} == {
        "least": 5,
        "is_above": True,
        "most": 12.5,
        "name": "x",
    }
    page.reload()
    expect(page.get_by_label("Value of is_above")).to_have_value("true")
    page.get_by_label("Value of is_above").select_option("false")
    page.get_by_role("button", name="Run").click()
    expect(answer.get_by_text("Rows 1 to 5 of 5")).to_be_visible()
