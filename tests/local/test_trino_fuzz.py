"""Any text at all ends as a query does or is refused: it is never a defect of ours, and the server answers afterwards."""

import os
from random import Random

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import AthenaLake

# By hand: HEADGATE_FUZZ=20000 HEADGATE_SEED=7 pytest tests/local/test_trino_fuzz.py
TEXTS = int(os.environ.get("HEADGATE_FUZZ", "200"))
SEED = int(os.environ.get("HEADGATE_SEED", "1"))
CORPUS = (
    "SELECT a, count(*) AS n FROM (VALUES (1, 'x'), (2, NULL)) AS t(a, b) WHERE b LIKE 'x%' GROUP BY a HAVING count(*) > 0",
    "WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w WHERE n < 5) SELECT * FROM w ORDER BY n DESC LIMIT 3",
    "SELECT CAST(json_extract(j, '$.a[0]') AS array(row(x integer, y varchar))) FROM (SELECT JSON '{\"a\": [[1, 2]]}' AS j)",
    "SELECT x, lag(x, 1) OVER (PARTITION BY x % 2 ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM UNNEST(sequence(1, 9)) AS t(x)",
    "SELECT transform(ARRAY[1, 2], x -> x + 1), map(ARRAY['k'], ARRAY[1])['k'], ROW(1, 'a')[1], element_at(ARRAY[1], 2)",
    "SELECT date_format(TIMESTAMP '2020-02-29 01:02:03.456', '%Y-%m'), DATE '2020-02-29' + INTERVAL '1' MONTH AT TIME ZONE 'UTC'",
    "SELECT regexp_replace('abc', '(b)', '<$1>'), split_part('a,b', ',', 2), try(1 / 0), coalesce(NULL, 1.5), nullif(1, 1)",
    "SELECT * FROM (SELECT 1 AS a) t JOIN (SELECT 1 AS a) u USING (a) LEFT JOIN (VALUES 2) v(b) ON t.a = v.b WHERE EXISTS (SELECT 1)",
    "SELECT approx_percentile(x, ARRAY[0.1, 0.9]), sum(x) FILTER (WHERE x > 1), array_agg(DISTINCT x ORDER BY x) FROM (VALUES 1, 2) t(x)",
    "SELECT grouping(a, b), a, b FROM (VALUES (1, 2)) t(a, b) GROUP BY GROUPING SETS ((a), (a, b), ()) UNION SELECT 1, 2, 3 EXCEPT SELECT 4, 5, 6",
    "EXPLAIN SELECT 1",
    "DELETE nothing WHERE a = 1",
    "SHOW TABLES LIKE 'x'",
    "DESCRIBE nothing",
    "CREATE TABLE fuzzed WITH (format = 'PARQUET', partitioned_by = ARRAY['b']) AS SELECT 1 AS a, 'x' AS b",
    "CREATE EXTERNAL TABLE f (a int, b array<struct<c:string>>) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://nowhere/f/'",
    "CREATE OR REPLACE VIEW v AS SELECT 1 AS a",
    "INSERT INTO nothing (a, b) VALUES (1, 'x')",
    "ALTER TABLE nothing ADD IF NOT EXISTS PARTITION (d = '2020-01-01') LOCATION 's3://nowhere/d/'",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
    "UNLOAD (SELECT 1 AS a) TO 's3://nowhere/u/' WITH (format = 'JSON')",
    "PREPARE p FROM SELECT ?",
    "EXECUTE p USING 1",
    "SELECT json_value('{}', 'lax $.a' RETURNING varchar DEFAULT 'x' ON EMPTY), listagg(a, ',') WITHIN GROUP (ORDER BY a) FROM (VALUES 'a') t(a)",
    "DELETE FROM nothing WHERE a = 1",
    "OPTIMIZE nothing REWRITE DATA USING BIN_PACK WHERE a = 1",
)
_ODD = ("'", '"', "`", "(", ")", "[", "]", "{", "}", "\\", "\x00", "\u202e", "👍", "--", "/*", "*/", ";", "$", "?", "@", ":", "::", "->",
        "1e999", "-9223372036854775809", "U&'\\zzzz'", "X'0", ".", "..", "NULL", "DECIMAL '", "INTERVAL '1' FORTNIGHT", "9" * 60)  # fmt: skip
_DEEP = (
    "SELECT " + "(" * 400 + "1" + ")" * 400,
    "SELECT " + "NOT " * 500 + "true",
    "SELECT " + "-" + " -" * 500 + "1",
    "SELECT 1" + " + 1" * 3000,
    "SELECT " + "array[" * 200 + "1" + "]" * 200,
    "SELECT 1 WHERE 1 IN (" + ", ".join(map(str, range(20000))) + ")",
    "SELECT 1" + " UNION ALL SELECT 1" * 400,
    "SELECT * FROM " + "(SELECT * FROM " * 150 + "(VALUES 1)" + ")" * 150,
    "SELECT " + "CASE WHEN true THEN " * 200 + "1" + " END" * 200,
    "SELECT " + "abs(" * 60 + "1" + ")" * 60,
    "SELECT 'a'" + " || 'a'" * 2000,
    "SELECT coalesce(" * 100 + "1" + ", 2)" * 100,
    "SELECT " + "coalesce(abs(" * 60 + "1" + "), 2)" * 60,
    "SELECT CAST(NULL AS " + "array(" * 200 + "integer" + ")" * 200 + ")",
    "SELECT '" + "x" * 200_000 + "'",
)


def mutated(r: Random) -> str:
    """A query of the corpus, or two, with parts lost, doubled, swapped or replaced; or a soup of tokens."""
    words = r.choice(CORPUS).split(" ")
    others = r.choice(CORPUS).split(" ")
    for _ in range(r.randint(1, 4)):
        at = r.randrange(len(words))
        form = r.randrange(7)
        if form == 0 and len(words) > 1:
            del words[at]
        elif form == 1:
            words.insert(at, r.choice(_ODD))
        elif form == 2:
            words[at] = r.choice(others)
        elif form == 3:
            words[at:at] = others[r.randrange(len(others)) :][: r.randint(1, 6)]
        elif form == 4:
            words[at] = words[at][: r.randint(0, len(words[at]))]
        elif form == 5:
            r.shuffle(words)
        else:
            words[at] = r.choice(
                ["1", "'a'", "NULL", "1.5", "a", "*", "(SELECT 1)", "ARRAY[]", "x -> x", "count(*)", "true"]
            )
    return " ".join(words) or ";"


def problem(lake: AthenaLake, sql: str) -> str | None:
    """What is wrong with how a text ended."""
    try:
        found = lake.run(sql)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        return None if code == "InvalidRequestException" else f"{code}: {refused}"
    reason = found["Status"].get("StateChangeReason", "")
    return reason if "GENERIC_INTERNAL_ERROR" in reason or found["Status"]["State"] == "CANCELLED" else None


def test_mutated_queries_end_as_queries_do(athena_stack: AthenaLake) -> None:
    r = Random(SEED)
    wrong = {sql: told for sql in (mutated(r) for _ in range(TEXTS)) if (told := problem(athena_stack, sql))}
    assert wrong == {}
    assert athena_stack.rows("SELECT 1") == [("1",)]


@pytest.mark.parametrize("sql", _DEEP, ids=[s[:20] for s in _DEEP])
def test_deep_and_long_queries_end_as_queries_do(athena_stack: AthenaLake, sql: str) -> None:
    assert problem(athena_stack, sql) is None
    assert athena_stack.rows("SELECT 1") == [("1",)]
