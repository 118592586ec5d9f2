"""Coming in, going round, and the first steps of somebody who has nothing yet."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.steps import heading
from tests.browser.test_pages import violations


def test_a_link_signs_in_and_the_key_leaves_the_address(page: Page, running: dict[str, Any]):
    heading(page, "Charts")
    assert running["admin_key"] not in page.url
    page.go_back()
    assert running["admin_key"] not in page.url
    logs = [path for path in running["data_dir"].rglob("*.log") if path.is_file()]
    assert logs
    assert not [path for path in logs if running["admin_key"] in path.read_text()]


def test_a_wrong_key_is_refused_and_a_good_one_leads_on(
    open_page: Callable[..., Page], running: dict[str, Any], watch: Watch
):
    watch.refusals_expected = True
    page = open_page("/catalogue?q=x", key="")
    page.get_by_label("API key").fill("nobody.nothing")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("unauthenticated")
    page.get_by_label("API key").fill(running["admin_key"])
    page.get_by_role("button", name="Sign in").click()
    heading(page, "Catalogue")
    expect(page.get_by_role("searchbox")).to_have_value("x")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_a_link_with_another_key_signs_in_only_who_agrees(page: Page, running: dict[str, Any], api: Any):
    me = api.get("/v1/me").json()
    who = page.get_by_role("banner").get_by_title(f"{me['principal']} of {me['tenant']}")
    expect(who).to_contain_text(me["tenant"])
    made = api.post("/v1/api-keys", json={"name": "attacker", "role": "analyst"}).json()
    other = api.get("/v1/me", headers={"X-Api-Key": made["api_key"]}).json()
    link = f"{running['api_url']}/#/sign-in?key={made['api_key']}&next=/catalogue"
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text(
        f"You are signed in as {me['principal']} of the tenant {me['tenant']}. "
        f"This link would sign you in as {other['principal']} of the tenant {other['tenant']}."
    )
    assert violations(page) == []
    page.get_by_role("button", name="Stay as I am").click()
    heading(page, "Charts")
    expect(who).to_be_visible()
    assert made["api_key"] not in page.url
    page.goto(link)
    page.get_by_role("button", name="Sign in as the other").click()
    heading(page, "Catalogue")
    expect(page.get_by_title(f"{other['principal']} of {other['tenant']}")).to_be_visible()
    page.goto(link)  # one's own key asks nothing
    heading(page, "Catalogue")


def test_a_key_that_is_revoked_leads_to_the_sign_in(open_page: Callable[..., Page], api: Any, watch: Watch):
    made = api.post("/v1/api-keys", json={"name": "guest", "role": "analyst"}).json()
    page = open_page("/catalogue", key=made["api_key"])
    heading(page, "Catalogue")
    key = f"/v1/api-keys/{made['id']}"
    api.delete(key, headers={"If-Match": api.get(key).headers["ETag"]}).raise_for_status()
    watch.refusals_expected = True
    page.get_by_role("link", name="Jobs").click()
    expect(page.get_by_label("API key")).to_be_visible()


def test_who_has_nothing_is_told_how_to_begin(page: Page):
    for section, first_step in {
        "Charts": "Ask in SQL",
        "Catalogue": "Register the first dataset",
        "Jobs": "Define the first job",
        "Usage": "nothing",
    }.items():
        page.get_by_role("link", name=section, exact=True).click()
        expect(page.locator(".empty")).to_contain_text(re.compile(first_step, re.IGNORECASE))


def test_the_keyboard_reaches_everything(page: Page):
    heading(page, "Charts")
    page.keyboard.press("g")
    page.keyboard.press("d")
    heading(page, "Catalogue")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Register a dataset")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_label("Namespace")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("q")
    editor = page.get_by_role("textbox", name="SQL", exact=True)
    editor.focus()
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()  # no trap: Tab leaves the editor


def test_single_keys_can_be_turned_off(page: Page):
    heading(page, "Charts")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys act").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_be_hidden()
    heading(page, "Charts")


def test_the_skip_link_leads_past_the_navigation(page: Page):
    page.goto(page.url.split("#")[0] + "#/catalogue")
    heading(page, "Catalogue")
    page.get_by_role("link", name="Headgate, home").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_kept(page: Page):
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate("document.documentElement.style.colorScheme") == "dark"
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(231, 234, 237)"


def test_files_are_cached_by_their_names_and_the_page_is_not(running: dict[str, Any], page: Page):
    script = page.locator("script[type=module]").first.get_attribute("src")
    answers = {path: page.request.get(f"{running['api_url']}/{path}") for path in ("", script, "v1/nothing")}
    assert answers[""].headers["cache-control"] == "no-cache"
    assert "immutable" in answers[script].headers["cache-control"]
    assert answers["v1/nothing"].headers["content-type"] == "application/problem+json"
