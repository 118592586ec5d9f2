"""Highcharts' own data module draws from our addresses, without code in between."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.browser.steps import HEADER, ordered, settled
from tests.product import ROOT

HIGHCHARTS = ROOT / "dashboard/node_modules/highcharts"
POLLING = {"enablePolling": True, "dataRefreshRate": 1}
BARS = ".highcharts-series-group .highcharts-series-0 .highcharts-point"


def address(api: Any, namespace: str, shape: str) -> str:
    """What stands in the options of a chart: an address that needs no header."""
    name = f"{namespace}-by-country"
    sql = f"SELECT country, count(*) AS orders FROM {namespace}.orders GROUP BY 1 ORDER BY 1"
    saved = {"sql": sql, "chart": {"x": "country", "y": ["orders"], "type": "column"}}
    api.put(f"/v1/saved-queries/{name}", json=saved).raise_for_status()
    asked = {"target": "chart", "options": {"shape": shape}, "expires_in": 600}
    answer = api.post(f"/v1/saved-queries/{name}/links", json=asked)
    assert answer.status_code == 201, answer.text
    url = str(answer.json()["url"])
    assert api.get(url, headers={"Prefer": "wait=25"}).status_code == 200  # there is a good answer from here on
    return url


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
    ordered(api, shape)
    draw(page, {option: address(api, shape, shape)})
    expect(page.locator(BARS)).to_have_count(2)
    assert drawn(page) == [["DE", 2], ["FR", 2]]
    assert page.evaluate("chart.series[0].name") == "orders"


def test_a_polled_address_shows_new_data(page: Page, api: Any):
    dataset = ordered(api, "polled")
    draw(page, {"csvURL": address(api, "polled", "csv"), **POLLING})
    expect(page.locator(BARS)).to_have_count(2)
    settled(api, dataset, drop(api, None, dataset, HEADER + "8,2026-02-01,5.00,IT\n", "it.csv"))
    expect(page.locator(BARS)).to_have_count(3)
    assert drawn(page)[2] == ["IT", 1]
