"""Bucketing in the embedded Athena: Hive's hash, the files of CTAS, and which of them a query reads."""

import datetime as dt
import math

import pytest

from local.athena import buckets
from tests.local.serde_tables import LAZY, make

# trinodb/trino plugin/trino-hive/src/test/.../util/TestHiveBucketing.java, testHashingCompare: version 1's hash codes.
PUBLISHED = [
    ("string", "Trino rocks", 1132136730),
    ("boolean", None, 0),
    ("boolean", True, 1),
    ("boolean", False, 0),
    ("tinyint", 5, 5),
    ("tinyint", -128, -128),
    ("smallint", 300, 300),
    ("smallint", -32768, -32768),
    ("int", 300_000, 300_000),
    ("int", -(2**31), -2147483648),
    ("int", 2**31 - 1, 2147483647),
    ("bigint", 300_000_000_000, -647710651),
    ("bigint", -(2**63), -2147483648),
    ("bigint", 2**63 - 1, -2147483648),
    ("float", 12.34, 1095069860),
    ("float", -3.4028234663852886e38, -8388609),
    ("float", 1.401298464324817e-45, 1),
    ("float", math.inf, 2139095040),
    ("float", -math.inf, -8388608),
    ("float", math.nan, 2143289344),
    ("double", 12.34, 986311098),
    ("double", -1.7976931348623157e308, 1048576),
    ("double", 5e-324, 1),
    ("double", math.inf, 2146435072),
    ("double", -math.inf, -1048576),
    ("double", math.nan, 2146959360),
    ("varchar(15)", "", 1),
    ("varchar(15)", "test string", -189841218),
    ("varchar(15)", "\u5f3a\u5927\u7684Trino\u5f15\u64ce", 1899852420),
    ("string", "", 0),
    ("string", "test string", -318923937),
    ("string", "\u5f3a\u5927\u7684Trino\u5f15\u64ce", 1688501507),
    ("string", "\U00020ffc\U00020ffd\U00020ffe\U00020fff", -1810797254),
    ("date", dt.date(1970, 1, 1), 0),
    ("date", dt.date(2015, 11, 19), 16758),
    ("date", dt.date(1950, 11, 19), -6983),
    ("array<boolean>", [], 0),
    ("array<smallint>", [5, 8, 13], 5066),
    ("array<string>", ["test1", "test2", "test3", "test4"], 957612994),
    ("array<array<bigint>>", [[10, 20], [-10, -20], [None]], 326368),
    ("map<string,bigint>", {"key": 123, "key2": 123456789, "key3": -123456}, 127880789),
]
SEVERAL = [
    (["float", "array<smallint>", "map<string,bigint>"], [12.34, [5, 8, 13], {"key": 123}], 95411006),
    (
        ["double", "array<smallint>", "boolean", "map<string,bigint>", "tinyint"],
        [None, [5, 8, 13], None, {"key": 123}, None],
        154207826,
    ),
]


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def signed(number):
    return number - 2**32 if number >= 2**31 else number


@pytest.mark.parametrize(("kind", "value", "code"), PUBLISHED)
def test_published_hash_codes(kind, value, code):
    assert signed(buckets.hash_value(value, kind)) == code


@pytest.mark.parametrize(("kinds", "values", "code"), SEVERAL)
def test_published_hash_codes_of_several_columns(kinds, values, code):
    hashes = [buckets.hash_value(v, k) for v, k in zip(values, kinds, strict=True)]
    assert signed(buckets.combined(hashes)) == code
    assert buckets.bucket_of(values, kinds, 32) == (code & 0x7FFFFFFF) % 32


def sql_literal(value, kind):
    if value is None:
        return f"CAST(NULL AS {trino(kind)})"
    if isinstance(value, list):
        return f"CAST(ARRAY[{', '.join(sql_literal(v, kind[6:-1]) for v in value)}] AS {trino(kind)})"
    if isinstance(value, dict):
        keys, held = ", ".join(f"'{k}'" for k in value), ", ".join(map(str, value.values()))
        return f"CAST(MAP(ARRAY[{keys}], ARRAY[{held}]) AS {trino(kind)})"
    if isinstance(value, float) and not math.isfinite(value):
        text = "nan()" if math.isnan(value) else "infinity()" if value > 0 else "-infinity()"
        return f"CAST({text} AS {trino(kind)})"
    return f"CAST('{value}' AS {trino(kind)})"


def trino(kind):
    if kind.startswith("array<"):
        return f"array({trino(kind[6:-1])})"
    if kind.startswith("map<"):
        return "map(varchar, bigint)"
    return {"string": "varchar", "float": "real", "int": "integer"}.get(kind, kind)


@pytest.mark.parametrize(
    "kind", ["string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date", "array<smallint>",
             "array<string>", "array<array<bigint>>", "map<string,bigint>"])  # fmt: skip
def test_ctas_puts_rows_where_the_published_hash_says(lake, kind):
    cases = [(n, value, code) for n, (own, value, code) in enumerate(PUBLISHED) if own == kind]
    name = "b_" + "".join(ch for ch in kind if ch.isalpha())
    rows = " UNION ALL ".join(f"SELECT {n} AS n, {sql_literal(value, kind)} AS k" for n, value, _ in cases)
    lake.done(
        f"CREATE TABLE {name} WITH (external_location = '{lake.at(name)}/', bucketed_by = ARRAY['k'], bucket_count = 7) "
        f"AS {rows}"
    )
    found = lake.rows(f"""SELECT n, "$path" FROM {name} ORDER BY n""")
    placed = {int(n): int(path.rsplit("/", 1)[1].split("_")[0]) for n, path in found}
    assert placed == {n: (code & 0x7FFFFFFF) % 7 for n, _, code in cases}


def test_equality_reads_the_files_of_its_buckets(lake):
    # names as Hive gives them (000003_0) and as Trino does (..._bucket-00003); one byte a file tells which was read
    count, sizes = 4, [10, 100, 1000, 10_000]
    files = {
        f"00000{n}_0" if n % 2 else f"2024_x_bucket-0000{n}": b"%d,y\n" % n + b" " * (sizes[n] - 4) for n in range(4)
    }
    make(lake, "by_hand", LAZY, "a:bigint b:string", files, field__delim=",")
    table = lake.glue.get_table(DatabaseName=lake.database, Name="by_hand")["Table"]
    descriptor = {**table["StorageDescriptor"], "BucketColumns": ["a", "b"], "NumberOfBuckets": count}
    table_input = {k: table[k] for k in ("Name", "TableType", "Parameters", "PartitionKeys")}
    lake.glue.update_table(DatabaseName=lake.database, TableInput={**table_input, "StorageDescriptor": descriptor})
    # bigint 6 hashes to 6, 'y' to 121: (31 * 6 + 121) % 4 = 3; 5 and 'y': (31 * 5 + 121) % 4 = 0
    assert lake.scanned("SELECT * FROM by_hand WHERE a = 6 AND b = 'y'") == sizes[3]
    assert lake.scanned("SELECT * FROM by_hand WHERE a IN (6, 5) AND b = 'y'") == sizes[3] + sizes[0]
    assert lake.scanned("SELECT * FROM by_hand WHERE a = 6") == sum(sizes)


@pytest.mark.parametrize("kind", ["timestamp", "decimal(5,1)"])
def test_types_without_a_hash_are_refused(lake, kind):
    assert lake.failure(
        f"CREATE TABLE unhashed WITH (bucketed_by = ARRAY['k'], bucket_count = 2) AS SELECT 1 AS n, CAST(NULL AS {kind}) AS k"
    )
