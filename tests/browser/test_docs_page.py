"""The page of the API: public without a key, with the tenant's saved queries once it has one."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def docs(browser: Browser, running: dict[str, Any], watch: Any) -> Iterator[Page]:
    context = browser.new_context()
    watch.over(context)
    page = context.new_page()
    page.goto(f"{running['api_url']}/docs")
    yield page
    context.close()


def test_who_authorizes_sees_saved_queries_as_operations(docs: Page, running: dict[str, Any], api: Any) -> None:
    api.put("/v1/saved-queries/on-the-page", json={"sql": "SELECT 1 AS n"}).raise_for_status()
    expect(docs.get_by_text("/v1/saved-queries/{name}/results").first).to_be_visible()
    expect(docs.get_by_text("/v1/saved-queries/on-the-page/results")).to_have_count(0)
    docs.get_by_role("button", name="Authorize").first.click()
    docs.locator(".auth-container input").first.fill(running["admin_key"])
    docs.locator(".auth-container").get_by_role("button", name="Apply credentials").first.click()
    docs.reload()
    expect(docs.get_by_text("/v1/saved-queries/on-the-page/results").first).to_be_visible()
