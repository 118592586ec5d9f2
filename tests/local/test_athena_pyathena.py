"""PyAthena, unchanged, against the embedded Athena: its cursors, and SQLAlchemy with reflection."""

import pytest
import sqlalchemy as sa
from pyathena import connect
from pyathena.cursor import DictCursor
from pyathena.error import OperationalError
from pyathena.pandas.cursor import PandasCursor


@pytest.fixture(scope="module")
def lake(athena_stack, stack):
    athena_stack.done(
        "CREATE TABLE sales WITH (partitioned_by = ARRAY['day']) AS "
        "SELECT * FROM (VALUES (1, 'a', 1.50, '2024-01-01'), (2, NULL, 2.25, '2024-01-02'), (3, '', 0.10, '2024-01-02')) AS t(id, name, price, day)"
    )
    return athena_stack


@pytest.fixture
def connection(lake, stack):
    with connect(
        s3_staging_dir=lake.results,
        schema_name=lake.database,
        region_name="us-east-1",
        endpoint_url=stack.endpoint_url,
        poll_interval=0.01,
    ) as opened:
        yield opened


def test_plain_cursor(connection):
    cursor = connection.cursor().execute("SELECT id, name, price FROM sales ORDER BY id")
    assert [tuple(map(str, row)) for row in cursor.fetchall()] == [
        ("1", "a", "1.50"),
        ("2", "None", "2.25"),
        ("3", "", "0.10"),
    ]
    assert [d[0] for d in cursor.description] == ["id", "name", "price"]
    assert cursor.data_scanned_in_bytes > 0


def test_parameters(connection):
    cursor = connection.cursor()
    assert cursor.execute("SELECT id FROM sales WHERE name = %(name)s", {"name": "a"}).fetchall() == [(1,)]
    assert cursor.execute("SELECT id FROM sales WHERE id = ?", ["2"], paramstyle="qmark").fetchall() == [(2,)]


def test_more_rows_than_a_page(connection):
    cursor = connection.cursor().execute("SELECT n FROM UNNEST(sequence(1, 2345)) AS t(n)")
    assert [n for (n,) in cursor] == list(range(1, 2346))


def test_dict_cursor(connection):
    found = connection.cursor(DictCursor).execute("SELECT id, day FROM sales WHERE day = '2024-01-01'").fetchall()
    assert found == [{"id": 1, "day": "2024-01-01"}]


def test_pandas_cursor(connection):
    frame = connection.cursor(PandasCursor).execute("SELECT id, name FROM sales ORDER BY id").as_pandas()
    assert frame["id"].tolist() == [1, 2, 3]


def test_a_failure_is_an_operational_error_with_athena_words(connection):
    with pytest.raises(OperationalError, match="TABLE_NOT_FOUND: line 1:15"):
        connection.cursor().execute("SELECT * FROM nowhere")


def test_sqlalchemy_reads_and_reflects(lake, stack):
    url = sa.URL.create(
        "awsathena+rest",
        username="test",
        password="test",
        host="athena.us-east-1.amazonaws.com",
        port=443,
        database=lake.database,
        query={"s3_staging_dir": lake.results, "endpoint_url": stack.endpoint_url, "poll_interval": "0.01"},
    )
    engine = sa.create_engine(url)
    try:
        inspector = sa.inspect(engine)
        assert "sales" in inspector.get_table_names(schema=lake.database)
        table = sa.Table("sales", sa.MetaData(schema=lake.database), autoload_with=engine)
        assert [c.name for c in table.columns] == ["id", "name", "price", "day"]
        with engine.connect() as opened:
            query = sa.select(table.c.day, sa.func.count()).group_by(table.c.day).order_by(table.c.day)
            assert [tuple(row) for row in opened.execute(query)] == [("2024-01-01", 1), ("2024-01-02", 2)]
    finally:
        engine.dispose()
