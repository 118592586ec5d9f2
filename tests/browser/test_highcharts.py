"""Highcharts' own data module draws from our addresses, without code in between."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.browser.steps import HEADER, ordered, settled
from tests.product import ROOT

HIGHCHARTS = ROOT / "dashboard/node_modules/highcharts"
SQL = "SELECT country, count(*) AS orders FROM shop.orders GROUP BY 1 ORDER BY 1"
POLLING = {"enablePolling": True, "dataRefreshRate": 1}
BARS = ".highcharts-series-group .highcharts-series-0 .highcharts-point"


@pytest.fixture(scope="module", autouse=True)
def dataset(api: Any) -> str:
    dataset = ordered(api, "shop")
    saved = {"sql": SQL, "chart": {"x": "country", "y": ["orders"], "type": "column"}}
    api.put("/v1/saved-queries/by-country", json=saved).raise_for_status()
    api.get("/v1/saved-queries/by-country/chart", headers={"Prefer": "wait=25"}).raise_for_status()
    return dataset


def address(api: Any, shape: str) -> str:
    """What stands in the options of a chart: an address that needs no header."""
    asked = {"target": "chart", "options": {"shape": shape}, "expires_in": 600}
    answer = api.post("/v1/saved-queries/by-country/links", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


def draw(page: Page, data: dict[str, Any]) -> None:
    """A bare page with nothing but Highcharts and its data module."""
    for script in ("highcharts.js", "modules/data.js"):
        page.evaluate((HIGHCHARTS / script).read_text())
    bare = {"title": {"text": ""}, "accessibility": {"enabled": False}}
    options = {"chart": {"type": "column", "animation": False}, "data": data, **bare}
    page.evaluate(
        """(options) => {
          document.body.innerHTML = '<div id="chart" style="width: 600px; height: 300px"></div>';
          window.chart = Highcharts.chart("chart", options);
        }""",
        options,
    )


def drawn(page: Page) -> list[Any]:
    return page.evaluate("chart.series[0].points.map((point) => [point.name ?? point.category, point.y])")


@pytest.mark.parametrize(("option", "shape"), [("columnsURL", "columns"), ("rowsURL", "rows"), ("csvURL", "csv")])
def test_each_address_is_drawn_as_it_is(page: Page, api: Any, option: str, shape: str):
    draw(page, {option: address(api, shape)})
    expect(page.locator(BARS)).to_have_count(2)
    assert drawn(page) == [["DE", 2], ["FR", 2]]
    assert page.evaluate("chart.series[0].name") == "orders"


def test_a_polled_address_shows_new_data(page: Page, api: Any, dataset: str):
    draw(page, {"csvURL": address(api, "csv"), **POLLING})
    expect(page.locator(BARS)).to_have_count(2)
    settled(api, dataset, drop(api, None, dataset, HEADER + "8,2026-02-01,5.00,IT\n", "it.csv"))
    expect(page.locator(BARS)).to_have_count(3)
    assert drawn(page)[2] == ["IT", 1]
