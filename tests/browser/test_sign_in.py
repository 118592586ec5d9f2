"""Signing in as a person: to the hosted pages, back with a code, on with tokens that the application verifies."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.api.lakework import register
from tests.browser.authorization_server import CLIENT, ISSUER, Authority, handler_of
from tests.browser.conftest import DESKTOP, Watch
from tests.browser.site import served, site_in
from tests.browser.steps import heading
from tests.browser.test_pages import violations
from tests.product import product, ready

NOWHERE = "http://127.0.0.1:9"  # where keys would go: another address than that of tokens


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with site_in(tmp_path_factory.mktemp("bucket")) as (origin, folder):
        yield f"{origin}/headgate/", folder


@pytest.fixture(scope="module")
def hosted(site: tuple[str, Path]) -> Iterator[tuple[str, Authority]]:
    authority = Authority(site[0])
    with served(handler_of(authority)) as domain:
        yield domain, authority


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, site: tuple[str, Path], hosted: tuple[str, Authority]
) -> Iterator[dict[str, Any]]:
    data_dir = tmp_path_factory.mktemp("product")
    environment = {
        "HEADGATE_CORS_ORIGINS": json.dumps([site[0].removesuffix("/headgate/")]),
        "HEADGATE_JWT_ISSUER": ISSUER,
        "HEADGATE_JWT_JWKS_URL": f"{hosted[0]}/keys",
        "HEADGATE_JWT_TENANT_CLAIM": "tenant",
    }
    with product(data_dir, **environment) as process:
        running = ready(process, data_dir)
        sign_in = {"domain": hosted[0], "client_id": CLIENT, "api_url": running["api_url"]}
        (site[1] / "config.json").write_text(json.dumps({"api_url": NOWHERE, "sign_in": sign_in}))
        yield running


@pytest.fixture
def authority(hosted: tuple[str, Authority]) -> Iterator[Authority]:
    yield hosted[1]
    hosted[1].seconds = 3600
    hosted[1].asked.clear()
    hosted[1].refreshes.clear()


@pytest.fixture
def arrive(
    browser: Browser, running: dict[str, Any], site: tuple[str, Path], watch: Watch
) -> Iterator[Callable[[str], Page]]:
    """`arrive("#/catalogue")`: a page of a new profile at an address of the site."""
    with contextlib.ExitStack() as cleanup:

        def arrived(path: str = "") -> Page:
            context = browser.new_context(viewport=DESKTOP)
            cleanup.callback(context.close)
            watch.over(context)
            page = context.new_page()
            page.goto(f"{site[0]}{path}")
            return page

        yield arrived


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="I am Jane").click()


def kept(page: Page) -> list[str]:
    """What of ours is in the tab. (The router keeps how far a page was scrolled.)"""
    return [name for name in page.evaluate("Object.keys(sessionStorage)") if name.startswith("headgate")]


def test_who_signs_in_comes_back_to_the_page_and_may_do_what_the_token_says(
    arrive: Callable[..., Page], api: Any, authority: Authority
):
    register(api, "orders", "people")
    page = arrive("#/catalogue?q=orders")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/v1/" in request.url else None)
    sign_in(page)
    heading(page, "Catalogue")
    expect(page.get_by_role("searchbox")).to_have_value("orders")
    expect(page.get_by_role("link", name="people.orders")).to_be_visible()
    assert "code" not in parse_qs(urlsplit(page.url).query)
    assert {request.headers.get("authorization", "")[:10] for request in asked if request.method == "GET"} == {
        "Bearer eyJ"
    }
    assert not [request for request in asked if "x-api-key" in request.headers or request.url.startswith(NOWHERE)]

    page.get_by_role("button", name="Register").first.click()
    page.get_by_label("Namespace").fill("people")
    page.get_by_label("Name", exact=True).fill("addresses")
    page.get_by_role("button", name="Register", exact=True).click()
    heading(page, "people.addresses")
    assert api.get("/v1/datasets/people.addresses").json()["created_by"] == "sub:jane"

    page.reload()
    heading(page, "people.addresses")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    page.wait_for_url(lambda url: url.endswith("/headgate/#/sign-in?next=%2F"))
    assert [path for path, _ in authority.asked[-2:]] == ["/oauth2/revoke", "/logout"]
    assert not authority.refreshes
    assert kept(page) == []


def test_a_token_is_renewed_before_it_ends_and_once_for_all_requests(arrive: Callable[..., Page], authority: Authority):
    authority.seconds = 20  # less than the time by which it is renewed early
    page = arrive("#/catalogue")
    sign_in(page)
    heading(page, "Catalogue")
    assert authority.grants()[0] == "authorization_code"
    expect(page.get_by_role("main")).not_to_contain_text("Loading")
    before, authority.seconds = authority.grants().count("refresh_token"), 3600
    signed: list[str] = []
    page.on("request", lambda one: signed.append(one.url) if "authorization" in one.headers else None)
    page.get_by_role("link", name="Query", exact=True).click()
    expect(page.get_by_role("textbox", name="SQL", exact=True)).to_be_visible()
    deadline = time.monotonic() + 30
    while len(signed) < 2:  # it asks several things at once, each behind the renewal
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    renewals = authority.grants().count("refresh_token")
    assert renewals == before + 1
    page.get_by_role("link", name="Charts", exact=True).click()
    heading(page, "Charts")
    page.reload()
    heading(page, "Charts")
    assert authority.grants().count("refresh_token") == renewals, "the renewed one is good for an hour"


def test_who_is_shut_out_meanwhile_is_led_to_the_sign_in(
    arrive: Callable[..., Page], authority: Authority, watch: Watch
):
    authority.seconds = 20
    page = arrive("#/catalogue")
    sign_in(page)
    heading(page, "Catalogue")
    watch.refusals_expected = True
    authority.refreshes.clear()
    page.reload()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert kept(page) == []


@pytest.mark.parametrize("answer", ["code=stolen&state=forged", "error=access_denied&state=forged"])
def test_an_answer_that_nobody_asked_for_is_not_taken(
    arrive: Callable[..., Page], authority: Authority, site: tuple[str, Path], answer: str
):
    page = arrive()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="I am Jane")).to_be_visible()
    page.goto(f"{site[0]}?{answer}")
    expect(page.get_by_role("alert")).to_contain_text("not begun in this tab")
    assert authority.grants() == []
    assert urlsplit(page.url).query == ""


def test_what_the_hosted_page_refuses_is_said(
    arrive: Callable[..., Page], authority: Authority, site: tuple[str, Path]
):
    page = arrive("#/jobs")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="I am Jane")).to_be_visible()
    state = parse_qs(urlsplit(page.url).query)["state"][0]
    page.goto(f"{site[0]}?error=access_denied&error_description=You+may+not&state={state}")
    expect(page.get_by_role("alert")).to_contain_text("You may not")
    assert page.url.endswith("#/sign-in?next=%2Fjobs")
    assert violations(page) == []
