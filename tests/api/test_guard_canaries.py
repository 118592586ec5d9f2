"""Whatever SQL a caller sends: nothing of another tenant comes back, nothing is written, and no answer is a 5xx.

Another tenant has datasets full of canaries, one under the caller's own dataset's name. A grammar puts every name an
attacker may know (dataset ids, Glue's databases and tables, hidden columns) into every place that SQL has for a name,
and mutates what comes out. What the guard accepts runs. GUARD_CANARIES sets how many; SEED another history.
"""

import os
import random
from typing import Any

import pytest

from tests.api.lakework import filled

CANARY = "CANARY7f3a"
MINE = "carrier,flight,month,delay\nUA,1,1,2.5\nAA,3,2,-4\n"
THEIRS = f"carrier,flight,month,delay\n{CANARY},1,1,2.5\n{CANARY},3,2,-4\n"
NUMBER = int(os.environ.get("GUARD_CANARIES", "150"))
SEED = int(os.environ.get("SEED", "20130106"))

PLACES = [
    "SELECT * FROM {t}",
    "SELECT {c} FROM {t}",
    "SELECT {c} FROM air.flights WHERE {c} IN (SELECT {c} FROM {t})",
    "SELECT (SELECT max({c}) FROM {t}) AS m FROM air.flights",
    "SELECT 1 FROM air.flights WHERE EXISTS (SELECT 1 FROM {t} WHERE {c} LIKE 'C%')",
    "WITH flights AS (SELECT * FROM {t}) SELECT * FROM flights",
    "WITH {a} AS (SELECT * FROM air.flights) SELECT * FROM {t}",
    "WITH RECURSIVE r (n) AS (SELECT {c} FROM {t} UNION ALL SELECT n FROM r WHERE false) SELECT * FROM r",
    "SELECT * FROM air.flights UNION ALL SELECT * FROM {t}",
    "SELECT x.* FROM air.flights f CROSS JOIN LATERAL (SELECT {c} FROM {t}) x",
    "SELECT * FROM air.flights f JOIN {t} AS o ON true",
    "SELECT transform(ARRAY[1], x -> (SELECT max({c}) FROM {t}))",
    "SELECT json_object('k' : (SELECT max({c}) FROM {t}) ABSENT ON NULL)",
    "SELECT json_value('{{}}', 'lax $.a' PASSING (SELECT max({c}) FROM {t}) AS x)",
    "SELECT sum(1) OVER (ORDER BY (SELECT max({c}) FROM {t})) FROM air.flights",
    "SELECT carrier FROM air.flights ORDER BY (SELECT max({c}) FROM {t}) LIMIT 3",
    "SELECT CASE WHEN (SELECT count(*) FROM {t}) > 0 THEN 1 END",
    "SELECT * FROM UNNEST((SELECT array_agg({c}) FROM {t})) AS u (x)",
    "SELECT {c} FROM (VALUES 1) v (x), {t}",
    "TABLE {t}",
    "SELECT * FROM TABLE({t})",
    "SELECT * FROM (TABLE {t})",
    "SELECT {c} FROM air.flights",
    'SELECT "{c}" FROM air.flights',
    "EXPLAIN SELECT * FROM {t}",
    "SELECT * FROM {t} TABLESAMPLE BERNOULLI (100)",
    "SELECT * FROM {t} FOR VERSION AS OF 1",
    "(SELECT * FROM {t})",
    "SELECT count(*) FROM ({t} CROSS JOIN air.flights)",
    "SELECT listagg({c}, ',') WITHIN GROUP (ORDER BY {c}) FROM {t}",
    "CREATE TABLE {a}x AS SELECT * FROM {t}",
    "INSERT INTO {t} SELECT * FROM air.flights",
    "DROP TABLE {t}",
    "DELETE FROM {t}",
    "UNLOAD (SELECT * FROM {t}) TO 's3://x/y/' WITH (format = 'PARQUET')",
    "SELECT 1; DROP TABLE {t}",
]
COLUMNS = [
    "carrier",
    "*",
    '"$path"',
    '"$partitions"',
    "_file",
    '"_rejected"',
    "o.carrier",
    "flights.carrier",
    "$path",
    "CARRIER",
]
NAMES = ["flights", "secrets", "x", '"flights"', "air"]
BITS = [
    *("(", ")", "'", '"', "--", "/*", "*/", ";", ",", ".", "*", " ", "\n", "\x00", "é", "U&'\\0041'", "::", "->", "=>"),
    *("UNION ALL", "SELECT", "FROM", "TABLE", "LATERAL", "WITH", "AS", "USING", "FETCH FIRST 1 ROW WITH TIES", "LIMIT 0"),
    *("OFFSET 1", "AT TIME ZONE 'UTC'", "PASSING", "RETURNING varchar", "ON ERROR", "KEY", "VALUE", "JSON '1'", "DECIMAL '-1'"),
    *("{{", "`", "@", "$1", ":x", "?", "read_parquet('s3://x')", "duckdb_tables()", "awsdatacatalog.", "information_schema."),
]  # fmt: skip


@pytest.fixture(scope="module")
def tables(api: Any, lake: Any, deliver: Any, aws: Any) -> list[str]:
    """What an attacker may know: ids, and how Glue calls the tables behind them."""
    others = _catalogue(aws)  # what other tests left; where it is much, few attacks would be ours
    filled(api, deliver, "flights", MINE)
    mine = api.headers["x-api-key"]
    api.headers["x-api-key"] = str(lake.identity.ensure_admin_key("strangers"))
    filled(api, deliver, "flights", THEIRS)
    filled(api, deliver, "secrets", THEIRS, namespace="vault")
    answer = api.post("/v1/queries", json={"sql": "SELECT * FROM vault.secrets"}, headers={"Prefer": "wait=25"}).json()
    assert CANARY in api.get(f"/v1/queries/{answer['id']}/results").text, "there are canaries to be found"
    api.headers["x-api-key"] = mine
    known = [f'"{database}"."{table}"' for database, table in _catalogue(aws) if (database, table) not in others]
    theirs = ["vault.secrets", '"vault"."secrets"', "VAULT.Secrets", "secrets", "air.flights__rejects"]
    catalogs = [f"awsdatacatalog.{name}" for name in known[:2]]
    return [
        *known,
        *theirs,
        *catalogs,
        "air.flights",
        "information_schema.tables",
        '"air"."flights$partitions"',
        "system.x",
    ]


def _catalogue(aws: Any) -> list[tuple[str, str]]:
    glue = aws.of("glue")
    pages = glue.get_paginator("get_databases").paginate()
    names = [one["Name"] for page in pages for one in page["DatabaseList"]]
    return sorted(
        (name, table["Name"])
        for name in names
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=name)
        for table in page["TableList"]
    )


def _objects(aws: Any, settings: Any) -> set[tuple[str, str]]:
    """Every object but the queries' own results."""
    s3 = aws.of("s3")
    buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] != settings.results_bucket]
    pages = ((name, page) for name in buckets for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name))
    return {(name, entry["Key"]) for name, page in pages for entry in page.get("Contents", [])}


def attack(chance: random.Random, tables: list[str]) -> str:
    template = chance.choice(PLACES)
    sql = template.format(t=chance.choice(tables), c=chance.choice(COLUMNS), a=chance.choice(NAMES))
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 4])):
        at = chance.randrange(len(sql) + 1)
        sql = sql[:at] + " " * chance.randrange(2) + chance.choice(BITS) + sql[at + chance.choice([0, 0, 1, 5]) :]
    return sql


def test_no_query_reads_anothers_data_or_writes(api: Any, aws: Any, lake: Any, tables: list[str]) -> None:
    chance = random.Random(SEED)
    before = _catalogue(aws), _objects(aws, lake.settings)
    ran = 0
    for _ in range(NUMBER):
        sql = attack(chance, tables)
        answer = api.post("/v1/queries", json={"sql": sql}, headers={"Prefer": "wait=25"})
        assert answer.status_code < 500, (sql, answer.text)
        assert CANARY not in answer.text, sql
        if answer.status_code == 201:
            ran += answer.json()["state"] == "succeeded"
            for form in ("json", "csv"):
                shown = api.get(f"/v1/queries/{answer.json()['id']}/results?format={form}")
                assert shown.status_code < 500, (sql, shown.text)
                assert CANARY not in shown.text, sql
        else:
            assert 400 <= answer.status_code < 500, (sql, answer.text)
            assert len(answer.json()["detail"]) > 15, (sql, answer.text)
    assert ran > 0, "some of them must run, or nothing is tested"
    assert (_catalogue(aws), _objects(aws, lake.settings)) == before
