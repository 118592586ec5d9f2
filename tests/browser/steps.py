"""What several tests do in the browser, or need to be there before."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.api.lakework import define, drop, register

HEADER = "id,day,amount,country\n"
ORDERS = HEADER + "1,2026-01-02,12.50,DE\n2,2026-01-03,7.00,FR\n3,2026-01-03,,DE\n4,2026-01-04,30.25,FR\n"

EVERYTHING: dict[str, Any] = {
    "transform": {
        "columns": [
            {"name": "id", "type": "bigint"},
            {"name": "amount", "type": "decimal(12,2)", "on_error": "reject", "default": "0.50"},
            {"name": "euros", "expression": "CAST(amount AS double)", "type": "double", "default": 1.5},
            {"name": "country", "type": "varchar", "on_error": "null", "default": "5"},
            {"name": "is_large", "expression": "amount > 20", "type": "boolean", "default": False},
            {"name": "day"},
        ],
        "where": "id > 0",
        "deduplicate": {"keys": ["id"], "order_by": ["day desc"]},
    },
    "layout": {
        "compression": "zstd",
        "partition_by": ["day"],
        "bucket_by": ["country"],
        "bucket_count": 3,
        "sort_by": ["id"],
    },
    "triggers": [
        {"type": "arrival", "quiet_seconds": 90, "max_wait_seconds": 400},
        {"type": "schedule", "expression": "cron(0 3 * * ? *)", "timezone": "Europe/Berlin"},
        {"type": "schedule", "expression": "rate(2 days)"},
    ],
    "checks": [
        {
            "type": "row_count",
            "min": 1,
            "max": 900,
            "min_ratio": 0.5,
            "max_ratio": 2.5,
            "severity": "warn",
            "name": "size",
        },
        {"type": "unique", "columns": ["id"]},
        {"type": "not_null", "columns": ["id", "day"]},
        {"type": "accepted_values", "column": "country", "values": ["DE", "FR", "5", "a, b", "", "true"]},
        {"type": "accepted_values", "column": "is_large", "values": [True, False]},
        {"type": "range", "column": "amount", "min": "1.50", "max": 1000},
        {"type": "range", "column": "day", "min": "2026-01-01"},
        {"type": "freshness", "column": "day", "max_age": "P900D"},
        {"type": "sql", "expression": "amount >= 0", "severity": "warn"},
    ],
    "max_bytes_scanned": 50_000_000,
}
"""A job with nearly all that one can have."""


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
