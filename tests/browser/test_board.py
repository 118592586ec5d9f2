"""The charts' tiles: what they say of an answer that is cut, old, or could not be made anew."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.browser.steps import HEADER, ordered, settled

COUNTRIES = "SELECT country, count(*) AS orders FROM {}.orders GROUP BY 1 ORDER BY 1"


def chart(api: Any, name: str, sql: str, **more: Any) -> None:
    """A saved query with a chart, answered once."""
    saved = {"sql": sql, "chart": {"type": "column", "title": f"Title of {name}"}} | more
    api.put(f"/v1/saved-queries/{name}", json=saved).raise_for_status()
    answer = api.get(f"/v1/saved-queries/{name}/chart", headers={"Prefer": "wait=25"})
    assert answer.status_code == 200, answer.text


def show_board(page: Page) -> None:
    """The page of charts, which may have listed its tiles before the one that matters was saved."""
    page.goto(page.url.split("#")[0] + "#/")
    page.reload()


def test_a_chart_of_a_cut_answer_says_so(page: Page, api: Any):
    ordered(api, "cut")
    chart(api, "cut-off", COUNTRIES.format("cut"), row_limit=1)
    chart(api, "whole", COUNTRIES.format("cut"))
    show_board(page)
    expect(page.get_by_role("article", name="Title of cut-off")).to_contain_text("Cut at 1 row,")
    whole = page.get_by_role("article", name="Title of whole")
    expect(whole.locator(".highcharts-series-0 .highcharts-point")).to_have_count(2)
    expect(whole).not_to_contain_text("Cut at")


def test_a_chart_that_cannot_be_made_anew_says_so_and_does_not_ask_each_second(page: Page, api: Any):
    dataset = ordered(api, "fails")
    chart(api, "fails-at-five", "SELECT 'all' AS what, 12 / (5 - count(*)) AS share FROM fails.orders")
    settled(api, dataset, drop(api, None, dataset, HEADER + "8,2026-02-01,5.00,IT\n", "fifth.csv"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "fails-at-five/chart" in request.url else None)
    show_board(page)
    tile = page.get_by_role("article", name="Title of fails-at-five")
    expect(tile).to_contain_text("a newer one could not be made (query_failed)")
    expect(tile.locator(".highcharts-series-0 .highcharts-point")).to_have_count(1)
    expect(tile).not_to_contain_text("being renewed")
    before = len(asked)
    page.wait_for_timeout(4_000)
    assert len(asked) == before


LINK = '<a href="https://evil.example/">Pay here</a>'
ODD = f"SELECT * FROM (VALUES ('<none>', '{LINK}', 3), ('R&D', '<b>bold</b>', 4)) AS t(what, who, orders)"


def test_values_that_look_like_markup_are_drawn_as_the_text_they_are(page: Page, api: Any):
    chart(api, "odd-columns", ODD, chart={"x": "what", "series": "who", "type": "column", "title": "Odd columns"})
    chart(api, "odd-slices", ODD, chart={"x": "what", "y": ["orders"], "type": "pie", "title": "Odd <b>slices</b>"})
    show_board(page)
    columns = page.get_by_role("article", name="Odd columns")
    expect(columns.locator(".highcharts-xaxis-labels")).to_contain_text("<none>")
    expect(columns.locator(".highcharts-xaxis-labels")).to_contain_text("R&D")
    expect(columns.locator(".highcharts-legend")).to_contain_text(LINK)
    expect(columns.locator(".highcharts-legend")).to_contain_text("<b>bold</b>")
    columns.locator(".highcharts-series-0 path.highcharts-point").hover()
    expect(columns.locator(".highcharts-tooltip")).to_contain_text("<none>")
    expect(columns.locator(".highcharts-tooltip")).to_contain_text(LINK)
    slices = page.get_by_role("article", name="Odd <b>slices</b>")
    expect(slices.locator(".highcharts-data-labels")).to_contain_text("<none>")
    slices.locator("path.highcharts-point").first.hover()
    expect(slices.locator(".highcharts-tooltip")).to_contain_text("Odd <b>slices</b>")
    assert page.locator("[href*=evil]").count() == 0


def test_a_parameter_that_is_cleared_shows_what_is_drawn_and_a_boolean_is_chosen(page: Page, api: Any):
    ordered(api, "tuned")
    sql = "SELECT id, id AS n FROM tuned.orders WHERE country = :country AND (id > 2) = :late ORDER BY 1"
    parameters = {"country": {"type": "varchar", "default": "FR"}, "late": {"type": "boolean", "default": True}}
    chart(api, "tuned", sql, parameters=parameters)
    show_board(page)
    tile = page.get_by_role("article", name="Title of tuned")
    country, late = tile.get_by_label("country", exact=True), tile.get_by_label("late", exact=True)
    x = tile.locator(".highcharts-xaxis-labels")
    expect(x).to_have_text("4")
    late.select_option("false")
    expect(x).to_have_text("2")
    country.fill("DE")
    country.press("Enter")
    expect(x).to_have_text("1")
    country.fill("")
    country.press("Tab")
    expect(country).to_have_value("FR")
    expect(x).to_have_text("2")
