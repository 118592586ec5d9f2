"""The product, and Debian's Chromium in front of it. A page that complains, or asks another host, fails its test."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.product import ROOT, product, ready

expect.set_options(timeout=15_000)

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What run.json says of the product."""
    assert (ROOT / "dashboard/dist/index.html").exists(), "The dashboard is not built: make dashboard"
    data_dir = tmp_path_factory.mktemp("product")
    with product(data_dir) as process:
        yield ready(process, data_dir) | {"data_dir": data_dir}


@pytest.fixture(scope="module")
def api(running: dict[str, Any]) -> Iterator[httpx.Client]:
    """The API, for what a test needs to be there before it begins."""
    headers = {"X-Api-Key": running["admin_key"]}
    with httpx.Client(base_url=running["api_url"], headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with its module: Playwright keeps an event loop in this thread, which other tests want for themselves."""
    path = shutil.which("chromium")
    assert path, "Chromium is not installed: make chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


class Watch:
    """Hears what a page complains of and whom it asks."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.refusals_expected = False

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._asked)
        context.on("console", lambda message: self._said(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _asked(self, request: Any) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            self.strangers.append(request.url)

    def _said(self, kind: str, text: str) -> None:
        # Chromium itself notes each answer above 399 on the console; the dashboard shows those in the page.
        if kind in ("error", "warning") and not (self.refusals_expected and "the server responded with" in text):
            self.complaints.append(text)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.strangers == []
    assert watch.complaints == []


@pytest.fixture
def open_page(browser: Browser, running: dict[str, Any], watch: Watch) -> Iterator[Callable[..., Page]]:
    """`open_page("/catalogue", scheme="dark", viewport=...)`: a page of a new profile, signed in unless `key=""`."""
    with contextlib.ExitStack() as cleanup:

        def opened(path: str = "/", *, scheme: str = "light", viewport: Any = DESKTOP, key: str | None = None) -> Page:
            context = browser.new_context(viewport=viewport, color_scheme=scheme)
            cleanup.callback(context.close)
            watch.over(context)
            page = context.new_page()
            page.set_default_timeout(15_000)
            if key == "":
                page.goto(f"{running['api_url']}/#{path}")
                return page
            page.goto(f"{running['api_url']}/#/sign-in?key={key or running['admin_key']}")
            page.wait_for_url(lambda url: "sign-in" not in url)
            if path != "/":
                page.goto(f"{running['api_url']}/#{path}")
            return page

        yield opened


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
