"""What CTAS, INSERT and UNLOAD of the embedded Athena write, read back by it and by others' readers."""

import bz2
import gzip
import io

import fastavro
import pytest
from pyarrow import orc

NESTED = (
    "SELECT 1 AS i, 'a|b,\"c\"' AS s, CAST(NULL AS varchar) AS n, 2.5e0 AS d, DATE '2020-02-29' AS day, true AS b, "
    "TIMESTAMP '2020-01-02 03:04:05.678' AS t, DECIMAL '1.25' AS x, ARRAY[1, NULL, 3] AS l, "
    "MAP(ARRAY['k', 'j'], ARRAY[ARRAY[1], ARRAY[2, 3]]) AS m, CAST(ROW('p', 7) AS ROW(p varchar, q integer)) AS r"
)
SHOWN = ("1", 'a|b,"c"', None, "2.5", "2020-02-29", "true", "2020-01-02 03:04:05.678", "1.25", "[1, null, 3]",
         "{k=[1], j=[2, 3]}", "{p=p, q=7}")  # fmt: skip
# https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html, engine version 3, what may be written
SUPPORTED = {
    "PARQUET": ["GZIP", "SNAPPY", "ZSTD", "NONE"],
    "ORC": ["LZ4", "SNAPPY", "ZLIB", "ZSTD", "NONE"],
    "AVRO": ["BZIP2", "DEFLATE", "SNAPPY", "NONE"],
    "JSON": ["BZIP2", "GZIP", "LZ4", "SNAPPY", "ZSTD", "NONE"],
    "TEXTFILE": ["BZIP2", "GZIP", "LZ4", "SNAPPY", "ZSTD", "NONE"],
}
REFUSED = [("PARQUET", "LZ4"), ("PARQUET", "BZIP2"), ("ORC", "GZIP"), ("AVRO", "GZIP"), ("AVRO", "LZ4"), ("TEXTFILE", "LZO"),
           ("JSON", "DEFLATE")]  # fmt: skip


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def files(lake, prefix):
    return [lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read() for key in lake.keys(prefix)]


@pytest.mark.parametrize(("form", "codec"), [(f, c) for f, codecs in SUPPORTED.items() for c in codecs])
def test_every_format_and_compression_reads_back(lake, form, codec):
    name = f"w_{form}_{codec}".lower()
    lake.done(f"CREATE TABLE {name} WITH (format = '{form}', write_compression = '{codec}') AS {NESTED}")
    assert lake.rows(f"SELECT * FROM {name}") == [SHOWN]
    assert lake.rows(f"SELECT l[3], m['j'][1], r.q FROM {name}") == [("3", "2", "7")]


@pytest.mark.parametrize(("form", "codec"), REFUSED)
def test_other_compressions_are_refused(lake, form, codec):
    reason = lake.failure(f"CREATE TABLE w_no WITH (format = '{form}', write_compression = '{codec}') AS SELECT 1 AS a")
    assert reason == f"NOT_SUPPORTED: Compression {codec} is not supported for format {form}"


def test_defaults_and_what_others_read(lake):
    # create-table-as.html: GZIP by default, ZLIB for ORC; files of text are named after their codec, as Hive reads them
    for form in ("orc", "avro", "textfile", "json"):
        lake.done(
            f"CREATE TABLE d_{form} WITH (format = '{form}', external_location = '{lake.at(f'd_{form}/')}') AS "
            "SELECT 1 AS a, 'x' AS b, CAST(NULL AS bigint) AS c"
        )
    (body,) = files(lake, "d_orc/")
    found = orc.ORCFile(io.BytesIO(body))
    assert (found.compression, found.read().to_pylist()) == ("ZLIB", [{"a": 1, "b": "x", "c": None}])
    (body,) = files(lake, "d_avro/")
    assert list(fastavro.reader(io.BytesIO(body))) == [{"a": 1, "b": "x", "c": None}]
    assert (lake.keys("d_textfile/")[0][-3:], lake.keys("d_json/")[0][-3:]) == (".gz", ".gz")
    assert [gzip.decompress(b) for b in files(lake, "d_textfile/")] == [b"1\x01x\x01\\N\n"]
    table = lake.glue.get_table(DatabaseName=lake.database, Name="d_orc")["Table"]
    assert (
        table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
    )


@pytest.mark.parametrize("form", ["ORC", "AVRO", "TEXTFILE"])
def test_partitions_buckets_and_inserts(lake, form):
    name, place = f"laid_{form}".lower(), lake.at(f"laid_{form}/")
    lake.done(
        f"CREATE TABLE {name} WITH (format = '{form}', external_location = '{place}', partitioned_by = ARRAY['p'], "
        "bucketed_by = ARRAY['a'], bucket_count = 3) AS SELECT n AS a, 'x' AS b, n % 2 AS p FROM UNNEST(sequence(1, 60)) AS t(n)"
    )
    assert len(lake.keys(f"laid_{form}/p=0/")) == 3
    assert lake.rows(f"SELECT p, count(*), sum(a) FROM {name} GROUP BY p ORDER BY p") == [
        ("0", "30", "930"),
        ("1", "30", "900"),
    ]
    lake.done(
        f"CREATE TABLE {name}_more WITH (format = '{form}', partitioned_by = ARRAY['p']) AS SELECT 1 AS a, 'x' AS p"
    )
    lake.done(f"INSERT INTO {name}_more VALUES (2, 'x'), (3, 'y')")
    assert lake.rows(f"SELECT * FROM {name}_more ORDER BY a") == [("1", "x"), ("2", "x"), ("3", "y")]


def test_unload_of_other_formats(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/unload.html
    lake.done(f"UNLOAD (SELECT 1 AS a) TO '{lake.at('u_orc/')}' WITH (format = 'ORC', compression = 'SNAPPY')")
    (body,) = files(lake, "u_orc/")
    assert orc.ORCFile(io.BytesIO(body)).compression == "SNAPPY"
    lake.done(
        f"UNLOAD (SELECT 1 AS a, 'b' AS b) TO '{lake.at('u_text/')}' WITH (format = 'TEXTFILE', field_delimiter = ',', "
        "compression = 'BZIP2')"
    )
    assert [bz2.decompress(b) for b in files(lake, "u_text/")] == [b"1,b\n"]
