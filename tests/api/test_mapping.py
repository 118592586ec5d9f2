"""Mapping over HTTP: values that do not cast, defaults, rejects and nested columns, read back after the run."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.lakework import Deliver, define, drop, ended, filled, register, run, select, versions

Rows = Callable[..., list[Any]]
ORDERS = "id,qty,price,day\n1,5,1.50,2024-01-01\n2,many,2.50,2024-01-02\n3,,x,never\n4, 7 ,0.1,2024-01-04\n"
TEXT = {"schema": {"columns": [{"name": name, "type": "varchar"} for name in ("id", "qty", "price", "day")]}}


def orders(on_error: str | None) -> list[dict[str, Any]]:
    rule = {"on_error": on_error} if on_error else {}
    return [
        {"name": "id", "type": "int"},
        {"name": "quantity", "from": "qty", "type": "int", **rule},
        {"name": "price", "type": "decimal(8,2)", **rule},
        {"name": "day", "type": "date", **rule},
    ]


def test_a_value_that_does_not_cast_fails_the_run_unless_told_otherwise(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "strict_raw", ORDERS, **TEXT)
    define(api, "strict", source, "air.strict", transform={"columns": orders(None)})
    done = ended(api, "strict")
    assert done["state"] == "failed"
    assert versions(api, "air.strict") == []


def test_a_value_that_does_not_cast_becomes_null_where_wanted(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "nulls_raw", ORDERS, **TEXT)
    define(api, "nulls", source, "air.nulls", transform={"columns": orders("null")})
    done = run(api, "nulls")
    assert done["statistics"]["rejected_rows"] == 0
    assert select(lake, 'SELECT * FROM "air"."nulls" ORDER BY id') == [
        (1, 5, Decimal("1.50"), date(2024, 1, 1)),
        (2, None, Decimal("2.50"), date(2024, 1, 2)),
        (3, None, None, None),
        (4, 7, Decimal("0.10"), date(2024, 1, 4)),
    ]


def test_rejected_rows_are_none_of_the_dataset_and_can_be_read_with_their_reasons(
    api: Any, lake: Any, deliver: Deliver, rows: Rows
) -> None:
    source = filled(api, deliver, "rejecting_raw", ORDERS + "5,,1,2024-01-05\n", **TEXT)  # NULL casts
    checks = [{"type": "row_count", "min": 3, "max": 3}, {"type": "not_null", "columns": ["price", "day"]}]
    define(api, "rejecting", source, "air.rejecting", transform={"columns": orders("reject")}, checks=checks)
    done = run(api, "rejecting")
    assert (done["statistics"]["rows"], done["statistics"]["rejected_rows"]) == (3, 2)
    good: list[tuple[Any, ...]] = [(1, 5, Decimal("1.50"), date(2024, 1, 1)), (4, 7, Decimal("0.10"), date(2024, 1, 4))]
    good.append((5, None, Decimal("1.00"), date(2024, 1, 5)))
    assert select(lake, 'SELECT * FROM "air"."rejecting" ORDER BY id') == good
    assert rows("SELECT id FROM air.rejecting ORDER BY id") == [[1], [4], [5]]
    dataset = api.get("/v1/datasets/air.rejecting").json()
    assert [column["name"] for column in dataset["schema"]["columns"]] == ["id", "quantity", "price", "day"]
    (version,) = versions(api, "air.rejecting")
    assert (version["rows"], version["rejected_rows"]) == (3, 2)
    found = rows("SELECT * FROM air.rejecting__rejects ORDER BY id")
    assert [json.loads(row[0]) for row in found] == [{"quantity": "many"}, {"price": "x", "day": "never"}]
    assert [row[1:] for row in found] == [[2, None, "2.50", "2024-01-02"], [3, None, None, None]]
    assert len(done["athena_execution_ids"]) == 2  # one write, one gate


def test_rejects_lie_beside_good_rows_in_every_partition(api: Any, lake: Any, deliver: Deliver, rows: Rows) -> None:
    lines = [f"{n},{n if n % 10 else 'bad'},{n % 120 if n % 25 else 'odd'}" for n in range(1200)]
    source = filled(api, deliver, "parted_raw", "id,amount,part\n" + "\n".join(lines) + "\n")
    columns = [
        {"name": "part", "type": "int", "on_error": "reject"},
        {"name": "id"},
        {"name": "amount", "type": "bigint", "on_error": "reject"},
    ]
    layout = {"partition_by": ["part"], "sort_by": ["id desc"]}
    define(api, "parted", source, "air.parted", transform={"columns": columns}, layout=layout)
    done = run(api, "parted")
    bad = {n for n in range(1200) if n % 10 == 0 or n % 25 == 0}
    assert (done["statistics"]["rows"], done["statistics"]["rejected_rows"]) == (1200 - len(bad), len(bad))
    good = set(range(1200)) - bad
    assert {tuple(row) for row in select(lake, 'SELECT id, amount, part FROM "air"."parted"')} == {
        (n, n, n % 120) for n in good
    }
    found = rows("SELECT id, part, reason FROM air.parted__rejects WHERE part IS NULL OR part = 110 ORDER BY id")
    expected = [[n, None if n % 25 == 0 else 110] for n in sorted(bad) if n % 25 == 0 or n % 120 == 110]
    assert [row[:2] for row in found] == expected
    assert json.loads(found[0][2]) == {"part": "odd", "amount": "bad"}
    assert json.loads(next(row[2] for row in found if row[0] == 25)) == {"part": "odd"}
    joined = "SELECT count(*) FROM air.parted g JOIN air.parted__rejects r ON r.part = g.part + 1 AND r.id = g.id + 1"
    assert rows(joined) == [[sum(n + 1 in bad and (n + 1) % 25 != 0 and n % 120 + 1 < 120 for n in good)]]


def test_a_rejected_row_takes_no_good_rows_place(api: Any, lake: Any, deliver: Deliver, rows: Rows) -> None:
    text = "key,seq,amount\n1,1,10\n1,2,20\n1,3,oops\n2,1,nope\n2,2,never\n"
    source = filled(api, deliver, "latest_raw", text)
    transform = {
        "columns": [{"name": "key"}, {"name": "seq"}, {"name": "amount", "type": "int", "on_error": "reject"}],
        "deduplicate": {"keys": ["key"], "order_by": ["seq desc"]},
    }
    define(api, "latest", source, "air.latest", transform=transform)
    run(api, "latest")
    assert select(lake, 'SELECT * FROM "air"."latest"') == [(1, 2, 20)]
    found = rows("SELECT key, seq FROM air.latest__rejects ORDER BY key, seq")
    assert found == [[1, 3], [2, 1], [2, 2]]


def test_a_default_stands_in_for_null_but_not_for_what_was_rejected(
    api: Any, lake: Any, deliver: Deliver, rows: Rows
) -> None:
    source = filled(api, deliver, "defaults_raw", "id,a,b,c,d\n1,,,,\n2,x,1,2,2024-02-29\n3,1,y,,nope\n", schema=None)
    columns = [
        {"name": "id"},
        {"name": "a", "type": "int", "on_error": "null", "default": -1},
        {"name": "b", "type": "decimal(6,2)", "on_error": "reject", "default": "0.50"},
        {"name": "c", "type": "varchar", "default": "it's"},
        {"name": "d", "type": "timestamp", "on_error": "null", "default": "2020-01-01T00:00:00.5+01:00"},
        {"name": "e", "expression": "CAST(NULL AS boolean)", "type": "boolean", "default": True},
    ]
    define(api, "defaults", source, "air.defaults", transform={"columns": columns})
    run(api, "defaults")
    stood_in = datetime(2019, 12, 31, 23, 0, 0, 500000)
    assert select(lake, 'SELECT * FROM "air"."defaults" ORDER BY id') == [
        (1, -1, Decimal("0.50"), "it's", stood_in, True),
        (2, -1, Decimal("1.00"), "2", datetime(2024, 2, 29), True),
    ]
    assert rows("SELECT id, a, b, reason FROM air.defaults__rejects") == [[3, 1, None, '{"b":"y"}']]


def test_rejects_are_asked_for_like_their_dataset(api: Any, deliver: Deliver, rows: Rows) -> None:
    source = filled(api, deliver, "asked_raw", "id,reason\n1,late\nx,lost\n")
    columns = [{"name": "id", "type": "int", "on_error": "reject"}, {"name": "reason"}]
    define(api, "asked", source, "air.asked", transform={"columns": columns})
    run(api, "asked")
    assert rows("SELECT reject_reason, reason FROM air.asked__rejects") == [['{"id":"x"}', "lost"]]
    sql = "SELECT g.id FROM air.asked g UNION ALL SELECT r.id FROM air.asked__rejects r"
    saved = api.put("/v1/saved-queries/asked-both", json={"sql": sql})
    assert (saved.status_code, saved.json()["datasets"]) == (201, ["air.asked"])
    first = api.get("/v1/saved-queries/asked-both/results")
    estimate = api.post("/v1/queries/estimate", json={"sql": "SELECT reject_reason FROM air.asked__rejects"}).json()
    assert [one["id"] for one in estimate["datasets"]] == ["air.asked"]
    drop(api, deliver, source, "id,reason\ny,new\n", "b.csv")
    run(api, "asked")
    second = api.get("/v1/saved-queries/asked-both/results")
    assert first.headers["etag"] != second.headers["etag"]
    assert len(rows("SELECT * FROM air.asked__rejects")) == 2


@pytest.mark.parametrize(
    "name", ["air.plain_raw__rejects", "air.none__rejects", "air.__rejects", "air.plain_raw__rejects__rejects"]
)
def test_there_are_no_rejects_where_nothing_rejects(api: Any, deliver: Deliver, name: str) -> None:
    if api.get("/v1/datasets/air.plain_raw").status_code == 404:
        filled(api, deliver, "plain_raw")
    answer = api.post("/v1/queries", json={"sql": f"SELECT * FROM {name}"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_sql"), answer.text


DOCUMENTS: list[dict[str, Any]] = [
    {"id": 1, "who": "ann", "items": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 300}], "tags": ["x", "y"]},
    {"id": 2, "who": "bob", "items": [], "tags": ["z"]},
    {"id": 3, "who": "cy", "items": [{"sku": "c"}], "tags": None, "rates": {"eur": 1.5, "usd": 2.0}},
]
LINES = "\n".join(json.dumps(document) for document in DOCUMENTS) + "\n"
ITEMS = "array<struct<sku:varchar,qty:int>>"


def test_one_document_becomes_a_parents_and_a_childs_table(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "docs_raw")
    drop(api, deliver, source, LINES, "docs.ndjson")
    define(api, "docs", source, "air.docs", transform={"columns": [{"name": "id"}, {"name": "who"}]})
    columns = [
        {"name": "doc_id", "from": "id"},
        {"name": "item_no"},
        {"name": "sku", "expression": "item.sku"},
        {"name": "qty", "expression": "item.qty", "type": "tinyint", "on_error": "null", "default": 1},
        {"name": "item"},
    ]
    unnest = {"column": "items", "type": ITEMS, "as": "item", "position": "item_no"}
    define(api, "docs-items", source, "air.docs_items", transform={"columns": columns, "unnest": unnest})
    run(api, "docs")
    done = run(api, "docs-items")
    assert done["statistics"]["rows"] == 3
    assert sorted(select(lake, 'SELECT id, who FROM "air"."docs"')) == [(1, "ann"), (2, "bob"), (3, "cy")]
    found = select(lake, 'SELECT doc_id, item_no, sku, qty, item.sku FROM "air"."docs_items" ORDER BY 1, 2')
    assert found == [(1, 1, "a", 2, "a"), (1, 2, "b", 1, "b"), (3, 1, "c", 1, "c")]
    types = {one["name"]: one["type"] for one in api.get("/v1/datasets/air.docs_items").json()["schema"]["columns"]}
    assert (types["item"], types["qty"], types["item_no"]) == ("struct<sku:varchar,qty:int>", "tinyint", "bigint")


def test_declared_arrays_unnest_with_their_own_type_and_outer_keeps_the_childless(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    kinds = {"id": "int", "who": "varchar", "items": ITEMS, "tags": "array<varchar>", "rates": "map<varchar,double>"}
    columns = [{"name": name, "type": kind} for name, kind in kinds.items()]
    source = register(api, "nested_raw", format={"type": "json"}, schema={"columns": columns})
    drop(api, deliver, source, LINES, "docs.ndjson")

    def unnested(name: str, made: list[Any], **transform: Any) -> list[Any]:
        define(api, name, source, f"air.{name}", transform={"columns": made, **transform})
        run(api, name)
        return select(lake, f'SELECT * FROM "air"."{name}" ORDER BY 1, 2')

    tags = [{"name": "id"}, {"name": "tag"}]
    assert unnested("tags_inner", tags, unnest={"column": "tags", "as": "tag"}) == [(1, "x"), (1, "y"), (2, "z")]
    outer = {"column": "tags", "as": "tag", "outer": True, "position": "at"}
    assert unnested("tags_outer", [*tags, {"name": "at"}], unnest=outer, where="tag IS NULL OR at > 1") == [
        (1, "y", 2),
        (3, None, None),
    ]
    rates = [{"name": "id"}, {"name": "code", "expression": "rate.key"}, {"name": "x", "expression": "rate.value"}]
    assert unnested("rates", rates, unnest={"column": "rates", "as": "rate"}) == [(3, "eur", 1.5), (3, "usd", 2.0)]


def test_elements_that_do_not_cast_are_rejected_one_by_one(api: Any, lake: Any, deliver: Deliver, rows: Rows) -> None:
    source = register(api, "parts_raw")
    documents = [{"id": 1, "n": ["1", "two"]}, {"id": 2, "n": ["3"]}]
    drop(api, deliver, source, "\n".join(map(json.dumps, documents)) + "\n", "n.ndjson")
    columns = [{"name": "id"}, {"name": "n", "from": "one", "type": "int", "on_error": "reject"}]
    unnest = {"column": "n", "type": "array<varchar>", "as": "one"}
    define(api, "parts", source, "air.parts", transform={"columns": columns, "unnest": unnest})
    run(api, "parts")
    assert sorted(select(lake, 'SELECT id, n FROM "air"."parts"')) == [(1, 1), (2, 3)]
    assert rows("SELECT id, reason FROM air.parts__rejects") == [[1, '{"n":"two"}']]


def test_what_is_made_of_sensitive_columns_is_as_sensitive(api: Any, deliver: Deliver) -> None:
    kinds = [("id", "int", "public"), ("who", "varchar", "pii"), ("n", "varchar", "phi"), ("x", "varchar", "internal")]
    columns = [{"name": name, "type": kind, "classification": level} for name, kind, level in kinds]
    source = register(api, "secret_raw", schema={"columns": columns})
    drop(api, deliver, source, 'id,who,n,x\n1,ann,"[1,2]",y\n')
    made = [
        {"name": "id"},
        {"name": "renamed", "from": "who"},
        {"name": "greeting", "expression": "x || upper(who) || CAST(id AS varchar)"},
        {"name": "element", "from": "one"},
        {"name": "twice", "expression": "one * 2"},
        {"name": "place"},
        {"name": "nothing", "expression": "1"},
    ]
    unnest = {"column": "n", "type": "array<int>", "as": "one", "position": "place"}
    define(api, "secret", source, "air.secret", transform={"columns": made, "unnest": unnest})
    run(api, "secret")
    found = api.get("/v1/datasets/air.secret").json()["schema"]["columns"]
    assert [(one["name"], one["classification"]) for one in found] == [
        ("id", "public"),
        ("renamed", "pii"),
        ("greeting", "pii"),
        ("element", "phi"),
        ("twice", "phi"),
        ("place", "internal"),
        ("nothing", "internal"),
    ]


def test_the_preview_shows_what_a_mapping_does(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "shown_raw", ORDERS, **TEXT)
    define(api, "shown", source, "air.shown", transform={"columns": orders("reject")})
    (sql,) = api.get("/v1/jobs/shown/preview").json()["statements"]
    assert "TRY_CAST" in sql
    assert "ARRAY['quantity', 'price', 'day']" in sql
    assert sql.count('"air"."shown_raw__files"') + sql.count("air.shown_raw__files") == 1  # one scan


ID = {"name": "id"}
NEST = {"column": "n", "as": "one", "type": "array<int>"}


@pytest.mark.parametrize(
    ("transform", "pointer"),
    [
        ({"columns": [ID | {"on_error": "null"}]}, "/transform/columns/0/on_error"),
        ({"columns": [ID | {"default": 1}]}, "/transform/columns/0/default"),
        ({"columns": [ID | {"on_error": "drop", "type": "int"}]}, "/transform/columns/0/on_error"),
        ({"columns": [ID, {"name": "n", "type": "int", "default": "one"}]}, "/transform/columns/1/default"),
        ({"columns": [{"name": "n", "type": "tinyint", "default": 128}]}, "/transform/columns/0/default"),
        ({"columns": [{"name": "n", "type": "decimal(4,2)", "default": 0.125}]}, "/transform/columns/0/default"),
        ({"columns": [{"name": "n", "type": "varchar(2)", "default": "abc"}]}, "/transform/columns/0/default"),
        ({"columns": [{"name": "n", "type": "date", "default": "yesterday"}]}, "/transform/columns/0/default"),
        ({"columns": [{"name": "n", "type": "array<int>", "default": "[]"}]}, "/transform/columns/0/default"),
        (
            {"columns": [{"name": "n", "expression": "random()", "type": "int", "on_error": "reject"}]},
            "/transform/columns/0/expression",
        ),
        ({"unnest": NEST}, "/transform"),
        ({"columns": [ID], "unnest": NEST, "deduplicate": {"keys": ["id"]}}, "/transform"),
        ({"sql": "SELECT id FROM air.wrong_raw", "unnest": NEST}, "/transform"),
        ({"columns": [ID], "unnest": NEST | {"position": "one"}}, "/transform/unnest"),
        ({"columns": [ID], "unnest": NEST | {"column": "none"}}, "/transform/unnest/column"),
        ({"columns": [ID], "unnest": NEST | {"column": "id"}}, "/transform/unnest/type"),
        ({"columns": [ID], "unnest": {"column": "id", "as": "one"}}, "/transform/unnest/column"),
        ({"columns": [ID], "unnest": {"column": "n", "as": "one"}}, "/transform/unnest/type"),
        ({"columns": [ID], "unnest": NEST | {"type": "struct<a:int>"}}, "/transform/unnest/type"),
        ({"columns": [ID], "unnest": NEST | {"type": "list<int>"}}, "/transform/unnest/type"),
        ({"columns": [ID], "unnest": NEST | {"as": "id"}}, "/transform/unnest/as"),
        ({"columns": [ID, {"name": "x", "expression": "two.a"}], "unnest": NEST}, "/transform/columns/1/expression"),
        ({"sql": "SELECT id AS _rejected FROM air.wrong_raw"}, "/transform/sql"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_its_place(
    api: Any, deliver: Deliver, transform: dict[str, Any], pointer: str
) -> None:
    if api.get("/v1/datasets/air.wrong_raw").status_code == 404:
        filled(api, deliver, "wrong_raw", "id,n\n1,[1]\n")
    body = {"name": "wrong", "sources": ["air.wrong_raw"], "target": {"namespace": "air", "name": "wrong"}}
    answer = api.post("/v1/jobs", json={**body, "transform": transform})
    assert answer.status_code in {400, 422}, answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]], answer.text


@pytest.mark.parametrize("more", [{"on_error": "reject"}, {}])
def test_a_merge_neither_rejects_nor_unnests(api: Any, more: dict[str, Any]) -> None:
    transform = {"columns": [{"name": "n", "type": "int", **more}], **({} if more else {"unnest": NEST})}
    body = {"name": "m", "sources": ["air.m_raw"], "target": {"namespace": "air", "name": "m"}, "mode": "merge"}
    answer = api.post("/v1/jobs", json={**body, "transform": transform})
    assert answer.status_code == 422
    assert "merge" in answer.text
