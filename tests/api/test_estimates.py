"""What a query may read, told before it runs, against what it did read."""

from typing import Any

import pytest

from tests.api.lakework import Deliver, define, drop, filled, register, run

LINES = "\n".join(f"{n},{n % 4},2024-01-0{n % 3 + 1},{'x' * (n % 50)}" for n in range(2_000))
TEXT = f"id,part,day,filler\n{LINES}\n"
TYPES = [{"name": "id", "type": "bigint"}, {"name": "part", "type": "int"}, {"name": "day", "type": "date"}]
COLUMNS = {"columns": [{"name": "id"}, {"name": "filler"}, {"name": "part"}, {"name": "day"}]}


@pytest.fixture(scope="module")
def sales(api: Any, deliver: Deliver) -> str:
    """12 partitions, by number and by date."""
    source = filled(
        api,
        deliver,
        "sales_raw",
        TEXT,
        namespace="est",
        schema={"columns": [*TYPES, {"name": "filler", "type": "varchar"}]},
    )
    define(api, "sales", source, "est.sales", transform=COLUMNS, layout={"partition_by": ["part", "day"]})
    run(api, "sales")
    return "est.sales"


@pytest.fixture
def foreseen(api: Any) -> Any:
    def found(sql: str, **more: Any) -> Any:
        answer = api.post("/v1/queries/estimate", json={"sql": sql, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return found


ASKED = [
    ("SELECT count(filler) AS n FROM est.sales", 12, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE part = 2", 3, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE 2 = part AND day = DATE '2024-01-02'", 1, 1),
    ("SELECT sum(id) AS n FROM est.sales s WHERE s.part IN (1, 3) AND (s.day >= DATE '2024-01-02' AND id > 5)", 4, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE part BETWEEN 1 AND 2", 6, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE part < 1 OR id = 7", 12, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE 1 < part", 6, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE NOT part = 1", 12, 1),
    ("SELECT sum(id) AS n FROM est.sales WHERE part = 9", 0, 1),
    ("SELECT sum(a.id) AS n FROM est.sales a JOIN est.sales b ON a.id = b.id WHERE a.part = 1 AND b.part = 2", 6, 2),
    ("WITH s AS (SELECT id FROM est.sales WHERE part = 1) SELECT count(*) AS n FROM s a JOIN s b ON a.id = b.id", 3, 2),
    (
        "WITH s AS (SELECT id FROM est.sales), t AS (SELECT * FROM s UNION ALL SELECT * FROM s) SELECT count(*) AS n FROM t, s",
        12,
        3,
    ),
    ("SELECT count(*) AS n FROM est.sales WHERE id IN (SELECT id FROM est.sales WHERE part = 3)", 12, 2),
    ("SELECT sum(id) AS n FROM est.sales AS t (part, filler, id, day) WHERE part = -1", 12, 1),
    ("SELECT sum(t.id) AS n FROM est.sales AS t (part, filler, id, day) WHERE t.part = 9", 12, 1),
]


@pytest.mark.parametrize(("sql", "partitions", "reads"), ASKED, ids=range(len(ASKED)))
def test_the_bound_holds_and_is_near(
    sales: str, foreseen: Any, ask: Any, sql: str, partitions: int, reads: int
) -> None:
    said = foreseen(sql)
    (dataset,) = said["datasets"]
    assert (dataset["partitions"], dataset["partitions_in_all"], dataset["reads"]) == (partitions, 12, reads)
    assert dataset["is_measured"] is True
    scanned = ask(sql)["statistics"]["bytes_scanned"]
    assert scanned <= said["bytes_upper_bound"]
    whole = foreseen("SELECT * FROM est.sales")["bytes_upper_bound"]
    assert said["bytes_upper_bound"] <= reads * whole * partitions / 12 * 1.2


def test_columns_that_are_not_read_do_not_count(sales: str, foreseen: Any) -> None:
    narrow = foreseen("SELECT sum(id) AS n FROM est.sales")["bytes_upper_bound"]
    wide = foreseen("SELECT id, filler FROM est.sales")["bytes_upper_bound"]
    assert narrow < wide <= foreseen("SELECT * FROM est.sales")["bytes_upper_bound"]


def test_parameters_choose_partitions(sales: str, foreseen: Any) -> None:
    sql = "SELECT count(*) AS n FROM est.sales WHERE part = :part AND day >= :since"
    given = {"part": {"type": "int", "value": 1}, "since": {"type": "date", "value": "2024-01-03"}}
    assert foreseen(sql, parameters=given)["datasets"][0]["partitions"] == 1


def test_a_recursive_clause_counts_as_often_as_it_may_run(sales: str, foreseen: Any) -> None:
    sql = (
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r JOIN est.sales s ON s.id = r.n) "
        "SELECT count(*) AS n FROM r"
    )
    assert foreseen(sql)["datasets"][0]["reads"] == 10


def test_partitions_of_older_versions_are_known_without_measuring_them_again(
    api: Any, lake: Any, deliver: Deliver, foreseen: Any, ask: Any
) -> None:
    source = register(api, "grows_raw", namespace="est")
    define(api, "grows", source, "est.grows", mode="incremental", transform={"columns": [{"name": "n"}]})
    read: list[str] = []
    events = lake.aws.s3.meta.events
    for at in range(3):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        read.clear()
        events.register("before-send.s3.GetObject", lambda request, **_: read.append(request.url), unique_id="read")
        run(api, "grows")
        events.unregister("before-send.s3.GetObject", unique_id="read")
        assert len([url for url in read if "/grows/" in url and "sizes.json" not in url]) == 1, read
        sql = "SELECT sum(n) AS n FROM est.grows"
        said = foreseen(sql)
        assert said["datasets"][0]["files"] == at + 1
        assert 0 < ask(sql)["statistics"]["bytes_scanned"] <= said["bytes_upper_bound"]


def test_raw_files_are_read_whole(api: Any, deliver: Deliver, foreseen: Any, ask: Any) -> None:
    filled(api, deliver, "plain", TEXT, namespace="est")
    said = foreseen("SELECT count(id) AS n FROM est.plain")
    assert said["datasets"][0]["is_measured"] is False
    assert said["bytes_upper_bound"] == ask("SELECT count(id) AS n FROM est.plain")["statistics"]["bytes_scanned"]
