"""Partition projection, against docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html."""

import datetime as dt
import time

import pytest

from tests.local.serde_tables import LAZY, make


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def projected(lake, name, files, keys, *, template="", **projection):
    """A table of one int; `projection` has the properties with `__` for dots."""
    properties = {"projection.enabled": "true"}
    properties |= {f"projection.{k.replace('__', '.')}": v for k, v in projection.items()}
    if template:
        properties["storage.location.template"] = lake.at(f"{name}/{template}")
    bodies = {f"{folder}/f.csv": f"{n}\n".encode() for n, folder in enumerate(files)}
    make(lake, name, LAZY, "n:int", bodies, keys=keys, properties=properties)


def test_enum_and_integer(lake):
    # "enum", "integer": range is inclusive, interval is the step, digits pads with zeros; partitions outside are not seen
    folders = [f"kind={k}/no={n}" for k in ("a", "b", "z") for n in ("001", "002", "003", "011", "5")]
    projected(lake, "enums", folders, "kind:string no:int", kind__type="enum", kind__values="a, b", no__type="integer",
              no__range="1,11", no__interval="2", no__digits="3")  # fmt: skip
    assert lake.rows("SELECT * FROM enums ORDER BY n") == [
        ("0", "a", "1"), ("2", "a", "3"), ("3", "a", "11"), ("5", "b", "1"), ("7", "b", "3"), ("8", "b", "11")]  # fmt: skip
    assert lake.rows("SELECT n FROM enums WHERE no > 2 AND kind <> 'a' AND no + length(kind) = 4") == [("7",)]
    assert lake.scanned("SELECT n FROM enums WHERE no = 3 AND kind IN ('b', 'z')") == 2


def test_equality_costs_nothing_whatever_the_ranges(lake):
    projected(lake, "vast", ["a=7000000001/b=9"], "a:bigint b:string", a__type="integer", a__range="0,9000000000",
              b__type="integer", b__range="0,9000000000")  # fmt: skip
    began = time.monotonic()
    assert lake.rows("SELECT * FROM vast WHERE a = 7000000001 AND b IN ('9', '8')") == [("0", "7000000001", "9")]
    assert time.monotonic() - began < 60  # looked at one by one they would take years
    assert lake.failure("SELECT * FROM vast").startswith("INVALID_TABLE_PROPERTY")


def test_dates_of_every_unit(lake):
    # "date": Java's DateTimeFormatter, NOW with an offset, interval.unit; default 1 day or 1 month by the format
    projected(lake, "days", ["day=2024-01-31", "day=2024-02-01", "day=2023-12-31"], "day:string", day__type="date",
              day__format="yyyy-MM-dd", day__range="2024-01-01,NOW")  # fmt: skip
    assert lake.rows("SELECT * FROM days ORDER BY day") == [("0", "2024-01-31"), ("1", "2024-02-01")]
    assert lake.rows("SELECT n FROM days WHERE day BETWEEN '2024-01-15' AND '2024-01-31'") == [("0",)]
    assert lake.rows("SELECT n FROM days WHERE day >= '2024-02' AND substr(day, 9) = '01'") == [("1",)]
    projected(lake, "months", ["2023/11", "2024/02"], "m:string", m__type="date", m__format="yyyy/MM",
              m__range="2023/11,2024/12", template="${m}/")  # fmt: skip
    assert lake.rows("SELECT * FROM months ORDER BY 1") == [("0", "2023/11"), ("1", "2024/02")]
    now = dt.datetime.now(dt.UTC)
    hours = [(now - dt.timedelta(hours=h)).strftime("%Y/%m/%d/%H") for h in (30, 10, 1)]
    projected(lake, "hours", hours, "h:string", h__type="date", h__format="yyyy/MM/dd/HH", h__range="NOW-1DAYS,NOW",
              h__interval="1", h__interval__unit="HOURS", template="${h}")  # fmt: skip
    assert lake.rows("SELECT n FROM hours ORDER BY 1") == [("1",), ("2",)]
    projected(lake, "weeks", ["d=20240101", "d=20240108", "d=20240109"], "d:string", d__type="date", d__format="yyyyMMdd",
              d__range="20240101,20240201", d__interval="1", d__interval__unit="WEEKS")  # fmt: skip
    assert lake.rows("SELECT n FROM weeks WHERE d IN ('20240108', '20240109') OR d < '20240102' ORDER BY 1") == [
        ("0",),
        ("1",),
    ]
    projected(lake, "typed_days", ["2024/3/9"], "d:date", d__type="date", d__format="yyyy/M/d",
              d__range="2024/1/1,2024/12/31", template="${d}")  # fmt: skip
    assert lake.rows("SELECT * FROM typed_days WHERE d = DATE '2024-03-09'") == [("0", "2024-03-09")]
    assert lake.rows("SELECT * FROM typed_days WHERE month(d) = 3 AND d < DATE '2025-01-01'") == [("0", "2024-03-09")]


def test_injected_needs_static_equality(lake):
    # "injected": "the WHERE clause must contain only static equality conditions, and at least one such condition"
    projected(lake, "injected", ["u1", "u2"], "user_id:string", user_id__type="injected", template="${user_id}/")
    assert lake.rows("SELECT * FROM injected WHERE user_id IN ('u2', 'u3')") == [("1", "u2")]
    assert lake.rows("SELECT n FROM injected WHERE user_id = 'u1' AND n = 0") == [("0",)]
    for condition in ("", "WHERE user_id > 'a'", "WHERE user_id LIKE 'u%'", "WHERE n = 0"):
        assert lake.failure(f"SELECT * FROM injected {condition}") == (
            "CONSTRAINT_VIOLATION: For the injected projected partition column user_id, the WHERE clause must contain only "
            "static equality conditions, and at least one such condition must be present."
        )


@pytest.mark.parametrize(
    ("name", "projection", "template", "words"),
    [
        ("absent", {}, "", "the following partition columns are missing projection configuration: [p]"),
        ("unranged", {"p__type": "integer"}, "", "'projection.p.range'"),
        ("unplaced", {"p__type": "enum", "p__values": "a"}, "x/", "is missing partition column: p placeholder"),
        ("kindless", {"p__type": "other"}, "", "Unknown projection type 'other'"),
        ("hourly", {"p__type": "date", "p__format": "yyyy-MM-dd-HH", "p__range": "NOW-1DAYS,NOW"}, "", "interval.unit"),
    ],
)
def test_wrong_properties_fail_the_query(lake, name, projection, template, words):
    projected(lake, name, [], "p:string", template=template, **projection)
    reason = lake.failure(f"SELECT * FROM {name}")
    assert reason.startswith("INVALID_TABLE_PROPERTY")
    assert words in reason


def test_ten_thousand_registered_partitions_and_one_listed(lake):
    folders = [f"day={n:05d}/hour=1" for n in (1, 77, 9_999)]
    make(lake, "registered", LAZY, "n:int", {f"{f}/x": f"{i}\n".encode() for i, f in enumerate(folders)},
         keys="day:string hour:int")  # fmt: skip
    descriptor = lake.glue.get_table(DatabaseName=lake.database, Name="registered")["Table"]["StorageDescriptor"]
    for start in range(0, 10_000, 100):
        lake.glue.batch_create_partition(
            DatabaseName=lake.database,
            TableName="registered",
            PartitionInputList=[
                {
                    "Values": [f"{n:05d}", "1"],
                    "StorageDescriptor": {**descriptor, "Location": lake.at(f"registered/day={n:05d}/hour=1/")},
                }
                for n in range(start, start + 100)
            ],
        )
    assert lake.rows("SELECT n, day FROM registered WHERE hour = 1 ORDER BY n") == [
        ("0", "00001"), ("1", "00077"), ("2", "09999")]  # fmt: skip
    for condition in ("day = '00077'", "day BETWEEN '00070' AND '00080' AND hour = 1", "CAST(day AS integer) = 77"):
        assert lake.rows(f"SELECT n FROM registered WHERE {condition}") == [("1",)]
