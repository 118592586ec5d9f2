"""dbt with its Athena adapter, unchanged, as a process of its own: seeds, every materialisation, tests, docs."""

import json
import os
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "dbt" / "project"
DBT = ROOT / ".venv-dbt" / "bin" / "dbt"


class Dbt:
    """Runs dbt over the project; answers what `run_results.json` says of each node, e.g. {"spending": "success"}."""

    def __init__(self, work, lake):
        assert DBT.exists(), "make .venv-dbt/.installed"
        self.target = work / "target"
        self._environment = os.environ | {
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(work / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_VERSION_CHECK": "false",
            "DBT_USE_COLORS": "false",
            "DBT_SCHEMA": lake.database,
            "DBT_STAGING_DIR": lake.results,
            "DBT_DATA_DIR": lake.at("data/"),
            "DBT_LAST_DAY": "2024-01-02",  # not a var of dbt's, which would make it parse everything anew
        }

    def __call__(self, *arguments, **variables):
        done = subprocess.run([DBT, *arguments], check=False, env=self._environment | variables, cwd=self.target.parent, capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        told = json.loads((self.target / "run_results.json").read_text())["results"]
        return {r["unique_id"].split(".", 2)[2]: r["status"] for r in told}


@pytest.fixture(scope="module")
def dbt(tmp_path_factory, lake):
    return Dbt(tmp_path_factory.mktemp("dbt"), lake)


@pytest.fixture(scope="module")
def ask(lake):
    from pyathena import connect

    with connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened:
        yield lambda sql: opened.cursor().execute(sql).fetchall()


INCREMENTAL = {
    "overwritten": "SELECT day, orders, total FROM daily_overwrite ORDER BY day",
    "appended": "SELECT run, orders FROM runs_append ORDER BY run",
    "merged": "SELECT customer_id, last_day, orders FROM last_order_merge ORDER BY customer_id",
    "grown": "SELECT * FROM growing ORDER BY id",
    "swapped": "SELECT count(*), max(run), sum(doubled) FROM swapped",
    "iceberg": "SELECT id, placed FROM iceberg_orders ORDER BY id",
    "snapshot": "SELECT customer_id, orders, dbt_valid_to IS NULL FROM order_counts ORDER BY customer_id, orders",
}
FIRST, SECOND, THIRD = (date(2024, 1, day) for day in (1, 2, 3))


@pytest.fixture(scope="module")
def built(dbt, ask):
    """All of it with the orders of two days; what each node came to, and what the incremental tables held."""
    return dbt("build"), {name: ask(sql) for name, sql in INCREMENTAL.items()}


@pytest.fixture(scope="module")
def rebuilt(dbt, ask, built):
    """The same once more with a third day."""
    settled = ["resource_type:seed", "resource_type:unit_test", "resource_type:test", "bucketed_orders", "many_days"]
    told = dbt("build", "--exclude", *settled, DBT_LAST_DAY="2024-01-03")
    return told, {name: ask(sql) for name, sql in INCREMENTAL.items()}


def test_every_node_succeeds_and_every_data_test_passes(built, rebuilt):
    assert set(built[0].values()) == {"success", "pass"}
    assert len(built[0]) == 20
    assert set(rebuilt[0].values()) == {"success"}


def test_seeds_keep_their_types(lake, built, ask):
    assert {c["Name"]: c["Type"] for c in lake.table("orders")["StorageDescriptor"]["Columns"]} == {
        "id": "int", "customer_id": "int", "amount": "decimal(10,2)", "day": "date"}  # fmt: skip
    assert ask("SELECT id, name, country FROM customers ORDER BY id") == [
        (1, "Ada", "GB"), (2, "O'Hara, Scarlett", "US"), (3, "Zoë", "FR")]  # fmt: skip


def test_view(lake, built):
    assert lake.table("known_orders")["TableType"] == "VIRTUAL_VIEW"


def test_tables(lake, rebuilt, ask):
    spending = lake.table("spending")
    assert [k["Name"] for k in spending["PartitionKeys"]] == ["country"]
    assert spending["StorageDescriptor"]["Columns"][0]["Comment"] == "the customer's number"  # persist_docs
    assert ask("SELECT id, name, spent, orders, country FROM spending ORDER BY id") == [
        (1, "Ada", Decimal("112.49"), 2, "GB"), (2, "O'Hara, Scarlett", Decimal("1.10"), 2, "US"), (3, "Zoë", Decimal("7.00"), 1, "FR")]  # fmt: skip
    descriptor = lake.table("bucketed_orders")["StorageDescriptor"]
    assert (descriptor["BucketColumns"], descriptor["NumberOfBuckets"]) == (["customer_id"], 2)
    assert ask("SELECT count(*), sum(amount) FROM bucketed_orders") == [(5, Decimal("120.59"))]


def test_incremental_insert_overwrite(lake, built, rebuilt):
    assert built[1]["overwritten"] == [(FIRST, 2, Decimal("12.60")), (SECOND, 1, Decimal("99.99"))]
    assert rebuilt[1]["overwritten"] == [*built[1]["overwritten"], (THIRD, 2, Decimal("8.00"))]
    # The second day was written anew: its folder holds one file, not two.
    location = lake.table("daily_overwrite")["StorageDescriptor"]["Location"]
    assert len(lake.keys(f"{location.removeprefix(lake.at(''))}/day=2024-01-02")) == 1


def test_incremental_append(built, rebuilt):
    assert built[1]["appended"] == [("2024-01-02", 3)]
    assert rebuilt[1]["appended"] == [("2024-01-02", 3), ("2024-01-03", 5)]


def test_incremental_merge(lake, built, rebuilt):
    assert built[1]["merged"] == [(1, SECOND, 2), (2, FIRST, 1)]
    assert rebuilt[1]["merged"] == [(1, SECOND, 2), (2, THIRD, 2), (3, THIRD, 1)]
    assert lake.table("last_order_merge")["Parameters"]["table_type"] == "ICEBERG"


def test_a_column_that_comes_later(built, rebuilt):
    first = [(10, Decimal("12.50")), (11, Decimal("0.10")), (12, Decimal("99.99"))]
    assert built[1]["grown"] == first
    assert rebuilt[1]["grown"] == [(*row, None) for row in first] + [(13, Decimal("7.00"), 3), (14, Decimal("1.00"), 2)]


def test_tables_that_are_replaced_whole(lake, built, rebuilt):
    assert built[1]["swapped"] == [(5, "2024-01-02", Decimal("241.18"))]
    assert rebuilt[1]["swapped"] == [(5, "2024-01-03", Decimal("241.18"))]
    assert [row[0] for row in rebuilt[1]["iceberg"]] == [10, 11, 12, 13, 14]
    assert rebuilt[1]["iceberg"][0][1] == datetime(2024, 1, 1)
    versions = lake.aws.of("glue").get_table_versions(DatabaseName=lake.database, TableName="swapped")["TableVersions"]
    # versions_to_keep=1: the table before is forgotten, and its files are gone.
    (place,) = {v["Table"]["StorageDescriptor"]["Location"] for v in versions}
    location = place.removeprefix(lake.at(""))
    folder = location.rstrip("/").rsplit("/", maxsplit=1)[0]
    assert lake.keys(f"{folder}/") == lake.keys(location) != []


def test_more_partitions_than_one_statement_may_write(lake, built, ask):
    assert ask("SELECT count(*), count(DISTINCT day), sum(n) FROM many_days") == [(150, 150, 11325)]


def test_snapshot(built, rebuilt):
    assert built[1]["snapshot"] == [(1, 2, True), (2, 1, True)]
    assert rebuilt[1]["snapshot"] == [(1, 2, True), (2, 1, False), (2, 2, True), (3, 1, True)]


def test_docs(dbt, rebuilt, lake):
    dbt("docs", "generate", "--no-compile")
    nodes = json.loads((dbt.target / "catalog.json").read_text())["nodes"]
    spending = nodes["model.clients.spending"]
    assert [c["name"] for c in spending["columns"].values()] == ["id", "name", "spent", "orders", "country"]
    assert spending["columns"]["spent"]["type"] == "decimal(38,2)"
    assert nodes["model.clients.known_orders"]["metadata"]["type"] == "view"
    # What dbt leaves between runs is only what its project names.
    assert sorted(t["Name"] for t in lake.aws.of("glue").get_tables(DatabaseName=lake.database)["TableList"]) == sorted(
        n["metadata"]["name"] for n in nodes.values()
    )
