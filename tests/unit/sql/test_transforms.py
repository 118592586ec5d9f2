"""Transforms, CTAS and the gate, run on DuckDB over real rows after translation from Athena's SQL."""

import base64
import json
from datetime import UTC, datetime

import duckdb
import pytest
import sqlglot
from pydantic import ValidationError
from sql_lake import DIALECT, columns

from app.domain.check_results import Moment, judged
from app.domain.errors import BadSql
from app.domain.jobs import JobDefinition, Layout
from app.domain.schemas import parse_type
from app.domain.transforms import Transform
from app.sql.checks import gate_select
from app.sql.compile import compiled
from app.sql.ctas import ctas_statements, partitions_select
from app.sql.expressions import expression
from app.sql.literals import typed_literal
from app.sql.relations import Relation
from app.sql.select import transform_select
from app.sql.views import dataset_view_sql, presto_view

COLUMNS = columns(id="bigint", name="varchar", day="date", amount="decimal(12,2)", at="timestamp")
RAW = Relation("shop", "sales__files", COLUMNS, ("f1", "f2", "f3"), is_text=True)
TYPED = Relation("shop", "typed__v1", COLUMNS)
ROWS = [
    ("1", "a%b:c", "2024-01-01", "1.50", "2024-01-01 10:00:00", "f1"),
    ("1", "newer", "2024-01-01", "2.50", "2024-01-02 10:00:00", "f1"),
    ("2", "", "2024-01-02", "", "", "f2"),
    ("2", "again", "2024-01-02", "", "", "f3"),
    ("3", "it's", "", "7.25", "2024-01-03 10:00:00", "f2"),
    ("9", "unclaimed", "2024-01-09", "9.99", "2024-01-09 10:00:00", "f9"),
]


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("create schema shop")
    connection.execute(
        'create table shop.sales__files (id text, name text, day text, amount text, "at" text, _file text)'
    )
    connection.executemany("insert into shop.sales__files values (?, ?, ?, ?, ?, ?)", ROWS)
    connection.execute(
        'create table shop.typed__v1 (id bigint, name text, day date, amount decimal(12,2), "at" timestamp)'
    )
    connection.execute(
        "insert into shop.typed__v1 select i, 'n' || i, date '2024-01-01' + i::int, i / 4, null from range(300) t(i)"
    )
    yield connection
    connection.close()


def run(engine, sql):
    return engine.execute(sqlglot.transpile(sql, read="trino", write="duckdb")[0]).fetchall()


def made(transform, **sources):
    relations = {f"shop.{name}": relation for name, relation in sources.items()}
    return transform_select(Transform.model_validate(transform), relations, dialect=DIALECT)


def rows_of(engine, transform, **sources):
    return run(engine, compiled(made(transform, **(sources or {"sales": RAW})).select, DIALECT))


def test_without_columns_all_pass_through_typed_from_the_claimed_files_only(engine):
    found = rows_of(engine, {})
    assert len(found) == 5
    assert {row[0] for row in found} == {1, 2, 3}
    assert sorted(row[1] or "" for row in found) == ["", "a%b:c", "again", "it's", "newer"]


def test_columns_where_and_expressions(engine):
    transform = {
        "columns": [
            {"name": "n", "from": "name"},
            {"name": "y", "expression": "year(day)", "type": "int"},
            {"name": "amount", "type": "double"},
        ],
        "where": "amount > 1 AND name LIKE 'a%b:_'",
    }
    assert rows_of(engine, transform) == [("a%b:c", 2024, 1.5)]
    assert made(transform, sales=RAW).names == ("n", "y", "amount")


def test_deduplicate_keeps_the_first_by_order_then_the_last_file(engine):
    transform = {"deduplicate": {"keys": ["id"], "order_by": ["at desc"]}, "columns": [{"name": "name"}]}
    assert sorted(row[0] for row in rows_of(engine, transform)) == ["again", "it's", "newer"]


def test_deduplicate_by_a_made_column(engine):
    transform = {
        "columns": [{"name": "parity", "expression": "id % 2"}, {"name": "amount"}],
        "where": "amount IS NOT NULL",
        "deduplicate": {"keys": ["parity"], "order_by": ["amount desc"]},
    }
    assert [float(row[1]) for row in rows_of(engine, transform)] == [7.25]


def test_sql_transforms_read_typed_relations(engine):
    sql = "SELECT s.id, max(t.amount) AS top, 'x:y%' AS label FROM shop.sales s JOIN shop.typed t ON t.id = s.id GROUP BY 1"
    found = rows_of(engine, {"sql": sql}, sales=RAW, typed=TYPED)
    assert sorted((row[0], row[2]) for row in found) == [(1, "x:y%"), (2, "x:y%"), (3, "x:y%")]


@pytest.mark.parametrize("sql", ["SELECT 1, 2", "SELECT id, id FROM shop.sales", "SELECT upper(name) FROM shop.sales"])
def test_a_sql_transform_names_its_columns(sql):
    with pytest.raises(BadSql, match="AS"):
        made({"sql": sql}, sales=RAW)


@pytest.mark.parametrize(
    "text",
    ["", "1; DROP TABLE x", "(SELECT 1)", "id IN (SELECT 1)", "EXISTS (SELECT 1 FROM a.b)", "nope = 1", "1) FROM x WHERE (1=1",
     "id, name", "id AS x", "*", ":p = 1", '"$path" = 1', "pg_sleep(1)", "1 -- x\n; 2", "id) OR (1=1", "id = 1 FROM shop.sales"],
)  # fmt: skip
def test_an_expression_is_one_value_over_the_columns(text):
    with pytest.raises(BadSql):
        expression(text, ("id", "name"))


def test_an_expression_tells_its_columns_and_may_end_in_a_comment():
    found = expression("upper(name) || CAST(id AS varchar) -- why", ("id", "name"))
    assert found.columns == {"id", "name"}
    assert expression("transform(name, x -> x + id)", ("id", "name")).columns == {"id", "name"}
    assert expression("now() > at", ("at",)).is_volatile


def layout(**options):
    return Layout.model_validate(options)


def written(rows, chosen, **options):
    return ctas_statements(
        rows, database="shop", table="t__v2", location="s3://curated/t/", layout=chosen, dialect=DIALECT, **options
    )


def select_in(statement):
    return "SELECT" + statement.split("SELECT", 1)[1]


def test_ctas_has_its_properties_and_partition_columns_last():
    chosen = layout(partition_by=["name", "id"], compression="zstd")
    write = written(made({}, sales=RAW), chosen)
    (statement,) = write.statements
    assert statement.startswith("CREATE TABLE shop.t__v2\nWITH (\n  format = 'PARQUET',\n  write_compression = 'ZSTD',")
    assert "external_location = 's3://curated/t/'" in statement
    assert "partitioned_by = ARRAY['name', 'id']" in statement
    assert write.columns == ("day", "amount", "at", "name", "id")
    assert sqlglot.parse_one(statement, read="athena").args["kind"] == "TABLE"


def test_buckets_are_written_and_limited_by_open_files():
    rows = made({}, sales=RAW)
    assert "bucket_count = 8" in written(rows, layout(bucket_by=["id"], bucket_count=8)).statements[0]
    both = layout(partition_by=["day"], bucket_by=["id"], bucket_count=8)
    with pytest.raises(BadSql, match="104 open files"):
        written(rows, both, partitions=[(f"2024-01-{n:02d}",) for n in range(1, 14)])


@pytest.mark.parametrize("partition_by", [["id"], ["day"], ["name", "day"], ["amount"]])
@pytest.mark.parametrize("source", ["columns", "sql"])
def test_more_than_100_partitions_are_written_in_disjoint_batches(engine, partition_by, source):
    engine.execute("insert into shop.typed__v1 values (null, null, null, null, null), (5, '', null, 1, null)")
    transform = {} if source == "columns" else {"sql": "SELECT * FROM shop.typed"}
    rows, chosen = made(transform, typed=TYPED), layout(partition_by=partition_by)
    found = run(engine, partitions_select(rows, chosen, dialect=DIALECT))
    assert sum(row[-1] for row in found) == 302
    statements = written(rows, chosen, partitions=[tuple(row[:-1]) for row in found]).statements
    assert len(statements) == -(-len(found) // 100)
    assert all(statement.startswith("INSERT INTO shop.t__v2") for statement in statements[1:])
    parts = [run(engine, select_in(statement)) for statement in statements]
    assert sum(map(len, parts)) == 302
    width = len(partition_by)
    assert all(len({row[-width:] for row in part}) <= 100 for part in parts)


def test_sort_by_sorts_inside_each_partition(engine):
    rows = made({}, typed=TYPED)
    (statement,) = written(rows, layout(sort_by=["amount desc"])).statements
    assert "ORDER BY rows_to_write.amount DESC NULLS LAST" in statement
    assert len(run(engine, select_in(statement))) == 300


def test_layouts_that_cannot_be_are_refused():
    rows = made({"columns": [{"name": "id"}]}, sales=RAW)
    for chosen in (layout(partition_by=["nope"]), layout(partition_by=["id"]), layout(sort_by=["nope"])):
        with pytest.raises(BadSql):
            written(rows, chosen)


def test_a_statement_longer_than_athena_takes_is_refused():
    many = Relation("shop", "sales__files", COLUMNS, tuple(f"{n:026d}" for n in range(10_000)), is_text=True)
    with pytest.raises(BadSql, match="262,144"):
        written(made({}, sales=many), layout())


CHECKS = [
    {"type": "row_count", "min": 1, "max": 10},
    {"type": "unique", "columns": ["id"]},
    {"type": "unique", "columns": ["day"]},
    {"type": "not_null", "columns": ["id", "at"]},
    {"type": "accepted_values", "column": "name", "values": ["n1", "it's"]},
    {"type": "range", "column": "amount", "min": 0.125, "max": 50},
    {"type": "range", "column": "day", "min": "2024-01-01"},
    {"type": "sql", "expression": "id >= 0"},
]
MOMENT = Moment(datetime(2024, 3, 1, tzinfo=UTC), present_rows=None)


def job(**parts):
    whole = {"name": "j", "sources": ["shop.sales"], "target": {"namespace": "shop", "name": "t"}, **parts}
    return JobDefinition.model_validate(whole)


def test_the_gate_counts_what_each_check_forbids(engine):
    checks = job(checks=CHECKS).checks
    engine.execute("insert into shop.typed__v1 values (7, 'twice', null, 0.00, null)")
    sql = sqlglot.transpile(gate_select(checks, TYPED, dialect=DIALECT), read="trino", write="duckdb")[0]
    result = engine.execute(sql)
    counted = dict(zip([column[0] for column in result.description], result.fetchone(), strict=True))
    assert counted["row_count"] == 301
    failed = {one.index: one.found for one in judged(checks, counted, MOMENT, own=8) if not one.passed}
    assert failed == {0: 301, 1: 1, 3: 301, 4: 300, 5: counted["check_5"]}
    assert counted["check_5"] > 90


def test_an_empty_version_passes_all_but_a_row_count():
    checks = job(checks=CHECKS).checks
    counted = {"row_count": 0, **{f"check_{n}": None for n in range(1, 8)}}
    assert [one.type for one in judged(checks, counted, MOMENT, own=8) if not one.passed] == ["row_count"]


@pytest.mark.parametrize(
    "check",
    [
        {"type": "unique", "columns": ["nope"]},
        {"type": "sql", "expression": "(SELECT 1) = 1"},
        {"type": "range", "column": "amount", "min": "x"},
        {"type": "accepted_values", "column": "id", "values": [True]},
        {"type": "freshness", "column": "nope", "max_age": "PT1H"},
        {"type": "freshness", "column": "id", "max_age": "PT1H"},
    ],
)
def test_checks_that_cannot_be_are_refused(check):
    with pytest.raises(BadSql):
        gate_select(job(checks=[check]).checks, TYPED, dialect=DIALECT)


def test_the_view_of_a_raw_dataset_shows_typed_columns_and_hides_the_file(engine):
    text = presto_view(dataset_view_sql(RAW, dialect=DIALECT), "shop", RAW.columns)
    body = json.loads(base64.b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */")))
    assert body["columns"][3] == {"name": "amount", "type": "decimal(12,2)"}
    assert body["columns"][4] == {"name": "at", "type": "timestamp(3)"}
    assert len(run(engine, body["originalSql"])[0]) == 5


@pytest.mark.parametrize(
    "parts",
    [
        {"sources": []},
        {"sources": ["a.b", "a.b"]},
        {"sources": ["a.b", "a.c"]},
        {"sources": ["shop.t"]},
        {"sources": ["a__b.c"]},
        {"name": "Bad Name"},
        {"unknown": 1},
        {"target": {"namespace": "shop", "name": "t__v1"}},
        {"target": {"namespace": "shop", "name": "t", "tier": "raw"}},
        {"layout": {"bucket_by": ["x"]}},
        {"layout": {"bucket_count": 3}},
        {"layout": {"partition_by": ["x", "x"]}},
        {"layout": {"partition_by": ["x"], "sort_by": ["x desc"]}},
        {"layout": {"sort_by": ["x sideways"]}},
        {"layout": {"compression": "lzo"}},
        {"transform": {"sql": "SELECT 1", "where": "x"}},
        {"transform": {"columns": []}},
        {"transform": {"columns": [{"name": "a"}, {"name": "a"}]}},
        {"transform": {"columns": [{"name": "a", "from": "b", "expression": "c"}]}},
        {"transform": {"columns": [{"name": "a"}]}, "layout": {"partition_by": ["b"]}},
        {"transform": {"columns": [{"name": "a"}]}, "layout": {"partition_by": ["a"]}},
        {"triggers": [{"type": "run", "job": "j"}]},
        {"triggers": [{"type": "schedule", "expression": "every day"}]},
        {"triggers": [{"type": "never"}]},
        {"checks": [{"type": "row_count"}]},
        {"checks": [{"type": "row_count", "min": 2, "max": 1}]},
        {"checks": [{"type": "row_count", "min_ratio": 2, "max_ratio": 1}]},
        {"checks": [{"type": "row_count", "min_ratio": -0.5}]},
        {"checks": [{"type": "row_count", "min": 1, "severity": "ignore"}]},
        {"checks": [{"type": "freshness", "column": "a"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "P"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "P1DT"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "PT0S"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "P1M"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "-PT1H"}]},
        {"checks": [{"type": "freshness", "column": "a", "max_age": "P9999999W"}]},
        {"checks": [{"type": "accepted_values", "column": "a", "values": []}]},
        {"max_bytes_scanned": 5},
    ],
)
def test_definitions_that_contradict_themselves_are_refused(parts):
    with pytest.raises(ValidationError):
        job(**parts)


def test_the_definition_of_the_api_contract_is_taken_and_given_back():
    body = {
        "name": "flights-curate", "sources": ["flights.flights_raw"],
        "target": {"namespace": "flights", "name": "flights", "tier": "curated"},
        "transform": {
            "columns": [
                {"name": "dep_delay", "from": "dep_delay", "type": "double"}, {"name": "carrier"}, {"name": "month"},
                {"name": "day", "expression": "date(time_hour)", "type": "date"}, {"name": "flight_id"},
            ],
            "where": "year = 2013", "deduplicate": {"keys": ["flight_id"], "order_by": ["updated_at desc"]},
        },
        "mode": "full",
        "layout": {"format": "parquet", "compression": "snappy", "partition_by": ["month"], "bucket_by": ["carrier"],
                   "bucket_count": 8, "sort_by": ["day"]},
        "triggers": [{"type": "arrival"}, {"type": "schedule", "expression": "cron(0 6 * * ? *)"},
                     {"type": "run", "job": "flights-load", "on": "succeeded"}],
        "checks": [{"type": "row_count", "min": 1}, {"type": "unique", "columns": ["flight_id"]}],
        "max_bytes_scanned": 5000000000,
    }  # fmt: skip
    definition = JobDefinition.model_validate(body)
    again = definition.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert JobDefinition.model_validate(again) == definition
    assert again == body
    assert definition.is_triggered_by_arrival


MAPPED = {
    "columns": [
        {"name": "id", "type": "int", "on_error": "reject"},
        {"name": "n", "expression": "name || 'x'", "type": "int", "on_error": "reject", "default": 0},
        {"name": "short", "from": "name", "type": "varchar(4)", "on_error": "null", "default": "none"},
    ]
}


def test_rejecting_columns_are_written_beside_the_target_s_own():
    rows = made(MAPPED, sales=RAW)
    assert rows.names == ("id", "n", "short", "_rejected")
    assert rows.visible == ("id", "n", "short")
    layout = Layout(partition_by=("short",))
    place = {"database": "shop", "table": "t", "location": "s3://b/p/", "dialect": DIALECT}
    assert ctas_statements(rows, layout=layout, **place).columns == ("id", "n", "_rejected", "short")


def test_a_mapping_is_one_pass_over_its_source():
    sql = compiled(made(MAPPED, sales=RAW).select, DIALECT)
    assert sql.count("sales__files") == 1
    assert "TRY_CAST(id AS INTEGER) AS id" in sql
    assert "TRY_CAST(CASE WHEN (length(name) <= 4) THEN name END AS VARCHAR(4))" in sql
    assert "WHEN ((name || 'x') IS NULL) THEN CAST('0' AS INTEGER)" in sql


@pytest.mark.parametrize(
    ("value", "kind", "sql"),
    [
        ("it's", "varchar", "'it''s'"),
        (-128, "tinyint", "CAST('-128' AS TINYINT)"),
        (1, "bigint", "CAST('1' AS BIGINT)"),
        (True, "boolean", "CAST('true' AS BOOLEAN)"),
        (0.1, "decimal(3,2)", "CAST('0.1' AS DECIMAL(3, 2))"),
        ("9.99", "decimal(3,2)", "CAST('9.99' AS DECIMAL(3, 2))"),
        (3, "double", "CAST('3.0' AS DOUBLE)"),
        ("2024-02-29", "date", "CAST('2024-02-29' AS DATE)"),
        ("2024-02-29", "timestamp", "CAST('2024-02-29 00:00:00.000' AS TIMESTAMP(3))"),
        ("2024-02-29T01:00:00+02:00", "timestamp", "CAST('2024-02-28 23:00:00.000' AS TIMESTAMP(3))"),
    ],
)
def test_a_default_is_exactly_its_value(value, kind, sql):
    assert compiled(typed_literal(value, parse_type(kind)), DIALECT) == sql


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "varchar"), ("abc", "char(2)"), (128, "tinyint"), (1.0, "int"), ("1", "int"), (True, "int"), (1, "boolean"),
        (10, "decimal(3,2)"), (0.125, "decimal(3,2)"), (True, "decimal(3,2)"), ("NaN", "decimal(3,2)"),
        (float("nan"), "double"), (10**400, "double"), ("1", "double"), ("2023-02-29", "date"), (20240229, "date"),
        ("2024-02-29T00:00:00.000001", "timestamp"), ("noon", "timestamp"), ("a", "binary"), ("[]", "array<int>"),
    ],
)  # fmt: skip
def test_a_default_is_never_bent_to_its_type(value, kind):
    with pytest.raises(BadSql, match="no value of the type"):
        typed_literal(value, parse_type(kind))
