"""The chart builder shows the chart that the saved query will have: of the whole answer, drawn by the API."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.steps import ask, ordered

MANY = "SELECT n, n % 100 AS tooth FROM UNNEST(sequence(1, 5000)) AS t(n) ORDER BY n"


def drawn(page: Page, query: str) -> Any:
    page.goto(page.url.split("#")[0] + "#/query")
    answer = ask(page, query)
    answer.get_by_role("button", name="Chart").click()
    return answer


def test_all_rows_are_drawn_thinned_to_the_width(page: Page):
    answer = drawn(page, MANY)
    expect(answer.get_by_text("All 5,000 rows, thinned to")).to_be_visible()
    expect(answer.locator(".highcharts-xaxis-labels")).to_contain_text("5000")
    answer.get_by_label("Chart", exact=True).select_option("column")
    expect(answer.get_by_text("All 5,000 rows.", exact=True)).to_be_visible()
    expect(answer.locator(".highcharts-series-0 .highcharts-point")).to_have_count(5000)


def test_a_column_of_text_makes_a_series_for_each(page: Page, api: Any):
    ordered(api, "pieces")
    answer = drawn(page, "SELECT day, country, amount FROM pieces.orders")
    expect(answer.locator("g.highcharts-series")).to_have_count(2)
    expect(answer.get_by_label("A series for each")).to_have_value("country")
    answer.get_by_label("A series for each").select_option("(one series)")
    expect(answer.locator("g.highcharts-series")).to_have_count(1)


def test_an_answer_without_numbers_says_so(page: Page):
    answer = drawn(page, "SELECT 'DE' AS country")
    expect(answer.get_by_text("no column of numbers to draw")).to_be_visible()


def test_every_value_can_be_left_out_and_nothing_is_drawn_then(page: Page, api: Any):
    answer = drawn(page, "SELECT n, n * n AS square, n + 1 AS next FROM UNNEST(sequence(1, 3)) AS t(n)")
    values = answer.get_by_role("group", name="Values")
    expect(answer.locator("g.highcharts-series")).to_have_count(2)
    values.get_by_label("square").uncheck()
    expect(answer.locator("g.highcharts-series")).to_have_count(1)
    values.get_by_label("next").uncheck()
    expect(answer.get_by_text("or none is chosen")).to_be_visible()
    expect(values.get_by_label("square")).not_to_be_checked()
    values.get_by_label("next").check()
    expect(answer.locator("g.highcharts-series")).to_have_count(1)
    answer.get_by_label("Along x").select_option("square")
    expect(values.get_by_label("n", exact=True)).to_be_checked()  # another x, the numbers among the rest again
    for name in ("n", "next"):
        values.get_by_label(name, exact=True).uncheck()
    page.get_by_role("button", name="Save…").click()
    page.get_by_label("Name", exact=True).fill("undrawn")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("undrawn")
    assert api.get("/v1/saved-queries/undrawn").json()["chart"] is None
