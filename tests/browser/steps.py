"""What several tests do in the browser, or need to be there before."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.api.lakework import define, drop, register

HEADER = "id,day,amount,country\n"
ORDERS = HEADER + "1,2026-01-02,12.50,DE\n2,2026-01-03,7.00,FR\n3,2026-01-03,,DE\n4,2026-01-04,30.25,FR\n"


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def ordered(api: Any, namespace: str, text: str = ORDERS) -> str:
    """A dataset `<namespace>.orders` that has taken in one file."""
    dataset = register(api, "orders", namespace)
    file = drop(api, None, dataset, text, "orders.csv")
    settled(api, dataset, file)
    return dataset


def settled(api: Any, dataset: str, file: str) -> None:
    path = f"/v1/datasets/{dataset}/files/{file}"
    while api.get(path, headers={"Prefer": "wait=20"}).json()["state"] != "committed":
        pass


def curated(api: Any, namespace: str, **more: Any) -> str:
    """A job `<namespace>-curate` over the namespace's orders; its name."""
    more = {"transform": {"columns": [{"name": "id"}, {"name": "day"}, {"name": "amount"}, {"name": "country"}]}} | more
    return str(define(api, f"{namespace}-curate", f"{namespace}.orders", f"{namespace}.clean", **more)["name"])


def run(api: Any, job: str) -> Any:
    return api.post(f"/v1/jobs/{job}/runs", headers={"Prefer": "wait=25"}).json()


def write_sql(page: Page, sql: str) -> Locator:
    editor = page.get_by_role("textbox", name="SQL", exact=True)
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(sql)
    return editor


def ask(page: Page, sql: str) -> Locator:
    """Writes and runs; the region with the answer."""
    write_sql(page, sql)
    page.get_by_role("button", name=re.compile("^Run")).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_be_visible()
    return answer


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
