"""The main job, done by hand in the browser: from a file to a chart, and through what goes wrong on the way."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

GOOD = "id,day,amount,zip\n1,2026-01-02,12.50,02139\n2,2026-01-03,7.00,94110\n3,2026-01-04,,10001\n"
BAD = "id,day,amount,zip\n4,2026-01-05,8.25,60601\n5,2026-01-06,9.75\n"


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_file_is_dropped_and_a_bad_one_is_explained(page: Page, tmp_path: Path):
    page.get_by_role("link", name="Catalogue").click()
    page.get_by_role("button", name="Register the first dataset").click()
    page.get_by_label("Namespace").fill("shop")
    page.get_by_label("Name", exact=True).fill("orders")
    page.get_by_label("Description").fill("What customers bought")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("shop.orders")

    page.get_by_label("Files to upload").set_input_files(written(tmp_path, "orders.csv", GOOD))
    upload = page.get_by_role("region", name="Upload")
    expect(upload.get_by_text("committed")).to_be_visible()
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("row", name=re.compile("orders.csv committed"))).to_be_visible()

    page.get_by_label("Files to upload").set_input_files(written(tmp_path, "late.csv", BAD))
    expect(upload.get_by_text("quarantined")).to_be_visible()
    mistakes = upload.get_by_role("region", name="Mistakes")
    expect(mistakes.get_by_role("row").nth(1)).to_contain_text("ragged_row")
    expect(mistakes.get_by_role("row").nth(1)).to_contain_text("3")

    page.get_by_role("link", name=re.compile("Schema")).click()
    expect(page.get_by_role("row", name=re.compile("amount decimal"))).to_contain_text("2 of 2 values are amounts")
    expect(page.get_by_role("row", name=re.compile("zip varchar"))).to_be_visible()
    page.get_by_role("link", name="Rows").click()
    rows = page.get_by_role("region", name="Rows")
    expect(rows.get_by_role("row")).to_have_count(4)
    expect(rows.get_by_text("null")).to_have_count(1)
