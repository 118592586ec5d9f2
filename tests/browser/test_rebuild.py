"""A rebuild that takes several runs, as somebody sees it who looks meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.lakework import drop
from tests.browser.steps import HEADER, curated, ordered, run, settled
from tests.product import product, ready


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The product, whose runs take one file each."""
    data_dir = tmp_path_factory.mktemp("product")
    with product(data_dir, HEADGATE_FILES_PER_RUN="1") as process:
        yield ready(process, data_dir) | {"data_dir": data_dir}


def test_a_part_that_readers_do_not_see_is_called_staged(page: Page, api: Any) -> None:
    dataset = ordered(api, "parts")
    settled(api, dataset, drop(api, None, dataset, HEADER + "7,2026-03-01,1.00,IT\n", "b.csv"))
    job = curated(api, "parts", mode="incremental")
    run(api, job)
    while run(api, job)["reused"] is False:
        pass
    part = api.post(f"/v1/jobs/{job}/runs", json={"force": True}).json()["id"]
    assert api.post(f"/v1/jobs/{job}/pause").status_code == 200
    while not api.get(f"/v1/runs/{part}", headers={"Prefer": "wait=20"}).json()["ended_at"]:
        pass
    page.goto(page.url.split("#")[0] + "#/datasets/parts.clean?tab=versions")
    versions = page.get_by_role("region", name="Versions").get_by_role("row")
    expect(versions.nth(1)).to_contain_text("staged")
    expect(versions.nth(1).get_by_role("button")).to_have_count(0)
    expect(versions.nth(2)).to_contain_text("current")
    expect(versions.nth(3).get_by_role("button", name="Roll back…")).to_be_visible()
    page.get_by_role("link", name="Rows").click()
    expect(page.get_by_role("region", name="Rows").get_by_role("row")).to_have_count(6)
