"""The main job, done by hand in the browser: from a file to a chart, and through what goes wrong on the way."""

import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.api.lakework import register as register_dataset
from tests.browser.conftest import Watch
from tests.browser.steps import HEADER, ORDERS, ask, curated, heading, ordered, run, settled, write_sql, written

BAD = HEADER + "4,2026-01-05,8.25,DE\n5,2026-01-06\n"


def test_from_a_file_to_a_chart(page: Page, tmp_path: Path):
    register(page)
    upload(page, tmp_path)
    look(page)
    curate(page)
    draw(page)


def register(page: Page) -> None:
    page.get_by_role("link", name="Catalogue", exact=True).click()
    page.get_by_role("button", name="Register").first.click()
    page.get_by_label("Namespace").fill("shop")
    page.get_by_label("Name", exact=True).fill("orders")
    page.get_by_label("Description").fill("What customers bought")
    page.get_by_role("button", name="Register", exact=True).click()
    heading(page, "shop.orders")


def upload(page: Page, folder: Path) -> None:
    page.get_by_label("Files to upload").set_input_files(written(folder, "orders.csv", ORDERS))
    sent = page.get_by_role("region", name="Upload")
    expect(sent.get_by_text("committed")).to_be_visible()
    expect(page.get_by_role("region", name="Files").get_by_role("row", name="orders.csv committed")).to_be_visible()

    page.get_by_label("Files to upload").set_input_files(written(folder, "late.csv", BAD))
    expect(sent.get_by_text("quarantined")).to_be_visible()
    mistake = sent.get_by_role("region", name="Mistakes").get_by_role("row").nth(1)
    expect(mistake).to_have_text(re.compile("ragged_row.*3.*4 fields.*2 fields"))


def look(page: Page) -> None:
    page.get_by_role("link", name=re.compile("Schema")).click()
    expect(page.get_by_role("row", name=re.compile("amount decimal"))).to_contain_text("3 of 3 values are amounts")
    page.get_by_role("link", name="Rows").click()
    rows = page.get_by_role("region", name="Rows")
    expect(rows.get_by_role("row")).to_have_count(5)
    expect(rows.get_by_text("null")).to_have_count(1)


def curate(page: Page) -> None:
    page.get_by_role("navigation", name="About shop.orders").get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="Define a job that reads it").click()
    page.get_by_label("Name", exact=True).fill("orders-curate")
    page.get_by_label("Into dataset").fill("clean")
    page.get_by_label("Columns of my choice").check()
    page.get_by_role("button", name="Leave out country").click()
    page.get_by_label("type of amount").fill("decimal(12,2)")
    page.get_by_label("Where").fill("amount IS NOT NULL")
    page.get_by_role("button", name="+ Never null").click()
    page.get_by_role("group", name="Never null").get_by_label("Columns").fill("id, day")
    page.get_by_role("button", name="Create the job").click()
    preview = page.get_by_role("region", name="What a run would do")
    expect(preview).to_contain_text("A run now would read at most")
    expect(preview).to_contain_text("CREATE TABLE")

    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Published version")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("list", name="Steps").get_by_text(", done")).to_have_count(5)
    expect(page.get_by_role("region", name="Statistics")).to_contain_text("Rows3")
    expect(page.get_by_role("row", name=re.compile("not_null passed"))).to_be_visible()
    page.get_by_role("link", name="shop.clean").click()
    expect(page.get_by_role("region", name="Rows").get_by_role("row")).to_have_count(4)


def draw(page: Page) -> None:
    page.get_by_role("link", name="Query it").click()
    answer = ask(page, "SELECT day, sum(amount) AS revenue FROM shop.clean GROUP BY 1 ORDER BY 1")
    expect(page.get_by_text("Reads at most")).to_contain_text("of shop.clean")
    expect(answer.get_by_role("row", name="3 2026-01-04 30.25")).to_be_visible()
    expect(answer).to_contain_text("in Athena")
    answer.get_by_role("button", name="Chart").click()
    answer.get_by_label("Chart", exact=True).select_option("column")
    answer.get_by_label("Title").fill("Revenue by day")
    expect(answer.locator(".highcharts-series-0 .highcharts-point")).to_have_count(3)

    page.get_by_role("button", name="Save…").click()
    page.get_by_label("Name", exact=True).fill("revenue")
    page.get_by_role("button", name="Save", exact=True).click()
    heading(page, "revenue")
    page.get_by_role("link", name="Charts", exact=True).click()
    tile = page.get_by_role("article", name="Revenue by day")
    expect(tile.locator(".highcharts-series-0 .highcharts-point")).to_have_count(3)


def test_a_dropped_file_is_sent(page: Page, api: Any):
    dataset = ordered(api, "dropped")
    page.goto(page.url.split("#")[0] + f"#/datasets/{dataset}?tab=files")
    transfer = page.evaluate_handle(
        """(text) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "more.csv", { type: "text/csv" }));
          return transfer;
        }""",
        HEADER + "9,2026-02-01,1.00,IT\n",
    )
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": transfer})
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("row", name=re.compile("more.csv committed"))).to_be_visible()


def test_a_run_that_fails_says_why_and_is_retried_after_a_correction(page: Page, api: Any):
    ordered(api, "strict")
    failed = run(api, curated(api, "strict", checks=[{"type": "row_count", "min": 500}]))
    page.goto(page.url.split("#")[0] + f"#/runs/{failed['id']}")
    expect(page.get_by_role("alert")).to_contain_text("The version has 4 rows; it must have at least 500.")
    expect(page.get_by_role("list", name="Steps").get_by_role("listitem").nth(2)).to_contain_text("failed here")
    expect(page.get_by_role("row", name=re.compile("row_count failed"))).to_be_visible()

    page.get_by_role("link", name="strict-curate").click()
    page.get_by_role("link", name="Change").click()
    least = page.get_by_role("group", name="Row count").get_by_label("At least", exact=True)
    expect(least).to_have_value("500")
    least.fill("4")
    page.get_by_role("button", name="Save").click()
    heading(page, "strict-curate")
    page.goto(page.url.split("#")[0] + f"#/runs/{failed['id']}")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Published version")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="an earlier run")).to_be_visible()


def test_an_older_version_is_rolled_back_to(page: Page, api: Any):
    dataset = ordered(api, "back")
    job = curated(api, "back")
    run(api, job)
    settled(api, dataset, drop(api, None, dataset, HEADER + "7,2026-03-01,1.00,IT\n", "b.csv"))
    run(api, job)
    page.goto(page.url.split("#")[0] + "#/datasets/back.clean?tab=versions")
    versions = page.get_by_role("region", name="Versions").get_by_role("row")
    expect(versions.nth(1)).to_contain_text("current")
    versions.nth(2).get_by_role("button", name="Roll back…").click()
    versions.nth(2).get_by_role("button", name="Make this current").click()
    expect(versions.nth(2)).to_contain_text("current")
    page.get_by_role("link", name="Rows").click()
    expect(page.get_by_role("region", name="Rows").get_by_role("row")).to_have_count(5)


def test_sql_that_is_not_accepted_is_explained_while_it_is_typed(page: Page, api: Any, watch: Watch):
    ordered(api, "typed")
    watch.refusals_expected = True
    page.goto(page.url.split("#")[0] + "#/query")
    write_sql(page, "SELECT * FROM typed.nowhere")
    expect(page.get_by_role("status").get_by_text("typed.nowhere")).to_be_visible()
    write_sql(page, "DELETE FROM typed.orders")
    expect(page.locator(".estimate.bad")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Run")).click()
    expect(page.get_by_role("alert")).to_contain_text("bad_sql")
    write_sql(page, "SELECT id FROM typed.orders")
    expect(page.get_by_text("Reads at most")).to_be_visible()


def test_a_query_that_fails_in_athena_says_why(page: Page, api: Any):
    ordered(api, "zero")
    page.goto(page.url.split("#")[0] + "#/query")
    answer = ask(page, "SELECT 1 / (id - id) AS nothing FROM zero.orders")
    expect(answer.get_by_role("alert")).to_contain_text("DIVISION_BY_ZERO")
    expect(answer.get_by_text("failed", exact=True)).to_be_visible()


def test_a_long_query_is_cancelled(page: Page):
    page.goto(page.url.split("#")[0] + "#/query")
    long = "UNNEST(sequence(1, 10000))"
    answer = ask(page, f"SELECT count(*) FROM {long} a(x), {long} b(y), {long} c(z) WHERE (x * y * z) % 7 = 3")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(answer.get_by_text("Cancelled.")).to_be_visible()


def test_results_have_pages_a_file_and_an_address_that_shows_them_to_others(page: Page, open_page: Any, watch: Watch):
    watch.refusals_expected = True  # a parameter without a value has no estimate
    page.goto(page.url.split("#")[0] + "#/query")
    write_sql(page, "SELECT n, n * 10000000000000001 AS big FROM UNNEST(sequence(1, 250)) AS t(n) WHERE n > :least")
    page.get_by_label("Type of least").select_option("int")
    page.get_by_label("Value of least").fill("5")
    page.get_by_role("button", name=re.compile("^Run")).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text("Rows 1 to 100 of 245")).to_be_visible()
    expect(answer.get_by_role("row", name="1 6 60000000000000006", exact=True)).to_be_visible()  # no digit is lost
    answer.get_by_role("button", name="Next").click()
    answer.get_by_role("button", name="Next").click()
    expect(answer.get_by_text("Rows 201 to 245 of 245")).to_be_visible()
    expect(answer.get_by_role("button", name="Next")).to_be_disabled()
    answer.get_by_role("button", name="Previous").click()
    expect(answer.get_by_text("Rows 101 to 200 of 245")).to_be_visible()
    with page.expect_download() as download:
        answer.get_by_role("button", name="Download CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 246

    other = open_page(page.url.split("#")[1])
    expect(other.get_by_text("Rows 1 to 100 of 245")).to_be_visible()
    expect(other.get_by_label("Value of least")).to_have_value("5")


def test_completion_knows_tables_and_their_columns(page: Page, api: Any):
    ordered(api, "known")
    page.goto(page.url.split("#")[0] + "#/query")
    write_sql(page, "SELECT  FROM known.orders o")
    page.get_by_role("textbox", name="SQL", exact=True).press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("o.am")
    expect(page.get_by_role("option", name="amount")).to_be_visible()
    page.wait_for_timeout(200)  # CodeMirror takes no Enter for a choice that nobody can have seen yet
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="SQL", exact=True)).to_contain_text("SELECT o.amount FROM known.orders o")


def test_a_large_file_is_sent_in_parts(page: Page, api: Any, tmp_path: Path):
    dataset = register_dataset(api, "orders", "parts")
    in_parts = lambda route: route.continue_(post_data=route.request.post_data_json | {"parts": 2})  # noqa: E731
    page.route("**/uploads", in_parts)  # as the API answers above 5 GB
    page.goto(page.url.split("#")[0] + f"#/datasets/{dataset}?tab=files")
    rows = "".join(f"{n},2026-01-02,12.50,DE\n" for n in range(500_000))
    page.get_by_label("Files to upload").set_input_files(written(tmp_path, "many.csv", HEADER + rows))
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("row", name=re.compile("many.csv committed.*500,000"))).to_be_visible(timeout=60_000)


def test_a_quarantined_file_is_checked_again(page: Page, api: Any):
    dataset = ordered(api, "again")
    upload = api.post(f"/v1/datasets/{dataset}/uploads", json={"file_name": "late.csv", "size_bytes": len(BAD)}).json()
    page.goto(page.url.split("#")[0] + f"#/datasets/{dataset}?tab=files")
    expect(page.get_by_role("row", name=re.compile("late.csv expected"))).to_be_visible()
    httpx.put(upload["url"], headers=upload["headers"], content=BAD.encode()).raise_for_status()
    page.get_by_role("button", name="Report").click()  # the page looks again by itself
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("It is quarantined")).to_be_visible()


def test_a_run_is_cancelled(page: Page, api: Any):
    ordered(api, "long")
    numbers = "UNNEST(sequence(1, 10000))"
    sql = f"SELECT count(*) AS n FROM long.orders, {numbers} a(x), {numbers} b(y), {numbers} c(z) WHERE (x * y * z) % 7 = 3"
    job = curated(api, "long", transform={"sql": sql})
    page.goto(page.url.split("#")[0] + f"#/jobs/{job}")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("list", name="Steps").get_by_text(", under way")).to_have_count(1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".badge").get_by_text("cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_a_chart_asks_for_its_parameters(page: Page, api: Any):
    ordered(api, "given")
    chart = {"x": "day", "y": ["orders"], "type": "column", "title": "Orders of a country"}
    sql = "SELECT day, count(*) AS orders FROM given.orders WHERE country = :country GROUP BY 1 ORDER BY 1"
    saved = {"sql": sql, "parameters": {"country": {"type": "varchar"}}, "chart": chart}
    api.put("/v1/saved-queries/of-country", json=saved).raise_for_status()
    page.goto(page.url.split("#")[0] + "#/catalogue")
    page.get_by_role("link", name="Charts", exact=True).click()
    tile = page.get_by_role("article", name="Orders of a country")
    expect(tile).to_contain_text("Give country to draw it.")
    tile.get_by_label("country", exact=True).fill("FR")
    tile.get_by_label("country", exact=True).press("Enter")
    expect(tile.locator(".highcharts-series-0 .highcharts-point")).to_have_count(2)


def test_a_saved_query_is_replaced_only_when_asked_and_deleted(page: Page, api: Any, watch: Watch):
    watch.refusals_expected = True
    api.put("/v1/saved-queries/kept", json={"sql": "SELECT 1 AS one"}).raise_for_status()
    page.goto(page.url.split("#")[0] + "#/query")
    ask(page, "SELECT 2 AS two")
    page.get_by_role("button", name="Save…").click()
    page.get_by_label("Name", exact=True).fill("kept")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is a saved query with this name.")
    assert api.get("/v1/saved-queries/kept").json()["sql"] == "SELECT 1 AS one"
    page.get_by_role("button", name="Replace it").click()
    heading(page, "kept")
    assert api.get("/v1/saved-queries/kept").json()["sql"] == "SELECT 2 AS two"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    heading(page, "Query")
    assert api.get("/v1/saved-queries/kept").status_code == 404
