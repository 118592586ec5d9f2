"""Text SerDes of the embedded Athena: OpenCSV, LazySimple, Regex; codecs; odd lines."""

import bz2
import gzip
import struct
import zlib

import cramjam
import pytest
import zstandard

from tests.local.serde_tables import LAZY, OPENCSV, REGEX, make


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def test_opencsv_reads_each_line_as_its_parser_does(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html: no embedded line breaks, escape character backslash.
    # What the lines give: trinodb/trino TestCsvFormat (its cases ran against Hive's OpenCSVSerde) and opencsv's CSVParser.
    lines = [
        (b"1,plain,x", ("1", "plain", "x")),
        (b'2,"a ""quoted"" word","x,y"', ("2", 'a "quoted" word', "x,y")),
        (b'3,"say \\"hi\\"",c:\\\\dir', ("3", 'say "hi"', "c:\\dir")),
        (b"4,too few", ("4", "too few", None)),
        (b"5,too,many,fields,here", ("5", "too", "many")),
        (b"6,,", ("6", "", "")),
        (b'7,"an open quote', ("7", None, None)),
        (b"8,the next line,is a row", ("8", "the next line", "is a row")),
        (b'9, "blank before",x', ("9", "blank before", "x")),
        (b"a\\nb,a\\tb,9b", ("anb", "atb", "9b")),
        (b"", (None, None, None)),
        ("z,ünï,\U0001f600".encode(), ("z", "ünï", "\U0001f600")),
    ]
    make(lake, "ocsv", OPENCSV, "a:string b:string c:string", b"\n".join(line for line, _ in lines) + b"\n")
    assert lake.rows("SELECT * FROM ocsv") == [row for _, row in lines]


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".zst", ".snappy", ".lz4", ".deflate"])
def test_every_codec_and_a_backslash_after_megabytes(lake, ending):
    # https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html; Hadoop's block framing of .snappy and .lz4
    body = b"".join(b'%d,"x","%s"\n' % (n, b"y" * 90) for n in range(60_000)) + b'z,"a \\" b",c\n'
    body = b"h1,h2,h3\n" + body
    hadoop = [body[i : i + 200_000] for i in range(0, len(body), 200_000)]
    packed = {
        "": lambda: body,
        ".gz": lambda: gzip.compress(body[:100], 1) + gzip.compress(body[100:], 1),
        ".bz2": lambda: bz2.compress(body, 1),
        ".zst": lambda: zstandard.compress(body[:500]) + zstandard.compress(body[500:]),
        ".snappy": lambda: b"".join(_block(b, bytes(cramjam.snappy.compress_raw(b))) for b in hadoop),
        ".lz4": lambda: b"".join(_block(b, bytes(cramjam.lz4.compress_block(b, store_size=False))) for b in hadoop),
        ".deflate": lambda: zlib.compress(body, 1),
    }[ending]()
    name = "codec" + ending.replace(".", "_")
    properties = {"skip.header.line.count": "1"}
    make(lake, name, OPENCSV, "a:string b:string c:string", {f"f.csv{ending}": packed}, properties=properties)
    assert lake.rows(f"SELECT count(*), max(b), max(a) FROM {name} WHERE length(c) < 90 OR a = '59999'") == [
        ("2", "x", "z")
    ]
    assert lake.rows(f"SELECT b, c FROM {name} WHERE a = 'z'") == [('a " b', "c")]
    assert lake.scanned(f"SELECT a FROM {name}") == len(packed)


def _block(plain, packed):
    return struct.pack(">II", len(plain), len(packed)) + packed


def test_frames_of_snappy_and_lz4_and_a_damaged_gzip(lake):
    files = {"a.snappy": bytes(cramjam.snappy.compress(b"1,x\n2,y\n")), "b.lz4": bytes(cramjam.lz4.compress(b"3,z\n"))}
    make(lake, "framed", OPENCSV, "a:string b:string", files)
    assert lake.rows("SELECT * FROM framed ORDER BY 1") == [("1", "x"), ("2", "y"), ("3", "z")]
    make(lake, "damaged", OPENCSV, "a:string", {"a.gz": gzip.compress(b"1\n" * 9999)[:-20]})
    assert lake.failure("SELECT * FROM damaged").startswith("HIVE_CURSOR_ERROR: Failed to read file: s3://")
    make(lake, "lzo", OPENCSV, "a:string", {"a.lzo": b"x"})
    assert "LZO" in lake.failure("SELECT * FROM lzo")


def test_opencsv_types_other_than_string(lake):
    # csv-serde.html, "Considerations for non-string data": TIMESTAMP in UNIX milliseconds, DATE in days since 1970
    columns = "s:string i:int b:bigint d:double t:timestamp day:date f:boolean"
    make(lake, "typed", OPENCSV, columns, b'x,5,"-7",1.5,1579059880000,18276,TRUE\n')
    assert lake.rows("SELECT * FROM typed") == [
        ("x", "5", "-7", "1.5", "2020-01-15 03:44:40.000", "2020-01-15", "true")
    ]
    make(lake, "empty", OPENCSV, "s:string i:int", b"a,\n")
    assert lake.rows("SELECT s FROM empty") == [("a",)]
    # https://repost.aws/knowledge-center/athena-hive-bad-data-error-csv
    assert lake.failure("SELECT i FROM empty") == (
        "HIVE_BAD_DATA: Error parsing field value '' for field 1: For input string: \"\""
    )
    make(lake, "lenient", OPENCSV, "s:string i:int", b"a,\nb,5\n", properties={"use.null.for.invalid.data": "TRUE"})
    assert lake.rows("SELECT * FROM lenient") == [("a", None), ("b", "5")]


def test_lazysimple_types_nulls_and_ragged_rows(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html; Hive's LazyInteger truncates decimals
    body = (
        b"1|2.9|x|true|2020-02-03|2020-02-03 04:05:06.7|1.5\n"
        b"abc|5e|\\N|maybe|2020-2|yesterday|x\n"
        b'7||"q"\n'
        b"8|8|8|FALSE|2020-01-01|2020-01-01 00:00:00|8|9|10\n"
        b"\n"
    )
    columns = "a:int b:int s:string f:boolean d:date t:timestamp x:double"
    make(lake, "lazy", LAZY, columns, body, field__delim="|")
    assert lake.rows("SELECT * FROM lazy") == [
        ("1", "2", "x", "true", "2020-02-03", "2020-02-03 04:05:06.700", "1.5"),
        (None,) * 7,
        ("7", None, '"q"', None, None, None, None),
        ("8", "8", "8", "false", "2020-01-01", "2020-01-01 00:00:00.000", "8.0"),
        (None,) * 7,
    ]


def test_lazysimple_escapes_nesting_and_encoding(lake):
    body = b"a\\|b|1,2,\\N|k:1,j:|x,5\nc|||\n"
    columns = "s:string l:array<int> m:map<string,int> r:struct<p:string,q:int>"
    given = {"field__delim": "|", "collection__delim": ",", "mapkey__delim": ":", "escape__delim": "\\"}
    make(lake, "nested", LAZY, columns, body.replace(b"\\N", b"x"), **given)
    assert lake.rows("SELECT s, l, m['k'], m['j'], r.p, r.q FROM nested WHERE s = 'a|b'") == [
        ("a|b", "[1, 2, null]", "1", None, "x", "5")
    ]
    assert lake.rows("SELECT cardinality(l), cardinality(m) FROM nested WHERE s = 'c'") == [("0", "0")]
    make(lake, "latin", LAZY, "a:string b:string", "é\tü\n".encode("latin-1"), field__delim="\t",
         serialization__encoding="ISO-8859-1")  # fmt: skip
    assert lake.rows("SELECT * FROM latin") == [("é", "ü")]
    make(lake, "dashes", LAZY, "a:string b:string", b"-,x\n", field__delim=",", serialization__null__format="-")
    assert lake.rows("SELECT * FROM dashes") == [(None, "x")]


def test_regexserde_groups_are_columns(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/regex-serde.html
    pattern = '^(\\S+) \\[([^\\]]*)\\] "([A-Z]+) (.*?)" (\\d{3})(?: (-|\\d+))?$'
    body = b'10.0.0.1 [x y] "GET /a?b=1" 200 12\nnonsense\n\n::1 [z] "PUT /" 404 -\n'
    make(lake, "logs", REGEX, "ip:string t:string verb:string path:string status:int size:int", body,
         input__regex=pattern)  # fmt: skip
    assert lake.rows("SELECT * FROM logs") == [
        ("10.0.0.1", "x y", "GET", "/a?b=1", "200", "12"),
        (None,) * 6,
        (None,) * 6,
        ("::1", "z", "PUT", "/", "404", None),
    ]


@pytest.mark.parametrize(
    ("serde", "name"),
    [("com.amazonaws.glue.serde.GrokSerDe", "GrokSerDe"), ("com.amazon.ionhiveserde.IonHiveSerDe", "IonHiveSerDe")],
)
def test_a_serde_without_a_reader_is_refused_by_name(lake, serde, name):
    make(lake, name.lower(), serde, "a:string", b"x\n")
    assert name in lake.failure(f"SELECT * FROM {name.lower()}")


def test_names_of_objects_may_be_anything(lake):
    # Hive reads every object below the location but names that begin with _ or . and directory markers
    keys = ["plain.csv", "with space.csv", "per%20cent+plus.csv", "a=b/c'd.csv", "ünï/\U0001f600.csv", "q?#&.csv", "st*r[1].csv",
            "st_r1.csv", "double//slash.csv", "UPPER.CSV"]  # fmt: skip
    files = {key: f"{n}\n".encode() for n, key in enumerate(keys)}
    hidden = {"_temporary/x.csv": b"99\n", ".hidden": b"99\n", "d/_x": b"99\n", "marker/": b"", "empty.csv": b""}
    make(lake, "odd", LAZY, "a:int", files | hidden)
    assert lake.rows('SELECT a, "$path" FROM odd ORDER BY a') == [
        (str(n), lake.at(f"odd/{key}")) for n, key in enumerate(keys)
    ]
    assert lake.scanned("SELECT a FROM odd") == sum(map(len, files.values()))


def test_headers_carriage_returns_and_marks_of_byte_order(lake):
    files = {"a": b"\xef\xbb\xbfx,y\r\n1,2\r\n\r\n3,4", "b": b"x,y\r5,6\r", "c": b"x,y\n", "d": b"x,y"}
    make(lake, "breaks", OPENCSV, "x:string y:string", files, properties={"skip.header.line.count": "1"})
    assert lake.rows("SELECT * FROM breaks ORDER BY x") == [("1", "2"), ("3", "4"), ("5", "6"), (None, None)]
    make(lake, "footed", OPENCSV, "x:string", b"1\n", properties={"skip.footer.line.count": "1"})
    assert "skip.footer.line.count" in lake.failure("SELECT * FROM footed")
