"""DataScannedInBytes of the embedded Athena, against counts made here from Parquet footers and file sizes alone."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.local.serde_tables import LAZY, ORC, PARQUET, add_partition, make

ROWS, GROUP = 10_000, 1_000
COLUMNS = "id:bigint word:string half:double flag:boolean gap:int geo:struct<lat:double,lon:double> tags:array<string>"


def body(first):
    numbers = range(first, first + ROWS)
    table = pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "word": [f"w{n:06d}" for n in numbers],
            "half": [n / 2 for n in numbers],
            "flag": [n >= first + 5_000 for n in numbers],
            "gap": pa.array([None if n < first + 3_000 else n for n in numbers], pa.int32()),
            "geo": [{"lat": n * 1.0, "lon": -n * 1.0} for n in numbers],
            "tags": [[str(n), "x"] for n in numbers],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=GROUP, compression="zstd", use_dictionary=False)
    return out.getvalue()


FILES = {"p=a/1.parquet": body(0), "p=a/2.parquet": body(ROWS), "p=b/1.parquet": body(2 * ROWS)}


def chunks(paths, columns, files=("p=a/1.parquet", "p=a/2.parquet", "p=b/1.parquet"), keep=lambda low, high: True):
    """The compressed bytes of leaf columns in the row groups whose ids `keep` accepts, from the footers."""
    total = 0
    for name in files:
        meta = pq.read_metadata(io.BytesIO(paths[name]))
        for g in range(meta.num_row_groups):
            group = meta.row_group(g)
            ids = group.column(0).statistics
            if keep(ids.min, ids.max):
                total += sum(
                    group.column(c).total_compressed_size
                    for c in range(group.num_columns)
                    if any(
                        group.column(c).path_in_schema == n or group.column(c).path_in_schema.startswith(f"{n}.")
                        for n in columns
                    )
                )
    return total


@pytest.fixture(scope="module")
def lake(athena_stack):
    make(athena_stack, "facts", PARQUET, COLUMNS, FILES, keys="p:string")
    for value in ("a", "b"):
        add_partition(athena_stack, "facts", [value])
    return athena_stack


A = ("p=a/1.parquet", "p=a/2.parquet")
ALL = (*A, "p=b/1.parquet")


@pytest.mark.parametrize(
    ("sql", "columns", "files", "keep"),
    [
        ("SELECT sum(id) FROM facts", ["id"], ALL, None),
        ("SELECT * FROM facts", ["id", "word", "half", "flag", "gap", "geo", "tags"], ALL, None),
        ("SELECT count(*) FROM facts", [], ALL, None),
        ("SELECT count(*), p FROM facts GROUP BY p", [], ALL, None),
        ("SELECT max(word) FROM facts WHERE p = 'a'", ["word"], A, None),
        ("SELECT max(word) FROM facts WHERE p = 'a' AND id = 12345", ["word", "id"], A, lambda lo, hi: lo <= 12345 <= hi),
        ("SELECT half FROM facts WHERE id BETWEEN 4500 AND 6500", ["half", "id"], ALL, lambda lo, hi: hi >= 4500 and lo <= 6500),
        ("SELECT half FROM facts WHERE id > 25000 OR id < 10", ["half", "id"], ALL, lambda lo, hi: hi > 25000 or lo < 10),
        ("SELECT id FROM facts WHERE word = 'w000777'", ["word", "id"], ALL, lambda lo, hi: lo <= 777 <= hi),
        ("SELECT id FROM facts WHERE id IN (5, 29999)", ["id"], ALL, lambda lo, hi: lo <= 5 <= hi or lo <= 29999 <= hi),
        ("SELECT id FROM facts WHERE half >= 14000e0", ["half", "id"], ALL, lambda lo, hi: hi / 2 >= 14000),
        ("SELECT id FROM facts WHERE 29500 <= id", ["id"], ALL, lambda lo, hi: hi >= 29500),
        # a group whose values are all NULL has none that is equal, or not null (Trino's domain from null counts)
        ("SELECT id FROM facts WHERE gap IS NOT NULL", ["gap", "id"], ALL, lambda lo, hi: hi % ROWS >= 3000),
        ("SELECT id FROM facts WHERE gap IS NULL", ["gap", "id"], ALL, lambda lo, hi: lo % ROWS < 3000),
        ("SELECT id FROM facts WHERE flag", ["flag", "id"], ALL, lambda lo, hi: hi % ROWS >= 5000),
        # Trino reads only the leaves of a struct that are named (dereference pushdown), and whole arrays
        ("SELECT sum(geo.lat) FROM facts", ["geo.lat"], ALL, None),
        ("SELECT id FROM facts WHERE geo.lat = 777e0", ["geo.lat", "id"], ALL, lambda lo, hi: lo <= 777 <= hi),
        ("SELECT geo FROM facts WHERE p = 'b'", ["geo"], ALL[2:], None),
        ("SELECT tags[1] FROM facts WHERE p = 'b'", ["tags"], ALL[2:], None),
        # a subquery is pruned by what is asked of it
        ("SELECT w FROM (SELECT word AS w, id AS i, half FROM facts) WHERE i < 100", ["word", "id"], ALL, lambda lo, hi: lo < 100),
        ("SELECT id FROM facts WHERE p = 'nowhere'", ["id"], (), None),
    ],
)  # fmt: skip
def test_chunks_of_the_columns_in_the_groups_that_may_match(lake, sql, columns, files, keep):
    assert lake.scanned(sql) == chunks(FILES, columns, files, keep or (lambda low, high: True))


def test_a_cte_is_read_at_every_use_as_trino_inlines_it(lake):
    # https://trino.io/docs/current/sql/select.html#with-clause says that its SQL "will be inlined anywhere the named
    # relation is used"
    once = chunks(FILES, ["id"], A)
    assert lake.scanned("WITH c AS (SELECT id, word FROM facts WHERE p = 'a') SELECT sum(id) FROM c") == once
    both = "SELECT (SELECT sum(id) FROM c), (SELECT count(*) FROM c x JOIN c y ON x.id = y.id)"
    assert lake.scanned(f"WITH c AS (SELECT id, word FROM facts WHERE p = 'a') {both}") == 3 * once
    uses = "SELECT sum(id) FROM c WHERE id < 10 UNION ALL SELECT max(length(word)) FROM c"
    assert lake.scanned(f"WITH c AS (SELECT id, word FROM facts WHERE p = 'a') {uses}") == (
        chunks(FILES, ["id"], A, lambda low, high: low < 10) + chunks(FILES, ["word"], A)
    )
    assert (
        lake.scanned("SELECT x.id FROM facts x JOIN facts y ON x.id = y.id WHERE x.p = 'a' AND y.p = 'a'") == 2 * once
    )
    recursive = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3), c AS (SELECT id FROM facts)"
    )
    assert lake.scanned(
        f"{recursive} SELECT (SELECT max(n) FROM r), (SELECT sum(id) FROM c), (SELECT max(id) FROM c)"
    ) == (2 * chunks(FILES, ["id"]))


@pytest.mark.parametrize("compression", ["uncompressed", "zlib", "snappy", "zstd", "lz4"])
def test_orc_counts_the_streams_of_its_columns(lake, compression):
    # orc.apache.org/specification/ORCv1: a stripe is index, data and footer; the data streams belong to one column each
    table = pa.table(
        {
            "a": range(20_000),
            "b": [f"x{n * 7919 % 1000}" for n in range(20_000)],
            "s": [{"x": n} for n in range(20_000)],
        }
    )
    out = io.BytesIO()
    orc.write_table(table, out, compression=compression, stripe_size=1 << 16)
    name = f"orc_{compression}"
    make(lake, name, ORC, "a:bigint b:string s:struct<x:bigint>", out.getvalue())
    a, b, s = (lake.scanned(f"SELECT {column} FROM {name}") for column in "abs")
    assert min(a, b, s) > 0
    assert a + b + s == lake.scanned(f"SELECT * FROM {name}") == lake.scanned(f"SELECT a, b FROM {name} WHERE s.x > 5")
    whole = orc.ORCFile(io.BytesIO(out.getvalue()))
    assert 0.9 * whole.content_length < a + b + s < whole.content_length  # the rest is the stripes' index and footers
    assert lake.scanned(f"SELECT count(*) FROM {name}") == 0


def test_text_counts_whole_objects_of_the_partitions_left(lake):
    files = {f"p={p}/{n}.csv": b"x" * (100 * n) + b",1\n" for p in ("a", "b") for n in (1, 2, 3)}
    make(lake, "texts", LAZY, "s:string n:int", files, keys="p:string", field__delim=",")
    for value in ("a", "b"):
        add_partition(lake, "texts", [value])
    sizes = {p: sum(len(b) for k, b in files.items() if k.startswith(f"p={p}")) for p in ("a", "b")}
    assert lake.scanned("SELECT n FROM texts LIMIT 1") == sum(sizes.values())
    assert lake.scanned("SELECT count(*) FROM texts WHERE p LIKE 'b%'") == sizes["b"]
    assert lake.scanned("SELECT 1 FROM texts WHERE p = 'a' AND n = 5") == sizes["a"]
    assert lake.scanned("SELECT p FROM texts WHERE p IN ('c', 'd')") == 0
