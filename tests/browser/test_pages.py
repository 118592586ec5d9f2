"""Every page: for everyone (WCAG), in light and dark, on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.browser.steps import EVERYTHING, HEADER, curated, ordered, run
from tests.product import ROOT

PHONE = {"width": 360, "height": 740}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PLACES = {
    "charts": ("/", ".highcharts-series-0"),
    "catalogue": ("/catalogue", "text=shop.clean"),
    "schema": ("/datasets/shop.orders", "text=3 of 3 values are amounts"),
    "files": ("/datasets/shop.orders?tab=files", ".badge >> text=quarantined"),
    "rows": ("/datasets/shop.orders?tab=rows", "td >> text=12.50"),
    "versions": ("/datasets/shop.clean?tab=versions", ".badge >> text=current"),
    "lineage": ("/datasets/shop.orders?tab=jobs", "text=reads it"),
    "jobs": ("/jobs", "text=shop-curate"),
    "new job": ("/jobs/new?source=shop.orders", "text=What becomes of the rows"),
    "change a job": ("/jobs/full-curate/edit", "text=What has to hold"),
    "a job as JSON": ("/jobs/full-curate/edit", "text=What has to hold"),
    "job": ("/jobs/shop-curate", ".badge >> text=succeeded"),
    "SQL of a job": ("/jobs/shop-curate?tab=sql", "text=A run now would read"),
    "definition of a job": ("/jobs/shop-curate?tab=definition", "text=max_bytes_scanned"),
    "failed run": ("/jobs/strict-curate", ".badge >> text=failed"),
    "query": ("/query?saved=orders", ".estimate strong"),
    "cost": ("/usage", "text=By dataset"),
    "freshness": ("/usage?tab=freshness", "text=shop.clean"),
    "nowhere": ("/nowhere", "text=There is no such page"),
}


@pytest.fixture(scope="module", autouse=True)
def _something_on_every_page(api: Any) -> None:
    dataset = ordered(api, "shop")
    drop(api, None, dataset, HEADER + "4,2026-01-05\n", "bad.csv")
    assert run(api, curated(api, "shop"))["state"] == "succeeded"
    ordered(api, "full")
    curated(api, "full", **EVERYTHING)
    ordered(api, "strict")
    assert run(api, curated(api, "strict", checks=[{"type": "row_count", "min": 500}]))["state"] == "failed"
    chart = {"x": "day", "y": ["orders"], "type": "line", "title": "Orders by day"}
    saved = {"sql": "SELECT day, count(*) AS orders FROM shop.clean GROUP BY 1 ORDER BY 1", "chart": chart}
    api.put("/v1/saved-queries/orders", json=saved).raise_for_status()
    api.get("/v1/saved-queries/orders/chart", headers={"Prefer": "wait=25"}).raise_for_status()


def show(page: Page, place: str) -> None:
    path, sign = PLACES[place]
    page.goto(page.url.split("#")[0] + f"#{path}")
    expect(page.locator(sign).first).to_be_visible()
    if place == "failed run":
        page.get_by_role("row", name="failed").get_by_role("link").click()
        expect(page.get_by_role("alert")).to_be_visible()
    if place == "a job as JSON":
        page.get_by_role("button", name="JSON").click()
    if place == "files":
        page.get_by_role("button", name="Report").click()
    if place == "query":
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".highcharts-series-0").first).to_be_visible()


def violations(page: Page) -> list[str]:
    page.evaluate((ROOT / "dashboard/node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", TAGS)["violations"]
    return [
        f"{one['impact']} {one['id']}: {one['help']} {[node['target'] for node in one['nodes']][:3]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(open_page: Callable[..., Page], scheme: str):
    page = open_page(scheme=scheme)
    found = {}
    for place in PLACES:
        show(page, place)
        found[place] = violations(page)
    assert {place: bad for place, bad in found.items() if bad} == {}


def test_no_page_is_wider_than_a_phone(open_page: Callable[..., Page]):
    page = open_page(viewport=PHONE)
    wider = {}
    for place in PLACES:
        show(page, place)
        wider[place] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert {place: by for place, by in wider.items() if by > 0} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_columns_of_a_dataset_are_read_on_a_phone_without_scrolling_sideways(
    open_page: Callable[..., Page], scheme: str
):
    page = open_page(scheme=scheme, viewport={"width": 390, "height": 844})
    show(page, "schema")
    columns = page.get_by_role("region", name="Columns")
    assert columns.evaluate("(region) => region.scrollWidth - region.clientWidth") == 0
    amount = columns.get_by_role("row", name="amount")
    for cell in amount.get_by_role("cell").all():
        box = cell.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 390)
    assert violations(page) == []
    assert amount.get_by_role("cell").count() > 0, "it is still a table to a screen reader"
