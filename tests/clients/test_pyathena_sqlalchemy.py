"""PyAthena's SQLAlchemy dialects, unchanged: reflection, Core and ORM, DDL, and pandas' `to_sql` and `read_sql`."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from pyathena import connect
from pyathena.pandas.util import to_sql
from pyathena.sqlalchemy.types import AthenaArray, AthenaMap, AthenaStruct
from sqlalchemy import orm


def engine_of(lake, driver="rest", **query):
    given = {"s3_staging_dir": lake.results, "poll_interval": "0.01"} | query
    return sa.create_engine(
        sa.URL.create(
            f"awsathena+{driver}", host="athena.us-east-1.amazonaws.com", port=443, database=lake.database, query=given
        )
    )


@pytest.fixture(scope="module")
def engine(lake, every_type):
    made = engine_of(lake)
    with made.connect() as opened:
        opened.exec_driver_sql(
            "CREATE TABLE sales WITH (partitioned_by = ARRAY['day']) AS SELECT * FROM (VALUES"
            " (1, 'a', DECIMAL '1.50', '2024-01-01'), (2, NULL, DECIMAL '2.25', '2024-01-02'),"
            " (3, '', DECIMAL '0.10', '2024-01-02')) AS t(id, name, price, day)"
        )
        opened.exec_driver_sql("CREATE VIEW cheap AS SELECT id, price FROM sales WHERE price < 2")
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def sales(engine):
    return sa.Table("sales", sa.MetaData(), autoload_with=engine)


def test_the_inspector_lists(engine, lake):
    inspector = sa.inspect(engine)
    assert lake.database in inspector.get_schema_names()
    assert {"every_type", "sales"} <= set(inspector.get_table_names())
    assert "cheap" not in inspector.get_table_names()
    assert inspector.get_view_names(schema=lake.database) == ["cheap"]
    assert inspector.has_table("sales")
    assert not inspector.has_table("nowhere")
    assert "price" in inspector.get_view_definition("cheap")
    assert [c["name"] for c in inspector.get_columns("cheap")] == ["id", "price"]


def test_columns_have_sqlalchemy_types(engine):
    found = {c["name"]: c["type"] for c in sa.inspect(engine).get_columns("every_type")}
    expected = {
        "id": sa.INTEGER, "c_boolean": sa.BOOLEAN, "c_smallint": sa.SMALLINT, "c_int": sa.INTEGER,
        "c_bigint": sa.BIGINT, "c_real": sa.FLOAT, "c_double": sa.DOUBLE, "c_decimal": sa.DECIMAL, "c_char": sa.CHAR,
        "c_varchar": sa.VARCHAR, "c_string": sa.String, "c_binary": sa.BINARY, "c_date": sa.DATE,
        "c_timestamp": sa.TIMESTAMP, "c_array": AthenaArray, "c_map": AthenaMap, "c_row": AthenaStruct,
    }  # fmt: skip
    assert {n: t for n, t in expected.items() if not isinstance(found[n], t)} == {}
    assert (found["c_decimal"].precision, found["c_decimal"].scale) == (10, 2)
    assert (found["c_char"].length, found["c_varchar"].length) == (3, 20)
    assert str(found["c_tinyint"]) == "TINYINT"


def test_partition_keys_and_options_are_reflected(engine, sales, lake):
    assert {c.name: bool(c.dialect_options["awsathena"]["partition"]) for c in sales.columns} == {
        "id": False, "name": False, "price": False, "day": True}  # fmt: skip
    options = sa.inspect(engine).get_table_options("sales")
    assert options["awsathena_location"].startswith(f"s3://{lake.bucket}/")
    assert "parquet" in options["awsathena_file_format"].lower()


def test_core_select(engine, sales):
    with engine.connect() as opened:
        grouped = (
            sa.select(sales.c.day, sa.func.count().label("n"), sa.func.sum(sales.c.price))
            .group_by(sales.c.day)
            .order_by(sales.c.day)
        )
        assert opened.execute(grouped).fetchall() == [
            ("2024-01-01", 1, Decimal("1.50")),
            ("2024-01-02", 2, Decimal("2.35")),
        ]
        chosen = (
            sa.select(sales.c.id).where(sa.or_(sales.c.name.is_(None), sales.c.name == "")).order_by(sales.c.id.desc())
        )
        assert opened.execute(chosen).scalars().all() == [3, 2]
        assert opened.execute(sa.select(sales.c.id).order_by(sales.c.id).offset(1).limit(1)).scalars().all() == [2]
        assert opened.execute(
            sa.select(sales.c.id).where(sales.c.id.in_([1, 3])).order_by(sales.c.id)
        ).scalars().all() == [1, 3]
        assert opened.execute(sa.text("SELECT id FROM sales WHERE name = :name"), {"name": "a"}).scalar_one() == 1
        joined = (
            sa.select(sales.c.id)
            .join_from(sales, (other := sales.alias()), sales.c.id == other.c.id - 1)
            .order_by(sales.c.id)
        )
        assert opened.execute(joined).scalars().all() == [1, 2]
        common = sa.select(sa.func.max(sales.c.price).label("top")).cte("common")
        assert (
            opened.execute(
                sa.select(sales.c.id).where(sales.c.price == sa.select(common.c.top).scalar_subquery())
            ).scalar_one()
            == 2
        )
        kinds = sa.select(
            sa.cast("2024-01-02", sa.Date),
            sa.cast("1.5", sa.Numeric(4, 2)),
            sa.case((sa.literal(1) == 1, "y"), else_="n"),
            sa.literal("O'Hara %"),
        )
        assert opened.execute(kinds).one() == (dt.date(2024, 1, 2), Decimal("1.50"), "y", "O'Hara %")


def test_orm_select(engine, sales):
    class Base(orm.DeclarativeBase):
        pass

    class Sale(Base):
        __table__ = sales
        __mapper_args__ = {"primary_key": [sales.c.id]}  # noqa: RUF012

    with orm.Session(engine) as session:
        found = session.scalars(sa.select(Sale).where(Sale.price < 2).order_by(Sale.id)).all()
        assert [(s.id, s.name, s.day) for s in found] == [(1, "a", "2024-01-01"), (3, "", "2024-01-02")]
        assert session.get(Sale, 2).name is None


def test_a_table_defined_in_python(engine, lake):
    table = sa.Table(
        "defined", sa.MetaData(),
        sa.Column("n", sa.Integer, comment="a number"), sa.Column("amount", sa.Numeric(10, 2)), sa.Column("at", sa.TIMESTAMP), sa.Column("part", sa.String, awsathena_partition=True),
        awsathena_location=lake.at("defined/"), awsathena_file_format="PARQUET", awsathena_compression="SNAPPY", comment="made by SQLAlchemy",
    )  # fmt: skip
    table.create(engine)
    assert sa.inspect(engine).get_table_comment("defined") == {"text": "made by SQLAlchemy"}
    assert sa.inspect(engine).get_columns("defined")[0]["comment"] == "a number"
    with engine.connect() as opened:
        rows = [
            {"n": n, "amount": Decimal("0.25") * n, "at": dt.datetime(2024, 1, n), "part": f"p{n % 2}"}
            for n in (1, 2, 3)
        ]
        opened.execute(table.insert(), rows)
        assert opened.execute(sa.select(table).order_by(table.c.n)).fetchall() == [tuple(r.values()) for r in rows]
        copied = table.insert().from_select(["n", "part"], sa.select(table.c.n + 10, table.c.part).where(table.c.n > 1))
        assert opened.execute(copied, execution_options={"preserve_rowcount": True}).rowcount == 2
    table.drop(engine)
    assert not sa.inspect(engine).has_table("defined")


@pytest.mark.parametrize("driver", ["pandas", "arrow", "polars", "s3fs"])
def test_the_other_drivers(lake, sales, arrow_s3, driver):
    made = engine_of(lake, driver)
    try:
        with made.connect() as opened:
            assert opened.execute(sa.select(sales.c.id, sales.c.price).order_by(sales.c.id)).fetchall() == [
                (1, Decimal("1.50")), (2, Decimal("2.25")), (3, Decimal("0.10"))]  # fmt: skip
    finally:
        made.dispose()


def test_pandas_read_sql(engine, sales):
    frame = pd.read_sql(sa.select(sales.c.id, sales.c.day).order_by(sales.c.id), engine)
    assert frame.to_numpy().tolist() == [[1, "2024-01-01"], [2, "2024-01-02"], [3, "2024-01-02"]]


FRAME = pd.DataFrame({
    "n": [1, 2, 3], "ratio": [0.5, None, 2.5], "word": ["a", 'b,"c"', None], "flag": [True, False, True],
    "at": pd.to_datetime(["2024-01-02 03:04:05.678", "1999-12-31", "2024-02-29 23:59:59"], format="ISO8601"), "part": ["x", "x", "y z"],
})  # fmt: skip


def test_pandas_to_sql_through_the_dialect(lake):
    made = engine_of(lake, location=lake.at("to_sql/"), file_format="parquet")
    try:
        FRAME.to_sql("from_pandas", made, schema=lake.database, index=False, if_exists="replace", method="multi")
        FRAME.iloc[:1].to_sql(
            "from_pandas", made, schema=lake.database, index=False, if_exists="append", method="multi"
        )
        found = pd.read_sql(sa.text("SELECT * FROM from_pandas ORDER BY n"), made)
    finally:
        made.dispose()
    assert found["n"].tolist() == [1, 1, 2, 3]
    assert found["at"].tolist()[1:] == FRAME["at"].tolist()
    assert [w if isinstance(w, str) else None for w in found["word"]] == ["a", "a", 'b,"c"', None]
    assert lake.table("from_pandas")["StorageDescriptor"]["Location"].rstrip("/").endswith("/from_pandas")


def test_pyathena_to_sql(lake):
    with connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened:
        to_sql(
            FRAME,
            "uploaded",
            opened,
            lake.at("uploaded/"),
            schema=lake.database,
            partitions=["part"],
            if_exists="replace",
            compression="snappy",
        )
        to_sql(
            FRAME.iloc[:1],
            "uploaded",
            opened,
            lake.at("uploaded/"),
            schema=lake.database,
            partitions=["part"],
            if_exists="append",
        )
        cursor = opened.cursor()
        found = cursor.execute("SELECT n, ratio, word, flag, at, part FROM uploaded ORDER BY n").fetchall()
        assert found == [
            (1, 0.5, "a", True, dt.datetime(2024, 1, 2, 3, 4, 5, 678000), "x"),
            (1, 0.5, "a", True, dt.datetime(2024, 1, 2, 3, 4, 5, 678000), "x"),
            (2, None, 'b,"c"', False, dt.datetime(1999, 12, 31), "x"),
            (3, 2.5, None, True, dt.datetime(2024, 2, 29, 23, 59, 59), "y z"),
        ]
        assert cursor.execute('SELECT part FROM "uploaded$partitions" ORDER BY 1').fetchall() == [("x",), ("y z",)]
        to_sql(
            FRAME.iloc[:1],
            "uploaded",
            opened,
            lake.at("uploaded/"),
            schema=lake.database,
            partitions=["part"],
            if_exists="replace",
        )
        assert cursor.execute("SELECT count(*) FROM uploaded").fetchone() == (1,)
    assert pq.ParquetFile(__import__("io").BytesIO(lake.body(lake.keys("uploaded/")[0]))).metadata.num_rows == 1
