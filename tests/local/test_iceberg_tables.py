"""Iceberg tables in the embedded Athena: CREATE, CTAS, INSERT, reading, pruning, time travel, ALTER, DROP.

Sources: Athena user guide, "Query Iceberg tables" and its pages; Trino documentation, "Iceberg connector".
"""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def lake(athena_stack: Any) -> Any:
    return athena_stack


def test_a_created_table_takes_rows_of_all_types_and_gives_them_back(lake: Any) -> None:
    lake.done(
        f"""CREATE TABLE kinds (b boolean, i int, l bigint, f float, d double, m decimal(10,2), s string, y binary,
        day date, ts timestamp, a array<int>, mp map<string,int>, st struct<x:int,y:string>)
        LOCATION '{lake.at("kinds/")}' TBLPROPERTIES ('table_type'='ICEBERG')"""
    )
    assert lake.rows("SELECT * FROM kinds") == []
    lake.done(
        """INSERT INTO kinds VALUES (true, 1, 2, REAL '1.5', 2.5e0, DECIMAL '3.25', 'text', X'0aff', DATE '2026-01-02',
        TIMESTAMP '2026-01-02 03:04:05.123456', ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[7]),
        CAST(ROW(1, 'z') AS ROW(x integer, y varchar)))"""
    )
    lake.done("INSERT INTO kinds (i) SELECT 9")
    assert lake.rows("SELECT b, i, l, f, d, m, s, to_hex(y), day, a[1], mp['k'], st.x, st.y FROM kinds ORDER BY i") == [
        ("true", "1", "2", "1.5", "2.5", "3.25", "text", "0AFF", "2026-01-02", "1", "7", "1", "z"),
        (None, "9", *[None] * 11),
    ]
    assert lake.rows("SELECT count(*) FROM kinds WHERE ts = TIMESTAMP '2026-01-02 03:04:05.123456'") == [("1",)]
