"""The dashboard as static files on another origin than the API's, under the policy that CloudFront sends with them."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, Watch
from tests.browser.site import policy_of, site_in
from tests.browser.steps import ORDERS, ask, curated, heading, ordered, written
from tests.product import product, ready


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """In a folder of the host, as it may be in a bucket."""
    with site_in(tmp_path_factory.mktemp("bucket"), policy_of("http://127.0.0.1:*")) as site:
        yield site


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, site: tuple[str, Path]) -> Iterator[dict[str, Any]]:
    """An API that allows the site's origin, named by the site's config.json."""
    origin, folder = site
    data_dir = tmp_path_factory.mktemp("product")
    with product(data_dir, HEADGATE_CORS_ORIGINS=json.dumps([origin])) as process:
        running = ready(process, data_dir)
        (folder / "config.json").write_text(json.dumps({"api_url": running["api_url"]}))
        yield running


@pytest.fixture
def page(browser: Browser, running: dict[str, Any], site: tuple[str, Path], watch: Watch) -> Iterator[Page]:
    with contextlib.closing(browser.new_context(viewport=DESKTOP)) as context:
        watch.over(context)
        page = context.new_page()
        page.goto(f"{site[0]}/headgate/#/sign-in?key={running['admin_key']}")
        heading(page, "Charts")
        yield page


def test_from_another_origin_files_are_sent_and_what_is_there_is_changed(page: Page, api: Any, tmp_path: Path):
    ordered(api, "far")
    curated(api, "far")
    page.goto(page.url.split("#")[0] + "#/datasets/far.orders?tab=files")
    more = ORDERS.replace("12.50", "13.50")
    page.get_by_label("Files to upload").set_input_files(written(tmp_path, "more.csv", more))
    expect(page.get_by_role("region", name="Upload").get_by_text("committed")).to_be_visible()

    page.goto(page.url.split("#")[0] + "#/jobs/far-curate/edit")  # needs the ETag, which CORS has to expose
    page.get_by_label("Description").fill("From afar")
    page.get_by_role("button", name="Save").click()
    heading(page, "far-curate")
    expect(page.get_by_text("From afar")).to_be_visible()


def test_charts_and_the_editor_live_under_the_policy(page: Page):
    page.goto(page.url.split("#")[0] + "#/query")
    answer = ask(page, "SELECT n, n * n AS square FROM UNNEST(sequence(1, 3)) AS t(n)")
    answer.get_by_role("button", name="Chart").click()
    expect(answer.locator(".highcharts-xaxis-labels")).to_be_visible()
    policy = page.request.get(page.url.split("#")[0]).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
