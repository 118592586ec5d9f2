"""SQL that turns a text into a typed value by Hive's rules; what does not parse is NULL."""

import re

_TIME = r"[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{1,9})?)?"
_WHOLE = re.compile(r"(TINYINT|SMALLINT|INTEGER|BIGINT)$")


def typed(value: str, kind: str) -> str:
    """`value` is SQL of a text, `kind` a DuckDB type that is not nested.

    Sources: Hive's LazyInteger ("This allows decimals. We will return a truncated integer in that case"), LazyBoolean;
    Trino's HiveFormatUtils for dates and times.
    """
    if kind == "VARCHAR":
        return value
    if _WHOLE.match(kind):
        return (
            f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+(\\.[0-9]*)?') "
            f"THEN TRY_CAST(split_part({value}, '.', 1) AS {kind}) END"
        )
    if kind == "BOOLEAN":
        return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind == "DATE":
        return f"TRY_CAST(split_part(trim({value}), ' ', 1) AS DATE)"
    if kind.startswith("TIMESTAMP"):
        return f"CASE WHEN regexp_full_match(trim({value}), '{_TIME}') THEN TRY_CAST({value} AS {kind}) END"
    if kind == "BLOB":
        return f"coalesce(TRY(from_base64({value})), TRY_CAST({value} AS BLOB))"
    return f"TRY_CAST({value} AS {kind})"
